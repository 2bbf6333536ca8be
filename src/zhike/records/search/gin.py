"""The search index on PostgreSQL: tsvectors under a GIN index, which finds all documents of a word, in no order.

Reading each of thousands of documents to learn which are the newest is what takes the time, so a document also
carries the words of its block: where in the order of ids it lies. "The newest fifty of a word" then is: the word, and
one of the newest blocks, as many as are likely to have fifty; and further back where they have not.
"""

import bisect
import itertools
import string
import time
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple

from django.db import connection

from zhike.records import statements
from zhike.records.search import keys, version
from zhike.records.search.fts5 import joined
from zhike.records.search.keys import MANY, TABLE, Asked, Newest, by_kind, first_key, last_key
from zhike.records.search.question import Question, Term, Word, is_whose, one_of

LETTERS = string.ascii_letters + string.digits
# Ids of one block differ above these bits; sixteen blocks make a large one.
BLOCK_BITS, LARGE_BITS = 13, 17
# So many blocks are named at most; where more would be needed, all documents are asked.
MOST_BLOCKS = 40
# Where one document in so many answers, walking along the ids finds enough soonest.
WALKED_SHARE = 10
LONGEST_WALK = 20_000
# So few documents are read at once, and looked through for the words that very many have.
FEW = 200
# So many are read sooner than the words of many blocks are looked up.
SOON_READ = 500
STATISTICS_LAST = 600  # seconds

CREATE = [
    f"CREATE TABLE {TABLE} (id bigint PRIMARY KEY, words tsvector NOT NULL)",
    # How common a word is decides how it is looked for, so the planner keeps count of more words than by default.
    f"ALTER TABLE {TABLE} ALTER words SET STATISTICS 1000",
]
# What was written last waits beside the index in a list that every search reads to its end: a short one, in KB.
SETTINGS = "gin_pending_list_limit = 128"
INDEX = f"CREATE INDEX {TABLE}_words ON {TABLE} USING gin (words) WITH ({SETTINGS})"


def _kind_letter(label: str) -> str:
    # Before each word: an index of words cannot be asked for a range of keys too, only for more words.
    # Two kinds with one letter cost time, not truth: keys are checked too.
    return LETTERS[zlib.crc32(label.encode()) % len(LETTERS)]


# Writing


def create_table() -> None:
    with connection.cursor() as cursor:
        for statement in [*CREATE, INDEX]:
            cursor.execute(statement)


def drop_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


def put(label: str, documents: Iterable[tuple[int, set[str]]]) -> None:
    base, letter = first_key(label), _kind_letter(label)
    ids, texts = [], []
    for pk, words in documents:
        if words:
            ids.append(base + pk)
            texts.append(letter + f" {letter}".join([*words, *_blocks_of(pk)]))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} AS old (id, words)"
            " SELECT id, array_to_tsvector(string_to_array(words, ' '))"
            " FROM unnest(%s::bigint[], %s::text[]) AS new (id, words)"
            " ON CONFLICT (id) DO UPDATE SET words = excluded.words WHERE old.words <> excluded.words",
            [ids, texts],
        )


def _blocks_of(pk: int) -> tuple[str, str]:
    return f"#{pk >> BLOCK_BITS}", f"##{pk >> LARGE_BITS}"


def remove(label: str, ids: Iterable[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE id = ANY(%s)", [[first_key(label) + pk for pk in ids]])


def hold(label: str, ids: list[int]) -> list[int]:
    base = first_key(label)
    wanted = [base + pk for pk in ids]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {TABLE} WHERE id = ANY(%s)", [wanted])
        there = set(cursor.fetchall())
        # Waiting here while holding others could let somebody's save fail by a deadlock.
        cursor.execute(f"SELECT id FROM {TABLE} WHERE id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED", [wanted])
        in_use = there - set(cursor.fetchall())
    return list(itertools.takewhile(lambda pk: (base + pk,) not in in_use, ids))


def wait_for(label: str, ids: list[int]) -> None:
    base = first_key(label)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {TABLE} WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [[base + pk for pk in ids]])


def begin_rebuilding() -> None:
    drop_table()
    with connection.cursor() as cursor:
        for statement in CREATE:
            cursor.execute(statement)


def end_rebuilding() -> None:
    """Make the index of words at the end: at once it takes a fraction of the time."""
    with connection.cursor() as cursor:
        cursor.execute(INDEX)
        cursor.execute(f"ANALYZE {TABLE}")


def use_settings() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER INDEX IF EXISTS {TABLE}_words SET ({SETTINGS})")


def tidy(_seconds: float) -> bool:
    """The entries that wait beside the index of words."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT gin_clean_pending_list('{TABLE}_words')")
    return True


# How common a word is


class CommonWords(NamedTuple):
    """The words that are in many documents, with how many, and in order, to look up beginnings."""

    documents: dict[str, float]
    ordered: list[str]
    rarest: float  # any other word is in fewer documents than this


@lru_cache(maxsize=1)
def _common_words(_moment: int) -> CommonWords:
    """From what ANALYZE counted, remembered for a while: a stale answer costs time and changes no result."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, share * c.reltuples FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname,"
            " unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS m (word, share)"
            " WHERE c.oid = %s::regclass AND s.attname = 'words' AND word IS NOT NULL",
            [TABLE],
        )
        documents = dict(cursor.fetchall())
    return CommonWords(documents, sorted(documents), min(documents.values(), default=0))


