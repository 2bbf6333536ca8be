"""The data set of the benchmark: made-up companies and people, the same every time, in any size.

Rows go in by the fastest way the database has (COPY, executemany), with indexes made afterwards; the search index is
made by the code that makes it in use. Nothing here is an action: no audit row says that anybody did this.
"""

import itertools
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from stdnum.cn import uscc

from zhike.bench.deals import opportunities, stages
from zhike.bench.people import make_people

PARTS = json.loads((Path(__file__).parents[1] / "packs/distribution/data/name_parts.json").read_text("utf-8"))
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红辉玲建国志文斌海波宁健俊帆雪琳慧婷欣怡宇轩浩然子涵"
CITIES = [city["city"] for city in PARTS["cities"]]
TRADES = sorted({trade for trades in PARTS["trades"].values() for trade in trades})
BRAND = sorted({letter for brand in PARTS["brands"] for letter in brand})
JOBS = ["总经理", "采购经理", "设备科长", "技术总监", "项目经理", "财务经理"]
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BATCH = 20_000
CUSTOMERS, CONTACTS, OPPORTUNITIES = 1_000_000, 2_000_000, 300_000
SELLERS, TEAM = 400, 50


def generate(scale: float) -> None:
    """Fill an empty, migrated database with the data set, `scale` times its full size.

    A smaller company has fewer people, each with as many customers, in as many teams; and as many customers of a name,
    so that its pages show as much.
    """
    team = max(1, round(TEAM * scale))
    sellers = make_people(SELLERS // TEAM * team, team)
    count = round(CUSTOMERS * scale)
    tables = {
        "customers.Customer": customers(count, sellers),
        "customers.Contact": contacts(count, sellers),
        "sales.Opportunity": opportunities(
            round(OPPORTUNITIES * scale), count, stages(), partial(owner_of, sellers=sellers), NOW
        ),
    }
    with indexed_afterwards([apps.get_model(label) for label in tables]):
        for label, rows in tables.items():
            with step(label):
                load(apps.get_model(label), rows)
    with step("histories"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_auditentry (kind, object_id, title, verb, changes, action, person_id, happened_at)"
            " SELECT 'customers.customer', id, name, 'created', '{}', 'create_record', owner_id, created_at"
            " FROM customers_customer"
        )
        cursor.execute(
            "INSERT INTO records_auditentry (kind, object_id, title, verb, changes, action, person_id, happened_at)"
            " SELECT 'customers.customer', customer_id, name, 'changed', '{}', 'change_record', owner_id, updated_at"
            " FROM customers_contact"
        )
    with step("search index"):
        from zhike.records import search

        search.rebuild()
    statistics()


def statistics() -> None:
    """What a database that has run for some minutes knows of its tables.

    PostgreSQL vacuums by itself after a while; until then it does not trust its indexes alone.
    """
    with step("statistics"), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def owner_of(customer: int, sellers: list[int]) -> int:
    """Whose customer this is: spread evenly, neighbours with different people."""
    return sellers[customer * 7919 % len(sellers)]


def customers(count: int, sellers: list[int]) -> Iterator[dict[str, Any]]:
    """Companies: place, a brand of two characters (some 160 companies have the same), a trade, a form."""
    random = Random(1)  # noqa: S311
    letters = BRAND[: max(3, round(len(BRAND) * math.sqrt(min(count / CUSTOMERS, 1))))]
    for pk in range(1, count + 1):
        trade, brand = random.choice(TRADES), random.choice(letters) + random.choice(letters)
        city, age = random.choice(CITIES), random.randrange(730 * 86_400)
        contacted = random.randrange(age + 1)
        yield {
            "id": pk, "code": f"KH-{pk:07d}", "name": f"{city}{brand}{trade}{random.choice(PARTS['suffixes'])}",
            "short_name": brand + trade if pk % 4 == 0 else "", "uscc": credit_code(pk),
            "phone": f"0{random.randrange(510, 530)}-{random.randrange(10_000_000, 99_999_999)}", "city": city,
            "main_contact_id": pk * 2 - 1,
            "tier": random.choices(("potential", "target", "key"), (80, 17, 3))[0],
            "lifecycle": random.choice(("potential", "target", "near", "won", "won", "dormant", "lost")),
            "owner_id": owner_of(pk, sellers), "created_at": NOW - timedelta(seconds=age + 3600),
            "updated_at": NOW - timedelta(seconds=contacted // 2),
            "last_activity_at": NOW - timedelta(seconds=contacted) if pk % 3 else None,
        }  # fmt: skip


def credit_code(number: int) -> str:
    """A credit code whose check character is right."""
    code = f"91320500MA{number:07d}"
    return code + uscc.calc_check_digit(code)


def contacts(count: int, sellers: list[int]) -> Iterator[dict[str, Any]]:
    """Two people at each company."""
    random = Random(2)  # noqa: S311
    for pk in range(1, count * 2 + 1):
        customer = (pk + 1) // 2
        at = NOW - timedelta(seconds=random.randrange(730 * 86_400))
        yield {
            "id": pk, "customer_id": customer, "owner_id": owner_of(customer, sellers), "is_primary": pk % 2 == 1,
            "name": random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.choice((1, 2, 2)))),
            "title": random.choice(JOBS), "mobile": f"1{random.randrange(30, 100)}{random.randrange(10**8):08d}",
            "email": f"u{pk}@example.com" if pk % 3 == 0 else "", "created_at": at, "updated_at": at,
        }  # fmt: skip


