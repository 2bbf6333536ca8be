"""Pages around a deal: buying centre, competitors in it, its team (SAL-4)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhike.kit import htmx
from zhike.kit.errors import Forbidden
from zhike.kit.forms import ActionForm
from zhike.org.rules import may_share
from zhike.records.dialogs import dialog
from zhike.sales import actions, projects, queries
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Opportunity
from zhike.sales.project_forms import BuyingForm, MemberForm, RivalForm


@require_http_methods(["GET", "POST"])
def buying_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put somebody into the buying centre."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    form = BuyingForm(request.POST or None, viewer=request.viewer, opportunity=opportunity)
    return _answer(request, form, opportunity, actions.save_buying_role, "buying", _("Add to the buying centre"))


@require_http_methods(["GET", "POST"])
def buying_edit(request: HttpRequest, pk: int, role_pk: int) -> HttpResponse:
    """Change what is known of somebody in the buying centre."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    found = projects.buying_role(request.viewer, opportunity, role_pk)
    form = BuyingForm(request.POST or None, viewer=request.viewer, opportunity=opportunity, found=found)
    return _answer(request, form, opportunity, actions.save_buying_role, "buying", str(found.contact))


@require_POST
def buying_remove(request: HttpRequest, pk: int, role_pk: int) -> HttpResponse:
    """Take somebody out of the buying centre."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    actions.remove_buying_role(projects.buying_role(request.viewer, opportunity, role_pk), by=request.viewer)
    return htmx.redirect(request, tab_url(opportunity, "buying"), _("Removed."))


@require_http_methods(["GET", "POST"])
def rival_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Note a competitor."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    taken = {row.competitor_id for row in projects.rivals(request.viewer, opportunity)}
    form = RivalForm(request.POST or None, viewer=request.viewer, taken=taken)
    return _answer(request, form, opportunity, actions.save_rival, "rivals", _("Add a competitor"))


@require_http_methods(["GET", "POST"])
def rival_edit(request: HttpRequest, pk: int, rival_pk: int) -> HttpResponse:
    """What is new about a competitor."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    found = projects.rival(request.viewer, opportunity, rival_pk)
    form = RivalForm(request.POST or None, viewer=request.viewer, found=found)
    return _answer(request, form, opportunity, actions.save_rival, "rivals", str(found.competitor))


@require_POST
def rival_remove(request: HttpRequest, pk: int, rival_pk: int) -> HttpResponse:
    """A competitor is out."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    actions.remove_rival(projects.rival(request.viewer, opportunity, rival_pk), by=request.viewer)
    return htmx.redirect(request, tab_url(opportunity, "rivals"), _("Removed."))


@require_http_methods(["GET", "POST"])
def member_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a colleague onto the team."""
    opportunity = _shared(request, pk)
    form = MemberForm(request.POST or None, viewer=request.viewer)
    return _answer(request, form, opportunity, actions.save_member, "team", _("Add to the team"))


@require_http_methods(["GET", "POST"])
def member_edit(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """Change a colleague's role or right."""
    opportunity = _shared(request, pk)
    found = projects.member(request.viewer, opportunity, member_pk)
    form = MemberForm(request.POST or None, viewer=request.viewer, found=found)
    return _answer(request, form, opportunity, actions.save_member, "team", str(found.person))


@require_POST
def member_remove(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """Take a colleague off the team, or leave it."""
    opportunity = queries.opportunity(request.viewer, pk)
    found = projects.member(request.viewer, opportunity, member_pk)
    actions.remove_member(found, by=request.viewer)
    leaves = found.person_id == request.viewer.person_id and not request.viewer.sees_owner(opportunity.owner_id)
    back = OPPORTUNITY.list_address if leaves else tab_url(opportunity, "team")
    return htmx.redirect(request, back, _("Removed."))


def tab_url(opportunity: Opportunity, tab: str) -> str:
    """The address of a tab of a deal."""
    return reverse("sales:opportunity_tab", args=[opportunity.pk, tab])


def _shared(request: HttpRequest, pk: int) -> Opportunity:
    """A deal whose team the viewer makes: its owner and those above, as with sharing it."""
    opportunity = queries.opportunity(request.viewer, pk)
    if not may_share(request.viewer, OPPORTUNITY, opportunity):
        raise Forbidden(OPPORTUNITY.verb("share"))
    return opportunity


def _answer(
    request: HttpRequest, form: ActionForm, opportunity: Opportunity, act: Callable, tab: str, title: str
) -> HttpResponse:
    if request.method == "POST" and form.run(act, opportunity, by=request.viewer):
        return htmx.redirect(request, tab_url(opportunity, tab), _("Saved."))
    return dialog(request, form, opportunity, title=title, submit=_("Save"))
