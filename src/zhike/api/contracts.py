"""What contracts add to the API: signing, refunds, what is owed by age; the same actions as the pages (SAL-6/7)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from zhike.api.idempotency import once
from zhike.api.records import as_json
from zhike.contracts import actions
from zhike.contracts import queries as contracts_queries
from zhike.contracts.kinds import CONTRACT, PAYMENT, RECEIVABLE
from zhike.kit import dates
from zhike.kit.access import require
from zhike.records import queries
from zhike.records.fields import Day, Field, Money
from zhike.records.lookups import Lookups
from zhike.sales.kinds import QUOTE

contracts = Router(tags=["contracts"])
quotes = Router(tags=["quotes"])
receivables = Router(tags=["receivables"])
payments = Router(tags=["payments"])


class SignIn(Schema):
    """`signed_on`: the day it was signed, today if left out."""

    signed_on: str | None = None


class ChangeIn(Schema):
    """`delta`: yuan added to the contract, or taken off with a minus; `due_on`: empty for the last open line."""

    delta: str | float
    reason: str = ""
    due_on: str | None = None


class TerminateIn(Schema):
    """Why, and on which day; today if left out."""

    reason: str = ""
    terminated_on: str | None = None


class PartIn(Schema):
    """An amount in yuan, and why."""

    amount: str | float
    reason: str = ""


class ReasonIn(Schema):
    """Why something is taken back."""

    reason: str = ""


def cleaned(request: HttpRequest, field: Field, raw: Any) -> Any:
    """A value of a body by a field; raises ValidationError at its name."""
    try:
        return field.bind(CONTRACT).clean(raw, Lookups(request.viewer))
    except ValidationError as error:
        raise ValidationError({field.name: error.messages}) from error


def answered(request: HttpRequest, work: Callable[[], Any], status: int = 200):
    """Do it once for an Idempotency-Key, and answer with what it gives."""
    return once(request, lambda: JsonResponse(work(), status=status))


@contracts.post("/{int:pk}/submit", operation_id="contracts_submit", summary="Hand a draft in")
def submit(request: HttpRequest, pk: int):
    contract = queries.record_for(request.viewer, CONTRACT, pk, "change")
    return answered(
        request, lambda: as_json(CONTRACT, actions.submit_contract(contract, by=request.viewer), request.viewer)
    )


@contracts.post("/{int:pk}/sign", operation_id="contracts_sign", summary="Sign: the whole amount is owed at once")
def sign(request: HttpRequest, pk: int, body: SignIn):
    contract = queries.record_for(request.viewer, CONTRACT, pk, "sign")
    day = cleaned(request, Day("signed_on"), body.signed_on) or dates.today()
    return answered(
        request,
        lambda: as_json(CONTRACT, actions.sign_contract(contract, by=request.viewer, signed_on=day), request.viewer),
    )


@contracts.post("/{int:pk}/change", operation_id="contracts_change_order", summary="Make a change order")
def change(request: HttpRequest, pk: int, body: ChangeIn):
    contract = queries.record_for(request.viewer, CONTRACT, pk, "change_order")
    delta = cleaned(request, Money("delta", required=True), str(body.delta))
    due_on = cleaned(request, Day("due_on", required=False), body.due_on)

    def work() -> dict[str, Any]:
        actions.change_contract(contract, by=request.viewer, delta=delta, reason=body.reason, due_on=due_on)
        return as_json(CONTRACT, queries.record(request.viewer, CONTRACT, pk), request.viewer)

    return answered(request, work)


@contracts.post("/{int:pk}/terminate", operation_id="contracts_terminate", summary="End a contract before its time")
def terminate(request: HttpRequest, pk: int, body: TerminateIn):
    contract = queries.record_for(request.viewer, CONTRACT, pk, "terminate")
    day = cleaned(request, Day("terminated_on", required=False), body.terminated_on)

    def work() -> dict[str, Any]:
        ended = actions.terminate_contract(contract, by=request.viewer, reason=body.reason, terminated_on=day)
        return as_json(CONTRACT, ended, request.viewer)

    return answered(request, work)


@quotes.post("/{int:pk}/accept", operation_id="quotes_accept", summary="The customer takes a quote: a contract of it")
def accept(request: HttpRequest, pk: int):
    quote = queries.record_for(request.viewer, QUOTE, pk, "change")
    return answered(
        request, lambda: as_json(CONTRACT, actions.accept_quote(quote, by=request.viewer), request.viewer), 201
    )


@receivables.get("/summary", operation_id="receivables_summary", summary="What is owed by age, as of any day")
def summary(request: HttpRequest, by: str = "owner", as_of: str = ""):
    require(request.viewer, RECEIVABLE.verb("view"))
    day: date = cleaned(request, Day("as_of", required=False), as_of) or dates.today()
    if by not in contracts_queries.GROUPS:
        names = ", ".join(contracts_queries.GROUPS)
        raise ValidationError({"by": [_("One of: %(names)s.") % {"names": names}]})
    found = contracts_queries.summary(request.viewer, by, day)
    return JsonResponse(
        {"by": by, "as_of": day.isoformat(), "rows": [row_json(row) for row in found.rows],
         "total": row_json(found.total)}
    )  # fmt: skip


def row_json(row: Any) -> dict[str, Any]:
    """A row of the summary as the API shows it."""
    return {
        "key": row.key, "name": row.name, "outstanding": f"{row.outstanding:.2f}", "overdue": f"{row.overdue:.2f}",
        "ageing": {part: f"{amount:.2f}" for part, amount in row.ageing.items()},
    }  # fmt: skip


@receivables.post("/{int:pk}/write-off", operation_id="receivables_write_off", summary="Give up a part of what is owed")
def write_off(request: HttpRequest, pk: int, body: PartIn):
    line = queries.record_for(request.viewer, RECEIVABLE, pk, "write_off")
    amount = cleaned(request, Money("amount", required=True), str(body.amount))

    def work() -> dict[str, Any]:
        actions.write_off(line, by=request.viewer, amount=amount, reason=body.reason)
        return as_json(RECEIVABLE, queries.record(request.viewer, RECEIVABLE, pk), request.viewer)

    return answered(request, work)


@payments.post("/{int:pk}/refund", operation_id="payments_refund", summary="Give money back out of what is left")
def refund(request: HttpRequest, pk: int, body: PartIn):
    payment = queries.record_for(request.viewer, PAYMENT, pk, "refund")
    amount = cleaned(request, Money("amount", required=True), str(body.amount))

    def work() -> dict[str, Any]:
        actions.refund_payment(payment, by=request.viewer, amount=amount, reason=body.reason)
        return as_json(PAYMENT, queries.record(request.viewer, PAYMENT, pk), request.viewer)

    return answered(request, work)


@payments.post("/{int:pk}/reverse", operation_id="payments_reverse", summary="Take back a payment posted by mistake")
def reverse(request: HttpRequest, pk: int, body: ReasonIn):
    payment = queries.record_for(request.viewer, PAYMENT, pk, "reverse")
    return answered(
        request,
        lambda: as_json(
            PAYMENT, actions.reverse_payment(payment, by=request.viewer, reason=body.reason), request.viewer
        ),
    )
