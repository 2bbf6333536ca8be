"""What is owed, by salesperson, customer or department and by age, as of any day (SAL-8, INS-1).

The sums come from `ageing`: the kept balances for today, the ledger's entries for a past day. Both give the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from heapq import nsmallest
from typing import Any

from django.db.models import Q, QuerySet, Sum

from zhike.contracts.ageing import PARTS, Fen, from_fen, in_fen, largest
from zhike.contracts.models import Payment, Receivable
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.org.models import Department, Person
from zhike.records.lookups import person_names

NOTHING = Decimal(0)
# What the database adds up by; departments are made of their people afterwards.
GROUPS = {"owner": "owner_id", "customer": "customer_id", "department": "owner_id"}


@dataclass
class Row:
    """What somebody is owed by, or owes: the whole, what of it is overdue, and its parts by age."""

    key: int | None
    name: str = ""
    ageing: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(PARTS, NOTHING))

    @property
    def outstanding(self) -> Decimal:
        """All that is open."""
        return sum(self.ageing.values(), NOTHING)

    @property
    def overdue(self) -> Decimal:
        """What of it is overdue."""
        return self.outstanding - self.ageing["not_due"]


@dataclass
class Summary:
    """The rows, the largest debt first, how many there are (more than the rows where few were asked for), their sum."""

    by: str
    as_of: date
    rows: list[Row]
    count: int
    total: Row


def summary(viewer: Viewer, by: str, as_of: date, *, most: int | None = None) -> Summary:
    """What is owed as of the end of a day, grouped; a few queries and one for names, however many rows.

    `most` says how many rows will be shown: the others are only counted and added up.
    """
    if most and by == "customer" and as_of >= dates.today():
        sums, count, total = largest(viewer, GROUPS[by], most)
        return Summary(by, as_of, _rows(viewer, by, sums, list(sums)), count, Row(None, ageing=_aged(total)))
    sums = in_fen(viewer, GROUPS[by], as_of)
    sums = _by_department(sums) if by == "department" else sums
    shown = [key for _owed, _tie, key in nsmallest(most or len(sums), ((-sum(a), k or 0, k) for k, a in sums.items()))]
    total = [sum(part) for part in zip(*sums.values(), strict=True)] or [0] * len(PARTS)
    return Summary(by, as_of, _rows(viewer, by, sums, shown), len(sums), Row(None, ageing=_aged(total)))


def _rows(viewer: Viewer, by: str, sums: Fen, keys: list[Any]) -> list[Row]:
    names = NAMES[by](viewer, keys)
    return [Row(key, names.get(key, ""), _aged(sums[key])) for key in keys]


def _aged(amounts: list[int]) -> dict[str, Decimal]:
    return {part: from_fen(fen) for part, fen in zip(PARTS, amounts, strict=True)}


def _by_department(sums: Fen) -> Fen:
    departments = dict(Person.objects.filter(pk__in=sums).values_list("pk", "department_id"))
    found: Fen = {}
    for person, amounts in sums.items():
        key = departments.get(person)
        found[key] = [a + b for a, b in zip(found[key], amounts, strict=True)] if key in found else amounts
    return found


def _people(viewer: Viewer, keys: list[Any]) -> dict[Any, str]:
    return person_names()


def _customers(viewer: Viewer, keys: list[Any]) -> dict[Any, str]:
    return dict(Customer.objects.visible_to(viewer).filter(pk__in=keys).values_list("pk", "name"))


def _departments(viewer: Viewer, keys: list[Any]) -> dict[Any, str]:
    return dict(Department.objects.filter(pk__in=[key for key in keys if key]).values_list("pk", "name"))


NAMES: dict[str, Callable[[Viewer, list[Any]], dict[Any, str]]] = {
    "owner": _people, "customer": _customers, "department": _departments,
}  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """The key figures of a day, in yuan."""

    due_this_month: Decimal
    received_this_month: Decimal
    unallocated: Decimal


def figures(viewer: Viewer, as_of: date) -> Figures:
    """What is due in the month of a day, what came in since its beginning, and what is not put against anything."""
    first = as_of.replace(day=1)
    end = (first + timedelta(days=32)).replace(day=1)
    rows, payments = Receivable.objects.visible_to(viewer), Payment.objects.visible_to(viewer)
    due, unused = rows.filter(due_on__gte=first, due_on__lt=end), payments.filter(unallocated__gt=0)
    if as_of >= dates.today():
        owed, credit = _total(due.filter(balance__gt=0), "balance"), _total(unused, "unallocated")
    else:
        owed = _total(due.filter(entries__booked_on__lte=as_of), "entries__receivable_delta")
        # What was last booked by then stands as it does now; of the others only those that had come by then count.
        moved = payments.filter(booked_to__gt=as_of, received_on__lte=as_of, entries__booked_on__lte=as_of)
        credit = _total(unused.filter(booked_to__lte=as_of), "unallocated") + _total(moved, "entries__credit_delta")
    came = payments.filter(is_reversed=False, received_on__gte=first, received_on__lte=as_of)
    return Figures(owed, _total(came, "amount"), credit)


def _total(rows: QuerySet, column: str) -> Decimal:
    return rows.order_by().aggregate(total=Sum(column))["total"] or NOTHING


@dataclass(frozen=True)
class Point:
    """What stood open and overdue at the end of a day."""

    on: date
    outstanding: Decimal
    overdue: Decimal


def trend(viewer: Viewer, today: date, months: int = 6) -> list[Point]:
    """Outstanding and overdue at the ends of the last months and today: what stands now less what was booked since."""
    ends, first = [today], today.replace(day=1)
    for _n in range(months - 1):
        ends.insert(0, first - timedelta(days=1))
        first = ends[0].replace(day=1)
    rows = Receivable.objects.visible_to(viewer).order_by()
    now, since = {"all": Sum("balance")}, {}
    for n, day in enumerate(ends):
        later = Q(entries__booked_on__gt=day)
        now[f"late{n}"] = Sum("balance", filter=Q(due_on__lt=day))
        since[f"all{n}"] = Sum("entries__receivable_delta", filter=later)
        since[f"late{n}"] = Sum("entries__receivable_delta", filter=later & Q(due_on__lt=day))
    now = rows.filter(balance__gt=0).aggregate(**now)
    since = rows.filter(entries__booked_on__gt=ends[0]).aggregate(**since)
    return [
        Point(day, (now["all"] or NOTHING) - (since[f"all{n}"] or NOTHING),
              (now[f"late{n}"] or NOTHING) - (since[f"late{n}"] or NOTHING))
        for n, day in enumerate(ends)
    ]  # fmt: skip
