"""The search index in the database: one table `records_search`, a row of words for each record of any kind.

On SQLite it is an FTS5 table, on PostgreSQL a tsvector under a GIN index; neither is a Django model, so the migration
and this file are the only places that know. A row's key is the record's kind and id in one number, which makes "the
newest of a kind" a range of keys, and walking it backwards free.
"""

import bisect
import itertools
import json
import string
import time
import zlib
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import BooleanField, F, Func

from zhike.records.search.question import Question, Term

TABLE = "records_search"
KEY_BITS = 41
LETTERS = string.ascii_letters + string.digits
# A question whose rarest word is in more documents than this is answered by walking, newest first, not by collecting.
COMMON = 3000
# So many documents of all kinds are read together; more are looked up kind by kind (SQLite).
TOGETHER = 5000
# How far PostgreSQL walks before it collects after all: words that are common, but hardly ever together.
LONGEST_WALK = 20_000
STATISTICS_LAST = 600  # seconds

CREATE_SQLITE = (
    f"CREATE VIRTUAL TABLE {TABLE} USING fts5(words, detail=none, columnsize=0, tokenize=\"ascii tokenchars '^=$~@'\")"
)
CREATE_POSTGRESQL = [
    f"CREATE TABLE {TABLE} (id bigint PRIMARY KEY, words tsvector NOT NULL)",
    # How common a word is decides how it is looked for, so the planner keeps count of more words than by default.
    f"ALTER TABLE {TABLE} ALTER words SET STATISTICS 1000",
]
INDEX_POSTGRESQL = f"CREATE INDEX {TABLE}_words ON {TABLE} USING gin (words)"
# FTS5 gathers what is written in segments, smaller ones merged into larger ones. As it comes, a save that makes one too
# many merges them all at once, also the one with nearly everything in it: ten seconds at a million customers. So no
# save merges them all; `tidy` does so bit by bit, and a save itself only a little where that falls far behind.
IN_USE_SQLITE = {"automerge": 16, "crisismerge": 1000, "usermerge": 8, "hashsize": 1 << 20}
# So many pages of 4 KB are merged at a time; nobody else can write meanwhile, for some twenty milliseconds.
MERGED_AT_A_TIME = 200


def first_key(label: str) -> int:
    """The key before the first of a kind: its documents have keys up to 2^41 above. Kinds are told apart by hash."""
    return (zlib.crc32(label.encode()) & 0x3FFFFF) << KEY_BITS


def last_key(label: str) -> int:
    """The last key a document of this kind may have."""
    return first_key(label) + (1 << KEY_BITS) - 1


def _kind_letter(label: str) -> str:
    # Before each word on PostgreSQL: an index of words cannot be asked for a range of keys too, only for more words.
    # Two kinds with one letter cost time, not truth: keys are checked too.
    return LETTERS[zlib.crc32(label.encode()) % len(LETTERS)]


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


# Writing


def create_table() -> None:
    """Make the empty table; the migration and a complete rebuild do so."""
    with connection.cursor() as cursor:
        if _is_sqlite():
            cursor.execute(CREATE_SQLITE)
            _set_sqlite(cursor, **IN_USE_SQLITE)
            return
        for statement in [*CREATE_POSTGRESQL, INDEX_POSTGRESQL]:
            cursor.execute(statement)


