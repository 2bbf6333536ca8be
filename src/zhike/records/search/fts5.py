"""The search index on SQLite: an FTS5 table, whose documents are read in the order of their keys.

FTS5 finds the documents of a word in order and stops, so "the newest fifty" cost fifty.
"""

import itertools
import json
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db import connection

from zhike.records.search import keys
from zhike.records.search.keys import TABLE, Asked, Newest, by_kind, first_key, last_key
from zhike.records.search.question import Question, Term

CREATE = (
    f"CREATE VIRTUAL TABLE {TABLE} USING fts5(words, detail=none, columnsize=0, tokenize=\"ascii tokenchars '^=$~@'\")"
)
# FTS5 gathers what is written in segments, smaller ones merged into larger ones. As it comes, a save that makes one too
# many merges them all at once, also the one with nearly everything in it: ten seconds at a million customers. So no
# save merges them all; `tidy` does so bit by bit, and a save itself only a little where that falls far behind.
IN_USE = {"automerge": 16, "crisismerge": 1000, "usermerge": 8, "hashsize": 1 << 20}
# So many pages of 4 KB are merged at a time; nobody else can write meanwhile, for some twenty milliseconds.
MERGED_AT_A_TIME = 200
READ_AT_A_TIME = 50


# Writing


def create_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        _set(cursor, **IN_USE)


def drop_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


def put(label: str, documents: Iterable[tuple[int, set[str]]]) -> None:
    base = first_key(label)
    rows = {base + pk: words for pk, words in documents}
    with connection.cursor() as cursor:
        known = _known(cursor, rows)
        changed = [key for key, words in rows.items() if key not in known or set(known[key].split()) != words]
        if old := [(key,) for key in changed if key in known]:
            cursor.executemany(f"DELETE FROM {TABLE} WHERE rowid = %s", old)
        new = [(key, f" {' '.join(rows[key])} ") for key in changed]
        cursor.executemany(f"INSERT INTO {TABLE} (rowid, words) VALUES (%s, %s)", new)


def _known(cursor: Any, wanted: Iterable[int]) -> dict[int, str]:
    cursor.execute(
        f"SELECT id, c0 FROM {TABLE}_content WHERE id IN (SELECT value FROM json_each(%s))", [json.dumps(list(wanted))]
    )
    return dict(cursor.fetchall())


def remove(label: str, ids: Iterable[int]) -> None:
    gone = [(first_key(label) + pk,) for pk in ids]
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {TABLE} WHERE rowid = %s", gone)


def hold(_label: str, ids: list[int]) -> list[int]:
    """All of them: a transaction begins by taking the lock of the database."""
    return ids


def wait_for(_label: str, _ids: list[int]) -> None:
    """Nothing: a transaction begins by taking the lock of the database."""


def begin_rebuilding() -> None:
    drop_table()
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        # Written in large pieces and put together once, instead of again and again.
        _set(cursor, automerge=0, crisismerge=1000, hashsize=64 << 20)


def end_rebuilding() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('optimize')")
        _set(cursor, **IN_USE)


def use_settings() -> None:
    """Give a table made by an earlier version the settings of this one."""
    with connection.cursor() as cursor:
        _set(cursor, **IN_USE)


def tidy(seconds: float) -> bool:
    """A merge of segments, in steps that let others write between them."""
    ends = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while time.monotonic() < ends:
            before = _changes(cursor)
            _set(cursor, merge=MERGED_AT_A_TIME)
            if _changes(cursor) - before < 2:  # as FTS5 says that there was nothing to merge
                return True
            time.sleep(0.02)
    return False


def _changes(cursor: Any) -> int:
    cursor.execute("SELECT total_changes()")
    return cursor.fetchone()[0]


