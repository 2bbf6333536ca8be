"""Targets against what was reached, by person, department or month, of every measure one may know (SAL-10, INS-1)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhike.kit.viewer import Viewer
from zhike.records import reports
from zhike.records.filters import Filter
from zhike.records.reports import Column, Report, Table, ratio
from zhike.sales import measures, targets
from zhike.sales.measures import Measure
from zhike.sales.targets import Node, Own, Period

LONGEST = 36  # months


def target_attainment(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None) -> Table:
    """A row for each measure and whoever has a target or a figure in the months of these days, in whole months."""
    months, tree = _months(first, last), targets.tree(viewer)
    nodes = [node for node, _depth in targets.flat(tree) if node.kind == by]
    rows = []
    for measure in measures.everything(viewer):
        own = {year: targets.own_targets(viewer, year, [measure]).get(measure.key, {}) for year in _years(months)}
        if by == "month":
            rows += _by_month(viewer, measure, tree, own, months)
        else:
            rows += _by_node(viewer, measure, nodes, own, months)
    return Table(rows, {})


def _by_node(viewer: Viewer, measure: Measure, nodes: list[Node], own: dict[int, Own], months: list[Period]) -> list:
    reached = measure.figures(viewer, viewer.people, months[0].first, months[-1].last)
    rows = []
    for node in nodes:
        by_year = {year: targets.effective(node, theirs, measure.step) for year, theirs in own.items()}
        aims = [aim for month in months if (aim := month.sum(by_year[month.year])) is not None]
        rows += _row(measure, node.code, node.name, sum(aims) if aims else None, targets.total(reached, node.people))
    return rows


def _by_month(viewer: Viewer, measure: Measure, tree: list[Node], own: dict[int, Own], months: list[Period]) -> list:
    everybody = frozenset().union(*(node.people for node in tree))
    aims = {year: targets.target_of(tree, everybody, theirs, measure.step) for year, theirs in own.items()}
    rows = []
    for month in months:
        reached = measure.figures(viewer, viewer.people, month.first, month.last)
        name = targets.name_of(month)
        rows += _row(measure, name, name, month.sum(aims[month.year]), targets.total(reached, everybody))
    return rows


def _row(measure: Measure, key: str, name: str, aim: Decimal | None, actual: Decimal) -> list[dict[str, Any]]:
    """The row, or nothing where there is neither a target nor a figure."""
    if aim is None and not actual:
        return []
    return [{
        "key": f"{measure.key}:{key}", "name": name, "measure": str(measure.label), "target": aim, "actual": actual,
        "share": ratio(actual, aim), "gap": None if aim is None else max(aim - actual, Decimal(0)),
    }]  # fmt: skip


def _months(first: date, last: date) -> list[Period]:
    month, found = first.replace(day=1), []
    while month <= last and len(found) < LONGEST:
        found.append(Period(month.year, month.month, month.month))
        month = targets.month_after(month)
    return found


def _years(months: Iterable[Period]) -> list[int]:
    return sorted({month.year for month in months})


reports.add(Report(
    "targets", _("Targets and attainment"),
    _("What was aimed at and what was reached, in the whole months these days lie in (36 at most), of each measure: in "
      "yuan or pieces, as the measure counts. What a year has beyond its months is spread over the others; a "
      "department without a target of its own has the sum of those in it."),
    columns=(
        Column("measure", _("Measure"), "text"), Column("target", _("Target"), "money"),
        Column("actual", _("Reached"), "money"), Column("share", _("Attainment"), "ratio"),
        Column("gap", _("Still missing"), "money"),
    ),
    by={"person": _("Salesperson"), "department": _("Department"), "month": _("Month")},
    run=target_attainment, verb="sales.target.view", order=3,
))  # fmt: skip
