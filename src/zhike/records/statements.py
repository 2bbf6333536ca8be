"""Finished SQL as PostgreSQL takes it best: a text that stays the same, so that it is planned once for a connection.

Planning a question with somebody's scope takes longer than answering it. The driver prepares what a connection is asked
for the sixth time (`settings.py`). Ids that a column equals go along as parameters, so that all who see only their own
share a plan; other values are written into the text, for only from there the planner knows how many colleagues are
meant, and that an index of open deals will do. SQLite keeps what it has parsed and takes everything as it comes.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

PLACES = re.compile(r"%%|(?P<one> IN \(%s\))|(?P<same>= )?%s")


def written(sql: str, params: Iterable[Any], marks: Collection[Any]) -> tuple[str, list[Any]]:
    """The same SQL with what never changes in its text, and the parameters left over; `marks` always are."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return sql, list(params)
    values, left = iter(params), []

    def put(place: re.Match) -> str:
        if place[0] == "%%":
            return "%%"
        value = next(values)
        if _is_mark(value, marks) or ((place["one"] or place["same"]) and _is_id(value)):
            left.append(value)
            return " = %s" if place["one"] else place[0]
        return place[0].replace("%s", connection.ops.compose_sql("%s", [value]).replace("%", "%%"))

    return PLACES.sub(put, sql), left


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_mark(value: Any, marks: Collection[Any]) -> bool:
    return isinstance(value, int | str) and value in marks


def rows(sql: str, params: list[Any]) -> list[tuple]:
    """What the database answers to SQL as it was `written`."""
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            from django.db.backends.postgresql.base import ServerBindingCursor

            cursor.cursor = ServerBindingCursor(connection.connection)  # Django's own writes parameters into the text
        cursor.execute(sql, params)
        return cursor.fetchall()
