"""Payments: posted, put against what is owed, taken back, refunded; each an entry of the ledger (SAL-7)."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.contracts import rules
from zhike.contracts.actions import asking, ledger
from zhike.contracts.actions.ledger import Books, Kind, Move, book, open_books
from zhike.contracts.actions.numbers import draw_number
from zhike.contracts.actions.states import follow_balance
from zhike.contracts.models import Contract, LedgerEntry, Payment, Receivable, rules_in_force
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.money import check_money
from zhike.kit.viewer import Viewer
from zhike.org.models import Approval
from zhike.records import kinds
from zhike.records.actions import save_record
from zhike.records.events import emit
from zhike.records.imports import is_dry_run

WHY = ledger.WHY
POST, ALLOCATE, REVERSE = "contracts.payment.create", "contracts.payment.allocate", "contracts.payment.reverse"
REFUND, WRITE_OFF = "contracts.payment.refund", "contracts.receivable.write_off"
# What `reverse_entry` takes back; a receipt goes with its payment, a charge or change by another change order.
REVERSIBLE = (Kind.ALLOCATION, Kind.WRITE_OFF, Kind.REFUND)
Allocation = tuple[Receivable, Decimal]


def post_payment(
    customer: Customer, *, by: Viewer, amount: Decimal, received_on: date, method: str = "",
    allocations: Sequence[Allocation] | None = None, key: str | None = None, **more: Any,
) -> Payment:  # fmt: skip
    """Post money a customer paid, and put it against what is owed (SAL-7).

    Without `allocations` (receivable, amount) the oldest due lines are paid first; what is left over is the customer's
    credit, and `[]` leaves all of it there. `more` are further fields of the payment: payer, bank, reference, note,
    number, owner_id. The same `key` again gives the payment posted under it and changes nothing: a double click, a
    retried request, two people with the same line of a bank statement. Raises Refused for amounts that are not
    positive money, days to come, lines of another customer, and more than a line's balance.
    """
    require(by, POST)
    values = {"amount": amount, "received_on": received_on, "method": method, **more}
    if key and (known := _posted(key)):
        return _same(known, customer, amount)
    try:
        return _post(customer, by=by, values=values, allocations=allocations, key=key)
    except Refused:
        if key and (known := _posted(key)):  # somebody was faster by a moment
            return _same(known, customer, amount)
        raise


def _posted(key: str) -> Payment | None:
    return Payment.objects.whole_table(WHY).filter(key=key[:80]).first()


def _same(known: Payment, customer: Customer, amount: Decimal) -> Payment:
    if (known.customer_id, known.amount) != (customer.pk, amount):
        raise Refused(_("Another payment was posted with this form already: %(number)s.") % {"number": known.number})
    return known


@action
def _post(
    customer: Customer, *, by: Viewer, values: dict[str, Any], allocations: Sequence[Allocation] | None, key: str | None
) -> Payment:
    checked_amount(values["amount"])
    payment = Payment(customer=customer, key=key[:80] if key else None, **values)
    if allocations is not None:
        payment.promise_allocations([(line.pk, amount) for line, amount in allocations])
    return save_record(kinds.get("contracts.payment"), payment, by=by, created=True)


def prepare_payment(payment: Payment, changed: dict[str, Any], by: Viewer) -> None:
    """Check and complete a payment before saving: form, import and API alike. What was posted is never edited."""
    if not payment._state.adding:
        if fixed := {"customer", "amount", "received_on", "number"} & changed.keys():
            raise Refused({fixed.pop(): _("What was posted is not edited: take the payment back and post it anew.")})
        return
    payment.amount = checked_amount(payment.amount)
    if payment.received_on is None or payment.received_on > dates.today():
        raise Refused({"received_on": _("This day is still to come.")})
    customer = payment.customer
    contract_id = payment.__dict__.get("contract_to_be") or _named_contract(payment)
    if contract_id and not Contract.objects.whole_table(WHY).filter(pk=contract_id, customer=customer).exists():
        raise Refused({"contract": _("This contract is with another customer.")})
    if not customer.scope.allows_change(by, customer):
        raise Refused({"customer": _("You may read this customer, but not add to it.")})
    payment.owner_id = customer.owner_id
    if not payment.number and not is_dry_run():
        payment.number = draw_number(rules_in_force().payment_numbers, payment.received_on, Payment)
    changed.update(payment.changes())


def _named_contract(payment: Payment) -> int | None:
    """A reference that is the number of a contract of this customer says what is paid, where nobody said otherwise."""
    if not payment.reference or "allocations_to_be" in payment.__dict__:
        return None
    rows = Contract.objects.whole_table(WHY).filter(number=payment.reference, customer=payment.customer_id)
    if pk := rows.values_list("pk", flat=True).first():
        payment.promise_contract(pk)
    return pk


def payment_saved(payment: Payment, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving a new payment: its receipt is booked, and what it pays."""
    if created:
        payments_saved([(payment, changed)], [], by)


