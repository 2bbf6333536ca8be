"""What is owed by age as of any day, added up by the database in one go (SAL-7, SAL-8).

A past day divides the receivables in three: what was last booked by then stands as it does now; what was first booked
after it did not exist; only what was booked both before and after is added up entry by entry.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Count, Q, QuerySet, Sum
from django.db.models.functions import Cast

from zhike.contracts.models import Receivable
from zhike.kit import dates
from zhike.kit.viewer import Viewer

PARTS = ("not_due", "d1_30", "d31_60", "d61_90", "over_90")
Sums = dict[Any, list[Decimal]]
Fen = dict[Any, list[int]]


def parts(as_of: date) -> dict[str, Q]:
    """Which due days fall into which part of an ageing."""
    day = [as_of - timedelta(days=n) for n in (0, 30, 60, 90)]
    return {
        "not_due": Q(due_on__gte=day[0]),
        "d1_30": Q(due_on__lt=day[0], due_on__gte=day[1]),
        "d31_60": Q(due_on__lt=day[1], due_on__gte=day[2]),
        "d61_90": Q(due_on__lt=day[2], due_on__gte=day[3]),
        "over_90": Q(due_on__lt=day[3]),
    }


def outstanding(viewer: Viewer, path: str, as_of: date, rows: QuerySet[Receivable] | None = None) -> Sums:
    """What is owed at the end of a day in each part of the ageing, by a path of receivables such as "owner_id".

    Of what the viewer sees, or of `rows` read through their scope already. Groups that owe nothing are left out.
    """
    return {key: [from_fen(fen) for fen in amounts] for key, amounts in in_fen(viewer, path, as_of, rows).items()}


def in_fen(viewer: Viewer, path: str, as_of: date, rows: QuerySet[Receivable] | None = None) -> Fen:
    """The same in whole fen, for who adds up tens of thousands of groups and shows a hundred."""
    rows = Receivable.objects.visible_to(viewer) if rows is None else rows
    if as_of >= dates.today():
        return _without_nothing(_sums(rows.filter(balance__gt=0), "balance", path, as_of))
    still = rows.filter(booked_to__lte=as_of, balance__gt=0)
    moved = rows.filter(booked_to__gt=as_of, booked_from__lte=as_of, entries__booked_on__lte=as_of)
    return _without_nothing(
        _added(_sums(still, "balance", path, as_of), _sums(moved, "entries__receivable_delta", path, as_of))
    )


def largest(viewer: Viewer, path: str, most: int) -> tuple[Fen, int, list[int]]:
    """Today's groups that owe most, in whole fen and in order, how many owe anything, and the parts of all together.

    Ranked and added up by the database: with tens of thousands of groups, far less is carried over.
    """
    as_of, rows = dates.today(), Receivable.objects.visible_to(viewer).filter(balance__gt=0).order_by()
    owed = Cast(Sum("balance"), BigIntegerField())
    keys = list(rows.values_list(path).annotate(owed=owed).order_by("-owed", path).values_list(path, flat=True)[:most])
    found = _sums(rows.filter(**{f"{path}__in": keys}), "balance", path, as_of)
    both = rows.aggregate(groups=Count(path, distinct=True), **_parts("balance", as_of))
    count = both.pop("groups")
    return {key: found[key] for key in keys}, count, [both[part] or 0 for part in PARTS]


def from_fen(fen: int) -> Decimal:
    """Fen in yuan."""
    return Decimal(fen).scaleb(-2)


def _sums(rows: QuerySet, column: str, path: str, as_of: date) -> Fen:
    found = rows.order_by().values_list(path).annotate(**_parts(column, as_of))
    return {key: [fen or 0 for fen in amounts] for key, *amounts in found}


def _parts(column: str, as_of: date) -> dict[str, Cast]:
    whole = BigIntegerField()  # as the column keeps them: no Decimal for each
    return {part: Cast(Sum(column, filter=condition), whole) for part, condition in parts(as_of).items()}


def _added(one: Fen, other: Fen) -> Fen:
    for key, amounts in other.items():
        one[key] = [a + b for a, b in zip(one[key], amounts, strict=True)] if key in one else amounts
    return one


def _without_nothing(sums: Fen) -> Fen:
    return {key: amounts for key, amounts in sums.items() if any(amounts)}
