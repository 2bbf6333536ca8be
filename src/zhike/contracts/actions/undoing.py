"""What an undone import takes back here: records with their entries, where nothing was done with them since (IMP-2).

The ledger is never changed, with this one exception: what a file brought in by mistake, and nobody built on, goes as if
it had not been there, so that the right file can come in under the same numbers. Everything else is reversed.
"""

from typing import Any

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from zhike.contracts.actions import ledger
from zhike.contracts.actions.ledger import Kind, open_books, unbook
from zhike.contracts.actions.states import follow_balance
from zhike.contracts.models import Contract, LedgerEntry, Payment, Receivable
from zhike.kit.viewer import Viewer
from zhike.records import kinds, search

WHY = ledger.WHY


def remove_contract(contract: Contract, by: Viewer) -> None:
    """Take back a contract with its receivables. Raises ProtectedError where more than its charge was booked."""
    entries = list(LedgerEntry.objects.whole_table(WHY).filter(contract=contract))
    if any(e.kind != Kind.CHARGE for e in entries):
        raise _in_use(contract)
    lines = list(Receivable.objects.whole_table(WHY).filter(contract=contract))
    books = open_books(contracts=[contract.pk], receivables=[line.pk for line in lines])
    unbook(books, entries)
    search.forget(kinds.get("contracts.receivable"), list(books.receivables))
    for line in books.receivables.values():
        line.delete()
    contract = books.contracts[contract.pk]
    contract.is_undone = True
    contract.delete()


def remove_receivable(line: Receivable, by: Viewer) -> None:
    """Put a due line of a file back into the whole it was split from. Raises ProtectedError once it moved."""
    entries = LedgerEntry.objects.whole_table(WHY)
    own = list(entries.filter(receivable=line))
    if line.is_whole or [entry.kind for entry in own] != [Kind.CHARGE]:
        raise _in_use(line)
    of_whole = entries.filter(contract=line.contract_id, kind=Kind.CHARGE, receivable__is_whole=True)
    taken = of_whole.filter(receivable_delta=-own[0].receivable_delta).order_by("-id")[:1]
    if not taken:
        raise _in_use(line)
    books = open_books(receivables=[line.pk, *(entry.receivable_id for entry in taken)])
    unbook(books, [*own, *taken])
    books.receivables[line.pk].delete()


def remove_payment(payment: Payment, by: Viewer) -> None:
    """Take back a payment: what it paid is owed again. Raises ProtectedError once it was refunded or reversed."""
    entries = list(LedgerEntry.objects.whole_table(WHY).filter(payment=payment))
    if payment.is_reversed or any(e.kind not in (Kind.RECEIPT, Kind.ALLOCATION) or e.reverses_id for e in entries):
        raise _in_use(payment)
    books = open_books(receivables=[e.receivable_id for e in entries if e.receivable_id], payments=[payment.pk])
    unbook(books, entries)
    books.payments[payment.pk].delete()
    follow_balance(books, by=by)


def _in_use(record: Any) -> ProtectedError:
    return ProtectedError(_("More was booked since."), {record})