def payments_saved(created: list, updated: list, by: Viewer) -> None:
    """The same for the many rows of an import."""
    for payment, _changed in created:
        _receive(payment, by)


def _receive(payment: Payment, by: Viewer) -> None:
    wanted, contract = payment.__dict__.pop("allocations_to_be", None), payment.__dict__.pop("contract_to_be", None)
    customer = payment.customer
    lines = open_lines(customer, contract) if wanted is None else [pk for pk, _amount in wanted]
    books = open_books(receivables=lines)
    books.payments[payment.pk] = payment
    amount, day = payment.amount, payment.received_on
    receipt = Move(Kind.RECEIPT, day, payment=payment, on_credit=amount)
    if wanted is None:
        parts = rules.spread(amount, books.open())
    else:
        parts = _checked(books, customer, [(books.receivables[pk], part) for pk, part in wanted])
    if sum(part for _line, part in parts) > amount:
        raise Refused({"allocations": _("The allocations add up to more than the payment.")})
    days = ledger.entries_of(line.pk for line, _part in parts)
    paid = [_allocation(payment, line, part, day, days[line.pk]) for line, part in parts]
    book(books, [receipt, *paid], by=by)
    follow_balance(books, by=by)
    emit("contracts.payment.posted", payment, by=by, amount=str(amount), customer=customer.pk)


def open_lines(customer: Customer, contract_id: int | None = None) -> list[int]:
    """The ids of what a customer owes, whoever's contract it is: a debt is paid in the order it is due."""
    rows = Receivable.objects.whole_table(WHY).filter(customer=customer, balance__gt=0)
    if contract_id:
        rows = rows.filter(contract=contract_id)
    return list(rows.order_by().values_list("pk", flat=True))


def checked_amount(amount: Any) -> Decimal:
    """An amount of money that moves: positive, to the fen. Raises Refused at `amount`."""
    try:
        amount = check_money(Decimal(amount))
    except (ValidationError, ArithmeticError, TypeError, ValueError) as error:
        messages = error.messages if isinstance(error, ValidationError) else [_("Enter an amount.")]
        raise Refused({"amount": messages}) from error
    if amount <= 0:
        raise Refused({"amount": _("The amount is more than 0.")})
    return amount


def _checked(books: Books, customer: Customer, allocations: Iterable[Allocation]) -> list[Allocation]:
    parts, taken = [], {}
    for line, part in allocations:
        line, part = books.receivables[line.pk], checked_amount(part)
        if line.customer_id != customer.pk:
            raise Refused({"allocations": _("This is owed by another customer.")})
        taken[line.pk] = taken.get(line.pk, ledger.NOTHING) + part
        if taken[line.pk] > line.balance:
            raise Refused({"allocations": too_much(books, line)})
        parts.append((line, part))
    return parts


def too_much(books: Books, line: Receivable) -> str:
    """Why a line takes no such amount."""
    contract = books.contracts[line.contract_id]
    if contract.status == contract.Status.TERMINATED:
        return rules.nothing_owed(contract)
    return _("Only %(balance)s is still owed on instalment %(n)s of %(contract)s.") % {
        "balance": f"{line.balance:,.2f}", "n": line.position, "contract": contract,
    }  # fmt: skip


def _allocation(payment: Payment, line: Receivable, amount: Decimal, day: date, entries: list) -> Move:
    day = ledger.day_with(entries, amount, day)
    entries.append((day, -amount))
    return Move(Kind.ALLOCATION, day, line, payment, on_receivable=-amount, on_credit=-amount)


@action
def allocate(
    payment: Payment, receivable: Receivable, *, by: Viewer, amount: Decimal, booked_on: date | None = None
) -> LedgerEntry:
    """Put credit that is left of a payment against a line of the same customer, today or on the day given."""
    require(by, ALLOCATE, payment)
    amount = checked_amount(amount)
    books = open_books(receivables=[receivable.pk], payments=[payment.pk])
    payment, line = books.payments[payment.pk], books.receivables[receivable.pk]
    _checked(books, payment.customer, [(line, amount)])
    if amount > payment.unallocated:
        raise Refused({"amount": _("Only %(left)s is left of this payment.") % {"left": f"{payment.unallocated:,.2f}"}})
    day = max(booked_on or dates.today(), payment.received_on)
    day = ledger.day_with(ledger.entries_of([line.pk])[line.pk], amount, day)
    day = ledger.day_with(ledger.credit_entries(payment), amount, day)
    (entry,) = book(books, [Move(Kind.ALLOCATION, day, line, payment, on_receivable=-amount, on_credit=-amount)], by=by)
    follow_balance(books, by=by)
    emit("contracts.payment.allocated", payment, by=by, receivable=line.pk, amount=str(amount))
    return entry


