"""The analysis of a pipeline: by process (funnel, time in stages, stuck deals) or by result (won, rate, cycle), under
the filter of list and board (SAL-3, INS-1)."""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from zhike.kit import dates, htmx
from zhike.kit.access import require
from zhike.kit.viewer import Viewer
from zhike.records import reports
from zhike.records.filters import Condition, Filter
from zhike.records.reports import Asked
from zhike.sales.cells import funnel_bar
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Opportunity, Pipeline
from zhike.sales.models.pipelines import default_first, pipelines, stages_of
from zhike.sales.reports import deals

WAYS = Pipeline.EvaluatedBy
# What the page itself says: the pipeline is chosen, and each figure says which states it counts.
OWN = ("pipeline", "status", "stage")
MOST_STUCK = 20


@require_safe
def analysis_page(request: HttpRequest) -> HttpResponse:
    """A pipeline's figures, first those it is evaluated by; the other ones are a click away."""
    require(request.viewer, OPPORTUNITY.verb("view"))
    query, error = request.GET.copy(), ""
    pipeline = _pipeline(query)
    way = query.get("as") if query.get("as") in WAYS.values else pipeline.evaluated_by if pipeline else WAYS.RESULT
    context: dict[str, Any] = {
        "pipeline": pipeline,
        "way": way,
        "ways": WAYS.choices,
        "is_process": way == WAYS.PROCESS,
    }
    try:
        asked = _asked("funnel" if way == WAYS.PROCESS else "win_rate", query, pipeline)
        context |= _process(request.viewer, asked) if way == WAYS.PROCESS else _result(request.viewer, asked)
    except ValidationError as wrong:
        error = " ".join(wrong.messages)
        asked = _asked("funnel", QueryDict(), pipeline)
    context |= _around(request, asked, pipeline) | {"error": error, "asked": asked}
    return htmx.part(request, "sales/analysis.html", context, status=422 if error else 200)


def _pipeline(query: QueryDict) -> Pipeline | None:
    wanted = query.get("pipeline") or query.get("pipeline__in") or ""
    return next((p for p in pipelines() if wanted in (str(p.pk), p.name)), next(iter(default_first()), None))


def _asked(name: str, query: QueryDict, pipeline: Pipeline | None) -> Asked:
    """What the address asks of a report, a year back if it names no days, within this pipeline."""
    query = query.copy()
    query.setdefault("from", (dates.today() - timedelta(days=364)).isoformat())
    if query.get("by") not in reports.get(name).by:  # left over from the other way of looking
        query.pop("by", None)
    asked = reports.asked(reports.get(name), query)
    conditions = [c for c in asked.filter.conditions if c.field not in OWN]
    if pipeline:
        conditions.append(Condition("pipeline", "in", (str(pipeline.pk),)))
    return Asked(asked.report, asked.first, asked.last, asked.by, Filter(OPPORTUNITY, conditions, asked.filter.search))


def _also(asked: Asked, name: str, by: str) -> Asked:
    return Asked(reports.get(name), asked.first, asked.last, by, asked.filter)


def _process(viewer: Viewer, asked: Asked) -> dict[str, Any]:
    """How deals went through the stages, how long they stayed there, and which stand still."""
    steps = _also(asked, "funnel", "stage").table(viewer).rows
    most = max((row["reached"] for row in steps), default=0)
    times = _also(asked, "stage_duration", "stage")
    context = {
        "steps": [(row, funnel_bar(row["reached"], most)) for row in steps],
        "times": reports.shown(times.table(viewer), times, without=("pipeline",)),
        "stuck": stuck_deals(viewer, asked.filter),
    }
    if asked.by != "stage":
        context |= reports.shown(asked.table(viewer), asked, without=("pipeline",))
    return context


def _result(viewer: Viewer, asked: Asked) -> dict[str, Any]:
    """What came out: won, win rate, cycle; by whatever was chosen."""
    table, cycle = asked.table(viewer), _also(asked, "cycle_days", asked.by).table(viewer)
    return {"sums": table.total, "cycle": cycle.total, **reports.shown(table, asked),
            "cycles": reports.shown(cycle, _also(asked, "cycle_days", asked.by))}  # fmt: skip


def stuck_deals(viewer: Viewer, flt: Filter | None) -> list[Opportunity]:
    """Open deals longer in their stage than expected there, the longest first."""
    now, late = dates.now(), Q(pk__in=[])
    for stage in (s for p in pipelines() for s in stages_of(p.pk) if s.is_open and s.expected_days):
        late |= Q(stage=stage, stage_since__lte=now - timedelta(days=stage.expected_days + 1))
    rows = deals(viewer, flt).filter(late, status=Opportunity.Status.OPEN).select_related("customer")
    return list(rows.order_by("stage_since", "id")[:MOST_STUCK])


def _around(request: HttpRequest, asked: Asked, pipeline: Pipeline | None) -> dict[str, Any]:
    """The page's controls: pipelines, ways, days, chips, the way to list and board."""
    flt = asked.filter
    own = next((c for c in flt.conditions if c.field == "pipeline"), None)
    shared = flt.without(own) if own else flt
    base = QueryDict(mutable=True)
    base.update({**shared.as_query(), **({"pipeline": str(pipeline.pk)} if pipeline else {})})
    days = {"from": asked.first.isoformat(), "to": asked.last.isoformat(), "by": asked.by}
    return {
        "query": base.urlencode(),
        "pipelines": [(p, _address(base, **days, pipeline=str(p.pk))) for p in default_first()],
        "ways": [(value, label, _address(base, **{**days, "as": value})) for value, label in WAYS.choices],
        "kept": [*base.items(), *([("as", request.GET["as"])] if request.GET.get("as") in WAYS.values else [])],
        "periods": [(label, first == asked.first and last == asked.last,
                     _address(base, **{**days, "from": first.isoformat(), "to": last.isoformat()}))
                    for label, first, last in periods(dates.today())],
        "chips": [(chip, _address(_query_of(shared.without(chip["condition"]), base), **days))
                  for chip in _chips(shared, request.viewer)],
    }  # fmt: skip


def _chips(flt: Filter, viewer: Viewer) -> list[dict[str, Any]]:
    try:
        return flt.chips(viewer)
    except ValidationError:
        return []


def _query_of(flt: Filter, base: QueryDict) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update({**flt.as_query(), **({"pipeline": base["pipeline"]} if "pipeline" in base else {})})
    return query


def _address(base: QueryDict, **changes: str) -> str:
    query = base.copy()
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()


def periods(today: date) -> list[tuple[str, date, date]]:
    """Spans one asks for most: this month, this quarter, this year, twelve months back."""
    quarter = date(today.year, today.month - (today.month - 1) % 3, 1)
    return [
        (_("This month"), today.replace(day=1), today),
        (_("This quarter"), quarter, today),
        (_("This year"), date(today.year, 1, 1), today),
        (_("Twelve months"), today - timedelta(days=364), today),
    ]
