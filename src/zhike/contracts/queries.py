"""Reads of this room, viewer first: a contract with all about it, a payment, what a customer owes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from zhike.contracts.actions import asking
from zhike.contracts.actions.signing import credit_of
from zhike.contracts.kinds import CONTRACT, PAYMENT, RECEIVABLE
from zhike.contracts.models import (
    Contract,
    ContractChange,
    LedgerEntry,
    Milestone,
    Payment,
    Receivable,
    rules_in_force,
)
from zhike.contracts.overview import GROUPS as GROUPS
from zhike.contracts.overview import summary as summary
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.scope import visible_or_404
from zhike.kit.viewer import Viewer
from zhike.org.models import Approval
from zhike.org.queries import approvals_among
from zhike.records import queries as records
from zhike.records.prepared import prepared
from zhike.sales.models import Opportunity

NOTHING = Decimal(0)
MOST_ENTRIES = 500


def contract(viewer: Viewer, pk: int) -> Contract:
    """A contract with its customer, contact and deal; raises NotVisible."""
    return records.record(viewer, CONTRACT, pk, related=("customer", "contact", "opportunity"))


def contract_for(viewer: Viewer, pk: int, word: str = "change") -> Contract:
    """A contract the viewer may do this to; raises NotVisible or Forbidden."""
    return records.record_for(viewer, CONTRACT, pk, word)


def payment(viewer: Viewer, pk: int) -> Payment:
    """A payment with its customer; raises NotVisible."""
    return records.record(viewer, PAYMENT, pk, related=("customer",))


def payment_for(viewer: Viewer, pk: int, word: str) -> Payment:
    """A payment the viewer may do this to; raises NotVisible or Forbidden."""
    return records.record_for(viewer, PAYMENT, pk, word)


def receivable_for(viewer: Viewer, pk: int, word: str) -> Receivable:
    """A receivable the viewer may do this to; raises NotVisible or Forbidden."""
    return records.record_for(viewer, RECEIVABLE, pk, word)


@dataclass(frozen=True)
class Step:
    """A due date of a contract on its ladder: what of it is received, written off, open; `state` colours it."""

    receivable: Receivable
    share: Decimal
    state: str
    days: int


def ladder(viewer: Viewer, contract: Contract) -> list[Step]:
    """The due dates of a contract with what was received of each, the earliest first."""
    rows = Receivable.objects.visible_to(viewer).filter(contract=contract).order_by("due_on", "position", "pk")
    return [_step(line, dates.today()) for line in rows if line.amount or not line.is_whole]


def _step(line: Receivable, today: date) -> Step:
    days = line.overdue_days(today)
    state = "late" if days else "open" if line.balance else "done" if line.amount else "gone"
    share = 100 * (line.received + line.written_off) / line.amount if line.amount else NOTHING
    return Step(line, share, state, days)


@dataclass(frozen=True)
class BookLine:
    """An entry of the ledger as a page shows it, with what stood after it."""

    entry: LedgerEntry
    balance: Decimal
    can_reverse: bool


def ledger_of(viewer: Viewer, contract: Contract) -> list[BookLine]:
    """The entries of a contract in the order they were booked, with the running balance."""
    rows = LedgerEntry.objects.visible_to(viewer).filter(contract=contract)
    return _running(rows.select_related("receivable", "payment", "person"), "receivable_delta")


def ledger_of_payment(viewer: Viewer, payment: Payment) -> list[BookLine]:
    """The entries of a payment, with what was left of it after each."""
    rows = LedgerEntry.objects.visible_to(viewer).filter(payment=payment)
    return _running(rows.select_related("receivable__contract", "person"), "credit_delta")


def _running(rows: Any, column: str) -> list[BookLine]:
    found, balance = [], NOTHING
    entries = list(rows.order_by("booked_on", "id")[:MOST_ENTRIES])
    reversed_ids = {entry.reverses_id for entry in entries}
    for entry in entries:
        balance += getattr(entry, column)
        open_ = entry.reverses_id is None and entry.pk not in reversed_ids
        found.append(BookLine(entry, balance, open_ and entry.kind in ("allocation", "write_off", "refund")))
    return found


def milestones_of(viewer: Viewer, contract: Contract) -> list[Milestone]:
    """The steps of carrying a contract out."""
    rows = Milestone.objects.within(viewer, contract).filter(contract=contract)
    return list(rows.select_related("person"))


def approvals_about(contract: Contract, changes: list[ContractChange], lines: list[Receivable]) -> list[Approval]:
    """All approvals about a contract read through its scope: of itself, its change orders and its due lines (ORG-6)."""
    return approvals_among({
        asking.CONTRACT: [contract.pk], asking.TERMINATION: [contract.pk],
        asking.CHANGE: [change.pk for change in changes], asking.WRITE_OFF: [line.pk for line in lines],
    })  # fmt: skip


def changes_of(viewer: Viewer, contract: Contract) -> list[ContractChange]:
    """The change orders of a contract."""
    rows = ContractChange.objects.within(viewer, contract).filter(contract=contract)
    return list(rows.select_related("person"))


def concerns(contract: Contract) -> list[str]:
    """What speaks against signing: above the customer's limit, or overdue (CUS-13). Never more than the two sums."""
    return credit_of(contract.customer).concerns(contract.amount)


