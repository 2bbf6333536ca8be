"""Pages of targets: how far they are reached, setting them down the line (SAL-10)."""

import re
import tempfile
from decimal import Decimal
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from zhike.kit import dates, htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.tables.writer import write_xlsx
from zhike.kit.viewer import Viewer
from zhike.sales import actions, measures, targets
from zhike.sales.actions.targets import CHANGE
from zhike.sales.measures import Measure
from zhike.sales.models.targets import may_set
from zhike.sales.target_forms import TargetForm
from zhike.sales.target_kinds import TARGET, file_rows
from zhike.sales.targets import YEARS, Node, Period, name_of, period_of

VIEW = "sales.target.view"


@require_safe
def target_list(request: HttpRequest) -> HttpResponse:
    """How far each target is reached: a measure, a month, quarter or year; departments and people one sees."""
    require(request.viewer, VIEW)
    measure, period = _measure(request), period_of(request.GET.get("period", ""))
    context = {
        "measure": measure, "period": period, "rows": targets.attainment(request.viewer, measure, period),
        "measures": [(m, _query(measure=m.key, period=name_of(period))) for m in measures.everything(request.viewer)],
        "periods": [(label, p == period, _query(measure=measure.key, period=name_of(p)))
                    for label, p in periods(period)],
        "said": said(period), "pace": period.pace(dates.today()), "can_set": _leads_somebody(request.viewer),
    }  # fmt: skip
    return htmx.part(request, "sales/targets.html", context)


def _measure(request: HttpRequest) -> Measure:
    known = measures.everything(request.viewer)
    wanted = request.GET.get("measure", "")
    if not known:
        raise NotVisible
    return next((m for m in known if m.key == wanted), known[0])


def _query(**values: Any) -> str:
    return "?" + urlencode({name: value for name, value in values.items() if value not in (None, "")})


def said(period: Period) -> str:
    """A period in words."""
    months = period.last_month - period.first_month + 1
    if months == 12:
        return _("Year %(year)s") % {"year": period.year}
    if months == 3:
        return _("Quarter %(quarter)s of %(year)s") % {"quarter": period.last_month // 3, "year": period.year}
    return _("Month %(month)s of %(year)s") % {"month": period.first_month, "year": period.year}


def periods(period: Period) -> list[tuple[str, Period]]:
    """Periods one asks for: those around this one of the same length, and the longer and shorter ones now."""
    today, months = dates.today(), period.last_month - period.first_month + 1
    before = targets.month_after(period.first, -months)
    now = [
        (_("This month"), Period(today.year, today.month, today.month)),
        (_("This quarter"), Period(today.year, (today.month - 1) // 3 * 3 + 1, (today.month - 1) // 3 * 3 + 3)),
        (_("This year"), Period(today.year, 1, 12)),
    ]
    return [(_("One earlier"), Period(before.year, before.month, before.month + months - 1)), *now]


def _leads_somebody(viewer: Viewer) -> bool:
    return viewer.can(CHANGE) and (viewer.people is None or bool(viewer.subordinates))


# Setting them


@require_http_methods(["GET", "POST"])
def target_set(request: HttpRequest) -> HttpResponse:
    """The grid of a measure and year: a department, the people in it, the departments below it."""
    require(request.viewer, CHANGE)
    measure, year = _measure(request), _year(request.GET.get("year", ""))
    above, place, shown = _place(request.viewer, request.GET.get("department", ""))
    own = targets.own_targets(request.viewer, year, [measure]).get(measure.key, {})
    open_to = [n for n in shown if may_set(request.viewer, **{f"{n.kind}_id": n.pk})]
    form = TargetForm(request.POST or None, nodes=open_to, own=own, measure=measure)
    here = {"measure": measure.key, "year": year, "department": place.pk if place else None}
    address = reverse("sales:target_set") + _query(**here)
    if request.method == "POST" and form.run(actions.set_targets, by=request.viewer, measure=measure.key, year=year):
        text = ngettext("%(n)s target set.", "%(n)s targets set.", form.result) % {"n": form.result}
        return htmx.redirect(request, address, text if form.result else _("Nothing changed."))
    context = {
        "form": form, "measure": measure, "year": year, "address": address, "place": place,
        "years": [(y, _query(**{**here, "year": y})) for y in range(year - 1, year + 2)],
        "measures": [(m, _query(**{**here, "measure": m.key})) for m in measures.everything(request.viewer)],
        "above": [(n, _query(**{**here, "department": n.pk})) for n in above],
        "file": reverse("sales:target_file") + _query(**here) if request.viewer.can(TARGET.verb("export")) else "",
        "can_import": request.viewer.can(TARGET.verb("import")),
        "rows": [_row(n, place, own, form if n in open_to else None, measure, here) for n in shown],
    }  # fmt: skip
    status = 409 if form.is_overtaken else 422 if form.errors else 200
    return htmx.part(request, "sales/target_grid.html", context, status=status)


@require_safe
def target_file(request: HttpRequest) -> FileResponse:
    """The targets of a measure and year as a workbook, with a column for each month: to be filled in and imported.

    Everybody the viewer sets targets for has a row, also without any.
    """
    viewer = request.viewer
    require(viewer, TARGET.verb("export"))
    measure, year = _measure(request), _year(request.GET.get("year", ""))
    nodes = [n for n, _depth in targets.flat(targets.tree(viewer)) if may_set(viewer, **{f"{n.kind}_id": n.pk})]
    own = targets.own_targets(viewer, year, [measure]).get(measure.key, {})
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    write_xlsx(file, *file_rows(nodes, own, measure, year), sheet=str(TARGET.plural))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{TARGET.plural}-{measure.label}-{year}.xlsx")


def _year(text: str) -> int:
    year = int(text) if re.fullmatch(r"\d{4}", text) else 0
    return year if YEARS[0] < year < YEARS[1] else dates.today().year


def _place(viewer: Viewer, wanted: str) -> tuple[list[Node], Node | None, list[Node]]:
    """The way to a department, the department, and the rows of its grid; without one, the top of what one sees."""
    roots = targets.tree(viewer)
    way = _way(roots, wanted) if wanted else []
    if wanted and not way:
        raise NotVisible
    if not way and len(roots) == 1 and roots[0].children:
        way = roots
    return (way[:-1], way[-1], [way[-1], *way[-1].children]) if way else ([], None, roots)


def _way(nodes: list[Node], wanted: str) -> list[Node]:
    for node in nodes:
        if node.kind == "department" and str(node.pk) == wanted:
            return [node]
        if deeper := _way(node.children, wanted):
            return [node, *deeper]
    return []


def _row(
    node: Node, place: Node | None, own: targets.Own, form: TargetForm | None, measure: Measure, here: dict
) -> dict[str, Any]:
    """A row of the grid; of a department also the sum of those below it."""
    below = targets.below(node, own, measure.step)
    months = targets.by_month(own.get(node.key), measure.step)
    return {
        "node": node,
        "is_place": node is place,
        "fields": form.row(node) if form else None,
        "own": [_told(sum(months)), *map(_told, months)] if months else [""] * 13,
        "below": [_told(sum(below)), *map(_told, below)] if below else None,
        "url": _query(**{**here, "department": node.pk}) if node.kind == "department" and node is not place else "",
    }


def _told(value: Decimal) -> str:
    return f"{value:,.2f}".removesuffix(".00")
