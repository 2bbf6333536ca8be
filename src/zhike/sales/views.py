"""Pages of opportunities: list, page, form, moving, product lines, checklist."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import htmx
from zhike.kit.access import can
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.keys import key_of
from zhike.records.dialogs import assign_dialog, delete_dialog, dialog
from zhike.records.formpages import create_page, edit_page
from zhike.records.lists import ListPage
from zhike.records.recordpages import button_links, open_tab, tab_links
from zhike.sales import actions, board, queries
from zhike.sales.forms import LineForm, MoveForm
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Opportunity
from zhike.sales.models.pipelines import default_first, stages

PLACE = OPPORTUNITY.label
WORDS = ("change", "assign", "delete")
# Fields with pages of their own, and what only a decided deal has.
NOT_IN_FORM = {"stage", "loss_reason", "closed_on", "lines"}
# What may come along in the address of a new deal.
PRESET = ("customer", "contact", "product", "pipeline", "name", "amount")


@require_safe
def opportunity_list(request: HttpRequest) -> HttpResponse:
    """All deals the viewer sees."""
    return ListPage(OPPORTUNITY, request, switch=board.switch(request)).response()


@require_safe
def opportunity_page(request: HttpRequest, pk: int, tab: str = "") -> HttpResponse:
    """A deal: path of stages, key figures, tabs of all rooms, facts and checklist beside (SAL-4)."""
    viewer, opportunity = request.viewer, queries.opportunity(request.viewer, pk)
    current = open_tab(PLACE, viewer, tab)
    context: dict[str, Any] = {"opportunity": opportunity, "tab": current.key}
    if not htmx.wants_part(request):
        changes = queries.stage_changes(viewer, opportunity)
        context |= {
            "can": can(viewer, opportunity, *(OPPORTUNITY.verb(word) for word in WORDS)),
            "path": queries.path(opportunity, changes),
            "stage": stages()[opportunity.stage_id],
            "ends": queries.ends(opportunity, changes),
            "weighted": queries.weighted(opportunity),
            "checklist": queries.checklist(opportunity),
            "tabs": tab_links(PLACE, viewer, opportunity, current, "sales:opportunity_tab"),
            "buttons": button_links(PLACE, viewer, "opportunity", pk),
        }
    context["body"] = current.body(request, opportunity)
    return htmx.part(request, "sales/opportunity_page.html#panel", context)


@require_http_methods(["GET", "POST"])
def opportunity_create(request: HttpRequest) -> HttpResponse:
    """A new deal; a customer's page or the board says for whom or in which pipeline."""
    initial = {"pipeline": next((p.pk for p in default_first()), None)}
    initial |= {name: request.GET[name] for name in PRESET if request.GET.get(name)}
    back = reverse("sales:board")
    return create_page(request, OPPORTUNITY, new=_("New opportunity"), initial=initial, only=_fields(), back=back)


@require_http_methods(["GET", "POST"])
def opportunity_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a deal; who saves second is told, and keeps what they typed (409)."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    return edit_page(request, OPPORTUNITY, opportunity, only=_fields(opportunity))


def _fields(opportunity: Opportunity | None = None) -> list[str]:
    left_out = set(NOT_IN_FORM)
    if opportunity is not None:
        left_out |= {"owner", "pipeline"} | (
            {"probability"} if opportunity.status != Opportunity.Status.OPEN else set()
        )
        left_out -= {"closed_on", "loss_reason"} if opportunity.status == Opportunity.Status.LOST else set()
        left_out -= {"closed_on"} if opportunity.status == Opportunity.Status.WON else set()
    return [f.name for f in OPPORTUNITY.editable() if f.name not in left_out]


@require_http_methods(["GET", "POST"])
def opportunity_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a deal: from the board by dropping, else by a dialog; what is missing is asked for there (SAL-2)."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    on_board = board.is_board(request)
    initial = {"stage": request.GET.get("stage"), "version": opportunity.version}
    form = MoveForm(request.POST or None, viewer=request.viewer, opportunity=opportunity, initial=initial)
    if request.method == "POST" and form.run(actions.move_opportunity, opportunity, by=request.viewer):
        said = _("Moved to %(stage)s.") % {"stage": stages()[form.result.stage_id].name}
        if on_board:
            return board.answer(request, said)
        return htmx.redirect(request, form.result.get_absolute_url(), said)
    if set(form.errors) == {"reason"} and "reason" not in request.POST:
        # A card was dropped where a reason is needed: ask for it, there is nothing wrong yet.
        initial["stage"] = request.POST["stage"]
        form = MoveForm(viewer=request.viewer, opportunity=opportunity, initial=initial)
    context = {"form": form, "opportunity": opportunity, "url": request.get_full_path()}
    status = 409 if form.stale else 422 if form.errors else 200
    response = htmx.part(request, "sales/opportunity_move.html#dialog", context, status=status)
    return board.into_dialog(response) if request.method == "POST" else response


@require_http_methods(["GET", "POST"])
def opportunity_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a deal to a colleague."""
    opportunity = queries.opportunity_for(request.viewer, pk, "assign")
    return assign_dialog(request, OPPORTUNITY, opportunity)


@require_http_methods(["GET", "POST"])
def opportunity_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a deal nothing else depends on."""
    opportunity = queries.opportunity_for(request.viewer, pk, "delete")
    return delete_dialog(request, OPPORTUNITY, opportunity, title=_("Delete this opportunity?"))


@require_http_methods(["GET", "POST"])
def line_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a product to a deal."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    form = LineForm(request.POST or None, viewer=request.viewer, initial={"quantity": 1})
    if request.method == "POST" and form.is_valid():
        values = form.values()
        product = queries.product(request.viewer, values.pop("product"))
        if form.attempt(actions.add_line, opportunity, by=request.viewer, product=product, **values):
            return htmx.redirect(request, opportunity.get_absolute_url(), _("Added."))
    return dialog(request, form, opportunity, title=_("Add a product"), submit=_("Add"))


@require_POST
def line_remove(request: HttpRequest, pk: int, line_pk: int) -> HttpResponse:
    """Take a product off a deal."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    line = next((line for line in queries.lines_of(request.viewer, opportunity) if line.pk == line_pk), None)
    if line is None:
        raise NotVisible
    actions.remove_line(line, by=request.viewer)
    return htmx.redirect(request, opportunity.get_absolute_url(), _("Removed."))


@require_POST
def lines_total(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the total of the lines the amount of the deal."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    actions.use_total(opportunity, by=request.viewer)
    return htmx.redirect(request, opportunity.get_absolute_url(), _("Saved."))


@require_POST
def check_tick(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick an item of the checklist, or take the tick away."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    stage = stages().get(key_of(request.POST.get("stage")))
    if stage is None:
        raise Refused({"item": _("This is not on the checklist.")})
    opportunity = actions.tick_check(
        opportunity, by=request.viewer, stage=stage, item=request.POST.get("item", ""), done="done" in request.POST
    )
    context = {
        "opportunity": opportunity,
        "checklist": queries.checklist(opportunity),
        "can": {"change"},
        "stage": stage,
    }
    if htmx.wants_part(request):
        return htmx.part(request, "sales/parts/checklist.html", context)
    return htmx.redirect(request, opportunity.get_absolute_url())
