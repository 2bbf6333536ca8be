"""What needs approval in this room, and what happens when it is decided (ORG-6).

Whoever may act without approval does; everybody else asks where a flow applies. What is asked for — amount, day,
reason — is kept with the approval, and done in the transaction of the last decision.
"""

from decimal import Decimal
from typing import Any

from zhike.kit.viewer import Viewer
from zhike.org.actions import request_approval
from zhike.org.actions.approvals import flow_for
from zhike.org.models import Approval

SKIP = "contracts.approval.skip"
CONTRACT, CHANGE, TERMINATION = "contracts.contract", "contracts.change", "contracts.termination"
REFUND, WRITE_OFF = "contracts.refund", "contracts.write_off"


def ask(subject: str, record: Any, *, by: Viewer, title: str, facts: dict[str, Any], reason: str) -> Approval | None:
    """Put a matter up for approval; None where nobody has to be asked."""
    if by.can(SKIP):
        return None
    return request_approval(subject, record, by=by, title=title, facts=facts, reason=reason)


def needs_approval(subject: str, facts: dict[str, Any], *, by: Viewer) -> bool:
    """Whether a flow applies to this matter and this person."""
    if by.person_id is None or by.can(SKIP):
        return False
    return flow_for(subject, {name: str(value) for name, value in facts.items()}) is not None


def is_open(approval: Approval | None) -> bool:
    """Whether one has to wait."""
    return approval is not None and approval.is_open


def was_approved(approval: Approval) -> bool:
    """Whether it was decided in favour."""
    return approval.status == Approval.Status.APPROVED


def amount_of(approval: Approval) -> Decimal:
    """The amount that was asked for."""
    return Decimal(approval.facts["amount"])
