"""What invoices add to the API: approve, send back, issue, void, red-letter; the same actions as the pages (SAL-9)."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from zhike.api.contracts import ReasonIn, answered, cleaned
from zhike.api.records import as_json
from zhike.contracts.actions import invoices as actions
from zhike.contracts.models import Invoice
from zhike.kit import dates
from zhike.records import kinds, queries
from zhike.records.fields import Day, Money, Text
from zhike.records.kinds import RecordKind

invoices = Router(tags=["invoices"])


class ApproveIn(Schema):
    """`may_exceed`: let it go above its contract, for those who may."""

    may_exceed: bool = False


class IssueIn(Schema):
    """The number it was issued under, on which day (today if left out); `old_code` of those that are not digital."""

    number: str
    issued_on: str | None = None
    old_code: str = ""


class VoidIn(Schema):
    """Why; `on` is today if left out."""

    reason: str = ""
    on: str | None = None


class RedIn(IssueIn):
    """`amount` is positive, what is left if left out; `confirmation` is the number of the red-letter notice."""

    amount: str | float | None = None
    reason: str = ""
    confirmation: str = ""


def answer(request: HttpRequest, invoice: Invoice, action: Any, status: int = 200, **values: Any):
    """Do one of the verbs and answer with the invoice it gives."""
    return answered(
        request, lambda: as_json(kind(), action(invoice, by=request.viewer, **values), request.viewer), status
    )


def kind() -> RecordKind:
    """Invoices, as their room declared them."""
    return kinds.get(Invoice.kind_label())


def found(request: HttpRequest, pk: int, word: str) -> Invoice:
    """An invoice the caller may do this to; 404 or 403."""
    return queries.record_for(request.viewer, kind(), pk, word)


def day_of(request: HttpRequest, name: str, raw: str | None):
    """A day of the body; today where it is left out."""
    return cleaned(request, Day(name, required=False), raw) or dates.today()


@invoices.post("/{int:pk}/approve", operation_id="invoices_approve", summary="Let an application through")
def approve(request: HttpRequest, pk: int, body: ApproveIn):
    invoice = found(request, pk, "approve")
    return answer(request, invoice, actions.approve_invoice, may_exceed=body.may_exceed)


@invoices.post("/{int:pk}/reject", operation_id="invoices_reject", summary="Send an application back")
def reject(request: HttpRequest, pk: int, body: ReasonIn):
    invoice = found(request, pk, "approve")
    return answer(request, invoice, actions.reject_invoice, reason=body.reason)


@invoices.post("/{int:pk}/issue", operation_id="invoices_issue", summary="Note number and day of an issued invoice")
def issue(request: HttpRequest, pk: int, body: IssueIn):
    invoice = found(request, pk, "issue")
    return answer(
        request, invoice, actions.issue_invoice, number=body.number, old_code=body.old_code,
        issued_on=day_of(request, "issued_on", body.issued_on),
    )  # fmt: skip


@invoices.post("/{int:pk}/void", operation_id="invoices_void", summary="Void an invoice in the month it was issued")
def void(request: HttpRequest, pk: int, body: VoidIn):
    invoice = found(request, pk, "issue")
    return answer(request, invoice, actions.void_invoice, reason=body.reason, on=day_of(request, "on", body.on))


@invoices.post("/{int:pk}/red-letter", operation_id="invoices_red_letter", summary="Take an invoice back by a red one")
def red_letter(request: HttpRequest, pk: int, body: RedIn):
    invoice = found(request, pk, "issue")
    amount = None if body.amount is None else cleaned(request, Money("amount"), str(body.amount))
    confirmation = cleaned(request, Text("confirmation", required=False), body.confirmation) or ""
    return answer(
        request, invoice, actions.red_letter, 201, amount=invoice.left if amount is None else amount,
        number=body.number, old_code=body.old_code, issued_on=day_of(request, "issued_on", body.issued_on),
        reason=body.reason, confirmation=confirmation,
    )  # fmt: skip
