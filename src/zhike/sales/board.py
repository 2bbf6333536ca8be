"""The board: a pipeline's open deals by stage, under the same filter as the list (DESIGN, board)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.keys import key_of
from zhike.records.filters import Filter
from zhike.sales import queries
from zhike.sales.addresses import carried, pipeline_of, with_changes
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Stage
from zhike.sales.models.pipelines import default_first, pipelines, stages, stages_of

BOARD_ID = "board"


@require_safe
def board_page(request: HttpRequest) -> HttpResponse:
    """The board of a pipeline; with `part=sums` what it comes to, with `lane` and `start` more cards of one column."""
    require(request.viewer, OPPORTUNITY.verb("view"))
    if request.GET.get("lane"):
        return _more(request)
    if request.GET.get("part") == "sums":
        return _sums(request)
    return htmx.part(request, "sales/board.html#board", _context(request, request.GET))


def switch(request: HttpRequest) -> SafeString:
    """The list's way to the board and its like, under the same filter and view."""
    query = carried(request.GET, Filter.from_query(OPPORTUNITY, request.GET)).urlencode()
    context = {"query": query, "view": "list", "list_query": request.GET.urlencode()}
    return render_to_string("sales/parts/switch.html", context, request)


def is_board(request: HttpRequest) -> bool:
    """Whether the answer goes onto the board: a card was dropped, or a dialog opened from there."""
    return "board" in request.GET


def answer(request: HttpRequest, said: str) -> HttpResponse:
    """The board anew after a move, with its sums, under the filter it had; closes the dialog that asked."""
    if not htmx.wants_part(request):
        return htmx.redirect(request, f"{reverse('sales:board')}?{_query(request).urlencode()}", said)
    response = htmx.part(request, "sales/board.html#board", _context(request, _query(request), summed=True))
    response["HX-Retarget"], response["HX-Reswap"] = f"#{BOARD_ID}", "outerHTML"
    if request.htmx.target == BOARD_ID:  # a dropped card: the board's script says where it went
        return response
    return htmx.toast(htmx.trigger(response, "zk:close"), said)


def into_dialog(response: HttpResponse) -> HttpResponse:
    """Let an answer to a dropped card open as a dialog instead of replacing the board."""
    response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response


def _context(request: HttpRequest, query: QueryDict, *, summed: bool = False) -> dict[str, Any]:
    """What the board shows; unless it is `summed`, the page asks for the sums after itself."""
    viewer = request.viewer
    flt = Filter.from_query(OPPORTUNITY, query)
    pipeline = pipeline_of(query, flt)
    try:
        found = queries.board(viewer, pipeline, flt, by_score=_by_score(query), summed=summed) if pipeline else []
        chips = flt.chips(viewer)
    except ValidationError:  # an address written by hand: a condition whose values make no sense keeps nothing
        found, chips = queries.empty_columns(pipeline) if pipeline else [], []
    base = carried(query, flt, pipeline)
    return _totals(found) | {
        "summed": summed,
        "sums_query": with_changes(base, part="sums"),
        "pipeline": pipeline,
        "pipelines": [(p, with_changes(base, pipeline=str(p.pk))) for p in default_first()],
        "query": base.urlencode(),
        "list_query": with_changes(base, status__in="open"),
        "q": flt.search,
        "kept": [(name, value) for name, value in base.items() if name != "q"],
        "chips": [
            (chip, f"?{_without(base, chip['condition'])}")
            for chip in chips
            if chip["condition"].field not in queries.NOT_ON_BOARD
        ],
        "is_mine": any(c.field == "owner" and c.op == "me" for c in flt.conditions),
        "mine_query": with_changes(base, owner__me="1"),
        "all_query": with_changes(base, owner__me=None),
        "by_score": _by_score(query),
        "new_query": with_changes(base, order=None),
        "score_query": with_changes(base, order="score"),
        "ends": [s for s in stages_of(pipeline.pk) if not s.is_open] if pipeline else [],
        "can_change": viewer.can(OPPORTUNITY.verb("change")),
        "can_create": viewer.can(OPPORTUNITY.verb("create")),
    }


def _sums(request: HttpRequest) -> HttpResponse:
    flt = Filter.from_query(OPPORTUNITY, request.GET)
    pipeline = pipeline_of(request.GET, flt)
    try:
        found = queries.columns(queries.board_rows(request.viewer, pipeline, flt), pipeline) if pipeline else []
    except ValidationError:  # as the board shows it
        found = queries.empty_columns(pipeline) if pipeline else []
    return htmx.part(request, "sales/parts/sums.html", _totals(found) | {"summed": True, "late": True})


def _totals(found: list[queries.Column]) -> dict[str, Any]:
    return {
        "columns": found,
        "count": sum(column.count for column in found),
        "total": sum(column.total for column in found),
        "weighted": sum(column.weighted for column in found),
    }


def _by_score(query: QueryDict) -> bool:
    return query.get("order") == "score"


def _without(base: QueryDict, condition: Any) -> str:
    return with_changes(base, **{f"{condition.field}__{condition.op}": None})


def _query(request: HttpRequest) -> QueryDict:
    query = request.GET.copy()
    for name in ("board", "stage", "lane", "start"):
        query.pop(name, None)
    return query


def _more(request: HttpRequest) -> HttpResponse:
    lane, start = request.GET["lane"], request.GET.get("start", "0")
    stage = stages().get(key_of(lane))
    if stage is None or not stage.is_open or not (start.isdecimal() and len(start) < 7):
        raise NotVisible
    pipeline = next(p for p in pipelines() if p.pk == stage.pipeline_id)
    query = _query(request)
    flt = Filter.from_query(OPPORTUNITY, query)
    try:
        rows = queries.board_rows(request.viewer, pipeline, flt, in_order=True)
        found, more = queries.cards(rows, stage, int(start), by_score=_by_score(query))
    except ValidationError as error:
        raise Refused(error.messages) from error
    column = queries.Column(stage, cards=found, next=more)
    ends = [s for s in stages_of(pipeline.pk) if s.kind != Stage.Kind.OPEN]
    context = {"column": column, "query": query.urlencode(), "columns": [column], "ends": ends,
               "can_change": request.viewer.can(OPPORTUNITY.verb("change"))}  # fmt: skip
    return htmx.part(request, "sales/parts/cards.html", context)