def blocks() -> bool:
    """Whether such concerns stop those who may not override them."""
    return rules_in_force().credit_check == "block"


def contracts_of(viewer: Viewer, customer: Customer) -> list[Contract]:
    """The contracts with a customer that the viewer sees, the latest first."""
    return list(Contract.objects.visible_to(viewer).filter(customer=customer).order_by("-signed_on", "-id")[:200])


def contracts_of_deal(viewer: Viewer, opportunity: Opportunity) -> list[Contract]:
    """The contracts an opportunity led to."""
    return list(Contract.objects.visible_to(viewer).filter(opportunity=opportunity).order_by("-id")[:50])


def open_lines(viewer: Viewer, customer: Customer, *, also: Iterable[int] = ()) -> list[Receivable]:
    """What a customer owes as far as the viewer sees it, the earliest due first.

    `also` are ids of lines of the customer that somebody has named, though nothing may be owed on them any more.
    """
    rows = Receivable.objects.visible_to(viewer).filter(Q(balance__gt=0) | Q(pk__in=list(also)), customer=customer)
    return list(rows.select_related("contract").order_by("due_on", "pk")[:200])


def payments_of(viewer: Viewer, customer: Customer) -> list[Payment]:
    """The latest payments of a customer."""
    return list(Payment.objects.visible_to(viewer).filter(customer=customer).order_by("-received_on", "-id")[:100])


def signed_with(viewer: Viewer, customer: Customer) -> tuple[int, Decimal]:
    """How many contracts were signed with a customer and stand, and what they come to."""
    found = _signed(viewer, customer.pk)
    return found[0] if found else (0, NOTHING)


@prepared
def _signed(viewer: Viewer, customer_id: int) -> QuerySet:
    rows = Contract.objects.visible_to(viewer).filter(customer_id=customer_id, status__in=("active", "completed"))
    return rows.order_by().values("customer").annotate(n=Count("pk"), total=Sum("amount")).values_list("n", "total")


def owed_by(viewer: Viewer, customer: Customer) -> tuple[Decimal, Decimal]:
    """What a customer owes, and how much of it is overdue."""
    found = _owed(viewer, customer.pk)
    total, late = found[0] if found else (None, None)
    return total or NOTHING, late or NOTHING


@prepared
def _owed(viewer: Viewer, customer_id: int) -> QuerySet:
    rows = Receivable.objects.visible_to(viewer).filter(customer_id=customer_id, balance__gt=0)
    sums = {"total": Sum("balance"), "late": Sum("balance", filter=Q(due_on__lt=dates.today()))}
    return rows.order_by().values("customer").annotate(**sums).values_list("total", "late")


def credit_left(viewer: Viewer, customer: Customer) -> Decimal:
    """What a customer paid that is not put against anything."""
    rows = Payment.objects.visible_to(viewer).filter(customer=customer, unallocated__gt=0)
    return rows.aggregate(total=Sum("unallocated"))["total"] or NOTHING


def entry(viewer: Viewer, pk: int) -> LedgerEntry:
    """An entry of the ledger the viewer sees, with what it moved; raises NotVisible."""
    rows = LedgerEntry.objects.visible_to(viewer).select_related("payment", "receivable__contract")
    return visible_or_404(rows, pk)


def kind_words(entry: LedgerEntry) -> str:
    """What an entry is, in words; one that takes another back says so."""
    words = entry.get_kind_display()
    return _("%(what)s, taken back") % {"what": words} if entry.reverses_id else str(words)
