"""An invoice from application to issue, and taking it back; the contract's sum is kept along the way (SAL-9).

The contract's row is locked first, then the invoice's: so what is invoiced is added up by one person at a time.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from zhike.contracts import invoice_rules as rules
from zhike.contracts.models import Contract, Invoice, InvoiceCover, InvoiceLine, Receivable
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock, running
from zhike.kit.errors import OutsideAction, Refused
from zhike.kit.money import check_money
from zhike.kit.viewer import Viewer
from zhike.org.actions import request_approval
from zhike.org.models import Approval
from zhike.records import kinds
from zhike.records.actions import notify, save_record
from zhike.records.events import emit
from zhike.sales.models.taxes import Tax

WHY = "the invoices of a contract the action was let in for"
CHANGE, APPROVE = "contracts.invoice.change", "contracts.invoice.approve"
ISSUE, EXCEED = "contracts.invoice.issue", "contracts.invoice.exceed"
SUBJECT = "contracts.invoice"
Status = Invoice.Status
CARD = ("tax_number", "bank", "bank_account")


@action
def cover(invoice: Invoice, *, by: Viewer, receivables: list[Receivable]) -> None:
    """Say for which receivables an invoice is. Raises Refused for lines of another contract or customer."""
    require(by, CHANGE, invoice)
    for line in receivables:
        if line.customer_id != invoice.customer_id or invoice.contract_id not in (None, line.contract_id):
            raise Refused({"receivables": _("This line belongs to another contract.")})
    InvoiceCover.objects.whole_table(WHY).filter(invoice=invoice).delete()
    InvoiceCover.objects.bulk_create(InvoiceCover(invoice=invoice, receivable=line) for line in receivables)


@action
def approve_invoice(invoice: Invoice, *, by: Viewer, may_exceed: bool = False) -> Invoice:
    """Let an application through to be issued.

    Above the contract's amount it takes the verb for that, and `may_exceed`; Refused where nobody said so.
    """
    require(by, APPROVE, invoice)
    contract, invoice = _locked(invoice)
    if invoice.status == Status.APPROVED:
        return invoice
    if invoice.status != Status.REQUESTED:
        raise Refused(_("This application was decided already."))
    over = excess(contract, invoice)
    if over > 0:
        if not (may_exceed and by.can(EXCEED)):
            raise Refused(
                _("This is %(sum)s above the contract; it takes a special approval.") % {"sum": f"{over:,.2f}"}
            )
        invoice.may_exceed = True
    return let_through(invoice, by=by)


def let_through(invoice: Invoice, *, by: Viewer) -> Invoice:
    """The application is approved. Inside an action."""
    invoice.status, invoice.approved_by_id, invoice.reason = Status.APPROVED, by.person_id, ""
    return save_record(kinds.get("contracts.invoice"), invoice, by=by, created=False)


@action
def reject_invoice(invoice: Invoice, *, by: Viewer, reason: str) -> Invoice:
    """Send an application back; its owner is told, may change it and so apply again."""
    require(by, APPROVE, invoice)
    invoice = lock(invoice)
    if invoice.status not in (Status.REQUESTED, Status.APPROVED):
        raise Refused(_("This application was decided already."))
    invoice.status, invoice.reason = Status.REJECTED, _stated(reason)
    invoice = save_record(kinds.get("contracts.invoice"), invoice, by=by, created=False)
    if invoice.owner_id != by.person_id:
        said = _("The application for invoice %(code)s was rejected: %(reason)s")
        notify(invoice.owner_id, said % {"code": invoice.code, "reason": invoice.reason},
               url=invoice.get_absolute_url(), tone="warn")  # fmt: skip
    return invoice


@action
def issue_invoice(invoice: Invoice, *, by: Viewer, number: str, issued_on: date, old_code: str = "") -> Invoice:
    """Put down the number under which an approved invoice was issued; the contract counts it from now on.

    The same number again changes nothing. Raises Refused for numbers that cannot be, days to come, and above the
    contract's amount unless that was approved.
    """
    require(by, ISSUE, invoice)
    contract, invoice = _locked(invoice)
    number, old_code = rules.checked_number(invoice.kind, number, old_code)
    if invoice.status == Status.ISSUED and (invoice.number, invoice.old_code) == (number, old_code):
        return invoice
    if invoice.status != Status.APPROVED:
        raise Refused(_("Only an approved application can be issued."))
    rules.check_issue_day(issued_on, dates.today(), _taxes(invoice))
    if not invoice.may_exceed and contract and contract.invoiced + invoice.amount > contract.amount:
        raise Refused(_("With this invoice more than the contract's amount would be invoiced."))
    invoice.number, invoice.old_code, invoice.issued_on = number, old_code, issued_on
    invoice.status = Status.ISSUED
    invoice = save_record(kinds.get("contracts.invoice"), invoice, by=by, created=False)
    keep_invoiced(contract)
    emit("contracts.invoice.issued", invoice, by=by, amount=str(invoice.amount))
    return invoice


@action
def void_invoice(invoice: Invoice, *, by: Viewer, reason: str, on: date | None = None) -> Invoice:
    """Void a paper or older electronic invoice in the month it was issued. Twice is once."""
    require(by, ISSUE, invoice)
    contract, invoice = _locked(invoice)
    if invoice.status == Status.VOIDED:
        return invoice
    rules.check_void(invoice, on := on or dates.today())
    invoice.status, invoice.ended_on, invoice.reason = Status.VOIDED, on, _stated(reason)
    invoice = save_record(kinds.get("contracts.invoice"), invoice, by=by, created=False)
    keep_invoiced(contract)
    emit("contracts.invoice.voided", invoice, by=by)
    return invoice


@action
def red_letter(
    invoice: Invoice, *, by: Viewer, amount: Decimal, number: str, issued_on: date, reason: str,
    confirmation: str = "", old_code: str = "",
) -> Invoice:  # fmt: skip
    """Take an invoice back, all or a part of it, by a red invoice with a number of its own; gives the red one.

    `amount` is positive, at most what still stands. The tax is split by the lines' rates in proportion. The same
    number again gives the red invoice that bears it.
    """
    require(by, ISSUE, invoice)
    contract, invoice = _locked(invoice)
    number, old_code = rules.checked_number(invoice.kind, number, old_code)
    known = Invoice.objects.whole_table(WHY).filter(original=invoice, number=number, old_code=old_code).first()
    if known:
        return known
    if invoice.status not in (Status.ISSUED, Status.PART_RED) or invoice.is_red:
        raise Refused(_("Only an issued invoice can be red-lettered."))
    amount = _checked(amount)
    if amount > invoice.left:
        raise Refused({"amount": _("Only %(left)s of this invoice still stands.") % {"left": f"{invoice.left:,.2f}"}})
    if issued_on < invoice.issued_on:
        raise Refused({"issued_on": _("A red invoice is not older than what it takes back.")})
    rules.check_issue_day(issued_on, dates.today(), set())
    red = _red(invoice, amount, number=number, old_code=old_code, issued_on=issued_on, reason=_stated(reason))
    red.confirmation = confirmation[:40]
    red = save_record(kinds.get("contracts.invoice"), red, by=by, created=True)
    invoice.reddened += amount
    invoice.status = Status.PART_RED if invoice.left else Status.RED
    save_record(kinds.get("contracts.invoice"), invoice, by=by, created=False)
    keep_invoiced(contract)
    emit("contracts.invoice.reddened", invoice, by=by, red=red.pk, amount=str(amount))
    return red


def _red(invoice: Invoice, amount: Decimal, **more: Any) -> Invoice:
    """A red invoice over a part of an invoice; its tax is the rest of the tax when nothing stands any more."""
    if amount == invoice.left:
        taken = Invoice.objects.whole_table(WHY).filter(original=invoice).aggregate(tax=Sum("tax"))["tax"]
        tax = -(invoice.tax + (taken or Decimal(0)))
    else:
        rate = invoice.tax * 100 / invoice.net if invoice.net else Decimal(0)
        tax = rules.split(-amount, rate)[1]
    copied = ("kind", "customer_id", "contract_id", "owner_id", "tax_rate", "tax_treatment", "content",
              "title_type", "title", "tax_number", "bank", "bank_account", "address", "phone", "email")  # fmt: skip
    values = {name: getattr(invoice, name) for name in copied}
    return Invoice(**values, **more, original=invoice, status=Status.ISSUED, amount=-amount, tax=tax, net=-amount - tax)


# Lines, while nothing is decided


@action
def add_line(
    invoice: Invoice, *, by: Viewer, content: str, amount: Decimal, tax_rate: Tax, spec: str = "", unit: str = "",
    quantity: Decimal | None = None,
) -> InvoiceLine:  # fmt: skip
    """Add a line to an application; its amount follows."""
    require(by, CHANGE, invoice)
    invoice = _open(lock(invoice))
    rules.check_untaxed(invoice.kind, [tax_rate])
    net, tax = rules.split(amount := _checked(amount), tax_rate.rate)
    line = InvoiceLine(invoice=invoice, content=content, spec=spec, unit=unit, quantity=quantity,
                       **tax_rate.columns, amount=amount, net=net, tax=tax)  # fmt: skip
    line.full_clean()
    line.save()
    _follow(invoice, by)
    return line


@action
def remove_line(line: InvoiceLine, *, by: Viewer) -> None:
    """Take a line off an application; the last one stays."""
    require(by, CHANGE, line.invoice)
    invoice = _open(lock(line.invoice))
    if InvoiceLine.objects.whole_table(WHY).filter(invoice=invoice).count() == 1:
        raise Refused(_("An invoice has at least one line."))
    line.delete()
    _follow(invoice, by)


def _open(invoice: Invoice) -> Invoice:
    if invoice.status not in (Status.REQUESTED, Status.REJECTED):
        raise Refused(_("This application was decided already."))
    return invoice


def _follow(invoice: Invoice, by: Viewer) -> None:
    sums = InvoiceLine.objects.whole_table(WHY).filter(invoice=invoice).aggregate(
        amount=Sum("amount"), net=Sum("net"), tax=Sum("tax")
    )  # fmt: skip
    invoice.amount, invoice.net, invoice.tax = sums["amount"], sums["net"], sums["tax"]
    invoice.__dict__["lines_are_kept"] = True
    save_record(kinds.get("contracts.invoice"), invoice, by=by, created=False)


# What a save of any kind — page, import, API — has to observe


def prepare_invoice(invoice: Invoice, changed: dict[str, Any], by: Viewer) -> None:
    """Check and complete an application: owner by its contract, title by the data card, tax by the rate."""
    if invoice.is_red:
        return
    if invoice.amount is not None:
        invoice.amount = _checked(invoice.amount)
    if invoice._state.adding:
        _begin(invoice, by)
    elif invoice.status == Status.REJECTED and set(changed) - {"status", "reason"} and "status" not in changed:
        invoice.status, invoice.reason = Status.REQUESTED, ""
    elif invoice.status not in (Status.REQUESTED, Status.REJECTED) and _touched(changed):
        raise Refused(_("This application was decided already."))
    _check_contract(invoice, by)
    if invoice.tax_rate is None or not 0 <= invoice.tax_rate < 100:
        raise Refused({"tax_rate": _("A tax rate is between 0 and 100 %.")})
    if invoice.amount is not None and not invoice.__dict__.get("lines_are_kept") and _amounts(changed, invoice):
        invoice.net, invoice.tax = rules.split(invoice.amount, invoice.tax_rate)
    invoice.tax_number = "".join(invoice.tax_number.upper().split())
    if (invoice._state.adding or {"kind", "title_type", "tax_number"} & set(changed)) and not _is_import():
        rules.check_title(invoice)
    if (invoice._state.adding or {"kind", "tax_rate", "tax_treatment"} & set(changed)) and not _is_import():
        rules.check_untaxed(invoice.kind, [invoice.taxation] if _one_line(invoice, changed) else _taxes(invoice))
    changed.update(invoice.changes())


FREE = {"status", "reason", "approved_by", "may_exceed", "number", "old_code", "issued_on", "ended_on", "reddened",
        "note", "email", "owner", "confirmation"}  # fmt: skip


def _touched(changed: dict[str, Any]) -> bool:
    """Whether a change touches what was decided upon, rather than what finance puts down."""
    return any(name not in FREE and name in kinds.get("contracts.invoice").own_fields for name in changed)


def _taxes(invoice: Invoice) -> set[Tax]:
    return {line.taxation for line in InvoiceLine.objects.whole_table(WHY).filter(invoice=invoice)}


def _one_line(invoice: Invoice, changed: dict[str, Any]) -> bool:
    """Whether its lines are made of the whole, anew."""
    in_line = {"amount", "tax_rate", "tax_treatment", "content"}
    return invoice._state.adding or bool(in_line & set(changed) and not invoice.__dict__.get("lines_are_kept"))


def _amounts(changed: dict[str, Any], invoice: Invoice) -> bool:
    return invoice._state.adding or bool({"amount", "tax_rate"} & set(changed))


def _begin(invoice: Invoice, by: Viewer) -> None:
    contract = invoice.contract if invoice.contract_id else None
    if contract and not invoice.customer_id:
        invoice.customer_id = contract.customer_id
    if not invoice.customer_id:
        return  # the model says that it is required
    customer = invoice.customer
    invoice.owner_id = (contract or customer).owner_id
    invoice.title = invoice.title or customer.name
    for name in CARD:
        if not getattr(invoice, name):
            setattr(invoice, name, str(customer.custom.get(name) or "")[: Invoice._meta.get_field(name).max_length])
    invoice.tax_number = invoice.tax_number or customer.uscc
    invoice.address, invoice.phone = invoice.address or customer.address, invoice.phone or customer.phone
    invoice.content = invoice.content or (contract.name[:120] if contract else "")
    if invoice.number or invoice.issued_on:
        _issued_before(invoice, by)


def _issued_before(invoice: Invoice, by: Viewer) -> None:
    """An invoice of earlier days, brought by finance with its number: it is issued already."""
    require(by, ISSUE)
    if not invoice.issued_on:
        raise Refused({"issued_on": _("An issued invoice has its number and day.")})
    invoice.number, invoice.old_code = rules.checked_number(invoice.kind, invoice.number, invoice.old_code)
    rules.check_issue_day(invoice.issued_on, dates.today(), set())
    invoice.status, invoice.approved_by_id = Status.ISSUED, by.person_id


def _check_contract(invoice: Invoice, by: Viewer) -> None:
    contract = invoice.contract if invoice.contract_id else None
    if contract is None:
        _may_add(invoice.customer if invoice.customer_id else None, "customer", invoice, by)
        return
    if contract.customer_id != invoice.customer_id:
        raise Refused({"contract": _("This contract is another customer's.")})
    if invoice._state.adding:
        _may_add(contract, "contract", invoice, by)
        if contract.status in (Contract.Status.DRAFT, Contract.Status.APPROVING):
            raise Refused({"contract": _("This contract is not in force yet.")})
        if invoice.status == Status.ISSUED:
            _check_within(contract if _is_dry() else lock(contract), invoice, by)


def _check_within(contract: Contract, invoice: Invoice, by: Viewer) -> None:
    if contract.invoiced + invoice.amount <= contract.amount:
        return
    if not by.can(EXCEED):
        raise Refused({"amount": _("With this invoice more than the contract's amount would be invoiced.")})
    invoice.may_exceed = True


def _may_add(record: Contract | Customer | None, name: str, invoice: Invoice, by: Viewer) -> None:
    if invoice._state.adding and record is not None and not record.scope.allows_change(by, record):
        raise Refused({name: _("You may read this, but not add to it.")})


def _is_import() -> bool:
    return _is_dry() or running().name == "import"


def _is_dry() -> bool:
    """Whether this is the dry run of an import, which has no action."""
    try:
        running()
    except OutsideAction:
        return True
    return False


def invoice_saved(invoice: Invoice, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: one line for the whole where there are no lines yet, and the contract's sum."""
    rows = InvoiceLine.objects.whole_table(WHY).filter(invoice=invoice)
    if created or _one_line(invoice, changed):
        rows.delete()
        InvoiceLine(
            invoice=invoice, content=invoice.content or invoice.title[:120], **invoice.taxation.columns,
            amount=invoice.amount, net=invoice.net, tax=invoice.tax,
        ).save()  # fmt: skip
    if invoice.status == Status.REQUESTED and (created or "status" in changed) and not _is_import():
        ask_if_above(invoice, by)
    if created and invoice.is_counted and invoice.contract_id and not invoice.is_red:
        keep_invoiced(lock(invoice.contract))


