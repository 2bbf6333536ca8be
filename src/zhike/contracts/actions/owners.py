"""Whose contracts and payments they are: they follow their customer, and receivables their contract (CUS-9)."""

from typing import Any

from zhike.contracts.models import Contract, DunningNote, Invoice, Payment, Receivable, Reward
from zhike.customers.models import Customer
from zhike.kit.viewer import Viewer
from zhike.records import kinds, search

WHY = "rows of a customer or contract the action was let in for"


def move_with_customer(customer: Customer, old_owner_id: int, by: Viewer) -> None:
    """When a customer gets another owner, the contracts and payments of the old owner with it go along.

    Called inside the action that moves the customer; each record has its line in the history.
    """
    for contract in _give(Contract, customer.owner_id, customer=customer, owner_id=old_owner_id):
        move_receivables(contract)
    for model in (Payment, Invoice, DunningNote, Reward):
        _give(model, customer.owner_id, customer=customer, owner_id=old_owner_id)


def move_receivables(contract: Contract) -> None:
    """Give the receivables of a contract its owner, and what belongs to them: invoices, dunning notes."""
    _give(Receivable, contract.owner_id, contract=contract)
    _give(Invoice, contract.owner_id, contract=contract)
    _give(DunningNote, contract.owner_id, receivable__contract=contract)


def _give(model: type, new_owner_id: int, **which: Any) -> list[Any]:
    rows = list(model.objects.whole_table(WHY).filter(**which).exclude(owner_id=new_owner_id).order_by("pk"))
    for row in rows:
        row.owner_id = new_owner_id
        row.save()
    if rows:
        search.index(kinds.get(model._meta.label_lower), rows)
    return rows