# Writing


@contextmanager
def step(what: str):
    """Say what is being made, and how long it took."""
    started = time.monotonic()
    print(f"  {what} …", end="", flush=True, file=sys.stderr)
    yield
    print(f" {time.monotonic() - started:.0f} s", file=sys.stderr)


@contextmanager
def indexed_afterwards(tables: list[type[models.Model]]):
    """Drop the indexes declared on some models, and make them when they are filled."""
    with connection.schema_editor() as editor:
        for model in tables:
            for index in model._meta.indexes:
                editor.remove_index(model, index)
    yield
    with step("indexes"), connection.schema_editor() as editor:
        for model in tables:
            for index in model._meta.indexes:
                editor.add_index(model, index)


def load(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Put rows into a model's table: by column, values as Python has them; the others get their defaults."""
    columns = model._meta.local_concrete_fields
    names = [f.column for f in columns]
    place = {name: number for number, name in enumerate(names)}
    usual = [_plain(f.get_db_prep_save(_default(f), connection)) for f in columns]
    prepared = (_filled(usual, place, row) for row in rows)
    quoted = ", ".join(f'"{name}"' for name in names)
    table = model._meta.db_table
    with references_unchecked(), transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({quoted}) FROM STDIN') as copy:
                for row in prepared:
                    copy.write_row(row)
        else:
            marks = ", ".join(["?"] * len(names))
            while batch := list(itertools.islice(prepared, BATCH)):
                cursor.cursor.connection.executemany(f'INSERT INTO "{table}" ({quoted}) VALUES ({marks})', batch)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) FROM \"{table}\"")


@contextmanager
def references_unchecked():
    """Rows may name others that come later."""
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        yield
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")


def _default(field: models.Field) -> Any:
    if isinstance(field, models.DateTimeField) and (field.auto_now or field.auto_now_add):
        return NOW
    return field.get_default()


def _filled(usual: list[Any], place: dict[str, int], row: dict[str, Any]) -> list[Any]:
    values = usual.copy()
    for name, value in row.items():
        values[place[name]] = _plain(value) if isinstance(value, date) else value
    return values


def _plain(value: Any) -> Any:
    if connection.vendor == "sqlite" and isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    if connection.vendor == "sqlite" and isinstance(value, date):
        return value.isoformat()
    return value.dumps(value.obj) if hasattr(value, "dumps") else value
