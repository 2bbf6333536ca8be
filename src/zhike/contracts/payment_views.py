"""Pages of receivables and payments: lists, pages, posting, allocating, taking back (SAL-7)."""

import uuid
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.contracts import actions, queries, rules
from zhike.contracts.forms import AllocateForm, DueForm, PartForm, PaymentForm, ReasonForm
from zhike.contracts.kinds import PAYMENT, RECEIVABLE
from zhike.contracts.models import Receivable
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer
from zhike.kit import dates, htmx
from zhike.kit.access import can, require
from zhike.kit.keys import key_of
from zhike.kit.viewer import Viewer
from zhike.records import actions as records
from zhike.records import queries as record_queries
from zhike.records.dialogs import dialog
from zhike.records.formpages import edit_page
from zhike.records.lists import ListPage
from zhike.records.recordpages import open_tab, tab_links

PLACE = PAYMENT.label
WORDS = ("change", "allocate", "reverse", "refund")
NOTES = ["method", "payer", "bank", "reference", "note"]


@require_safe
def receivable_list(request: HttpRequest) -> HttpResponse:
    """All receivables the viewer sees."""
    return ListPage(RECEIVABLE, request).response()


@require_safe
def receivable_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A receivable is shown on the page of its contract."""
    line = record_queries.record(request.viewer, RECEIVABLE, pk, related=("contract",))
    return redirect(f"{line.contract.get_absolute_url()}#r{pk}")


@require_http_methods(["GET", "POST"])
def receivable_due(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an instalment off to another day; the history keeps the old one."""
    line = queries.receivable_for(request.viewer, pk, "change")
    form = DueForm(request.POST or None, viewer=request.viewer, initial={"due_on": line.due_on, "label": line.label})
    if request.method == "POST" and form.is_valid():
        values = form.values()
        if form.attempt(records.change_record, RECEIVABLE, line, values, by=request.viewer):
            return htmx.redirect(request, line.contract.get_absolute_url(), _("Saved."))
    return dialog(request, form, line, title=_("Due day"), submit=_("Save"))


@require_http_methods(["GET", "POST"])
def receivable_write_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a part of what is owed."""
    line = queries.receivable_for(request.viewer, pk, "write_off")
    form = PartForm(request.POST or None, viewer=request.viewer, initial={"amount": line.balance})
    if request.method == "POST" and form.run(actions.write_off, line, by=request.viewer):
        return htmx.redirect(request, line.contract.get_absolute_url(), _said(form.result, _("Written off.")))
    return dialog(request, form, line, title=_("Write off"), submit=_("Write off"), danger=True)


def _said(result: Any, done: str) -> str:
    """What to say after something that may need approval."""
    return _("Sent for approval.") if getattr(result, "is_open", False) else done


@require_safe
def payment_list(request: HttpRequest) -> HttpResponse:
    """All payments the viewer sees."""
    return ListPage(PAYMENT, request).response()


@require_safe
def payment_page(request: HttpRequest, pk: int, tab: str = "") -> HttpResponse:
    """A payment: what it pays, what is left, its entries (SAL-7)."""
    viewer, payment = request.viewer, queries.payment(request.viewer, pk)
    current = open_tab(PLACE, viewer, tab)
    context: dict[str, Any] = {"payment": payment, "tab": current.key}
    if not htmx.wants_part(request):
        context |= {
            "can": can(viewer, payment, *(PAYMENT.verb(word) for word in WORDS)),
            "allocated": payment.amount - payment.unallocated - payment.refunded if not payment.is_reversed else 0,
            "tabs": tab_links(PLACE, viewer, payment, current, "contracts:payment_tab"),
        }
    context["body"] = current.body(request, payment)
    return htmx.part(request, "contracts/payment_page.html#panel", context)


@require_http_methods(["GET", "POST"])
def payment_create(request: HttpRequest) -> HttpResponse:
    """Post a payment. While one types, what it pays is shown; the oldest due first unless one says otherwise."""
    require(request.viewer, PAYMENT.verb("create"))
    initial = {"received_on": dates.today(), "key": uuid.uuid4().hex} | _preset(request)
    form = PaymentForm(request.POST or None, viewer=request.viewer, initial=initial)
    customer = _customer(request.viewer, form)
    is_sent = request.method == "POST" and "preview" not in request.POST
    if is_sent and form.is_valid() and _post(request, form, customer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Posted."))
    # A line that ends meanwhile keeps its box and what was typed into it, until the answer to the whole says why not.
    lines = queries.open_lines(request.viewer, customer, also=form.named()) if customer else []
    context = {"form": form, "customer": customer, **_preview(form, lines)}
    if "preview" in request.POST and context["by_hand"] and form.parts().keys() == {line.pk for line in lines}:
        # The boxes are there: somebody may be typing in them.
        return htmx.instead(htmx.part(request, "contracts/payment_form.html#left", context), "#payment-left")
    if "preview" in request.POST:
        return htmx.part(request, "contracts/payment_form.html#preview", context)
    return htmx.part(request, "contracts/payment_form.html#dialog", context, status=422 if form.errors else 200)


def _preset(request: HttpRequest) -> dict[str, Any]:
    """Whose payment it is, from the page of a customer or contract."""
    customer, contract = key_of(request.GET.get("customer")), key_of(request.GET.get("contract"))
    if contract:
        return {"customer": queries.contract(request.viewer, contract).customer_id}
    return {"customer": customer} if customer else {}


def _customer(viewer: Viewer, form: PaymentForm) -> Customer | None:
    chosen = form.data.get("customer") if form.is_bound else form.initial.get("customer")
    try:
        pk = PAYMENT.field("customer").clean(chosen, form.fields["customer"].lookups)
    except ValidationError:
        return None
    return CUSTOMER.rows(viewer).filter(pk=pk).first() if pk else None


def _post(request: HttpRequest, form: PaymentForm, customer: Customer) -> bool:
    values = {name: value for name, value in form.cleaned_data.items() if name not in ("customer", "by_hand")}
    values = {name: value if value is not None else "" for name, value in values.items()}
    by_hand = form.cleaned_data["by_hand"]
    lines = queries.open_lines(request.viewer, customer, also=form.named()) if by_hand else []
    allocations = form.allocations(lines)
    return not form.wrong and form.attempt(
        actions.post_payment, customer, by=request.viewer, allocations=allocations, **values
    )


def _preview(form: PaymentForm, lines: list[Receivable]) -> dict[str, Any]:
    amount = form.amount_typed() if form.is_bound else Decimal(0)
    proposed = {line.pk: part for line, part in rules.spread(amount, lines)}
    by_hand = bool(form.data.get("by_hand"))
    typed = form.parts() if by_hand else {}
    rows = [
        (line, proposed.get(line.pk), typed.get(line.pk, f"{proposed.get(line.pk, 0):.2f}"), form.wrong.get(line.pk))
        for line in lines
    ]
    used = form.split() if typed else sum(proposed.values(), Decimal(0))
    return {"rows": rows, "by_hand": by_hand, "left": max(amount - used, 0), "over": max(used - amount, 0)}


@require_http_methods(["GET", "POST"])
def payment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Complete what is noted with a payment; amount, day and customer stay as they were posted."""
    payment = queries.payment_for(request.viewer, pk, "change")
    return edit_page(request, PAYMENT, payment, only=NOTES)


