"""Pages of leads: list, page, form, claiming, putting aside, converting (SAL-1)."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.customers.kinds import CUSTOMER
from zhike.kit import htmx
from zhike.kit.access import can, require
from zhike.kit.registry import tabs
from zhike.records.dialogs import assign_dialog, delete_dialog, dialog
from zhike.records.formpages import edit_page, form_page
from zhike.records.forms import RecordForm
from zhike.records.lists import ListPage
from zhike.records.lookups import person_names
from zhike.records.queries import record_for
from zhike.sales import actions, likeness, panels, queries
from zhike.sales.forms import ConvertForm, DisqualifyForm
from zhike.sales.kinds import LEAD, OPPORTUNITY
from zhike.sales.models import Lead
from zhike.sales.models.leads import SEE_UNOWNED


@require_safe
def lead_list(request: HttpRequest) -> HttpResponse:
    """All leads the viewer sees."""
    return ListPage(LEAD, request, switch=render_to_string("sales/parts/lead_switch.html", {}, request)).response()


@require_safe
def lead_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A lead: who asks for what, and what became of it."""
    viewer, lead = request.viewer, queries.lead(request.viewer, pk)
    groups = [
        (title, [(f.label, f.cell(f.values_of(lead))) for f in (LEAD.field(name) for name in names)])
        for title, names in LEAD.sections
    ]
    context = {
        "lead": lead,
        "groups": groups,
        "can": can(viewer, lead, *(LEAD.verb(word) for word in ("change", "assign", "delete"))),
        "can_give_out": lead.owner_id is None
        and lead.is_open
        and viewer.can(SEE_UNOWNED)
        and viewer.can(LEAD.verb("assign"))
        and actions.has_rules(),
        "assignments": queries.assignments_of(viewer, lead),
        "panels": [(e.label, e.body(request, lead)) for e in tabs.at(LEAD.label, viewer) if e.body],
        "can_claim": lead.owner_id is None and viewer.can(SEE_UNOWNED) and viewer.can(LEAD.verb("change")),
        "alike": likeness.alike(viewer, lead) if lead.is_open else [],
        "leads": queries.same_leads(viewer, lead),
        "changes": panels.changes(request, lead),
    }
    return htmx.part(request, "sales/lead_page.html", context)


@require_http_methods(["GET", "POST"])
def lead_create(request: HttpRequest) -> HttpResponse:
    """A new lead."""
    require(request.viewer, LEAD.verb("create"))
    start = {"owner": None} if actions.has_rules() else {}  # left empty, the rules say whose it is
    form = RecordForm(request.POST or None, kind=LEAD, viewer=request.viewer, only=_fields(None), initial=start)
    if start:
        form.fields["owner"].help_text = _("Left empty, it goes to whom the assignment rules say.")
    if request.method == "POST" and form.save(by=request.viewer):
        return _created(request, form.result)
    return form_page(request, form, new=_("New lead"))


def _created(request: HttpRequest, lead: Lead) -> HttpResponse:
    """To the new lead, or to the list where the rules gave it to somebody out of sight."""
    if lead.owner_id is None or request.viewer.sees_owner(lead.owner_id):
        return htmx.redirect(request, lead.get_absolute_url(), _("Created."))
    said = _("Created and given to %(person)s.") % {"person": person_names().get(lead.owner_id, "")}
    return htmx.redirect(request, LEAD.list_address, said)


@require_http_methods(["GET", "POST"])
def lead_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a lead."""
    lead = record_for(request.viewer, LEAD, pk)
    return edit_page(request, LEAD, lead, only=_fields(lead))


def _fields(lead: Lead | None) -> list[str]:
    left_out = {"responded_at", "unqualified_reason", "status" if lead is None else "owner"}
    return [f.name for f in LEAD.editable() if f.name not in left_out]


@require_POST
def lead_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a lead nobody has."""
    lead = actions.claim_lead(queries.lead(request.viewer, pk), by=request.viewer)
    return htmx.redirect(request, lead.get_absolute_url(), _("It is yours now."))


@require_POST
def lead_release(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a lead back for others to claim."""
    actions.release_lead(record_for(request.viewer, LEAD, pk), by=request.viewer)
    return htmx.redirect(request, LEAD.list_address, _("Given back."))


@require_http_methods(["GET", "POST"])
def lead_disqualify(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a lead aside, with the reason."""
    lead = record_for(request.viewer, LEAD, pk)
    form = DisqualifyForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.disqualify_lead, lead, by=request.viewer):
        return htmx.redirect(request, lead.get_absolute_url(), _("Put aside."))
    return dialog(request, form, lead, title=_("Put aside"), submit=_("Put aside"))


@require_POST
def lead_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take up again a lead that was put aside."""
    lead = actions.reopen_lead(record_for(request.viewer, LEAD, pk), by=request.viewer)
    return htmx.redirect(request, lead.get_absolute_url(), _("Taken up again."))


@require_http_methods(["GET", "POST"])
def lead_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a lead to a colleague."""
    return assign_dialog(request, LEAD, record_for(request.viewer, LEAD, pk, "assign"))


@require_http_methods(["GET", "POST"])
def lead_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a lead."""
    lead = record_for(request.viewer, LEAD, pk, "delete")
    return delete_dialog(request, LEAD, lead, title=_("Delete this lead?"))


@require_http_methods(["GET", "POST"])
def lead_convert(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a lead a customer, a contact and a deal; customers it may belong to are shown first (CUS-8)."""
    viewer, lead = request.viewer, record_for(request.viewer, LEAD, pk)
    for kind in (CUSTOMER, OPPORTUNITY):
        require(viewer, kind.verb("create"))
    alike = likeness.alike(viewer, lead)
    initial = {"name": lead.company or lead.name, "customer": request.GET.get("customer")}
    form = ConvertForm(request.POST or None, viewer=viewer, initial=initial)
    if request.method == "POST" and form.run(actions.convert_lead, lead, by=viewer):
        made = form.result.opportunity or form.result.customer
        return htmx.redirect(request, made.get_absolute_url(), _("Converted."))
    context = {"form": form, "lead": lead, "alike": alike, "back": lead.get_absolute_url()}
    return htmx.part(request, "sales/lead_convert.html#form", context, status=422 if form.errors else 200)
