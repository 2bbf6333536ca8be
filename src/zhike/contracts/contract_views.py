"""Pages of contracts: list, page, form, and the way from the draft to the end (SAL-6)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from zhike.contracts import actions, queries
from zhike.contracts.forms import ChangeOrderForm, SignForm, SubmitForm, TerminateForm
from zhike.contracts.kinds import CONTRACT
from zhike.kit import dates, htmx
from zhike.kit.access import can, require
from zhike.kit.errors import Forbidden
from zhike.kit.forms import ActionForm
from zhike.kit.keys import key_of
from zhike.kit.viewer import Viewer
from zhike.records.dialogs import assign_dialog, delete_dialog, dialog
from zhike.records.formpages import create_page, edit_page
from zhike.records.lists import ListPage
from zhike.records.queries import record_for
from zhike.records.recordpages import button_links, open_tab, tab_links
from zhike.sales import queries as sales
from zhike.sales.kinds import QUOTE

PLACE = CONTRACT.label
WORDS = ("change", "assign", "delete", "sign", "change_order", "terminate")
# What the form of a draft holds; lines and plan have pages of their own, state and sums come from actions.
DRAFT = ["name", "customer", "opportunity", "type", "amount", "cost", "our_party", "our_signatory", "contact",
         "their_signatory", "starts_on", "ends_on", "note"]  # fmt: skip
AGREED = {"customer", "opportunity", "amount", "cost", "our_party"}
# What may come along in the address of a new contract.
PRESET = ("customer", "opportunity", "name", "amount")


@require_safe
def contract_list(request: HttpRequest) -> HttpResponse:
    """All contracts the viewer sees."""
    return ListPage(CONTRACT, request).response()


@require_safe
def contract_page(request: HttpRequest, pk: int, tab: str = "") -> HttpResponse:
    """A contract: figures, what is due when, the ledger, and the tabs of all rooms (SAL-6, SAL-7)."""
    viewer, contract = request.viewer, queries.contract(request.viewer, pk)
    current = open_tab(PLACE, viewer, tab)
    context: dict[str, Any] = {"contract": contract, "tab": current.key}
    if not htmx.wants_part(request):
        context |= {
            "can": can(viewer, contract, *(CONTRACT.verb(word) for word in WORDS)),
            "tabs": tab_links(PLACE, viewer, contract, current, "contracts:contract_tab"),
            "milestones": queries.milestones_of(viewer, contract),
            "received": 100 * contract.received / contract.receivable if contract.receivable else None,
            "today": dates.today(),
            "buttons": button_links(PLACE, viewer, "contract", pk),
        }
    context["body"] = current.body(request, contract)
    return htmx.part(request, "contracts/contract_page.html#panel", context)


@require_http_methods(["GET", "POST"])
def contract_create(request: HttpRequest) -> HttpResponse:
    """A new draft; a customer's or a deal's page says for whom."""
    initial = {name: request.GET[name] for name in PRESET if request.GET.get(name)}
    if deal := key_of(initial.get("opportunity")):
        initial = _from_deal(request.viewer, deal) | initial
    return create_page(request, CONTRACT, new=_("New contract"), initial=initial, only=DRAFT)


def _from_deal(viewer: Viewer, pk: int) -> dict[str, Any]:
    deal = sales.opportunity(viewer, pk)
    return {"name": deal.name, "customer": deal.customer_id, "amount": deal.amount, "contact": deal.contact_id}


@require_http_methods(["GET", "POST"])
def contract_from_quote(request: HttpRequest) -> HttpResponse:
    """The customer took a quote: make the contract of it."""
    quote = record_for(request.viewer, QUOTE, key_of(request.GET.get("quote")))
    require(request.viewer, CONTRACT.verb("create"))
    form = ActionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.run(actions.accept_quote, quote, by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Accepted: here is the contract."))
    return dialog(request, form, quote, title=_("The customer takes this quote"), submit=_("Make the contract"))


@require_http_methods(["GET", "POST"])
def contract_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a contract: everything in a draft, afterwards only what was not agreed."""
    contract = queries.contract_for(request.viewer, pk)
    names = DRAFT if contract.is_draft else [name for name in DRAFT if name not in AGREED]
    return edit_page(request, CONTRACT, contract, only=names)


@require_http_methods(["GET", "POST"])
def contract_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a draft in: it gets its number, and goes to those who approve it."""
    contract = queries.contract_for(request.viewer, pk)
    form = SubmitForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.submit_contract, contract, by=request.viewer):
        return htmx.redirect(request, contract.get_absolute_url(), _("Handed in as %(n)s.") % {"n": form.result.number})
    return dialog(request, form, contract, title=_("Hand in"), submit=_("Hand in"))


@require_http_methods(["GET", "POST"])
def contract_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign: what will be owed is shown first, and what speaks against it (SAL-7, CUS-13)."""
    contract = queries.contract_for(request.viewer, pk, "sign")
    form = SignForm(request.POST or None, viewer=request.viewer, initial={"signed_on": dates.today()})
    if request.method == "POST" and form.run(actions.sign_contract, contract, by=request.viewer):
        return htmx.redirect(request, contract.get_absolute_url(), _("Signed: the contract is in force."))
    context = {
        "form": form, "record": contract, "plan": contract.known_plan(), "concerns": queries.concerns(contract),
        "blocks": queries.blocks(),
    }  # fmt: skip
    return htmx.part(request, "contracts/sign.html#dialog", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def contract_change_order(request: HttpRequest, pk: int) -> HttpResponse:
    """A change order: more or less is owed."""
    contract = queries.contract_for(request.viewer, pk, "change_order")
    form = ChangeOrderForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.change_contract, contract, by=request.viewer):
        said = _("Sent for approval.") if form.result.status == "approving" else _("Changed.")
        return htmx.redirect(request, contract.get_absolute_url(), said)
    return dialog(request, form, contract, title=_("Change order"), submit=_("Make the change order"))


@require_http_methods(["GET", "POST"])
def contract_terminate(request: HttpRequest, pk: int) -> HttpResponse:
    """End a contract before its time."""
    contract = queries.contract_for(request.viewer, pk, "terminate")
    form = TerminateForm(request.POST or None, viewer=request.viewer, initial={"terminated_on": dates.today()})
    if request.method == "POST" and form.run(actions.terminate_contract, contract, by=request.viewer):
        said = _("Sent for approval.") if form.result.is_in_force else _("Terminated.")
        return htmx.redirect(request, contract.get_absolute_url(), said)
    return dialog(request, form, contract, title=_("Terminate this contract?"), submit=_("Terminate"), danger=True)


@require_http_methods(["GET", "POST"])
def contract_complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a contract is carried out."""
    contract = queries.contract_for(request.viewer, pk)
    form = ActionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.run(actions.complete_contract, contract, by=request.viewer):
        return htmx.redirect(request, contract.get_absolute_url(), _("Completed."))
    return dialog(request, form, contract, title=_("Is this contract carried out?"), submit=_("Complete"))


@require_http_methods(["GET", "POST"])
def contract_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a contract to a colleague, its receivables with it."""
    return assign_dialog(request, CONTRACT, queries.contract_for(request.viewer, pk, "assign"))


@require_http_methods(["GET", "POST"])
def contract_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a draft that never had a number."""
    contract = queries.contract_for(request.viewer, pk, "delete")
    if not contract.is_draft:
        raise Forbidden(CONTRACT.verb("delete"))
    return delete_dialog(request, CONTRACT, contract, title=_("Delete this draft?"))