@require_http_methods(["GET", "POST"])
def payment_allocate(request: HttpRequest, pk: int) -> HttpResponse:
    """Put what is left of a payment against a line of the same customer."""
    payment = queries.payment_for(request.viewer, pk, "allocate")
    named = key_of(request.POST.get("receivable"))
    lines = queries.open_lines(request.viewer, payment.customer, also=[named] if named else ())
    start = {"amount": min(payment.unallocated, lines[0].balance) if lines else payment.unallocated}
    form = AllocateForm(request.POST or None, viewer=request.viewer, lines=lines, initial=start)
    if request.method == "POST" and form.run(actions.allocate, payment, by=request.viewer):
        return htmx.redirect(request, payment.get_absolute_url(), _("Allocated."))
    return dialog(request, form, payment, title=_("Allocate"), submit=_("Allocate"))


@require_POST
def payment_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Put all credit of the customer against what it owes, the oldest due first."""
    payment = queries.payment_for(request.viewer, pk, "allocate")
    entries = actions.use_credit(payment.customer, by=request.viewer)
    said = _("Allocated.") if entries else _("The customer owes nothing.")
    return htmx.redirect(request, payment.get_absolute_url(), said)


@require_http_methods(["GET", "POST"])
def payment_refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Give money back out of what is left."""
    payment = queries.payment_for(request.viewer, pk, "refund")
    form = PartForm(request.POST or None, viewer=request.viewer, initial={"amount": payment.unallocated})
    if request.method == "POST" and form.run(actions.refund_payment, payment, by=request.viewer):
        return htmx.redirect(request, payment.get_absolute_url(), _said(form.result, _("Refunded.")))
    return dialog(request, form, payment, title=_("Refund"), submit=_("Refund"))


@require_http_methods(["GET", "POST"])
def payment_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a payment back that was posted by mistake."""
    payment = queries.payment_for(request.viewer, pk, "reverse")
    form = ReasonForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.reverse_payment, payment, by=request.viewer):
        return htmx.redirect(request, payment.get_absolute_url(), _("Taken back."))
    return dialog(request, form, payment, title=_("Take this payment back?"), submit=_("Take back"), danger=True)


@require_http_methods(["GET", "POST"])
def entry_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a wrong allocation, write-off or refund back by a further entry."""
    require(request.viewer, PAYMENT.verb("reverse"))
    entry = queries.entry(request.viewer, pk)
    back = (entry.payment or entry.receivable.contract).get_absolute_url()
    form = ReasonForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.reverse_entry, entry, by=request.viewer):
        return htmx.redirect(request, back, _("Taken back."))
    record = entry.payment or entry.receivable
    return dialog(request, form, record, title=_("Take this entry back?"), submit=_("Take back"), danger=True)
