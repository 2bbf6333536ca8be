"""Against whom deals are won and lost: by competitor, reason, salesperson, …, with the deals behind (SAL-4, INS-1)."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhike.kit.viewer import Viewer
from zhike.records import reports
from zhike.records.filters import Filter
from zhike.records.lookups import picklist
from zhike.records.reports import Column, Report, Table, ratio
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Competitor, Opportunity
from zhike.sales.report_links import deals_behind
from zhike.sales.reports import GROUPS, PATHS, deals, group_of, names_of

STATUS = Opportunity.Status
MAIN_REASONS = 3


class Against:
    """What became of deals: how many, what they came to, why those lost were lost."""

    def __init__(self):
        self.count, self.amount = Counter(), defaultdict(Decimal)
        self.reasons: Counter[str] = Counter()

    def add(self, status: str, amount: Decimal | None, reason: str) -> None:
        """Count a deal in."""
        self.count[status] += 1
        self.amount[status] += amount or 0
        if status == STATUS.LOST:
            self.reasons[reason] += 1

    def figures(self) -> dict[str, Any]:
        """The row it makes."""
        labels = picklist("sales.loss_reason")
        said = [
            (labels.get(code, code) or gettext("not said"), n) for code, n in self.reasons.most_common(MAIN_REASONS)
        ]
        won, lost = self.count[STATUS.WON], self.count[STATUS.LOST]
        won_amount, lost_amount = self.amount[STATUS.WON], self.amount[STATUS.LOST]
        return {
            "won": won, "lost": lost, "win_rate": ratio(won, won + lost), "won_amount": won_amount,
            "lost_amount": lost_amount, "win_rate_amount": ratio(won_amount, won_amount + lost_amount),
            "open": self.count[STATUS.OPEN], "open_amount": self.amount[STATUS.OPEN],
            "reasons": gettext(", ").join(f"{reason} {n}" for reason, n in said),
        }  # fmt: skip


def competitors(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None = None) -> Table:
    """The deals decided in the period, and those open today, that name a competitor; in the total each counts once."""
    rows = deals(viewer, flt).filter(rivals__isnull=False).order_by()
    decided = rows.filter(status__in=(STATUS.WON, STATUS.LOST), closed_on__range=(first, last))
    path = {"competitor": "rivals__competitor_id", "reason": "loss_reason"}.get(by) or PATHS.get(by, "closed_on")
    found: dict[Any, Against] = defaultdict(Against)
    total, counted = Against(), set()
    for part in (decided, *([rows.filter(status=STATUS.OPEN)] if by not in ("reason", "month") else [])):
        for pk, value, status, amount, reason in _each(part, path):
            found[group_of(by, value)].add(status, amount, reason)
            if pk not in counted:
                counted.add(pk)
                total.add(status, amount, reason)
    names = _names(viewer, by, found)
    lines = [{**_named(names, value), **sums.figures()} for value, sums in found.items()]
    lines.sort(key=lambda row: row["key"] if by == "month" else (-row["won"] - row["lost"], row["name"]))
    return Table(lines, total.figures() if counted else {})


def _each(rows: QuerySet[Opportunity], path: str) -> set[tuple]:
    """Each deal in each group it belongs to, once, however many competitors it names."""
    return set(rows.values_list("pk", path, "status", "amount", "loss_reason"))


def _names(viewer: Viewer, by: str, values: Any) -> dict[Any, tuple[str, str]]:
    if by == "competitor":
        known = Competitor.objects.visible_to(viewer).in_bulk(list(values))
        return {pk: (str(pk), competitor.name) for pk, competitor in known.items()}
    if by == "reason":
        labels = picklist("sales.loss_reason")
        won = {"": ("", gettext("won, or no reason given"))}
        return {code: (code, labels.get(code, code)) for code in values if code} | won
    return names_of(viewer, by, values)


def _named(names: dict[Any, tuple[str, str]], value: Any) -> dict[str, str]:
    key, name = names.get(value, (str(value or ""), str(value or "")))
    return {"key": key, "name": name}


reports.add(Report(
    "competitors", _("Competitors"),
    _("Deals decided in the period in which a competitor took part: won and lost against whom, by count and by amount, "
      "and the main reasons of those lost. Open are those today. A deal with several competitors counts with each of "
      "them, in the total once."),
    columns=(
        Column("won", pgettext_lazy("opportunity", "Won")), Column("lost", pgettext_lazy("opportunity", "Lost")),
        Column("win_rate", _("Win rate"), "ratio"), Column("won_amount", _("Amount won"), "money"),
        Column("lost_amount", _("Amount lost"), "money"), Column("win_rate_amount", _("Win rate by amount"), "ratio"),
        Column("open", _("Open deals")), Column("open_amount", _("Open amount"), "money"),
        Column("reasons", _("Main reasons lost"), "text"),
    ),
    by={"competitor": _("Competitor"), "reason": _("Reason lost"), **GROUPS},
    run=competitors, kind=OPPORTUNITY, order=15, behind=partial(deals_behind, filled="rival"),
))  # fmt: skip
