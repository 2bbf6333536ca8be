"""The statement of account of a customer: what was charged and paid in a period, with a running balance (SAL-7, SAL-8).

The balance is what is owed less what was paid and not used yet: so putting a payment against a line changes nothing for
the customer, and only charges, changes, payments, refunds and write-offs are lines of the statement.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from zhike.contracts.models import LedgerEntry, Receivable
from zhike.customers.models import Customer
from zhike.kit.actions import action
from zhike.kit.viewer import Viewer
from zhike.org.queries import company_name
from zhike.records.models import AuditEntry

NOTHING = Decimal(0)
WHY = "whether the viewer sees all that a customer owes, before a statement of it is written"
Kind = LedgerEntry.Kind
PARTS = ("not_due", "d1_30", "d31_60", "d61_90", "over_90")


@dataclass(frozen=True)
class Line:
    """A movement: `debit` raises what the customer owes, `credit` lowers it; amounts in yuan."""

    on: date
    text: str
    reference: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass
class Account:
    """A customer's account over a period."""

    customer: Customer
    ours: str
    first: date
    last: date
    opening: Decimal
    lines: list[Line] = field(default_factory=list)
    ageing: dict[str, Decimal] = field(default_factory=dict)
    unused: Decimal = NOTHING
    is_whole: bool = True

    @property
    def closing(self) -> Decimal:
        """What stands at the end of the period."""
        return self.lines[-1].balance if self.lines else self.opening

    @property
    def debits(self) -> Decimal:
        """All that raised the balance in the period."""
        return sum((line.debit for line in self.lines), NOTHING)

    @property
    def credits(self) -> Decimal:
        """All that lowered the balance in the period."""
        return sum((line.credit for line in self.lines), NOTHING)

    @property
    def overdue(self) -> Decimal:
        """What was overdue at the end."""
        return sum((amount for part, amount in self.ageing.items() if part != "not_due"), NOTHING)


def account(viewer: Viewer, customer: Customer, first: date, last: date) -> Account:
    """The account of a customer the viewer sees, from its ledger; `is_whole` tells whether they see all of it."""
    rows = LedgerEntry.objects.visible_to(viewer).filter(customer=customer, booked_on__lte=last)
    before = rows.filter(booked_on__lt=first).aggregate(owed=Sum("receivable_delta"), paid=Sum("credit_delta"))
    found = Account(customer, company_name(), first, last, (before["owed"] or NOTHING) - (before["paid"] or NOTHING))
    moving = rows.filter(booked_on__gte=first).exclude(kind=Kind.ALLOCATION).order_by("booked_on", "id")
    balance = found.opening
    for entry in moving.select_related("receivable__contract", "payment"):
        delta = entry.receivable_delta - entry.credit_delta
        balance += delta
        found.lines.append(
            Line(entry.booked_on, _said(entry), _reference(entry), max(delta, NOTHING), max(-delta, NOTHING), balance)
        )
    found.ageing, found.unused = _ageing(rows, last), _unused(rows)
    everything = LedgerEntry.objects.whole_table(WHY).filter(customer=customer, booked_on__lte=last)
    found.is_whole = everything.count() == rows.count()
    return found


def _said(entry: LedgerEntry) -> str:
    words = str(entry.get_kind_display())
    if entry.reverses_id:
        words = _("%(what)s taken back") % {"what": words}
    if entry.kind in (Kind.CHARGE, Kind.CHANGE) and entry.receivable.label:
        words = f"{words} · {entry.receivable.label}"
    return f"{words} · {entry.reason}" if entry.reason and entry.kind != Kind.CHARGE else words


def _reference(entry: LedgerEntry) -> str:
    return entry.payment.number if entry.payment_id else entry.receivable.contract.number


def _ageing(rows: Any, last: date) -> dict[str, Decimal]:
    """What was open at the end of the period, by age."""
    sums = (
        rows.filter(receivable__isnull=False)
        .order_by()
        .values_list("receivable_id")
        .annotate(s=Sum("receivable_delta"))
    )
    left = {pk: total for pk, total in sums if total}
    due = dict(Receivable.objects.whole_table(WHY).filter(pk__in=left).values_list("pk", "due_on"))
    found = dict.fromkeys(PARTS, NOTHING)
    for pk, total in left.items():
        found[part_of(due[pk], last)] += total
    return found


def part_of(due_on: date, as_of: date) -> str:
    """Into which part of an ageing a line falls."""
    days = (as_of - due_on).days
    return PARTS[0] if days <= 0 else PARTS[min((days - 1) // 30 + 1, 4)]


def _unused(rows: Any) -> Decimal:
    return rows.aggregate(total=Sum("credit_delta"))["total"] or NOTHING


def period(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The period asked for; without one, this year until today. Turned round where it was the wrong way."""
    last = last or today
    first = first or date(last.year, 1, 1)
    return (first, last) if first <= last else (last, first)


@action
def log_statement(customer: Customer, *, by: Viewer, first: date, last: date) -> None:
    """Note that a person took a statement of account away (ORG-4)."""
    AuditEntry.write(customer, AuditEntry.Verb.PRINTED, {"statement": [None, f"{first} – {last}"]})
