"""Custom values in SQL: the one expression by which they are shown, filtered, sorted and indexed (CRAFT §6).

Django's own JSON lookups produce SQL that no index serves, so the expression is spelled out per database.
"""

import re

from django.db import connection
from django.db.models import BigIntegerField, CharField, F, FloatField, Func, OuterRef

_outputs = {"text": CharField, "number": FloatField, "integer": BigIntegerField}
_pg_casts = {"text": "", "number": "::double precision", "integer": "::bigint"}


class CustomValue(Func):
    """The value kept under a key in `custom` ("f12", "channel_code"), as text, number or integer."""

    def __init__(self, key: str, cast: str = "text", *, of_outer_row: bool = False):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):  # it stands in SQL as it is
            raise ValueError(f"not the key of a custom field: {key!r}")
        self.key, self.cast = key, cast
        super().__init__(OuterRef("custom") if of_outer_row else F("custom"), output_field=_outputs[cast]())

    def as_sqlite(self, compiler, connection, **context):
        column, params = compiler.compile(self.source_expressions[0])
        return f"JSON_EXTRACT({column}, '$.{self.key}')", params

    def as_postgresql(self, compiler, connection, **context):
        column, params = compiler.compile(self.source_expressions[0])
        return f"(({column} ->> '{self.key}'){_pg_casts[self.cast]})", params


def index_name(key: str) -> str:
    """The name of the index of a custom field."""
    return f"custom_value_{key}"


def create_index(table: str, key: str, cast: str) -> None:
    """Index the values of one custom field, with the very expression queries use."""
    quoted = connection.ops.quote_name
    value = (
        f"JSON_EXTRACT({quoted('custom')}, '$.{key}')"
        if connection.vendor == "sqlite"
        else f"(({quoted('custom')} ->> '{key}'){_pg_casts[cast]})"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {quoted(index_name(key))} ON {quoted(table)} ({value})")


def drop_index(key: str) -> None:
    """Drop the index of a custom field, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {connection.ops.quote_name(index_name(key))}")
