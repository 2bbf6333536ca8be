"""What targets can be set for: each measure says how it is counted; rooms above register theirs (SAL-10).

    measures.add(Measure("signed", _("Contracts signed"), _("Signed this month"), "money", signed_amount, order=10))

`figures(viewer, people, first, last)` gives what each person reached on these days, by the person's id, in yuan or
pieces, out of what the viewer sees; `people` None means everybody.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.viewer import Viewer
from zhike.sales.models import Opportunity

Text = str | Promise
Figures = dict[int, Decimal]


@dataclass(frozen=True)
class Measure:
    """Something people are to reach. `goal` is what the workbench calls it; `unit` is money (yuan) or count."""

    key: str
    label: Text
    goal: Text
    unit: str
    figures: Callable[[Viewer, Collection[int] | None, date, date], Figures]
    order: int = 100
    verb: str = ""

    @property
    def step(self) -> Decimal:
        """The smallest difference: a fen, or one piece."""
        return Decimal("0.01") if self.unit == "money" else Decimal(1)

    def said(self, value: Decimal | None) -> Any:
        """A value for a page."""
        if value is None:
            return fmt.EMPTY
        return fmt.money(value) if self.unit == "money" else fmt.number(value.normalize() + 0 if value else 0)

    def short(self, value: Decimal) -> str:
        """A value in few characters, as text."""
        return fmt.short_money(value) if self.unit == "money" else f"{value:,.2f}".rstrip("0").rstrip(".")


_measures: dict[str, Measure] = {}


def add(measure: Measure) -> None:
    """Make a measure known."""
    _measures[measure.key] = measure


def find(key: str) -> Measure | None:
    """A measure by key, or None."""
    return _measures.get(key)


def known() -> list[Measure]:
    """All measures, in order."""
    return sorted(_measures.values(), key=lambda measure: (measure.order, measure.key))


def everything(viewer: Viewer) -> list[Measure]:
    """The measures this viewer may know, in order."""
    return [measure for measure in known() if not measure.verb or viewer.can(measure.verb)]


def summed(rows: QuerySet, path: str, what: Any) -> Figures:
    """Rows summed up by the person at `path`, leaving out what belongs to nobody; for measures of any room."""
    found = rows.order_by().values_list(path).annotate(figure=what).values_list(path, "figure")
    return {pk: Decimal(figure) for pk, figure in found if pk is not None and figure}


def of_people(rows: QuerySet, path: str, people: Collection[int] | None) -> QuerySet:
    """Rows narrowed to those of these people; all of them for None."""
    return rows if people is None else rows.filter(**{f"{path}__in": sorted(people)})


# What this room counts


def won_amount(viewer: Viewer, people: Collection[int] | None, first: date, last: date) -> Figures:
    """The amount of deals won on these days, by owner."""
    rows = Opportunity.objects.visible_to(viewer).filter(status=Opportunity.Status.WON, closed_on__range=(first, last))
    return summed(of_people(rows, "owner_id", people), "owner_id", Sum("amount"))


def new_customers(viewer: Viewer, people: Collection[int] | None, first: date, last: date) -> Figures:
    """How many customers were entered on these days, by owner."""
    begin, end = dates.bounds(first, last)
    # Who was created since has been changed since: so the index by change serves.
    rows = Customer.objects.visible_to(viewer).filter(updated_at__gte=begin, created_at__gte=begin, created_at__lt=end)
    return summed(of_people(rows, "owner_id", people), "owner_id", Count("pk"))


WON = Measure(
    "won", pgettext_lazy("measure", "Deals won"), pgettext_lazy("goal", "Won this month"), "money", won_amount, 20,
    "sales.opportunity.view",
)  # fmt: skip
NEW_CUSTOMERS = Measure(
    "new_customers", pgettext_lazy("measure", "New customers"), pgettext_lazy("goal", "New customers"), "count",
    new_customers, 30, "customers.customer.view",
)  # fmt: skip