# Above the contract it takes an approval (ORG-6)


def ask_if_above(invoice: Invoice, by: Viewer) -> None:
    """Put an application above its contract up for approval, where a flow applies. Inside an action."""
    over = excess(invoice.contract if invoice.contract_id else None, invoice)
    if over <= 0 or by.can(EXCEED):
        return
    title = _("Invoice %(code)s of %(sum)s, %(over)s above the contract") % {
        "code": invoice.code, "sum": f"{invoice.amount:,.2f}", "over": f"{over:,.2f}",
    }  # fmt: skip
    facts = {"amount": invoice.amount, "above": over}
    approval = request_approval(SUBJECT, invoice, by=by, title=title, facts=facts, reason=invoice.note)
    if approval is not None and approval.is_open:
        invoice.status = Status.APPROVING
        save_record(kinds.get("contracts.invoice"), invoice, by=by, created=False)


def approval_decided(invoice: Invoice, approval: Approval, by: Viewer) -> None:
    """What follows from the decision: to be issued, sent back with the comment, or open for changes again."""
    if invoice.status not in (Status.REQUESTED, Status.APPROVING):
        return
    if approval.status == Approval.Status.APPROVED:
        invoice.may_exceed = True
        let_through(invoice, by=by)
        return
    rejected = approval.status == Approval.Status.REJECTED
    invoice.status = Status.REJECTED if rejected else Status.REQUESTED
    invoice.reason = _("Not approved") if rejected else ""
    save_record(kinds.get("contracts.invoice"), invoice, by=by, created=False)


