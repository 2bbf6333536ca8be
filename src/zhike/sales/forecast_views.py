"""The page of the forecast: by month, by person, and last month's against what came (SAL-10)."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from zhike.kit import dates, htmx
from zhike.kit.access import require
from zhike.kit.viewer import Viewer
from zhike.records.lookups import person_names
from zhike.sales import actions, forecast, measures, targets
from zhike.sales.forecast import Sums
from zhike.sales.kinds import OPPORTUNITY


@require_safe
def forecast_page(request: HttpRequest) -> HttpResponse:
    """The months ahead, one month by person, and a kept forecast beside what came."""
    viewer = request.viewer
    require(viewer, OPPORTUNITY.verb("view"))
    this = dates.today().replace(day=1)
    months = forecast.months_from(this)
    month = _month(request.GET.get("month", ""), months, this)
    cells = forecast.forecast_of(viewer)
    aims = _aims(viewer, months)
    context = {
        "month": month, "this": this,
        "by_month": [(m, _of(cells, m), aims.get(m)) for m in months],
        "people": _people(cells, month),
        "late": forecast.summed(s for (_o, m), s in cells.items() if m is not None and m < this),
        "undated": forecast.summed(s for (_o, m), s in cells.items() if m is None),
        "can_keep": viewer.can("sales.forecast.keep"),
        **_against(viewer, request.GET, this),
    }  # fmt: skip
    return htmx.part(request, "sales/forecast.html", context)


def _month(text: str, months: list[date], otherwise: date) -> date:
    return next((m for m in months if f"{m:%Y-%m}" == text), otherwise)


def _of(cells: dict[forecast.Cell, Sums], month: date) -> Sums:
    return forecast.summed(sums for (_owner, m), sums in cells.items() if m == month)


def _people(cells: dict[forecast.Cell, Sums], month: date) -> list[tuple[int, str, Sums]]:
    names = person_names()
    rows = [(owner, names.get(owner, ""), sums) for (owner, m), sums in cells.items() if m == month]
    return sorted(rows, key=lambda row: (-row[2].likely, row[1]))


def _aims(viewer: Viewer, months: list[date]) -> dict[date, Any]:
    """What is to be won in each month, by the targets of all the viewer sees."""
    if not viewer.can("sales.target.view"):
        return {}
    nodes, measure, found = targets.tree(viewer), measures.WON, {}
    people = frozenset().union(*(node.people for node in nodes)) if nodes else frozenset()
    for year in {month.year for month in months}:
        own = targets.own_targets(viewer, year, [measure]).get(measure.key, {})
        if aim := targets.target_of(nodes, people, own, measure.step):
            found |= {month: aim[month.month - 1] for month in months if month.year == year}
    return found


def _against(viewer: Viewer, query: Any, this: date) -> dict[str, Any]:
    """A kept forecast and what came: of last month, or of the month and forecast asked for."""
    held = forecast.kept()
    month = next((m for m in _past(this) if f"{m:%Y-%m}" == query.get("came")), targets.month_after(this, -1))
    chosen = next((f for f in held if str(f.pk) == query.get("kept")), None) or forecast.kept_for(month)
    rows = forecast.compared(viewer, chosen, month) if chosen else []
    names = person_names()
    return {
        "held": held, "chosen": chosen, "came_month": month, "past": _past(this),
        "against": [(names.get(row["owner"], ""), row) for row in rows],
        "against_total": forecast.total_of(rows) if rows else None,
    }  # fmt: skip


def _past(this: date) -> list[date]:
    return [targets.month_after(this, -n) for n in range(13)]


@require_POST
def forecast_keep(request: HttpRequest) -> HttpResponse:
    """Keep the forecast as it stands now."""
    actions.keep_forecast(by=request.viewer)
    return htmx.redirect(request, reverse("sales:forecast"), _("Kept as it stands now."))
