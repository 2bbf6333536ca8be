"""The search index in the database: one table `records_search`, a row of words for each record of any kind.

On SQLite it is an FTS5 table (`fts5`), on PostgreSQL tsvectors under a GIN index (`gin`); neither is a Django model, so
the migrations and these files are the only places that know.
"""

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, F, Func

from zhike.records.search import fts5, gin, version
from zhike.records.search.keys import TABLE, Asked, Newest, by_kind, first_key
from zhike.records.search.question import Question


def _here() -> Any:
    return fts5 if connection.vendor == "sqlite" else gin


# Writing


def create_table() -> None:
    """Make the empty table; the migration does so."""
    _here().create_table()


def drop_table() -> None:
    """Drop the table, if there is one."""
    _here().drop_table()


def is_empty() -> bool:
    """Whether nothing was indexed yet."""
    with connection.cursor() as cursor:
        return not _here().kinds_there(cursor)


def use_settings() -> None:
    """Give a table made by an earlier version the settings of this one; a migration does so."""
    _here().use_settings()


def put(label: str, documents: Iterable[tuple[int, set[str]]]) -> None:
    """Write documents (id, words) of a kind, replacing those that are there; what has not changed is not written."""
    _here().put(label, documents)


def remove(label: str, ids: Iterable[int]) -> None:
    """Take documents out."""
    _here().remove(label, ids)


def hold(label: str, ids: list[int]) -> list[int]:
    """Let nobody else write the documents of these records until the transaction ends; waits for nobody.

    Gives the ids before the first whose document somebody is writing just now (on SQLite nobody can be).
    """
    return _here().hold(label, ids)


def wait_for(label: str, ids: list[int]) -> None:
    """Wait until nobody else is writing the documents of these records, nor will before the transaction ends.

    What they are made of is to be read after that. Who needs those of several kinds waits for the upper ones first.
    """
    if ids:
        _here().wait_for(label, ids)


@contextmanager
def rebuilding():
    """Within this block, one transaction, the table is filled from nothing; PostgreSQL makes the index at the end."""
    with transaction.atomic():
        _here().begin_rebuilding()
        yield
        _here().end_rebuilding()
        version.reached()


def tidy(seconds: float) -> bool:
    """Put together what saves left apart, for so long at most; gives whether all is done. For the background."""
    return _here().tidy(seconds)


# Asking


def newest(question: Question, label: str, limit: int, *, below: int | None = None) -> list[int]:
    """The records of a kind that answer, newest first, at most `limit`; `below` goes on from an id."""
    return _here().newest(question, label, limit, below)


def newest_of(asked: dict[str, Asked]) -> dict[str, Newest]:
    """The newest of each of several kinds that answer what it is asked, and whether these are all.

    Of a kind in which many more are expected these may be fewer than wanted: they are for `newest`, which stops early.
    """
    return newest_of_each([asked])[0]


def newest_of_each(steps: list[dict[str, Asked]]) -> list[dict[str, Newest]]:
    """The same for several things asked, together."""
    return _here().newest_of_each(steps)


def newest_ids(labels: Sequence[str]) -> dict[str, int]:
    """The id of the newest document of each of the kinds that have any."""
    with connection.cursor() as cursor:
        there = by_kind((key,) for key in _here().kinds_there(cursor))
    return {label: there[base][0] for label in labels if (base := first_key(label)) in there}


def among(question: Question, label: str, ids: Iterable[int]) -> list[int]:
    """Those of some ids whose documents answer a question. For a few thousand ids at most."""
    return _here().among(question, label, ids)


class Answers(Func):
    """In a list's WHERE: whether the row's document answers a question, looked up row by row as the list is walked."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, question: Question, label: str):
        self.question, self.label = question, label
        super().__init__(F("pk"))

    def as_sqlite(self, compiler, connection, **context):
        column, params = compiler.compile(self.source_expressions[0])
        condition, more = fts5.substrings(self.question)
        key = f"{column} + {first_key(self.label)}"
        return f"EXISTS(SELECT 1 FROM {TABLE}_content d WHERE d.id = {key} AND {condition})", [*params, *more]

    def as_postgresql(self, compiler, connection, **context):
        # A value, not EXISTS: the planner would turn that into a join of all documents.
        column, params = compiler.compile(self.source_expressions[0])
        key = f"{column} + {first_key(self.label)}"
        sql = f"COALESCE((SELECT d.words @@ %s::tsquery FROM {TABLE} d WHERE d.id = {key}), false)"
        return sql, [gin.tsquery(self.question, self.label), *params]


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
