"""Receivables from files: an import splits what a contract in force owes into the due lines the file gives (IMP-2).

A contract that comes in force owes its whole amount on one line at first. Each imported line takes its part of what is
open on that line, on the day the contract was signed; the last one takes the line itself. So the receivables add up to
the contract at every moment, whatever the file says.
"""

from typing import Any

from django.utils.translation import gettext as _

from zhike.contracts.actions import ledger
from zhike.contracts.actions.ledger import Kind, Move, book, open_books
from zhike.contracts.models import Receivable
from zhike.kit.actions import running
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records.imports import is_dry_run

WHY = ledger.WHY


def prepare_receivable(receivable: Receivable, changed: dict[str, Any], by: Viewer) -> None:
    """Check a receivable before saving. New ones come from signing, or from an import; sums are the ledger's alone."""
    if receivable._state.adding:
        if receivable.__dict__.get("is_booked"):
            return
        contract = receivable.contract
        if not contract.is_in_force:
            raise Refused({"contract": _("Only a contract in force has receivables.")})
        if receivable.due_on < contract.signed_on:
            raise Refused({"due_on": _("Nothing is due before the contract was signed.")})
        receivable.customer_id, receivable.owner_id = contract.customer_id, contract.owner_id
        receivable.amount_to_be, receivable.amount = receivable.amount, ledger.NOTHING
        if "position" not in changed and not is_dry_run():
            receivable.position = _next_place(receivable.contract_id)
        receivable.code = f"{contract.number}/{receivable.position}"
        return
    if fixed := {"amount", "contract"} & changed.keys():
        raise Refused({fixed.pop(): _("What is owed changes by a change order.")})
    if "due_on" in changed and receivable.due_on < receivable.contract.signed_on:
        raise Refused({"due_on": _("Nothing is due before the contract was signed.")})


def _next_place(contract_id: int) -> int:
    """The next free place in a contract, counting on in the import under way."""
    taken = running().notes.setdefault("places", {})
    if contract_id not in taken:
        rows = Receivable.objects.whole_table(WHY).filter(contract=contract_id, is_whole=False)
        taken[contract_id] = rows.count()
    taken[contract_id] += 1
    return taken[contract_id]


def receivable_saved(receivable: Receivable, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving a new receivable of an import: it takes its part of what the contract owes."""
    if created:
        receivables_saved([(receivable, changed)], [], by)


def receivables_saved(created: list, updated: list, by: Viewer) -> None:
    """The same for the many rows of an import."""
    for receivable, _changed in created:
        if (amount := receivable.__dict__.pop("amount_to_be", None)) is not None:
            _take_part(receivable, amount, by)


def _take_part(receivable: Receivable, amount: Any, by: Viewer) -> None:
    rows = Receivable.objects.whole_table(WHY).filter(contract=receivable.contract_id)
    books = open_books(receivables=list(rows.values_list("pk", flat=True)))
    contract, line = books.contracts[receivable.contract_id], books.receivables[receivable.pk]
    whole = next((r for r in books.of(contract.pk) if r.is_whole), None)
    if whole is None or whole.balance < amount:
        left = whole.balance if whole else ledger.NOTHING
        raise Refused(
            {"amount": _("Of %(contract)s only %(left)s is not split into due lines yet.")
             % {"contract": contract, "left": f"{left:,.2f}"}}
        )  # fmt: skip
    day = contract.signed_on
    moves = [
        Move(Kind.CHARGE, day, line, on_receivable=amount),
        Move(Kind.CHARGE, day, whole, on_receivable=-amount),
    ]
    book(books, moves, by=by)
    receivable.amount, receivable.balance = line.amount, line.balance