def drop_table() -> None:
    """Drop the table, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


def put(label: str, documents: Iterable[tuple[int, set[str]]]) -> None:
    """Write documents (id, words) of a kind, replacing those that are there; what has not changed is not written."""
    base, letter = first_key(label), _kind_letter(label)
    with connection.cursor() as cursor:
        if _is_sqlite():
            rows = {base + pk: words for pk, words in documents}
            known = _known(cursor, rows)
            changed = [key for key, words in rows.items() if key not in known or set(known[key].split()) != words]
            if old := [(key,) for key in changed if key in known]:
                cursor.executemany(f"DELETE FROM {TABLE} WHERE rowid = %s", old)
            new = [(key, f" {' '.join(rows[key])} ") for key in changed]
            cursor.executemany(f"INSERT INTO {TABLE} (rowid, words) VALUES (%s, %s)", new)
            return
        rows = {base + pk: letter + f" {letter}".join(words) for pk, words in documents if words}
        cursor.execute(
            f"INSERT INTO {TABLE} AS old (id, words)"
            " SELECT id, array_to_tsvector(string_to_array(words, ' '))"
            " FROM unnest(%s::bigint[], %s::text[]) AS new (id, words)"
            " ON CONFLICT (id) DO UPDATE SET words = excluded.words WHERE old.words <> excluded.words",
            [list(rows), list(rows.values())],
        )


def _known(cursor: Any, keys: Iterable[int]) -> dict[int, str]:
    cursor.execute(
        f"SELECT id, c0 FROM {TABLE}_content WHERE id IN (SELECT value FROM json_each(%s))", [json.dumps(list(keys))]
    )
    return dict(cursor.fetchall())


def remove(label: str, ids: Iterable[int]) -> None:
    """Take documents out."""
    base, column = first_key(label), "rowid" if _is_sqlite() else "id"
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {TABLE} WHERE {column} = %s", [(base + pk,) for pk in ids])


@contextmanager
def rebuilding():
    """Within this block, one transaction, the table is filled from nothing; PostgreSQL makes the index at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        drop_table()
        if _is_sqlite():
            cursor.execute(CREATE_SQLITE)
            # Written in large pieces and put together once, instead of again and again.
            _set_sqlite(cursor, automerge=0, crisismerge=1000, hashsize=64 << 20)
        else:
            for statement in CREATE_POSTGRESQL:
                cursor.execute(statement)
        yield
        if _is_sqlite():
            cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('optimize')")
            _set_sqlite(cursor, **IN_USE_SQLITE)
        else:
            cursor.execute(INDEX_POSTGRESQL)
            cursor.execute(f"ANALYZE {TABLE}")


def use_settings() -> None:
    """Give a table made by an earlier version the settings of this one; a migration does so."""
    if _is_sqlite():
        with connection.cursor() as cursor:
            _set_sqlite(cursor, **IN_USE_SQLITE)


def tidy(seconds: float) -> bool:
    """Put together what saves left apart, for so long at most; gives whether all is done. For the background.

    On SQLite a merge of segments, in steps that let others write between them; on PostgreSQL the entries that wait
    beside the index of words.
    """
    ends = time.monotonic() + seconds
    with connection.cursor() as cursor:
        if not _is_sqlite():
            cursor.execute(f"SELECT gin_clean_pending_list('{TABLE}_words')")
            return True
        while time.monotonic() < ends:
            before = _changes(cursor)
            _set_sqlite(cursor, merge=MERGED_AT_A_TIME)
            if _changes(cursor) - before < 2:  # as FTS5 says that there was nothing to merge
                return True
            time.sleep(0.02)
    return False


def _changes(cursor: Any) -> int:
    cursor.execute("SELECT total_changes()")
    return cursor.fetchone()[0]