# The contract's sum


def excess(contract: Contract | None, invoice: Invoice) -> Decimal:
    """By how much an application, with all that is invoiced or applied for besides, is above its contract; else 0."""
    if contract is None:
        return Decimal(0)
    rows = Invoice.objects.whole_table(WHY).filter(contract=contract, status__in=Invoice.WAITING).exclude(pk=invoice.pk)
    waiting = rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return max(contract.invoiced + waiting + invoice.amount - contract.amount, Decimal(0))


def keep_invoiced(contract: Contract | None) -> None:
    """Write what a contract, read under lock, is invoiced at: all that counts, red letters taken off."""
    if contract is None:
        return
    rows = Invoice.objects.whole_table(WHY).filter(contract=contract, status__in=Invoice.COUNTED)
    contract.invoiced = rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    Contract.objects.whole_table(WHY).filter(pk=contract.pk).update(invoiced=contract.invoiced, updated_at=dates.now())


def _locked(invoice: Invoice) -> tuple[Contract | None, Invoice]:
    contract = lock(invoice.contract) if invoice.contract_id else None
    return contract, lock(invoice)


def _checked(amount: Decimal) -> Decimal:
    if amount is None or (amount := check_money(amount)) <= 0:
        raise Refused({"amount": _("The amount is more than 0.")})
    return amount


def _stated(reason: str) -> str:
    if not (reason := " ".join(reason.replace("\x00", "").split())[:200]):
        raise Refused({"reason": _("Say why.")})
    return reason
