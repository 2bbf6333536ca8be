"""The best projects by score, the funnel of the filter, and the weights of the score (SAL-4, FIELD-NOTES 19)."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from zhike.kit import htmx
from zhike.kit.access import require
from zhike.records.filters import Filter
from zhike.sales import actions, best, queries
from zhike.sales.actions.scores import SET_WEIGHTS
from zhike.sales.addresses import carried, pipeline_of, with_changes
from zhike.sales.funnel_chart import draw
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models.pipelines import default_first
from zhike.sales.project_forms import WeightsForm
from zhike.sales.scoring import PARTS, most_points


@require_safe
def best_page(request: HttpRequest) -> HttpResponse:
    """Open deals by score, the best first; with `uncovered`, those nobody is booked for."""
    require(request.viewer, OPPORTUNITY.verb("view"))
    flt, only = Filter.from_query(OPPORTUNITY, request.GET), "uncovered" in request.GET
    try:
        found, error = best.projects(request.viewer, flt, uncovered=only), ""
    except ValidationError as wrong:
        found, error = [], " ".join(wrong.messages)
    base = carried(request.GET, flt)
    context = {
        "found": found,
        "error": error,
        "uncovered": only,
        "query": base.urlencode(),
        "list_query": with_changes(base, status__in="open", sort=base.get("sort") or "-score"),
        "chips": [(chip, _without(base, chip["condition"], only)) for chip in _chips(flt, request)],
        "can_set": request.viewer.can(SET_WEIGHTS),
    }
    return htmx.part(request, "sales/best.html", context, status=422 if error else 200)


def _chips(flt: Filter, request: HttpRequest) -> list[dict[str, Any]]:
    try:
        return [chip for chip in flt.chips(request.viewer) if chip["condition"].field != "status"]
    except ValidationError:
        return []


def _without(base: QueryDict, condition: Any, uncovered: bool = False) -> str:
    rest = with_changes(base, **{f"{condition.field}__{condition.op}": None})
    return f"?{rest}&uncovered=1" if uncovered else f"?{rest}"


@require_safe
def funnel_page(request: HttpRequest) -> HttpResponse:
    """The open deals of the filter as a funnel; each bar opens its records."""
    require(request.viewer, OPPORTUNITY.verb("view"))
    flt = Filter.from_query(OPPORTUNITY, request.GET)
    pipeline = pipeline_of(request.GET, flt)
    by_count = request.GET.get("measure") == "count"
    try:
        columns = queries.columns(queries.board_rows(request.viewer, pipeline, flt), pipeline) if pipeline else []
        error = ""
    except ValidationError as wrong:
        columns, error = [], " ".join(wrong.messages)
    base = carried(request.GET, flt, pipeline)
    context = {
        "pipeline": pipeline,
        "pipelines": [(p, with_changes(base, pipeline=str(p.pk))) for p in default_first()],
        "chart": draw(columns, with_changes(base, stage=None, status__in="open"), by_count=by_count),
        "columns": columns,
        "error": error,
        "by_count": by_count,
        "query": base.urlencode(),
        "list_query": with_changes(base, status__in="open"),
        "chips": [(chip, _without(base, chip["condition"])) for chip in _chips(flt, request)
                  if chip["condition"].field not in queries.NOT_ON_BOARD],
        "count": sum(column.count for column in columns),
        "total": sum((column.total for column in columns), Decimal(0)),
        "weighted": sum((column.weighted for column in columns), Decimal(0)),
    }  # fmt: skip
    return htmx.part(request, "sales/funnel.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def weights_page(request: HttpRequest) -> HttpResponse:
    """Set what the parts of the score weigh."""
    from zhike.sales.score_tasks import refresh_all

    require(request.viewer, SET_WEIGHTS)
    form = WeightsForm(request.POST or None)
    if request.method == "POST" and form.run(actions.save_weights, by=request.viewer):
        refresh_all.enqueue()
        return htmx.redirect(request, request.path, _("Saved. The scores follow in a moment."))
    given = form.cleaned_data if form.is_bound and form.is_valid() else form.initial
    most = most_points(given)
    context = {"form": form, "rows": [(form[name], most[name]) for name in PARTS]}
    return htmx.part(request, "sales/score_weights.html", context, status=422 if form.errors else 200)
