"""A contract from the draft to its end: submit, sign, change, terminate, complete (SAL-6, SAL-7, CUS-13).

Rows are locked in one order: customer, deal, contract, receivables, payments, and the counter of numbers last.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from zhike.contracts import rules
from zhike.contracts.actions import asking, ledger
from zhike.contracts.actions.asking import ask, was_approved
from zhike.contracts.actions.ledger import Books, Kind, Move, book, open_books
from zhike.contracts.actions.numbers import draw_number
from zhike.contracts.actions.states import follow, save_moved
from zhike.contracts.models import (
    Contract,
    ContractChange,
    ContractLine,
    Payment,
    PlanLine,
    Receivable,
    rules_in_force,
)
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.money import check_money, round_fen
from zhike.kit.viewer import Viewer
from zhike.org.models import Approval
from zhike.records import kinds
from zhike.records.actions import save_record
from zhike.records.events import emit
from zhike.sales.actions.deals import note_signed

WHY = ledger.WHY
Status = Contract.Status
CHANGE, SIGN = "contracts.contract.change", "contracts.contract.sign"
ORDER, TERMINATE = "contracts.contract.change_order", "contracts.contract.terminate"
OVERRIDE = "contracts.credit.override"
BEFORE_WON = ("potential", "target", "near", "dormant", "lost")


@action
def submit_contract(contract: Contract, *, by: Viewer, note: str = "") -> Contract:
    """Hand a draft in: it gets its number and, once nobody has to approve it any more, may be signed (SAL-6)."""
    require(by, CHANGE, contract)
    contract = lock(contract)
    if contract.status != Status.DRAFT:
        raise Refused({"status": _("Only a draft is handed in.")})
    _check_complete(contract, contract.known_plan())
    return _hand_in(contract, by, note)


def _hand_in(contract: Contract, by: Viewer, note: str = "") -> Contract:
    """Number a draft and put it up for approval; where nobody is asked it may be signed at once."""
    contract.status = Status.APPROVING
    if not contract.number:
        contract.number = draw_number(rules_in_force().contract_numbers, dates.today(), Contract)
    contract = save_moved(contract, by=by)
    if ask(asking.CONTRACT, contract, by=by, title=str(contract), facts=_facts_of(contract), reason=note) is None:
        contract.approved_at = dates.now()
        return save_moved(contract, by=by)
    return lock(contract)  # it may have been decided at once


def _facts_of(contract: Contract) -> dict[str, Decimal | None]:
    """What a flow may ask about a contract handed in: its amount, the largest discount and the margin in percent."""
    lines = list(ContractLine.objects.whole_table(WHY).filter(contract=contract))
    margin = rules.margin_of(contract, lines)
    return {
        "amount": contract.amount,
        "discount": max((line.discount for line in lines), default=None),
        "margin": margin and margin[1].quantize(Decimal("0.1")),
    }


def contract_decided(contract: Contract, approval: Approval, by: Viewer) -> None:
    """An approved contract may be signed; another one is a draft again, and keeps its number."""
    if was_approved(approval):
        contract.approved_at = dates.now()
    else:
        contract.status = Status.DRAFT
    save_moved(contract, by=by)


def _check_complete(contract: Contract, plan: list[PlanLine]) -> None:
    """What a contract must be before anybody signs it."""
    lines = contract.known_lines()
    if lines and sum(line.amount for line in lines) != contract.amount:
        raise Refused({"amount": _("The lines do not add up to the amount of the contract.")})
    if plan and sum(line.amount for line in plan) != contract.amount:
        raise Refused({"plan": _("The payment plan does not add up to the amount of the contract.")})


@action
def sign_contract(contract: Contract, *, by: Viewer, signed_on: date) -> Contract:
    """Sign a contract: in one transaction it comes in force and its whole amount is owed (SAL-7).

    The receivables are the lines of its payment plan, or one line due after the customer's credit days. The deal
    behind it is won, the customer becomes a customer. Raises Refused: signed before, not approved, due before it is
    signed, or above the customer's credit where that blocks and the viewer may not override it (CUS-13).
    """
    require(by, SIGN, contract)
    customer = lock(contract.customer)
    if contract.opportunity_id:
        note_signed(contract.opportunity, by=by, signed_on=signed_on)
    contract = lock(contract)
    if contract.signed_on is not None:
        raise Refused({"status": _("This contract was signed on %(day)s already.") % {"day": contract.signed_on}})
    if contract.status == Status.APPROVING and contract.approved_at is None:
        raise Refused({"status": _("This contract is still in approval.")})
    plan = contract.known_plan()
    _check_complete(contract, plan)
    _check_days(signed_on, plan)
    _check_credit(customer, contract, by)
    if contract.status == Status.DRAFT:
        contract = _hand_in(contract, by)
        if contract.approved_at is None:
            raise Refused({"status": _("This contract needs approval before it is signed: hand it in.")})
    contract.status, contract.signed_on = Status.ACTIVE, signed_on
    contract = save_moved(contract, by=by)
    _charge_all(contract, customer, plan, by)
    _note_won(customer, by)
    emit("contracts.contract.signed", contract, by=by, amount=str(contract.amount), signed_on=signed_on.isoformat())
    return contract


def _check_days(signed_on: date, plan: Iterable[PlanLine]) -> None:
    if signed_on > dates.today():
        raise Refused({"signed_on": _("This day is still to come.")})
    if early := [line for line in plan if line.due_on < signed_on]:
        raise Refused(
            {"signed_on": _("Instalment %(n)s is due on %(day)s, before the contract is signed.")
             % {"n": early[0].position, "day": early[0].due_on}}
        )  # fmt: skip


def credit_of(customer: Customer) -> rules.Credit:
    """What a customer owes us over all contracts, less the credit it has with us; for the credit check (CUS-13)."""
    rows = Receivable.objects.whole_table(WHY).filter(customer=customer, balance__gt=0).order_by()
    owed = rows.aggregate(sum=Sum("balance"))["sum"] or ledger.NOTHING
    late = rows.filter(due_on__lt=dates.today()).aggregate(sum=Sum("balance"))["sum"] or ledger.NOTHING
    credit = Payment.objects.whole_table(WHY).filter(customer=customer, unallocated__gt=0).order_by()
    paid = credit.aggregate(sum=Sum("unallocated"))["sum"] or ledger.NOTHING
    return rules.Credit(customer.credit_limit, max(owed - paid, ledger.NOTHING), late)


def _check_credit(customer: Customer, contract: Contract, by: Viewer) -> None:
    if rules_in_force().credit_check != "block" or by.can(OVERRIDE):
        return
    if concerns := credit_of(customer).concerns(contract.amount):
        raise Refused({"": [*concerns, _("Only the general manager may sign it all the same.")]})


def _charge_all(contract: Contract, customer: Customer, plan: list[PlanLine], by: Viewer) -> None:
    """Write the receivables of a contract that has come in force, and charge them."""
    if not contract.amount:
        return
    is_whole = not plan
    if is_whole:
        days = rules_in_force().default_credit_days if customer.credit_days is None else customer.credit_days
        plan = [PlanLine(position=1, due_on=contract.signed_on + timedelta(days=days), amount=contract.amount)]
    books = open_books(contracts=[contract.pk])
    moves = []
    for line in plan:
        receivable = new_receivable(
            books, contract, by=by, position=line.position, due_on=line.due_on, label=line.label, is_whole=is_whole
        )
        moves.append(Move(Kind.CHARGE, contract.signed_on, receivable, on_receivable=line.amount))
    book(books, moves, by=by)
    kept = books.contracts[contract.pk]
    contract.receivable, contract.updated_at = kept.receivable, kept.updated_at


def new_receivable(books: Books, contract: Contract, *, by: Viewer, position: int, **values: Any) -> Receivable:
    """An empty receivable of a contract in open books, to be charged by an entry."""
    receivable = Receivable(
        contract=contract, customer_id=contract.customer_id, owner_id=contract.owner_id, position=position,
        code=f"{contract.number}/{position}", **values,
    )  # fmt: skip
    receivable.is_booked = True
    receivable = save_record(kinds.get("contracts.receivable"), receivable, by=by, created=True)
    books.receivables[receivable.pk] = receivable
    return receivable


def _note_won(customer: Customer, by: Viewer) -> None:
    if customer.lifecycle in BEFORE_WON:
        customer.lifecycle = Customer.Lifecycle.WON
        save_record(kinds.get("customers.customer"), customer, by=by, created=False)


def sign_imported(contract: Contract, *, by: Viewer) -> None:
    """A contract an import brought in force owes its amount from the day it was signed, without asking for credit."""
    _charge_all(contract, contract.customer, contract.known_plan(), by)
    _note_won(lock(contract.customer), by)


@action
def change_contract(
    contract: Contract, *, by: Viewer, delta: Decimal, reason: str, due_on: date | None = None
) -> ContractChange:
    """A change order: add `delta` yuan to a contract in force, or take them off (SAL-6).

    More is owed on a new line due on `due_on`, or without a day on the last open line. Less is taken off the open
    lines, the last due first, never below what was received. The tax in it changes in proportion, rounded half up.
    """
    require(by, ORDER, contract)
    contract = lock(contract)
    if not contract.is_in_force:
        raise Refused({"status": _("Only a contract in force is changed by a change order.")})
    delta = check_money(Decimal(delta))
    if not delta:
        raise Refused({"delta": _("A change order changes the amount.")})
    if not (reason := " ".join(reason.split())[:300]):
        raise Refused({"reason": _("Say why.")})
    if due_on and due_on < contract.signed_on:
        raise Refused({"due_on": _("Nothing is due before the contract was signed.")})
    change = ContractChange(contract=contract, delta=delta, due_on=due_on, reason=reason, person_id=by.person_id)
    change.save()
    title = _("%(contract)s: %(delta)s") % {"contract": contract, "delta": f"{delta:+,.2f}"}
    facts = {"delta": delta, "amount": contract.amount}
    approval = ask(asking.CHANGE, change, by=by, title=title, facts=facts, reason=reason)
    if approval is None:
        return apply_change(change, by=by)
    return lock_change(change)


def lock_change(change: ContractChange) -> ContractChange:
    """A change order as it stands now: an approval may have been decided at once."""
    return ContractChange.objects.whole_table(WHY).get(pk=change.pk)


def change_decided(change: ContractChange, approval: Approval, by: Viewer) -> None:
    """An approved change order is booked; another one is only kept."""
    if change.status != ContractChange.Status.APPROVING:
        return
    if was_approved(approval):
        apply_change(change, by=by)
    else:
        change.status = ContractChange.Status.REJECTED
        change.save()


@action
def apply_change(change: ContractChange, *, by: Viewer) -> ContractChange:
    """Book a change order nobody has to approve any more."""
    books = open_books(contracts=[change.contract_id], receivables=_lines_of(change.contract_id))
    contract, today = books.contracts[change.contract_id], dates.today()
    if change.delta > 0:
        line = (books.open() or [None])[-1]
        if line is None or change.due_on:
            due_on = change.due_on or today + timedelta(days=rules_in_force().default_credit_days)
            place = max((r.position for r in books.receivables.values()), default=0) + 1
            line = new_receivable(books, contract, by=by, position=place, due_on=due_on, label=_("Change order"))
        moves = [Move(Kind.CHANGE, today, line, on_receivable=change.delta, reason=change.reason)]
    else:
        moves = _taken_off(books, contract, -change.delta, today, change.reason)
    if contract.amount:
        contract.tax = round_fen(contract.tax * (contract.amount + change.delta) / contract.amount)
    contract.amount += change.delta
    book(books, moves, by=by)
    save_moved(contract, by=by)
    change.status, change.applied_on = ContractChange.Status.APPLIED, today
    change.save()
    follow(contract, by=by)
    emit("contracts.contract.changed_order", contract, by=by, delta=str(change.delta), reason=change.reason)
    return change


def _lines_of(contract_id: int) -> list[int]:
    rows = Receivable.objects.whole_table(WHY).filter(contract_id=contract_id)
    return list(rows.order_by().values_list("pk", flat=True))


def _taken_off(books: Books, contract: Contract, amount: Decimal, day: date, reason: str) -> list[Move]:
    if amount > contract.outstanding:
        raise Refused(
            {"delta": _("Only %(left)s is still owed; what was received is refunded, not taken off.")
             % {"left": f"{contract.outstanding:,.2f}"}}
        )  # fmt: skip
    entries, moves = ledger.entries_of(books.receivables), []
    for line in reversed(books.open()):
        part = min(line.balance, amount)
        if part:
            when = ledger.day_with(entries[line.pk], part, day)
            moves.append(Move(Kind.CHANGE, when, line, on_receivable=-part, reason=reason))
            amount -= part
    return moves


@action
def terminate_contract(contract: Contract, *, by: Viewer, reason: str, terminated_on: date | None = None) -> Contract:
    """End a contract before its time: what is not received is no longer owed, what was received stays (SAL-6)."""
    require(by, TERMINATE, contract)
    if not (reason := " ".join(reason.split())[:200]):
        raise Refused({"reason": _("Say why.")})
    day = terminated_on or dates.today()
    contract = lock(contract)
    if not contract.is_in_force:
        raise Refused({"status": _("Only a contract in force is terminated.")})
    if not contract.signed_on <= day <= dates.today():
        raise Refused({"terminated_on": _("A contract ends between the day it was signed and today.")})
    facts = {"amount": contract.amount, "outstanding": contract.outstanding, "terminated_on": day.isoformat()}
    if ask(asking.TERMINATION, contract, by=by, title=str(contract), facts=facts, reason=reason) is None:
        return _terminate(contract, day, reason, by)
    return lock(contract)


def termination_decided(contract: Contract, approval: Approval, by: Viewer) -> None:
    """End a contract whose termination was approved, from the day that was asked for."""
    if was_approved(approval) and contract.is_in_force:
        _terminate(contract, date.fromisoformat(approval.facts["terminated_on"]), approval.reason[:200], by)


def _terminate(contract: Contract, day: date, reason: str, by: Viewer) -> Contract:
    books = open_books(contracts=[contract.pk], receivables=_lines_of(contract.pk))
    contract = books.contracts[contract.pk]
    book(books, _taken_off(books, contract, contract.outstanding, day, reason), by=by)
    open_changes = ContractChange.objects.whole_table(WHY).filter(contract=contract, status="approving")
    open_changes.update(status=ContractChange.Status.REJECTED)
    contract.status, contract.terminated_on, contract.termination_reason = Status.TERMINATED, day, reason
    contract = save_moved(contract, by=by)
    emit("contracts.contract.terminated", contract, by=by, reason=reason)
    return contract


@action
def complete_contract(contract: Contract, *, by: Viewer) -> Contract:
    """Say that a contract is carried out, milestones or not. Raises Refused while something is owed."""
    require(by, CHANGE, contract)
    contract = lock(contract)
    if contract.status != Status.ACTIVE:
        raise Refused({"status": _("Only a contract in force is completed.")})
    if contract.outstanding:
        raise Refused(
            {"status": _("%(left)s is still owed on this contract.") % {"left": f"{contract.outstanding:,.2f}"}}
        )
    contract.status = Status.COMPLETED
    contract = save_moved(contract, by=by)
    emit("contracts.contract.completed", contract, by=by)
    return contract
