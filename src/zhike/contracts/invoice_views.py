"""Pages of invoices: list, application, page, and each step of the way (SAL-9)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.contracts import invoice_queries as queries
from zhike.contracts import invoice_rules as rules
from zhike.contracts.actions import invoices as actions
from zhike.contracts.finance_forms import ApproveForm, CoversForm, IssueForm, LineForm, ReasonForm, RedForm
from zhike.contracts.invoice_kinds import INVOICE
from zhike.contracts.models import Contract, Invoice
from zhike.customers.models import Customer
from zhike.kit import dates, htmx
from zhike.kit.access import can, require
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.keys import key_of
from zhike.records import actions as records
from zhike.records.dialogs import delete_dialog, dialog
from zhike.records.formpages import create_page, edit_page
from zhike.records.lists import ListPage
from zhike.records.recordpages import open_tab, tab_links

VERBS = tuple(f"{INVOICE.label}.{word}" for word in ("change", "approve", "issue", "delete"))
# What finance puts down is asked for when it is issued.
LATER = ("number", "old_code", "issued_on")


@require_safe
def invoice_list(request: HttpRequest) -> HttpResponse:
    """All invoices the viewer sees."""
    return ListPage(INVOICE, request).response()


@require_safe
def invoice_page(request: HttpRequest, pk: int, tab: str = "") -> HttpResponse:
    """An invoice: title, lines, what it is for, and what is to be done next."""
    viewer, invoice = request.viewer, queries.invoice(request.viewer, pk)
    current = open_tab(INVOICE.label, viewer, tab)
    context: dict[str, Any] = {"invoice": invoice, "body": current.body(request, invoice)}
    if not htmx.wants_part(request):
        context |= {
            "can": rules.acts_on(invoice, can(viewer, invoice, *VERBS)),
            "tabs": tab_links(INVOICE.label, viewer, invoice, current, "contracts:invoice_tab"),
            "over": actions.excess(invoice.contract, invoice) if invoice.status in Invoice.WAITING else 0,
        }
    return htmx.part(request, "contracts/invoice_page.html#panel", context)


@require_http_methods(["GET", "POST"])
def invoice_create(request: HttpRequest) -> HttpResponse:
    """Apply for an invoice; a contract's or customer's page says for whom."""
    return create_page(request, INVOICE, new=_("Apply for an invoice"), initial=_initial(request), only=_fields())


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What follows from the contract or customer in the address: amount still to be invoiced, title, tax data."""
    initial: dict[str, Any] = {"kind": Invoice.Kind.DIGITAL_SPECIAL, "tax_rate": "13", "title_type": "company"}
    contract = _chosen(request, "contract", Contract)
    customer = contract.customer if contract else _chosen(request, "customer", Customer)
    if contract:
        initial |= {"contract": contract.pk, "content": contract.name[:120]}
        taxes = {line.taxation for line in contract.known_lines()}
        if len(taxes) == 1:
            (tax,) = taxes
            ordinary = {} if tax.rate else {"kind": Invoice.Kind.DIGITAL_ORDINARY}
            initial |= {"tax_rate": tax, **ordinary}
        if (left := contract.amount - contract.invoiced) > 0:
            initial["amount"] = left
    if customer:
        initial |= {"customer": customer.pk, "title": customer.name, "address": customer.address}
        initial |= {"phone": customer.phone, "tax_number": customer.custom.get("tax_number") or customer.uscc}
        initial |= {name: customer.custom.get(name) or "" for name in ("bank", "bank_account")}
    return initial


def _chosen(request: HttpRequest, name: str, model: Any) -> Any:
    if not (pk := key_of(request.GET.get(name))):
        return None
    rows = model.objects.visible_to(request.viewer)
    return (rows.select_related("customer") if model is Contract else rows).filter(pk=pk).first()


def _fields() -> list[str]:
    return [f.name for f in INVOICE.editable() if f.name not in LATER]


@require_http_methods(["GET", "POST"])
def invoice_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an application that is not decided yet; who saves second is told (409)."""
    invoice = queries.invoice_for(request.viewer, pk, "change")
    only = [name for name in _fields() if name not in ("customer", "contract")]
    return edit_page(request, INVOICE, invoice, only=only)


@require_http_methods(["GET", "POST"])
def invoice_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an application through."""
    invoice = queries.invoice_for(request.viewer, pk, "approve")
    over = actions.excess(invoice.contract, invoice)
    form = ApproveForm(
        request.POST if request.method == "POST" else None, exceeds=over > 0 and request.viewer.can(actions.EXCEED)
    )
    if request.method == "POST" and form.run(actions.approve_invoice, invoice, by=request.viewer):
        return htmx.redirect(request, invoice.get_absolute_url(), _("Approved."))
    said = _("With what is invoiced and applied for already this is %(sum)s above the contract.")
    note = said % {"sum": f"{over:,.2f}"} if over else ""
    return dialog(request, form, invoice, title=_("Approve this application?"), submit=_("Approve"), note=note)


