"""The search index in the database: one table `records_search`, a row of words for each record of any kind.

On SQLite it is an FTS5 table, on PostgreSQL a tsvector under a GIN index; neither is a Django model, so the migration
and this file are the only places that know. A row's key is the record's kind and id in one number, which makes "the
newest of a kind" a range of keys, and walking it backwards free.
"""

import bisect
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
    if not _is_sqlite() and common_among(question, [label]):
        found = _walked(question, label, limit, below)
        if len(found) == limit:
            return found
    return _newest_of(question, [label], limit, below)[label]


def newest_unless_many(question: Question, labels: Sequence[str], limit: int) -> dict[str, list[int] | None]:
    """By kind: the ids of all records that answer, newest first; None where there are more than `limit`."""
    many = common_among(question, labels)
    few = _newest_of(question, [label for label in labels if label not in many], limit + 1)
    return {label: ids if (ids := few.get(label)) is not None and len(ids) <= limit else None for label in labels}


def newest_of(question: Question, labels: Sequence[str], limit: int) -> dict[str, list[int]]:
    """The same for several kinds at once, where it is known that few answer."""
    return _newest_of(question, labels, limit)


def common_among(question: Question, labels: Sequence[str]) -> set[str]:
    """The kinds in which even the rarest word of a question is in very many documents, by PostgreSQL's statistics.

    SQLite needs no guess: it reads the documents of a word in order and stops; there the answer is always none.
    """
    if _is_sqlite() or not labels:
        return set()
    words = _common_words(int(time.monotonic() // STATISTICS_LAST))

    def is_common(term: Term, letter: str) -> bool:
        word = letter + term.word
        if not term.is_start:
            return word in words.known
        place = bisect.bisect_left(words.ordered, word)
        return place < len(words.ordered) and words.ordered[place].startswith(word)

    letters = {label: _kind_letter(label) for label in labels}
    return {name for name in labels if question.written(partial(is_common, letter=letters[name]), all, any)}


class CommonWords(NamedTuple):
    """The words in very many documents, to look one up and to look up beginnings."""

    known: frozenset[str]
    ordered: list[str]


@lru_cache(maxsize=1)
def _common_words(_moment: int) -> CommonWords:
    """From what ANALYZE counted, remembered for a while: a stale answer costs time and changes no result."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname,"
            " unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS m (word, share)"
            " WHERE c.oid = %s::regclass AND s.attname = 'words' AND word IS NOT NULL AND share * c.reltuples > %s",
            [TABLE, COMMON],
        )
        words = [word for (word,) in cursor.fetchall()]
    return CommonWords(frozenset(words), sorted(words))


def _newest_of(question: Question, labels: Sequence[str], limit: int, below: int | None = None) -> dict[str, list[int]]:
    if not labels:
        return {}
    ends = [(first_key(label), last_key(label) if below is None else first_key(label) + below - 1) for label in labels]
    if _is_sqlite():
        # Every company name ends alike: a long one is looked up by its rarer pairs, then read to the end.
        lean, check, checked = question.leaner(_is_common), "", []
        if lean != question:
            condition, checked = _substrings(question)
            check = f" AND EXISTS(SELECT 1 FROM {TABLE}_content d WHERE d.id = {TABLE}.rowid AND {condition})"
        one = (
            f"SELECT * FROM (SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid BETWEEN %s AND %s{check}"
            " ORDER BY rowid DESC LIMIT %s)"
        )
        params = [(_fts5(lean), *end, *checked, limit) for end in ends]
    else:
        # Fenced off, so that the index of words is used whatever the planner thinks of the order.
        one = (
            f"(WITH found AS MATERIALIZED (SELECT id FROM {TABLE} WHERE words @@ %s::tsquery)"
            " SELECT id FROM found WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s)"
        )
        params = [(_tsquery(question, label), *end, limit) for label, end in zip(labels, ends, strict=True)]
    found: dict[str, list[int]] = {label: [] for label in labels}
    by_hash = {end[0] >> KEY_BITS: label for label, end in zip(labels, ends, strict=True)}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(labels)), [value for row in params for value in row])
        for (key,) in cursor.fetchall():
            found[by_hash[key >> KEY_BITS]].append(key & ((1 << KEY_BITS) - 1))
    return found


@lru_cache(maxsize=20_000)
def _is_common(term: Term) -> bool:
    """Whether very many documents have a word (SQLite). Remembered: a stale answer costs time and changes no result."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {TABLE} WHERE {TABLE} MATCH %s LIMIT %s)",
            [_fts5(Question("", (((term,),),))), COMMON + 1],
        )
        return cursor.fetchone()[0] > COMMON


def _walked(question: Question, label: str, limit: int, below: int | None) -> list[int]:
    base = first_key(label)
    top = last_key(label) if below is None else base + below - 1
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM (SELECT id, words FROM {TABLE} WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s) w"
            " WHERE words @@ %s::tsquery ORDER BY id DESC LIMIT %s",
            [base, top, LONGEST_WALK, _tsquery(question, label), limit],
        )
        return [key - base for (key,) in cursor.fetchall()]


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
