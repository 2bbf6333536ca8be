"""The steps of carrying a contract out (SAL-6)."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from zhike.contracts.actions.states import follow
from zhike.contracts.models import Contract, Milestone
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records.events import emit
from zhike.records.models import AuditEntry

CHANGE = "contracts.contract.change"


@action
def save_milestone(contract: Contract, *, by: Viewer, milestone: Milestone | None = None, **values: Any) -> Milestone:
    """Add a step, or change one: name, planned day, who is responsible, a note."""
    require(by, CHANGE, contract)
    contract = lock(contract)
    milestone = milestone or Milestone(contract=contract)
    before = milestone.name
    milestone.name, milestone.due_on = values.get("name") or "", values.get("due_on")
    milestone.person_id, milestone.note = values.get("person"), values.get("note") or ""
    milestone.full_clean(exclude=["contract", "person"])
    milestone.save()
    AuditEntry.write(contract, AuditEntry.Verb.CHANGED, {"milestones": [before or None, milestone.name]})
    return milestone


@action
def finish_milestone(milestone: Milestone, *, by: Viewer, done_on: date | None) -> Milestone:
    """Note on which day a step was done, or with None that it was not; the last one may complete the contract."""
    require(by, CHANGE, milestone.contract)
    contract = lock(milestone.contract)
    if done_on and done_on > dates.today():
        raise Refused({"done_on": _("This day is still to come.")})
    milestone.done_on = done_on
    milestone.save()
    AuditEntry.write(contract, AuditEntry.Verb.CHANGED, {"milestones": [None, f"{milestone.name} {done_on or ''}"]})
    follow(contract, by=by)
    if done_on:
        emit("contracts.milestone.done", contract, by=by, milestone=milestone.pk)
    return milestone


@action
def remove_milestone(milestone: Milestone, *, by: Viewer) -> Contract:
    """Take a step off a contract; the history keeps its name."""
    require(by, CHANGE, milestone.contract)
    contract = lock(milestone.contract)
    AuditEntry.write(contract, AuditEntry.Verb.CHANGED, {"milestones": [milestone.name, None]})
    milestone.delete()
    follow(contract, by=by)
    return contract