@require_http_methods(["GET", "POST"])
def invoice_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an application back with a reason."""
    invoice = queries.invoice_for(request.viewer, pk, "approve")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.run(actions.reject_invoice, invoice, by=request.viewer):
        return htmx.redirect(request, invoice.get_absolute_url(), _("Sent back."))
    return dialog(request, form, invoice, title=_("Send this application back?"), submit=_("Send back"))


@require_http_methods(["GET", "POST"])
def invoice_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down number and day, and keep the invoice's file."""
    invoice, viewer = queries.invoice_for(request.viewer, pk, "issue"), request.viewer
    form = IssueForm(request.POST or None, request.FILES or None, viewer=viewer, invoice=invoice)
    if request.method == "POST" and form.run(actions.issue_invoice, invoice, by=viewer):
        return _kept(request, form, form.result, _("Issued."))
    return dialog(request, form, invoice, title=_("Issue this invoice"), submit=_("Issue"))


@require_http_methods(["GET", "POST"])
def invoice_red(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invoice back by a red one."""
    invoice, viewer = queries.invoice_for(request.viewer, pk, "issue"), request.viewer
    form = RedForm(request.POST or None, request.FILES or None, viewer=viewer, invoice=invoice)
    if request.method == "POST" and form.run(actions.red_letter, invoice, by=viewer):
        return _kept(request, form, form.result, _("Red-lettered."))
    return dialog(request, form, invoice, title=_("Red-letter this invoice"), submit=_("Red-letter"), danger=True)


def _kept(request: HttpRequest, form: IssueForm, invoice: Invoice, said: str) -> HttpResponse:
    """Keep the file that came along; the invoice is issued in any case."""
    if upload := form.cleaned_data.get("file"):
        try:
            records.attach_file(INVOICE, invoice, by=request.viewer, upload=upload)
        except Refused as refusal:
            return htmx.redirect(request, invoice.get_absolute_url(), f"{said} {refusal}", tone="bad")
    return htmx.redirect(request, invoice.get_absolute_url(), said)


@require_http_methods(["GET", "POST"])
def invoice_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Void a paper or older electronic invoice of this month."""
    invoice = queries.invoice_for(request.viewer, pk, "issue")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.run(actions.void_invoice, invoice, by=request.viewer):
        return htmx.redirect(request, invoice.get_absolute_url(), _("Voided."))
    return dialog(request, form, invoice, title=_("Void this invoice?"), submit=_("Void"), danger=True)


@require_http_methods(["GET", "POST"])
def invoice_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an application that was not issued."""
    invoice = queries.invoice_for(request.viewer, pk, "delete")
    return delete_dialog(request, INVOICE, invoice, title=_("Delete this application?"))


@require_http_methods(["GET", "POST"])
def invoice_covers(request: HttpRequest, pk: int) -> HttpResponse:
    """Say for which receivables it is."""
    invoice, viewer = queries.invoice_for(request.viewer, pk, "change"), request.viewer
    initial = {"receivables": [str(line.pk) for line in queries.covered(viewer, invoice)]}
    form = CoversForm(request.POST or None, lines=queries.coverable(viewer, invoice), initial=initial)
    if request.method == "POST" and form.run(actions.cover, invoice, by=viewer):
        return htmx.redirect(request, invoice.get_absolute_url(), _("Saved."))
    return dialog(request, form, invoice, title=_("For which receivables"), submit=_("Save"))


@require_http_methods(["GET", "POST"])
def line_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a line to an application."""
    invoice = queries.invoice_for(request.viewer, pk, "change")
    form = LineForm(request.POST or None, viewer=request.viewer, initial={"tax_rate": invoice.taxation})
    if request.method == "POST" and form.run(actions.add_line, invoice, by=request.viewer):
        return htmx.redirect(request, invoice.get_absolute_url(), _("Added."))
    return dialog(request, form, invoice, title=_("Add a line"), submit=_("Add"))


@require_POST
def line_remove(request: HttpRequest, pk: int, line_pk: int) -> HttpResponse:
    """Take a line off an application."""
    invoice = queries.invoice_for(request.viewer, pk, "change")
    line = next((line for line in queries.lines_of(request.viewer, invoice) if line.pk == line_pk), None)
    if line is None:
        raise NotVisible
    try:
        actions.remove_line(line, by=request.viewer)
    except Refused as refusal:
        return htmx.redirect(request, invoice.get_absolute_url(), str(refusal), tone="bad")
    return htmx.redirect(request, invoice.get_absolute_url(), _("Removed."))


@require_safe
def invoice_gaps(request: HttpRequest) -> HttpResponse:
    """Invoiced and not paid, paid and not invoiced, each by age and by contract (SAL-9)."""
    require(request.viewer, INVOICE.verb("view"))
    which = "paid" if request.GET.get("show") == "paid" else "invoiced"
    ask = queries.paid_not_invoiced if which == "paid" else queries.invoiced_not_paid
    gaps = ask(request.viewer, dates.today())
    path = request.path
    context = {
        "gaps": gaps, "totals": queries.gap_totals(gaps), "customers": queries.by_customer(gaps)[:10], "which": which,
        "tabs": [
            {"label": _("Invoiced, not paid"), "url": path, "current": which == "invoiced"},
            {"label": _("Paid, not invoiced"), "url": f"{path}?show=paid", "current": which == "paid"},
        ],
    }  # fmt: skip
    return htmx.part(request, "contracts/invoice_gaps.html", context)
