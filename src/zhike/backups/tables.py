"""Which tables there are, and how one value travels."""

import base64
from collections.abc import Iterable
from datetime import timedelta

from django.core.management.base import CommandError
from django.db import connection, models
from django.utils.duration import duration_string

FORMAT = 1


def all_models(apps) -> list[type[models.Model]]:
    """The models with tables of their own, many-to-many tables included, in a fixed order."""
    found = {
        m._meta.db_table: m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy
    }
    return [found[name] for name in sorted(found)]


def columns_of(model) -> list[models.Field]:
    """The fields that are stored; what the database computes itself is left to it."""
    return [f for f in model._meta.local_concrete_fields if not getattr(f, "generated", False)]


def as_plain(value):
    """A value as JSON has it; the field's `to_python` is the way back."""
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    if isinstance(value, timedelta):
        return duration_string(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def sequences() -> dict[str, int]:
    """The last number each table has given out: a number once used must not come back as another record."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
        else:
            cursor.execute(
                "SELECT t.relname, CASE s.relkind WHEN 'S' THEN pg_sequence_last_value(s.oid) END FROM pg_class s"
                " JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') JOIN pg_class t ON t.oid = d.refobjid"
            )
        return {table: last for table, last in cursor.fetchall() if last}


def set_sequences(last: dict[str, int], known: Iterable[type[models.Model]]) -> None:
    """Let each table go on after its last number."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in known:
            table, key = model._meta.db_table, model._meta.pk
            if not isinstance(key, models.AutoField):
                continue
            cursor.execute(f"SELECT COALESCE(MAX({quote(key.column)}), 0) FROM {quote(table)}")
            number = max(cursor.fetchone()[0], last.get(table) or 0)
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                if number:
                    cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
            elif number:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [quote(table), key.column, number])


class BadBackup(CommandError):
    """The file cannot be restored, or not here; said in one line."""
