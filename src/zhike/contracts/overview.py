"""What is owed, by salesperson, customer or department and by age, as of any day (SAL-8, INS-1).

As of today the kept balances are added up; as of a past day the ledger's entries until then are. Both give the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from zhike.contracts.models import Payment, Receivable
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.org.models import Department
from zhike.records.lookups import person_names

NOTHING = Decimal(0)
PARTS = ("not_due", "d1_30", "d31_60", "d61_90", "over_90")
GROUPS = {"owner": "owner_id", "customer": "customer_id", "department": "owner__department_id"}


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
    """The rows, the largest debt first, and their sum."""

    by: str
    as_of: date
    rows: list[Row]
    total: Row


def summary(viewer: Viewer, by: str, as_of: date) -> Summary:
    """What is owed as of the end of a day, grouped; one query and one for names, however many rows."""
    path = GROUPS[by]
    rows = Receivable.objects.visible_to(viewer)
    amount, kept = _balance(rows, as_of)
    sums = kept.order_by().values_list(path).annotate(
        **{part: Sum(amount, filter=condition) for part, condition in parts(as_of, _limit(amount, as_of)).items()}
    )  # fmt: skip
    found = [Row(key, ageing={p: a or NOTHING for p, a in zip(PARTS, some, strict=True)}) for key, *some in sums]
    found = [row for row in found if any(row.ageing.values())]
    names = NAMES[by](viewer, [row.key for row in found])
    for row in found:
        row.name = names.get(row.key, "")
    total = Row(None, ageing={part: sum((row.ageing[part] for row in found), NOTHING) for part in PARTS})
    return Summary(by, as_of, sorted(found, key=lambda row: (-row.outstanding, row.name, row.key or 0)), total)


def parts(as_of: date, also: Q) -> dict[str, Q]:
    """Which due days fall into which part of an ageing, together with another condition."""
    day = [as_of - timedelta(days=n) for n in (0, 30, 60, 90)]
    ranges = [
        Q(due_on__gte=day[0]), Q(due_on__lt=day[0], due_on__gte=day[1]), Q(due_on__lt=day[1], due_on__gte=day[2]),
        Q(due_on__lt=day[2], due_on__gte=day[3]), Q(due_on__lt=day[3]),
    ]  # fmt: skip
    return {part: condition & also for part, condition in zip(PARTS, ranges, strict=True)}


def _balance(rows: QuerySet, as_of: date) -> tuple[str, QuerySet]:
    """What is added up, and over which rows."""
    if as_of >= dates.today():
        return "balance", rows.filter(balance__gt=0)
    return "entries__receivable_delta", rows


def _limit(amount: str, as_of: date) -> Q:
    return Q() if amount == "balance" else Q(entries__booked_on__lte=as_of)


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
    amount, rows = _balance(Receivable.objects.visible_to(viewer), as_of)
    month = Q(due_on__gte=first, due_on__lt=end) & _limit(amount, as_of)
    due = rows.aggregate(total=Sum(amount, filter=month))["total"]
    payments = Payment.objects.visible_to(viewer)
    came = payments.filter(is_reversed=False, received_on__gte=first, received_on__lte=as_of)
    if as_of >= dates.today():
        unused = payments.filter(unallocated__gt=0).aggregate(total=Sum("unallocated"))
    else:
        unused = payments.aggregate(total=Sum("entries__credit_delta", filter=Q(entries__booked_on__lte=as_of)))
    return Figures(due or NOTHING, _sum(came), unused["total"] or NOTHING)


def _sum(rows: QuerySet) -> Decimal:
    return rows.aggregate(total=Sum("amount"))["total"] or NOTHING


@dataclass(frozen=True)
class Point:
    """What stood open and overdue at the end of a day."""

    on: date
    outstanding: Decimal
    overdue: Decimal


def trend(viewer: Viewer, today: date, months: int = 6) -> list[Point]:
    """Outstanding and overdue at the ends of the last months and today, from the ledger in one query."""
    ends, first = [today], today.replace(day=1)
    for _n in range(months - 1):
        ends.insert(0, first - timedelta(days=1))
        first = ends[0].replace(day=1)
    columns = {}
    for n, day in enumerate(ends):
        until = Q(entries__booked_on__lte=day)
        columns[f"all{n}"] = Sum("entries__receivable_delta", filter=until)
        columns[f"late{n}"] = Sum("entries__receivable_delta", filter=until & Q(due_on__lt=day))
    sums = Receivable.objects.visible_to(viewer).aggregate(**columns)
    return [Point(day, sums[f"all{n}"] or NOTHING, sums[f"late{n}"] or NOTHING) for n, day in enumerate(ends)]