def _set_sqlite(cursor: Any, **options: int) -> None:
    for name, value in options.items():
        cursor.execute(f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES (%s, %s)", [name, value])


# Asking


def newest(question: Question, label: str, limit: int, *, below: int | None = None) -> list[int]:
    """Ids of the records of a kind that answer, newest first, at most `limit`; `below` goes on from an id."""
    if common_among(question, [label]) and (found := _walked(question, label, limit, below)) is not None:
        return found
    return _collected(question, [label], limit, below)[label]


def newest_of(question: Question, labels: Sequence[str], limit: int) -> dict[str, list[int]]:
    """The same for several kinds at once."""
    common = common_among(question, labels)
    found = _collected(question, [label for label in labels if label not in common], limit)
    return found | {label: newest(question, label, limit) for label in common}


def newest_unless_many(question: Question, labels: Sequence[str], limit: int) -> dict[str, list[int] | None]:
    """By kind: the ids of all records that answer, newest first; None where there are more than `limit`."""
    few = _of_all_kinds(question, labels) if _is_sqlite() and len(labels) > 1 else None
    if few is None:
        many = common_among(question, labels, most=limit)
        few = _collected(question, [label for label in labels if label not in many], limit + 1)
    return {label: ids if (ids := few.get(label)) is not None and len(ids) <= limit else None for label in labels}


def common_among(question: Question, labels: Sequence[str], most: int | None = None) -> set[str]:
    """The kinds in which even the rarest word of a question is in more than so many documents (COMMON), as far as
    PostgreSQL's statistics say.

    SQLite needs no guess: it reads the documents of a word in order and stops; there the answer is always none.
    """
    if _is_sqlite():
        return set()
    is_common = {label: partial(_is_in_many, label=label, most=most) for label in labels}
    return {label for label in labels if question.written(is_common[label], all, any)}


def reads_in_order(question: Question, label: str) -> bool:
    """Whether the newest that answer are found without collecting all."""
    return _is_sqlite() or bool(common_among(question, [label]))


def _is_in_many(term: Term, *, label: str, most: int | None = None) -> bool:
    """Whether more than so many documents of a kind have a word (COMMON), as far as PostgreSQL's statistics say."""
    words, word = _common_words(int(time.monotonic() // STATISTICS_LAST)), _kind_letter(label) + term.word
    limit = COMMON if most is None else most
    if not term.is_start:
        return words.documents.get(word, 0) > limit
    begun = itertools.islice(words.ordered, bisect.bisect_left(words.ordered, word), None)
    return any(words.documents[w] > limit for w in itertools.takewhile(lambda w: w.startswith(word), begun))


class CommonWords(NamedTuple):
    """The words that are in many documents, with how many, and in order, to look up beginnings."""

    documents: dict[str, float]
    ordered: list[str]


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
    return CommonWords(documents, sorted(documents))


def _collected(question: Question, labels: Sequence[str], limit: int, below: int | None = None) -> dict[str, list[int]]:
    if not labels:
        return {}
    ends = [(first_key(label), last_key(label) if below is None else first_key(label) + below - 1) for label in labels]
    if _is_sqlite():
        answers, given = _answers_sqlite(question)
        found = f"SELECT rowid FROM {TABLE} WHERE {answers} AND rowid BETWEEN %s AND %s ORDER BY rowid DESC LIMIT %s"
        one = f"SELECT * FROM ({found})"
        params = [(*given, *end, limit) for end in ends]
    else:
        # Fenced off, so that the index of words is used whatever the planner thinks of the order; and for the rarer
        # words only, as every company name ends alike ("IS TRUE" is no condition for an index).
        one = (
            f"(WITH found AS MATERIALIZED (SELECT id FROM {TABLE}"
            " WHERE words @@ %s::tsquery AND (words @@ %s::tsquery) IS TRUE)"
            " SELECT id FROM found WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s)"
        )
        lean = [question.leaner(partial(_is_in_many, label=label)) for label in labels]
        params = [
            (_tsquery(rarer, label), _tsquery(question, label), *end, limit)
            for rarer, label, end in zip(lean, labels, ends, strict=True)
        ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(labels)), [value for row in params for value in row])
        found = _by_kind(cursor.fetchall())
    return {label: found.get(end[0] >> KEY_BITS, []) for label, end in zip(labels, ends, strict=True)}


def _of_all_kinds(question: Question, labels: Sequence[str]) -> dict[str, list[int]] | None:
    # Looked up once instead of once for each kind (SQLite); None where very many answer.
    answers, given = _answers_sqlite(question)
    with connection.cursor() as cursor:
        sql = f"SELECT rowid FROM {TABLE} WHERE {answers} ORDER BY rowid DESC LIMIT %s"
        cursor.execute(sql, [*given, TOGETHER + 1])
        keys = cursor.fetchall()
    found = _by_kind(keys)
    return {label: found.get(first_key(label) >> KEY_BITS, []) for label in labels} if len(keys) <= TOGETHER else None


def present(labels: Sequence[str]) -> list[str]:
    """Those of the kinds that have any documents."""
    table = f"{TABLE}_content" if _is_sqlite() else TABLE
    one = f"EXISTS(SELECT 1 FROM {table} WHERE id BETWEEN %s AND %s)"
    with connection.cursor() as cursor:
        ends = [end for label in labels for end in (first_key(label), last_key(label))]
        cursor.execute(f"SELECT {', '.join([one] * len(labels))}", ends)
        return [label for label, is_there in zip(labels, cursor.fetchone(), strict=True) if is_there]


def _by_kind(keys: Iterable[tuple[int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for (key,) in keys:
        found.setdefault(key >> KEY_BITS, []).append(key & ((1 << KEY_BITS) - 1))
    return found


def _answers_sqlite(question: Question) -> tuple[str, list[str]]:
    # Every company name ends alike: it is looked up by its rarer pairs, then read to the end.
    lean = question.leaner(_is_common)
    if lean == question:
        return f"{TABLE} MATCH %s", [_fts5(question)]
    condition, checked = _substrings(question)
    check = f"EXISTS(SELECT 1 FROM {TABLE}_content d WHERE d.id = {TABLE}.rowid AND {condition})"
    return f"{TABLE} MATCH %s AND {check}", [_fts5(lean), *checked]


@lru_cache(maxsize=20_000)
def _is_common(term: Term) -> bool:
    """Whether very many documents have a word (SQLite). Remembered: a stale answer costs time and changes no result."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {TABLE} WHERE {TABLE} MATCH %s LIMIT %s)",
            [_fts5(Question("", (((term,),),))), COMMON + 1],
        )
        return cursor.fetchone()[0] > COMMON


def _walked(question: Question, label: str, limit: int, below: int | None) -> list[int] | None:
    # None where a long walk did not find enough.
    base = first_key(label)
    top = last_key(label) if below is None else base + below - 1
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM (SELECT id, words FROM {TABLE} WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s) w"
            " WHERE words @@ %s::tsquery ORDER BY id DESC LIMIT %s",
            [base, top, LONGEST_WALK, _tsquery(question, label), limit],
        )
        found = [key - base for (key,) in cursor.fetchall()]
        if len(found) < limit:
            cursor.execute(
                f"SELECT 1 FROM {TABLE} WHERE id BETWEEN %s AND %s OFFSET %s LIMIT 1", [base, top, LONGEST_WALK]
            )
            if cursor.fetchone():
                return None
    return found


def among(question: Question, label: str, ids: Iterable[int]) -> list[int]:
    """Those of some ids whose documents answer a question. For a few thousand ids at most."""
    base = first_key(label)
    with connection.cursor() as cursor:
        if _is_sqlite():
            known = _known(cursor, [base + pk for pk in ids])
            return [key - base for key, words in known.items() if question.matches(set(words.split()))]
        cursor.execute(
            f"SELECT id FROM {TABLE} WHERE id = ANY(%s::bigint[]) AND words @@ %s::tsquery",
            [[base + pk for pk in ids], _tsquery(question, label)],
        )
        return [key - base for (key,) in cursor.fetchall()]


class Answers(Func):
    """In a list's WHERE: whether the row's document answers a question, looked up row by row as the list is walked."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, question: Question, label: str):
        self.question, self.label = question, label
        super().__init__(F("pk"))

    def as_sqlite(self, compiler, connection, **context):
        column, params = compiler.compile(self.source_expressions[0])
        condition, more = _substrings(self.question)
        key = f"{column} + {first_key(self.label)}"
        return f"EXISTS(SELECT 1 FROM {TABLE}_content d WHERE d.id = {key} AND {condition})", [*params, *more]

    def as_postgresql(self, compiler, connection, **context):
        # A value, not EXISTS: the planner would turn that into a join of all documents.
        column, params = compiler.compile(self.source_expressions[0])
        key = f"{column} + {first_key(self.label)}"
        sql = f"COALESCE((SELECT d.words @@ %s::tsquery FROM {TABLE} d WHERE d.id = {key}), false)"
        return sql, [_tsquery(self.question, self.label), *params]


class IsOneOf(Func):
    """In a list's WHERE: whether the row is one of many ids, written out (a parameter for each would take longer)."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, ids: Iterable[int]):
        self.ids = ",".join(str(int(pk)) for pk in ids)
        super().__init__(F("pk"))

    def as_sql(self, compiler, connection, **context):
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} IN ({self.ids})", params

    def as_postgresql(self, compiler, connection, **context):
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} = ANY('{{{self.ids}}}'::bigint[])", params


# The question in each database's language. Words are letters, digits and our own marks only, and quoted all the same.


def _fts5(question: Question) -> str:
    def term(t: Term) -> str:
        return '"' + t.word.replace('"', '""') + ('"*' if t.is_start else '"')

    return question.written(term, _joined(" AND "), _joined(" OR "))


def _tsquery(question: Question, label: str) -> str:
    letter = _kind_letter(label)
    return question.written(lambda term: _lexeme(term, letter), _joined(" & "), _joined(" | "))


def _lexeme(t: Term, letter: str) -> str:
    quoted = (letter + t.word).replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'{':*' if t.is_start else ''}"


def _joined(word: str):
    return lambda parts: parts[0] if len(parts) == 1 else f"({word.join(parts)})"


def _substrings(question: Question) -> tuple[str, list[str]]:
    params: list[str] = []

    def term(t: Term) -> str:
        params.append(f" {t.word}" if t.is_start else f" {t.word} ")
        return "instr(d.c0, %s)"

    return question.written(term, _joined(" AND "), _joined(" OR ")), params
