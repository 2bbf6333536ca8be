"""The forecast: open deals by the month they are expected and how surely they count, with what is won (SAL-10).

A deal counts in one category: the one its owner chose, or the one its win probability says. Forecasts are kept once a
month, so that what was forecast can be held against what came.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth

from zhike.kit import dates
from zhike.kit.money import round_fen
from zhike.kit.viewer import Viewer
from zhike.sales.models import Forecast, ForecastLine, Opportunity
from zhike.sales.targets import month_after

MONTHS_AHEAD = 6
Category = Opportunity.Category
# From which win probability, in percent, a deal counts as what.
LEAST = ((80, Category.COMMIT), (50, Category.BEST_CASE), (1, Category.PIPELINE), (0, Category.OMITTED))
Cell = tuple[int, date | None]  # whose, and in which month; None: no day is expected


@dataclass
class Sums:
    """What a month of a person comes to, in yuan. `weighted` is Σ amount × win probability of what is not omitted."""

    won: Decimal = Decimal(0)
    commit: Decimal = Decimal(0)
    best_case: Decimal = Decimal(0)
    pipeline: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    deals: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def surely(self) -> Decimal:
        """Won and committed."""
        return self.won + self.commit

    @property
    def at_best(self) -> Decimal:
        """Won, committed and the best case."""
        return self.won + self.commit + self.best_case

    @property
    def likely(self) -> Decimal:
        """Won, and the rest by its probability."""
        return self.won + self.weighted


def category_by(chosen: str, probability: int) -> str:
    """How a deal counts: as chosen, or as its win probability says."""
    return chosen or next(category for least, category in LEAST if probability >= least)


def forecast(rows: QuerySet[Opportunity], first: date) -> dict[Cell, Sums]:
    """Deals summed up by owner and month, from rows read through their scope.

    Open deals count in the month they are expected, also where that has passed; won ones in the month they were won,
    from `first` on. Amounts weighted are rounded once per owner, month and probability.
    """
    found: dict[Cell, Sums] = {}
    still = rows.filter(status=Opportunity.Status.OPEN).order_by().annotate(month=TruncMonth("expected_on"))
    still = still.values_list("owner_id", "month", "forecast_category", "probability")
    for owner, month, chosen, probability, amount, count in still.annotate(a=Sum("amount"), n=Count("pk")):
        category = category_by(chosen, probability)
        if category == Category.OMITTED:
            continue
        amount = amount or Decimal(0)
        weighted = round_fen(amount * probability / 100)
        one = Sums(**{category: amount}, weighted=weighted, deals=count)
        found[owner, month] = found.get((owner, month), Sums()) + one
    won = rows.filter(status=Opportunity.Status.WON, closed_on__gte=first).order_by()
    won = won.annotate(month=TruncMonth("closed_on")).values_list("owner_id", "month")
    for owner, month, amount in won.annotate(a=Sum("amount")):
        found[owner, month] = found.get((owner, month), Sums()) + Sums(won=amount or Decimal(0))
    return found


def forecast_of(viewer: Viewer) -> dict[Cell, Sums]:
    """The forecast of what the viewer sees, as it stands."""
    return forecast(Opportunity.objects.visible_to(viewer), dates.today().replace(day=1))


def months_from(first: date) -> list[date]:
    """The months a forecast looks at."""
    return [month_after(first, n) for n in range(MONTHS_AHEAD)]


def summed(cells: Iterable[Sums]) -> Sums:
    """Several sums in one."""
    return sum(cells, Sums())


# Kept forecasts


def kept(count: int = 24) -> list[Forecast]:
    """The forecasts kept last, newest first."""
    return list(Forecast.objects.select_related("person")[:count])


def kept_for(month: date) -> Forecast | None:
    """The forecast to hold a month against: kept when it began, or else the last one before it ended."""
    rows = Forecast.objects.select_related("person")
    by_itself = rows.filter(month=month).first()
    return by_itself or rows.filter(taken_at__lt=dates.bounds(month_after(month))[0]).first()


def compared(viewer: Viewer, held: Forecast, month: date) -> list[dict[str, Any]]:
    """What a kept forecast said of a month, beside what came by now: {"owner", "said" (a line), "came", "hit"}.

    `hit` is what came in percent of what was committed or won then.
    """
    lines = ForecastLine.objects.visible_to(viewer).filter(forecast=held, month=month)
    said = {line.owner_id: line for line in lines}
    won = Opportunity.objects.visible_to(viewer).filter(
        status=Opportunity.Status.WON, closed_on__range=(month, month_after(month) - date.resolution)
    )
    came = dict(won.order_by().values_list("owner_id").annotate(a=Sum("amount")))
    rows = []
    for owner in said.keys() | came.keys():
        line = said.get(owner) or ForecastLine(owner_id=owner, month=month)
        rows.append(_beside(owner, line, came.get(owner) or Decimal(0)))
    return sorted(rows, key=lambda row: (-row["came"], -row["said"].commit, row["owner"]))


def _beside(owner: int, line: Any, came: Decimal) -> dict[str, Any]:
    surely = line.won + line.commit
    hit = int((came * 100 / surely).quantize(Decimal(1), ROUND_HALF_UP)) if surely else None
    return {
        "owner": owner,
        "said": line,
        "surely": surely,
        "likely": line.won + line.weighted,
        "came": came,
        "hit": hit,
    }


def total_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The same over all rows."""
    said = summed(Sums(*(getattr(row["said"], f.name) for f in fields(Sums))) for row in rows)
    return _beside(0, said, sum((row["came"] for row in rows), Decimal(0)))
