"""Reports of cross-selling: what is bought together in a period, and what became of suggestions (SAL-11, INS-1)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts import baskets, sold
from zhike.contracts.models import Basis
from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.records import reports
from zhike.records.filters import Filter
from zhike.records.lookups import person_names
from zhike.records.reports import Column, Report, Table
from zhike.sales.models import Opportunity, Product

MOST = 100
OPEN, WON = Opportunity.Status.OPEN, Opportunity.Status.WON


def bought_together(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None) -> Table:
    """Pairs of products in what the viewer sees sold in the period, the most frequent first."""
    held = sold.baskets(sold.sales_seen(viewer, first, last), by)
    found = sorted(baskets.pairs(held), key=lambda p: (-p.together, -p.confidence, p.product, p.other))[:MOST]
    products = {p.product for p in found} | {p.other for p in found}
    names = dict(Product.objects.visible_to(viewer).filter(pk__in=products).values_list("pk", "name"))
    return Table([_row(pair, names) for pair in found], {"name": "", "baskets": len(held)})


def _row(pair: baskets.Pair, names: dict[int, str]) -> dict[str, Any]:
    return {
        "key": f"{pair.product}-{pair.other}", "name": f"{names.get(pair.product)} → {names.get(pair.other)}",
        "together": pair.together, "having": pair.having, "baskets": pair.baskets, "support": _decimal(pair.support),
        "confidence": _decimal(pair.confidence), "lift": _decimal(pair.lift),
    }  # fmt: skip


def _decimal(ratio: Any) -> Decimal:
    return (Decimal(ratio.numerator) / ratio.denominator).quantize(Decimal("0.0001"))


def suggestions_taken(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None) -> Table:
    """Deals made of suggestions in the period, by who has them, and what they came to."""
    start, end = dates.bounds(first, last)
    rows = Opportunity.objects.visible_to(viewer).filter(
        suggestions__created_at__gte=start, suggestions__created_at__lt=end
    )
    names, found = person_names(), {}
    sums = rows.order_by().values_list("owner_id", "status").annotate(n=Count("*"), total=Sum("amount"))
    for owner, status, n, amount in sums:
        line = found.setdefault(owner, {"key": owner, "name": names.get(owner, ""), **_nothing()})
        line["taken"] += n
        if status == OPEN:
            line["open"] += n
        if status == WON:
            line["won"], line["amount"] = line["won"] + n, line["amount"] + (amount or 0)
    lines = sorted(found.values(), key=lambda line: (-line["amount"], -line["taken"], line["name"]))
    total = {name: sum((line[name] for line in lines), start) for name, start in _nothing().items()}
    return Table(lines, {"name": "", **total})


def _nothing() -> dict[str, Any]:
    return {"taken": 0, "open": 0, "won": 0, "amount": Decimal(0)}


reports.add(Report(
    "bought_together", _("Bought together"),
    _("Pairs of products in contracts in force that were signed in the period, and in deals won then that led to no "
      "contract. Support: the share of all baskets with both. Confidence: the share of those with the first that have "
      "the second too. Lift: how many times as often as by chance. Pairs met twice or more, a hundred at most."),
    columns=(
        Column("together", _("Both")), Column("having", _("With the first")), Column("baskets", _("Baskets")),
        Column("support", _("Support"), "ratio"), Column("confidence", _("Confidence"), "ratio"),
        Column("lift", _("Lift"), "days"),
    ),
    by=dict(Basis.choices),
    run=bought_together, verb="contracts.contract.view", order=70,
))  # fmt: skip
reports.add(Report(
    "cross_sell", _("Cross-sell"),
    _("Deals made of suggested products in the period, by their present owner: how many, how many of them are open or "
      "won by now, and what the won ones came to."),
    columns=(
        Column("taken", _("Deals made")), Column("open", pgettext_lazy("deals", "Open")), Column("won", _("Won")),
        Column("amount", _("Amount won"), "money"),
    ),
    by={"owner": _("Salesperson")}, run=suggestions_taken, verb="contracts.contract.view", order=72,
))  # fmt: skip
