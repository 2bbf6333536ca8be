"""What follows from a balance: a contract that is paid and carried out is completed, one that owes again is not."""

from zhike.contracts.actions.ledger import Books
from zhike.contracts.models import Contract, Milestone
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.actions import save_record
from zhike.records.events import emit

WHY = "milestones of a contract the action was let in for"
Status = Contract.Status


def follow_balance(books: Books, *, by: Viewer) -> None:
    """Complete the contracts in these books that are paid and whose milestones are done; reopen what owes again."""
    for contract in books.contracts.values():
        follow(contract, by=by)


def follow(contract: Contract, *, by: Viewer) -> None:
    """The same for one contract, read under lock."""
    if contract.status == Status.ACTIVE and not contract.outstanding and contract.receivable and _is_done(contract):
        _to(contract, Status.COMPLETED, by)
    elif contract.status == Status.COMPLETED and contract.outstanding:
        _to(contract, Status.ACTIVE, by)


def save_moved(contract: Contract, *, by: Viewer) -> Contract:
    """Save a contract whose state an action of this room moved, which a form may not."""
    contract.__dict__["moves"] = True
    try:
        return save_record(kinds.get("contracts.contract"), contract, by=by, created=False)
    finally:
        del contract.__dict__["moves"]


def _is_done(contract: Contract) -> bool:
    return not Milestone.objects.whole_table(WHY).filter(contract=contract, done_on=None).exists()


def _to(contract: Contract, status: str, by: Viewer) -> None:
    contract.status = status
    save_moved(contract, by=by)
    if status == Status.COMPLETED:
        emit("contracts.contract.completed", contract, by=by)
