"""Reports of selling: win rate, funnel, cycle, time in stages, by salesperson, manager, product, … (SAL-3, INS-1)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.org.models import Department
from zhike.records import reports, search
from zhike.records.filters import Filter
from zhike.records.lookups import person_names, picklist, usernames
from zhike.records.reports import Column, Report, Table, mean, median, p90, ratio
from zhike.sales.kinds import OPPORTUNITY, PRODUCT
from zhike.sales.models import Opportunity, Stage
from zhike.sales.models.pipelines import pipelines, stages
from zhike.sales.report_links import deals_behind
from zhike.sales.rules import stuck_state

STATUS = Opportunity.Status
GROUPS = {
    "owner": _("Salesperson"),
    "manager": _("Manager"),
    "department": _("Department"),
    "product": _("Product"),
    "pipeline": _("Pipeline"),
    "source": pgettext_lazy("opportunity", "Source"),
    "month": _("Month"),
}
BY_STAGE = {"stage": _("Stage"), **GROUPS}
# Where the value of a group stands on a deal; a month is read from the day the report counts by.
PATHS = {
    "owner": "owner_id", "manager": "owner__supervisor_id", "department": "owner__department_id",
    "product": "product_id", "pipeline": "pipeline_id", "source": "source",
}  # fmt: skip
Found = dict[Any, list[Any]]


def deals(viewer: Viewer, flt: Filter | None) -> QuerySet[Opportunity]:
    """The deals a viewer sees, of those a filter keeps. Raises ValidationError {field: message}."""
    rows = OPPORTUNITY.rows(viewer)
    return search.narrow(flt.apply(rows, viewer), OPPORTUNITY, viewer, flt.search) if flt else rows


def win_rate(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None = None) -> Table:
    """Won ÷ (won + lost) of the deals decided in the period, by count and by amount."""
    rows = deals(viewer, flt).filter(status__in=(STATUS.WON, STATUS.LOST), closed_on__range=(first, last)).order_by()
    path = PATHS.get(by, "closed_on")
    found: Found = defaultdict(lambda: [0, 0, Decimal(0), Decimal(0)])
    for value, status, count, amount in rows.values_list(path, "status").annotate(n=Count("pk"), sum=Sum("amount")):
        lost = status == STATUS.LOST
        for sums in (found[group_of(by, value)], found[TOTAL]):
            sums[lost] += count
            sums[2 + lost] += amount or 0
    return _table(viewer, by, found, _won_and_lost, order=lambda row: (-row["won"], -row["won_amount"]))


def _won_and_lost(sums: list[Any]) -> dict[str, Any]:
    won, lost, won_amount, lost_amount = sums
    return {
        "won": won, "lost": lost, "win_rate": ratio(won, won + lost),
        "won_amount": won_amount, "lost_amount": lost_amount,
        "win_rate_amount": ratio(won_amount, won_amount + lost_amount),
    }  # fmt: skip


def cycle_days(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None = None) -> Table:
    """Days from opening to decision of the deals decided in the period whose days are both known."""
    rows = deals(viewer, flt).filter(status__in=(STATUS.WON, STATUS.LOST), closed_on__range=(first, last))
    rows = rows.filter(opened_on__isnull=False).order_by()
    found: Found = defaultdict(lambda: [[], []])
    path = PATHS.get(by, "closed_on")
    for value, status, opened, closed in rows.values_list(path, "status", "opened_on", "closed_on"):
        for sums in (found[group_of(by, value)], found[TOTAL]):
            sums[status == STATUS.LOST].append((closed - opened).days)
    return _table(viewer, by, found, _cycle, order=lambda row: -row["won"])


def _cycle(sums: list[list[int]]) -> dict[str, Any]:
    won, lost = sums
    return {
        "won": len(won), "mean": mean(won), "median": median(won), "p90": p90(won),
        "lost": len(lost), "lost_mean": mean(lost), "lost_median": median(lost),
    }  # fmt: skip


def funnel(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None = None) -> Table:
    """How far the deals opened in the period came: a stage counts as reached when it was passed or skipped forwards."""
    rows = deals(viewer, flt).filter(opened_on__range=(first, last)).order_by()
    here = Q(stage_changes__new__kind=Stage.Kind.OPEN, stage_changes__new__pipeline=F("pipeline"))
    rows = rows.annotate(furthest=Max("stage_changes__new__order", filter=here))
    path = PATHS.get(by, "opened_on")
    found: Found = defaultdict(lambda: [0, Decimal(0), 0, 0])
    for value, pipeline_id, stage_id, status, amount, furthest in rows.values_list(
        path, "pipeline_id", "stage_id", "status", "amount", "furthest"
    ):
        group = group_of(by, value)
        last_reached = None
        for stage in _passed(pipeline_id, stage_id, status, furthest):
            reached = found[group, stage.pk]
            reached[0] += 1
            reached[1] += amount or 0
            last_reached = reached
        if status != STATUS.WON and last_reached is not None:
            last_reached[2 if status == STATUS.OPEN else 3] += 1
    return _staged(viewer, by, found, _reached)


def _passed(pipeline_id: int, stage_id: int, status: str, furthest: int | None) -> Iterable[Stage]:
    """The stages a deal reached, in order; won ones only if it is won, lost ones never."""
    now = stages()[stage_id]
    order = max(furthest or 0, now.order if now.is_open else 0)
    ways = [stage for stage in _way(pipeline_id) if stage.is_open]
    yield from (s for n, s in enumerate(ways) if n == 0 or status == STATUS.WON or s.order <= order)
    if status == STATUS.WON:
        yield from [s for s in _way(pipeline_id) if s.kind == Stage.Kind.WON][:1]


def _reached(sums: list[Any], before: list[Any] | None, start: list[Any]) -> dict[str, Any]:
    return {
        "reached": sums[0], "amount": sums[1], "conversion": ratio(sums[0], before[0]) if before else None,
        "share": ratio(sums[0], start[0]), "open": sums[2], "lost": sums[3],
    }  # fmt: skip


def stage_duration(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None = None) -> Table:
    """Days deals spent in the stages they left in the period: several stays in one stage add up for a deal."""
    rows = deals(viewer, flt)
    begin, end = dates.bounds(first, last)
    left = rows.filter(
        stage_changes__happened_at__gte=begin, stage_changes__happened_at__lt=end, stage_changes__days__isnull=False
    ).order_by()
    path = PATHS.get(by, "stage_changes__happened_at")
    stays: dict[Any, int] = defaultdict(int)
    for pk, value, stage_id, days in left.values_list("pk", path, "stage_changes__old_id", "stage_changes__days"):
        if stages()[stage_id].is_open:
            stays[group_of(by, value), stage_id, pk] += days
    found: Found = defaultdict(lambda: [[], 0, 0])
    for (group, stage_id, _pk), days in stays.items():
        found[group, stage_id][0].append(days)
    if by != "month":
        _stand(rows, path, by, found)
    return _staged(viewer, by, found, _days)


def _stand(rows: QuerySet[Opportunity], path: str, by: str, found: Found) -> None:
    """Add how many deals are in each stage today, and how many of them stand still."""
    now = dates.now()
    path = "pk" if by == "stage" else path
    for value, stage_id, since in rows.filter(status=STATUS.OPEN).values_list(path, "stage_id", "stage_since"):
        counts = found[group_of(by, value), stage_id]
        counts[1] += 1
        counts[2] += bool(stuck_state(stages()[stage_id], (now - since).days))


def _days(sums: list[Any], before: Any, start: Any) -> dict[str, Any]:
    days, open_now, stuck = sums
    return {"left": len(days), "median": median(days), "p90": p90(days), "mean": mean(days), "open": open_now,
            "stuck": stuck}  # fmt: skip


# Rows and their names

TOTAL = "total"


def group_of(by: str, value: Any) -> Any:
    """To which row a value belongs."""
    if by == "month":
        day = dates.local_day(value) if hasattr(value, "hour") else value
        return f"{day:%Y-%m}"
    return None if by == "stage" else value


def names_of(viewer: Viewer, by: str, values: Iterable[Any]) -> dict[Any, tuple[str, str]]:
    """Key and name of each value."""
    if by in ("owner", "manager"):
        return {pk: (usernames().get(pk, ""), person_names().get(pk, gettext("nobody"))) for pk in values}
    if by == "product":
        known = PRODUCT.rows(viewer).in_bulk([pk for pk in values if pk])
        return {pk: (p.code, p.name) for pk, p in known.items()} | {None: ("", gettext("no product"))}
    if by == "department":
        known = Department.objects.in_bulk([pk for pk in values if pk])
        return {pk: (str(pk), d.name) for pk, d in known.items()} | {None: ("", gettext("no department"))}
    if by == "pipeline":
        return {p.pk: (str(p.pk), p.name) for p in pipelines()}
    if by == "source":
        labels = picklist("customers.source")
        return {code: (code, labels.get(code, code) or gettext("unknown")) for code in values}
    return {value: (str(value), str(value)) for value in values}


def _table(viewer: Viewer, by: str, found: Found, figures: Callable, order: Callable) -> Table:
    total = figures(found[TOTAL])
    del found[TOTAL]
    names = names_of(viewer, by, found)
    rows = []
    for value, sums in found.items():
        key, name = names.get(value, (str(value or ""), str(value or "")))
        rows.append({"key": key, "name": name, **figures(sums)})
    rows.sort(key=lambda row: row["key"] if by == "month" else (*_tuple(order(row)), row["name"]))
    return Table(rows, total)


def _tuple(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def _way(pipeline_id: int) -> list[Stage]:
    return next(p.stages_in_order for p in pipelines() if p.pk == pipeline_id)


def _staged(viewer: Viewer, by: str, found: Found, figures: Callable) -> Table:
    """A row for each group and stage: groups by name, stages in their order."""
    groups = {group for group, _stage in found}
    names = names_of(viewer, by, groups) if by != "stage" else {}
    rows = []
    for group in sorted(groups, key=lambda g: str(g) if by == "month" else names.get(g, ("", ""))[1]):
        for pipeline in pipelines():
            every = sorted((*pipeline.stages_in_order, *pipeline.stages_archived), key=lambda s: (s.order, s.pk))
            way = [stage for stage in every if (group, stage.pk) in found]
            before = None
            for stage in way:
                sums = found[group, stage.pk]
                key, name = names.get(group, ("", "")) if by != "stage" else (str(stage.pk), stage.name)
                row = {"key": key, "name": name, "pipeline": pipeline.name, "stage": stage.name}
                rows.append(row | figures(sums, before, found[group, way[0].pk]))
                before = sums
    return Table(rows, {})


# Declared

_STAGE = (Column("pipeline", _("Pipeline"), "text"), Column("stage", _("Stage"), "text"))
_won = pgettext_lazy("opportunity", "Won")
_lost = pgettext_lazy("opportunity", "Lost")

reports.add(Report(
    "win_rate", _("Win rate"),
    _("Won ÷ (won + lost) of the deals decided in the period, by count and by amount. Open deals do not count; the day "
      "is that of the decision. By product: the deal's main product. By manager: the owner's present supervisor."),
    columns=(
        Column("won", _won), Column("lost", _lost), Column("win_rate", _("Win rate"), "ratio"),
        Column("won_amount", _("Amount won"), "money"), Column("lost_amount", _("Amount lost"), "money"),
        Column("win_rate_amount", _("Win rate by amount"), "ratio"),
    ),
    by=GROUPS, run=win_rate, kind=OPPORTUNITY, order=10, behind=deals_behind,
))  # fmt: skip
reports.add(Report(
    "funnel", _("Funnel"),
    _("Of the deals opened in the period: how many reached each stage so far. A stage that was skipped forwards counts "
      "as reached, and a won deal has reached all. Conversion is against the stage before, the share against the first "
      "one; open and lost are those that came no further."),
    columns=(
        *_STAGE, Column("reached", _("Reached")), Column("amount", _("Amount"), "money"),
        Column("conversion", _("Conversion"), "ratio"), Column("share", _("Of the first stage"), "ratio"),
        Column("open", _("Open here")), Column("lost", _("Lost here")),
    ),
    by=BY_STAGE, run=funnel, kind=OPPORTUNITY, order=20,
))  # fmt: skip
reports.add(Report(
    "cycle_days", _("Sales cycle"),
    _("Calendar days from the day a deal was opened to the day it was decided, of the deals decided in the period; "
      "deals without either day are left out. 90%: what nine in ten deals did not exceed."),
    columns=(
        Column("won", _won), Column("mean", _("Mean (won)"), "days"), Column("median", _("Median (won)"), "days"),
        Column("p90", _("90% (won)"), "days"), Column("lost", _lost), Column("lost_mean", _("Mean (lost)"), "days"),
        Column("lost_median", _("Median (lost)"), "days"),
    ),
    by=GROUPS, run=cycle_days, kind=OPPORTUNITY, order=30,
))  # fmt: skip
reports.add(Report(
    "stage_duration", _("Time in stages"),
    _("Full days deals spent in the stages they left in the period, from their history; several stays of a deal in one "
      "stage add up. Open and stuck are those there today: stuck is longer in its stage than expected."),
    columns=(
        *_STAGE, Column("left", _("Left")), Column("median", _("Median"), "days"), Column("p90", _("90%"), "days"),
        Column("mean", _("Mean"), "days"), Column("open", _("Open now")), Column("stuck", _("Stuck now")),
    ),
    by=BY_STAGE, run=stage_duration, kind=OPPORTUNITY, order=40,
))  # fmt: skip