@action
def use_credit(customer: Customer, *, by: Viewer, booked_on: date | None = None) -> list[LedgerEntry]:
    """Put all credit of a customer against what it owes, oldest money to oldest debt. Nothing to do is no error."""
    require(by, ALLOCATE)
    rows = Payment.objects.whole_table(WHY).filter(customer=customer, unallocated__gt=0)
    ids = list(rows.order_by().values_list("pk", flat=True))
    if not ids:
        return []
    books = open_books(receivables=open_lines(customer), payments=ids)
    entries = ledger.entries_of(books.receivables)
    moves = []
    left = {line.pk: line.balance for line in books.receivables.values()}
    for payment in sorted(books.payments.values(), key=lambda p: (p.received_on, p.pk)):
        credit, amount = ledger.credit_entries(payment), payment.unallocated
        for line in books.open():
            if not (part := min(amount, left[line.pk])):
                continue
            wanted = max(booked_on or dates.today(), payment.received_on)
            day = ledger.day_with(credit, part, ledger.day_with(entries[line.pk], part, wanted))
            entries[line.pk].append((day, -part))
            credit.append((day, -part))
            moves.append(Move(Kind.ALLOCATION, day, line, payment, on_receivable=-part, on_credit=-part))
            amount, left[line.pk] = amount - part, left[line.pk] - part
    booked = book(books, moves, by=by)
    follow_balance(books, by=by)
    return booked


@action
def reverse_entry(entry: LedgerEntry, *, by: Viewer, reason: str) -> LedgerEntry:
    """Take back a wrong allocation, write-off or refund by an entry with both signs turned (SAL-7). Never twice."""
    require(by, REVERSE)
    reason = stated(reason)
    if entry.kind not in REVERSIBLE or entry.reverses_id:
        raise Refused(_("This entry is not taken back by itself."))
    books = open_books(
        receivables=[entry.receivable_id] if entry.receivable_id else [],
        payments=[entry.payment_id] if entry.payment_id else [],
    )
    _not_reversed([entry])
    moves = [turned(books, entry, reason)]
    moves += taken_back(books, moves, reason)
    (back, *_rest) = book(books, moves, by=by)
    follow_balance(books, by=by)
    return back


@action
def reverse_payment(payment: Payment, *, by: Viewer, reason: str) -> Payment:
    """Take back a payment posted by mistake: its allocations, then the receipt itself. What was refunded stays so.

    Raises Refused the second time, and while money of it was given back.
    """
    require(by, REVERSE, payment)
    reason = stated(reason)
    rows = LedgerEntry.objects.whole_table(WHY).filter(payment=payment)
    lines = rows.filter(receivable__isnull=False).values_list("receivable_id", flat=True)
    books = open_books(receivables=list(lines), payments=[payment.pk])
    payment = books.payments[payment.pk]
    if payment.is_reversed:
        raise Refused(_("This payment was taken back already."))
    if payment.refunded:
        raise Refused(_("Money of this payment was given back; take the refund back first."))
    live = list(rows.filter(kind__in=(Kind.ALLOCATION, Kind.RECEIPT), reverses=None, reversed_by=None).order_by("-id"))
    moves = [turned(books, entry, reason) for entry in live]
    moves += taken_back(books, moves, reason)
    book(books, moves, by=by)
    payment.is_reversed = True
    save_record(kinds.get("contracts.payment"), payment, by=by, created=False)
    follow_balance(books, by=by)
    emit("contracts.payment.reversed", payment, by=by, reason=reason)
    return payment


def turned(books: Books, entry: LedgerEntry, reason: str) -> Move:
    """The move that takes an entry back, today: on its own day it would change reports that were read long ago."""
    return Move(
        entry.kind, max(dates.today(), entry.booked_on), books.receivables.get(entry.receivable_id),
        books.payments.get(entry.payment_id), on_receivable=-entry.receivable_delta, on_credit=-entry.credit_delta,
        reason=reason, reverses=entry,
    )  # fmt: skip


def taken_back(books: Books, moves: Iterable[Move], reason: str) -> list[Move]:
    """On a terminated contract nothing is owed: what a reversal opens again there is taken back at once."""
    return [
        Move(Kind.CHANGE, move.booked_on, move.receivable, on_receivable=-move.on_receivable, reason=reason)
        for move in moves
        if move.receivable and move.on_receivable > 0
        and books.contracts[move.receivable.contract_id].status == "terminated"
    ]  # fmt: skip