def expected(question: Question, label: str) -> float:
    """How many documents of a kind answer at most, as far as PostgreSQL's statistics say: as many as have the rarest
    word. Whose they are is taken to have nothing to do with what they say."""
    count = partial(_documents_with, letter=_kind_letter(label))
    whose = [word for word in question.words if is_whose(word)]
    if not whose or len(whose) == len(question.words):
        return question.written(count, min, sum)
    said = Question("", tuple(word for word in question.words if word not in whose))
    share = Question("", tuple(whose)).written(count, min, sum) / max(count(Term("@", True)), 1)
    return said.written(count, min, sum) * min(share, 1)


def _documents_with(term: Term, letter: str) -> float:
    known, word = _common_words(int(time.monotonic() // STATISTICS_LAST)), letter + term.word
    if not term.is_start:
        return known.documents.get(word, 0)
    begun = itertools.islice(known.ordered, bisect.bisect_left(known.ordered, word), None)
    return sum(known.documents[w] for w in itertools.takewhile(lambda w: w.startswith(word), begun))


# Asking


def kinds_there(cursor: Any) -> list[int]:
    """The keys of the newest document of each kind."""
    cursor.execute(
        f"WITH RECURSIVE kind (newest) AS ((SELECT id FROM {TABLE} ORDER BY id DESC LIMIT 1) UNION ALL"
        f" SELECT (SELECT id FROM {TABLE} WHERE id < newest >> {keys.KEY_BITS} << {keys.KEY_BITS}"
        " ORDER BY id DESC LIMIT 1) FROM kind WHERE newest IS NOT NULL)"
        " SELECT newest FROM kind WHERE newest IS NOT NULL"
    )
    return [key for (key,) in cursor.fetchall()]


def newest(question: Question, label: str, limit: int, below: int | None) -> list[int]:
    count, in_blocks = expected(question, label), version.is_current()
    if count <= keys.COMMON and (count <= max(2 * limit, SOON_READ) or not in_blocks):
        return _collected(question, label, limit, 0, below)
    below = _newest_id(label) + 1 if below is None else below
    if count * WALKED_SHARE >= below and len(found := _walked(question, label, limit, below)) == limit:
        return found
    found = []
    for start, end in _windows(below, count, limit) if in_blocks else [(0, below)]:
        found += _collected(question, label, limit - len(found), start, end)
        if len(found) >= limit:
            break
    return found


def _windows(below: int, count: float, limit: int) -> Iterator[tuple[int, int]]:
    """The ids below one in pieces, newest first: likely to have so many answers, then four times as many, then all."""
    end, size = below, 1.5 * limit * below / max(count, 1)
    while end > 0:
        start = max(0, int(end - size)) >> BLOCK_BITS << BLOCK_BITS
        blocks = _blocks(start, end)
        start = start if len(blocks) <= MOST_BLOCKS else 0
        yield start, end
        end, size = start, 4 * size


def _blocks(start: int, end: int) -> list[str]:
    """The words of the blocks with the ids from one up to, not including, another; none where that is all below it."""
    if start <= 0:
        return []
    found, here, last, many = [], start >> BLOCK_BITS, (end - 1) >> BLOCK_BITS, 1 << (LARGE_BITS - BLOCK_BITS)
    while here <= last:
        is_whole = here % many == 0 and here + many - 1 <= last
        found.append(f"##{here // many}" if is_whole else f"#{here}")
        here += many if is_whole else 1
    return found


class _Part(NamedTuple):
    """What is looked up beside other things for some kinds of a step, and which keys of it are read."""

    step: int
    asked: dict[str, Asked]
    fence: tuple[str, list[str]]
    reads: list[tuple[int, int, int]]  # from, to, how many, for each of the kinds
    is_whole: bool


def newest_of_each(steps: list[dict[str, Asked]]) -> list[dict[str, Newest]]:
    """In one question what few answer, for all kinds of a step together, and the newest of what many answer."""
    parts = [part for number, asked in enumerate(steps) for part in _parts(number, asked)]
    found, rows = [dict.fromkeys(asked, MANY) for asked in steps], iter(_read(parts))
    for part in parts:
        for (label, one), ids in zip(part.asked.items(), rows, strict=False):
            found[part.step][label] = Newest.of(ids, one.most) if part.is_whole else Newest(ids, False)
    return found


def _parts(step: int, asked: dict[str, Asked]) -> Iterator[_Part]:
    few = {label: one for label, one in asked.items() if expected(one.question, label) <= max(one.most, SOON_READ)}
    if few:
        fence = _fenced([_tsqueries(one.question, label) for label, one in few.items()])
        reads = [(first_key(label), last_key(label), one.most + 1) for label, one in few.items()]
        yield _Part(step, few, fence, reads, True)
    for label in asked.keys() - few.keys() if version.is_current() else ():
        question, most, newest_id = one = asked[label]
        count, below = expected(question, label), newest_id + 1
        start, end = next(_windows(below, count, most), (0, 0))
        if start and count * WALKED_SHARE < below:
            fence, base = _fenced([_tsqueries(question, label, one_of(_blocks(start, end)))]), first_key(label)
            yield _Part(step, {label: one}, fence, [(base + start, base + end - 1, most)], False)


def _read(parts: list[_Part]) -> list[list[int]]:
    """The ids that each read of each part finds, newest first."""
    if not parts:
        return []
    fences = [f"found{number} AS MATERIALIZED ({part.fence[0]})" for number, part in enumerate(parts)]
    sources = [number for number, part in enumerate(parts) for _read in part.reads]
    reads = [
        f"(SELECT {place}, id FROM found{number} WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s)"
        for place, number in enumerate(sources)
    ]
    params = [text for part in parts for text in part.fence[1]]
    params += [number for part in parts for read in part.reads for number in read]
    found: list[list[int]] = [[] for _read in sources]
    for place, key in statements.rows(f"WITH {', '.join(fences)} {' UNION ALL '.join(reads)}", params):
        found[place].append(key & keys.IDS)
    # Each read's ids come newest first; of several that is not promised.
    return [sorted(ids, reverse=True) for ids in found]


def _collected(question: Question, label: str, limit: int, start: int, below: int | None) -> list[int]:
    base, blocks = first_key(label), _blocks(start, below) if below is not None else []
    fence, params = _fenced([_tsqueries(question, label, *([one_of(blocks)] if blocks else []))])
    end = last_key(label) if below is None else base + below - 1
    rows = statements.rows(
        f"WITH found AS MATERIALIZED ({fence})"
        " SELECT id FROM found WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s",
        [*params, base + start, end, limit],
    )
    return by_kind(rows).get(base, [])


def _fenced(asked: list[tuple[str, str]]) -> tuple[str, list[str]]:
    # To be fenced off, so that the index of words is used whatever the planner thinks of the order; and for the rarer
    # words only, as every company name ends alike ("IS TRUE" is no condition for an index).
    lean, whole = (" | ".join(f"({part})" for part in parts) for parts in zip(*asked, strict=True))
    # As subqueries, so that the planner does not look up how common the words are, which takes it longer than the rest.
    check, more = ("", []) if lean == whole else (" AND (words @@ (SELECT %s::tsquery)) IS TRUE", [whole])
    return f"SELECT id FROM {TABLE} WHERE words @@ (SELECT %s::tsquery){check}", [lean, *more]


def _tsqueries(question: Question, label: str, *more: Word) -> tuple[str, str]:
    """What the index is asked, and the whole question."""
    letter = _kind_letter(label)
    lean = question.leaner(lambda term: _documents_with(term, letter) > keys.COMMON)
    if expected(lean, label) > FEW:  # reading each of them takes longer than looking up the common words too
        lean = question
    return tsquery(lean.also(*more), label), tsquery(question.also(*more) if lean == question else question, label)


def _walked(question: Question, label: str, limit: int, below: int) -> list[int]:
    base = first_key(label)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM"
            f" (SELECT id, words FROM {TABLE} WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s) w"
            " WHERE words @@ %s::tsquery ORDER BY id DESC LIMIT %s",
            [base, base + below - 1, LONGEST_WALK, tsquery(question, label), limit],
        )
        return by_kind(cursor.fetchall()).get(base, [])


def _newest_id(label: str) -> int:
    base = first_key(label)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {TABLE} WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT 1", [base, last_key(label)]
        )
        found = cursor.fetchone()
    return found[0] - base if found else 0


def among(question: Question, label: str, ids: Iterable[int]) -> list[int]:
    base = first_key(label)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {TABLE} WHERE id = ANY(%s::bigint[]) AND words @@ %s::tsquery",
            [[base + pk for pk in ids], tsquery(question, label)],
        )
        return [key - base for (key,) in cursor.fetchall()]


# The question in the language of PostgreSQL. Words are letters, digits and our own marks only, and quoted all the same.


def tsquery(question: Question, label: str) -> str:
    """A question to the documents of a kind."""
    letter = _kind_letter(label)

    def lexeme(term: Term) -> str:
        quoted = (letter + term.word).replace("\\", "\\\\").replace("'", "''")
        return f"'{quoted}'{':*' if term.is_start else ''}"

    return question.written(lexeme, joined(" & "), joined(" | "))
