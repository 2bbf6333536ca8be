"""Reads of invoices, viewer first: one with its lines, those of a customer, invoiced against paid (SAL-9)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet

from zhike.contracts.models import Contract, Invoice, InvoiceCover, InvoiceLine, LedgerEntry, Receivable
from zhike.customers.models import Customer
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records import queries as records

NOTHING = Decimal(0)
MOST = 200
WHY = "the invoices of contracts read through the viewer's scope just before"
AGES = (30, 60, 90)


def invoice(viewer: Viewer, pk: int) -> Invoice:
    """An invoice with customer and contract; raises NotVisible."""
    return records.record(viewer, kinds.get("contracts.invoice"), pk, related=("customer", "contract", "original"))


def invoice_for(viewer: Viewer, pk: int, word: str) -> Invoice:
    """An invoice the viewer may do this to; raises NotVisible or Forbidden."""
    return records.record_for(viewer, kinds.get("contracts.invoice"), pk, word)


def lines_of(viewer: Viewer, invoice: Invoice) -> list[InvoiceLine]:
    """The lines of an invoice."""
    return list(InvoiceLine.objects.within(viewer, invoice).order_by("id"))


def covered(viewer: Viewer, invoice: Invoice) -> list[Receivable]:
    """The receivables an invoice is for."""
    ids = InvoiceCover.objects.within(viewer, invoice).values("receivable_id")
    rows = Receivable.objects.visible_to(viewer).filter(pk__in=ids).select_related("contract")
    return list(rows.order_by("due_on", "id"))


def coverable(viewer: Viewer, invoice: Invoice) -> list[Receivable]:
    """The receivables it may be for: of its contract, or of its customer."""
    rows = Receivable.objects.visible_to(viewer).filter(customer=invoice.customer_id, amount__gt=0)
    rows = rows.filter(contract=invoice.contract_id) if invoice.contract_id else rows
    return list(rows.select_related("contract").order_by("due_on", "id")[:MOST])


def red_letters(viewer: Viewer, invoice: Invoice) -> list[Invoice]:
    """The red invoices that take it back."""
    return list(Invoice.objects.visible_to(viewer).filter(original=invoice).order_by("id"))


def invoices_of(viewer: Viewer, record: Customer | Contract) -> list[Invoice]:
    """The invoices to a customer, or of a contract, the latest first."""
    return list(_of(viewer, record).select_related("contract", "customer").order_by("-id")[:MOST])


def _of(viewer: Viewer, record: Customer | Contract) -> QuerySet[Invoice]:
    name = "contract" if isinstance(record, Contract) else "customer"
    return Invoice.objects.visible_to(viewer).filter(**{name: record})


# Invoiced against paid


@dataclass
class Gap:
    """A contract where what is invoiced and what is paid differ.

    `parts` is the difference by its age in days: up to 30, 31–60, 61–90, over 90.
    """

    contract: Contract
    amount: Decimal
    since: date | None
    parts: list[Decimal] = field(default_factory=lambda: [NOTHING] * 4)


def invoiced_not_paid(viewer: Viewer, today: date) -> list[Gap]:
    """Contracts invoiced beyond what came in, by the age of the invoices that stand open, oldest first (SAL-9)."""
    rows = Contract.objects.visible_to(viewer).filter(invoiced__gt=F("received")).select_related("customer")
    contracts = list(rows.order_by("-updated_at", "-id")[:MOST])
    issued = _issued(contracts)
    found = [_aged(c, c.invoiced - c.received, issued[c.pk], c.received, today) for c in contracts]
    return sorted(found, key=lambda gap: (gap.since or today, gap.contract.pk))


def paid_not_invoiced(viewer: Viewer, today: date) -> list[Gap]:
    """Contracts of which more came in than is invoiced, by the age of the receipts beyond, oldest first (SAL-9)."""
    rows = Contract.objects.visible_to(viewer).filter(received__gt=F("invoiced")).select_related("customer")
    contracts = list(rows.order_by("-updated_at", "-id")[:MOST])
    came = _came(contracts)
    found = [_aged(c, c.received - c.invoiced, came[c.pk], c.invoiced, today) for c in contracts]
    return sorted(found, key=lambda gap: (gap.since or today, gap.contract.pk))


def _issued(contracts: list[Contract]) -> dict[int, list[tuple[date, Decimal]]]:
    rows = Invoice.objects.whole_table(WHY).filter(contract__in=contracts, status__in=Invoice.COUNTED)
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    # What a red invoice takes back lowers its original, on the original's day.
    rows = rows.filter(original=None).order_by("issued_on", "id")
    for contract, day, amount, reddened in rows.values_list("contract_id", "issued_on", "amount", "reddened"):
        found[contract].append((day, amount - reddened))
    return found


def _came(contracts: list[Contract]) -> dict[int, list[tuple[date, Decimal]]]:
    rows = LedgerEntry.objects.whole_table(WHY).filter(contract__in=contracts, kind=LedgerEntry.Kind.ALLOCATION)
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    for contract, day, delta in rows.order_by("booked_on", "id").values_list(
        "contract_id", "booked_on", "receivable_delta"
    ):
        found[contract].append((day, -delta))
    return found


def _aged(
    contract: Contract, amount: Decimal, steps: list[tuple[date, Decimal]], covered: Decimal, today: date
) -> Gap:  # fmt: skip
    """Take what is covered off the oldest steps; the rest is as old as the steps it stands in."""
    gap = Gap(contract, amount, None)
    left = amount
    for day, part in reversed(steps):  # what stands open are the latest ones
        if left <= 0:
            break
        open_part = min(part, left)
        if open_part > 0:
            gap.parts[sum((today - day).days > age for age in AGES)] += open_part
            left -= open_part
            gap.since = day
    if left > 0:  # entries of another time than the sums: show it as new rather than lose it
        gap.parts[0] += left
    return gap


def gap_totals(gaps: list[Gap]) -> dict[str, Any]:
    """The sums of some gaps."""
    return {
        "amount": sum((gap.amount for gap in gaps), NOTHING),
        "parts": [sum((gap.parts[n] for gap in gaps), NOTHING) for n in range(4)],
    }


def by_customer(gaps: list[Gap]) -> list[tuple[Customer, Decimal]]:
    """The sums per customer, the largest first."""
    sums: dict[int, Decimal] = defaultdict(Decimal)
    customers = {}
    for gap in gaps:
        sums[gap.contract.customer_id] += gap.amount
        customers[gap.contract.customer_id] = gap.contract.customer
    return [(customers[pk], total) for pk, total in sorted(sums.items(), key=lambda item: -item[1])]
