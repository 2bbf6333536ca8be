"""Many new rows at once, as imports write them: faster than `bulk_create`, which builds SQL for each value."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, connections, models, router

from zhike.kit.actions import need_action

# Both databases take the values of these columns as Python has them.
AS_THEY_ARE = (models.CharField, models.TextField, models.BooleanField, models.IntegerField, models.ForeignKey)


def insert_rows(model: type[models.Model], rows: Iterable[Any], *, keep_times: bool = False) -> Sequence[Any]:
    """Insert model objects as they are, keys given beforehand, and mark them as saved.

    Only inside an action, for models without parents. SQLite: one prepared statement; PostgreSQL: COPY. Broken
    constraints raise IntegrityError as usual. `keep_times` leaves created_at and updated_at as they are given.
    """
    need_action(model)
    rows = list(rows)
    if not rows:
        return rows
    fields = model._meta.local_concrete_fields
    _give_keys(model, [row for row in rows if row.pk is None])
    _insert(model, fields, list(zip(*(_column(field, rows, keep_times) for field in fields), strict=True)))
    for row in rows:
        row._state.adding, row._state.db = False, router.db_for_write(model)
    return rows


def insert_values(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given as values of these columns; the database gives the keys, nothing is filled in.

    For rows nobody needs as objects, such as audit entries. Only inside an action.
    """
    need_action(model)
    columns = {field.attname: field for field in model._meta.local_concrete_fields}
    fields = [columns[name] for name in names]
    if values := list(zip(*rows, strict=True)):
        _insert(model, fields, list(zip(*(_prepared(f, list(v)) for f, v in zip(fields, values, strict=True)),
                                        strict=True)))  # fmt: skip


def _insert(model: type[models.Model], fields: Sequence[models.Field], values: list[tuple]) -> None:
    quote = connection.ops.quote_name
    table, columns = quote(model._meta.db_table), ", ".join(quote(f.column) for f in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for line in values:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)


def _column(field: models.Field, rows: list[Any], keep_times: bool) -> list[Any]:
    fills_in = not keep_times and type(field).pre_save is not models.Field.pre_save  # times, above all
    return _prepared(field, [field.pre_save(row, True) if fills_in else getattr(row, field.attname) for row in rows])


def _prepared(field: models.Field, values: list[Any]) -> list[Any]:
    if isinstance(field, AS_THEY_ARE):
        return values
    database = connections[connection.alias]  # not the proxy, which costs more than the conversion
    known: dict[Any, Any] = {}  # many rows have the same value, such as nothing or the same moment
    found = []
    for value in values:
        if value.__hash__ is None:
            found.append(field.get_db_prep_save(value, database))
            continue
        if value not in known:
            known[value] = field.get_db_prep_save(value, database)
        found.append(known[value])
    return found


def _give_keys(model: type[models.Model], rows: list[Any]) -> None:
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, key, len(rows)]
            )
            keys = [found for (found,) in cursor.fetchall()]
        else:
            # The transaction began IMMEDIATE, so nobody else takes keys meanwhile; AUTOINCREMENT never gives one twice.
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            last = (cursor.fetchone() or (0,))[0]
            keys = range(last + 1, last + 1 + len(rows))
    for row, pk in zip(rows, keys, strict=True):
        row.pk = pk