def _not_reversed(entries: Iterable[LedgerEntry]) -> None:
    if LedgerEntry.objects.whole_table(WHY).filter(reverses__in=[e.pk for e in entries]).exists():
        raise Refused(_("This entry was taken back already."))


def stated(reason: str) -> str:
    """A reason in one line; raises Refused at `reason` without one."""
    if not (reason := " ".join(reason.replace("\x00", "").split())[:300]):
        raise Refused({"reason": _("Say why.")})
    return reason


@action
def book_refund(payment: Payment, *, by: Viewer, amount: Decimal, reason: str, refunded_on: date) -> LedgerEntry:
    """Book money given back out of what is left of a payment; `refund_payment` is the way to it, and may ask first."""
    books = open_books(payments=[payment.pk])
    payment = books.payments[payment.pk]
    if (amount := checked_amount(amount)) > payment.unallocated:
        raise Refused({"amount": _("Only %(left)s is left of this payment.") % {"left": f"{payment.unallocated:,.2f}"}})
    day = ledger.day_with(ledger.credit_entries(payment), amount, max(refunded_on, payment.received_on))
    (entry,) = book(books, [Move(Kind.REFUND, day, payment=payment, on_credit=-amount, reason=reason)], by=by)
    emit("contracts.payment.refunded", payment, by=by, amount=str(amount), reason=reason)
    return entry


@action
def book_write_off(receivable: Receivable, *, by: Viewer, amount: Decimal, reason: str, on: date) -> LedgerEntry:
    """Book what a customer will not pay any more. The way to it is `write_off`, which may ask first."""
    books = open_books(receivables=[receivable.pk])
    line = books.receivables[receivable.pk]
    if (amount := checked_amount(amount)) > line.balance:
        raise Refused({"amount": too_much(books, line)})
    day = ledger.day_with(ledger.entries_of([line.pk])[line.pk], amount, on)
    (entry,) = book(books, [Move(Kind.WRITE_OFF, day, line, on_receivable=-amount, reason=reason)], by=by)
    follow_balance(books, by=by)
    emit("contracts.receivable.written_off", line, by=by, amount=str(amount), reason=reason)
    return entry


@action
def refund_payment(
    payment: Payment, *, by: Viewer, amount: Decimal, reason: str, refunded_on: date | None = None
) -> LedgerEntry | Approval:
    """Give money back out of a customer's credit (SAL-7), or ask for it where that needs approval (ORG-6)."""
    require(by, REFUND, payment)
    reason, day, amount = stated(reason), refunded_on or dates.today(), checked_amount(amount)
    if amount > (left := lock(payment).unallocated):
        raise Refused({"amount": _("Only %(left)s is left of this payment.") % {"left": f"{left:,.2f}"}})
    title = _("Refund %(amount)s of %(payment)s") % {"amount": f"{amount:,.2f}", "payment": payment}
    facts = {"amount": amount, "on": day.isoformat()}
    approval = asking.ask(asking.REFUND, payment, by=by, title=title, facts=facts, reason=reason)
    return approval or book_refund(payment, by=by, amount=amount, reason=reason, refunded_on=day)


def refund_decided(payment: Payment, approval: Approval, by: Viewer) -> None:
    """Book a refund that was approved. Raises Refused where the credit was used for something else meanwhile."""
    if asking.was_approved(approval):
        day = date.fromisoformat(approval.facts["on"])
        amount = asking.amount_of(approval)
        book_refund(payment, by=by, amount=amount, reason=approval.reason, refunded_on=day)


@action
def write_off(
    receivable: Receivable, *, by: Viewer, amount: Decimal, reason: str, on: date | None = None
) -> LedgerEntry | Approval:
    """Give up a part of what is owed (SAL-7), or ask for it where that needs approval (ORG-6)."""
    require(by, WRITE_OFF, receivable)
    reason, day, amount = stated(reason), on or dates.today(), checked_amount(amount)
    books = open_books(receivables=[receivable.pk])
    if amount > (line := books.receivables[receivable.pk]).balance:
        raise Refused({"amount": too_much(books, line)})
    title = _("Write off %(amount)s of %(line)s") % {"amount": f"{amount:,.2f}", "line": receivable.code}
    facts = {"amount": amount, "on": day.isoformat()}
    approval = asking.ask(asking.WRITE_OFF, receivable, by=by, title=title, facts=facts, reason=reason)
    return approval or book_write_off(receivable, by=by, amount=amount, reason=reason, on=day)


def write_off_decided(receivable: Receivable, approval: Approval, by: Viewer) -> None:
    """Book a write-off that was approved. Raises Refused where it was paid meanwhile."""
    if asking.was_approved(approval):
        day = date.fromisoformat(approval.facts["on"])
        book_write_off(receivable, by=by, amount=asking.amount_of(approval), reason=approval.reason, on=day)