def _set(cursor: Any, **options: int) -> None:
    for name, value in options.items():
        cursor.execute(f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES (%s, %s)", [name, value])


# Asking


def kinds_there(cursor: Any) -> list[int]:
    """The keys of the newest document of each kind."""
    table = f"{TABLE}_content"
    cursor.execute(
        f"WITH RECURSIVE kind (newest) AS (SELECT MAX(id) FROM {table} UNION ALL"
        f" SELECT (SELECT MAX(id) FROM {table} WHERE id < newest >> {keys.KEY_BITS} << {keys.KEY_BITS})"
        " FROM kind WHERE newest IS NOT NULL) SELECT newest FROM kind WHERE newest IS NOT NULL"
    )
    return [key for (key,) in cursor.fetchall()]


def newest(question: Question, label: str, limit: int, below: int | None) -> list[int]:
    base = first_key(label)
    return _of_kinds(question, [(base, last_key(label) if below is None else base + below - 1)], limit).get(base, [])


def newest_of_each(steps: list[dict[str, Asked]]) -> list[dict[str, Newest]]:
    return [_newest_of(asked) for asked in steps]


def _newest_of(asked: dict[str, Asked]) -> dict[str, Newest]:
    """The newest of each of several kinds: those asked the same in one walk along the keys.

    It goes on with the next kind where it has enough of one.
    """
    alike: dict[Question, dict[int, int]] = {}
    for label, one in asked.items():
        alike.setdefault(one.question, {})[first_key(label)] = one.most + 1
    found: dict[int, list[int]] = {first_key(label): [] for label in asked}
    with connection.cursor() as cursor:
        for question, wanted in alike.items():
            answers, given = _answers(question)
            sql = f"SELECT f.rowid FROM {TABLE} f WHERE {answers} AND f.rowid < %s ORDER BY f.rowid DESC"
            below: int | None = max(wanted) + (1 << keys.KEY_BITS)
            while below is not None:
                cursor.execute(sql, [*given, below])
                rows = itertools.chain.from_iterable(iter(lambda: cursor.fetchmany(READ_AT_A_TIME), []))
                below = _read_until_enough(rows, wanted, found)
    return {label: Newest.of(found[first_key(label)], one.most) for label, one in asked.items()}


def _read_until_enough(rows: Iterable[tuple[int]], wanted: dict[int, int], found: dict[int, list[int]]) -> int | None:
    """Add keys, newest first, to what was found of each kind wanted; gives where to go on, or None at the end."""
    for (key,) in rows:
        base = key >> keys.KEY_BITS << keys.KEY_BITS
        if base not in wanted or len(found[base]) == wanted[base]:
            return base
        found[base].append(key - base)
    return None


def _of_kinds(question: Question, ends: list[tuple[int, int]], limit: int) -> dict[int, list[int]]:
    answers, given = _answers(question)
    one = (
        f"SELECT * FROM (SELECT f.rowid FROM {TABLE} f WHERE {answers}"
        " AND f.rowid BETWEEN %s AND %s ORDER BY f.rowid DESC LIMIT %s)"
    )
    params = [(*given, *end, limit) for end in ends]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(ends)), list(itertools.chain.from_iterable(params)))
        return by_kind(cursor.fetchall())


def _answers(question: Question) -> tuple[str, list[str]]:
    # Every company name ends alike: it is looked up by its rarer pairs, then read to the end.
    lean = question.leaner(_is_common)
    if lean == question:
        return f"f.{TABLE} MATCH %s", [_written(question)]
    condition, checked = substrings(question)
    check = f"EXISTS(SELECT 1 FROM {TABLE}_content d WHERE d.id = f.rowid AND {condition})"
    return f"f.{TABLE} MATCH %s AND {check}", [_written(lean), *checked]


@lru_cache(maxsize=20_000)
def _is_common(term: Term) -> bool:
    """Whether very many documents have a word. Remembered: a stale answer costs time and changes no result."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {TABLE} WHERE {TABLE} MATCH %s LIMIT %s)",
            [_written(Question("", (((term,),),))), keys.COMMON + 1],
        )
        return cursor.fetchone()[0] > keys.COMMON


def among(question: Question, label: str, ids: Iterable[int]) -> list[int]:
    base = first_key(label)
    with connection.cursor() as cursor:
        known = _known(cursor, [base + pk for pk in ids])
    return [key - base for key, words in known.items() if question.matches(set(words.split()))]


# The question in the language of FTS5. Words are letters, digits and our own marks only, and quoted all the same.


def _written(question: Question) -> str:
    def term(t: Term) -> str:
        return '"' + t.word.replace('"', '""') + ('"*' if t.is_start else '"')

    return question.written(term, joined(" AND "), joined(" OR "))


def joined(word: str):
    """How a database writes several conditions as one."""
    return lambda parts: parts[0] if len(parts) == 1 else f"({word.join(parts)})"


def substrings(question: Question) -> tuple[str, list[str]]:
    """The question as a condition on a document `d` read along, with its parameters."""
    params: list[str] = []

    def term(t: Term) -> str:
        params.append(f" {t.word}" if t.is_start else f" {t.word} ")
        return "instr(d.c0, %s)"

    return question.written(term, joined(" AND "), joined(" OR ")), params
