"""The shipped approval flows, and what administrators do with flows (ORG-6)."""

from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.org import approvals
from zhike.org.models import ApprovalFlow, ApprovalStep, Role
from zhike.records.shipped import read_shipped

CHANGE = "org.approvalflow.change"
DATA = Path(__file__).parent / "data"
MOST_STEPS = 8


@transaction.atomic
def install_flows() -> None:
    """Create the shipped flows that were never here, of the subjects this installation knows. Safe on every start."""
    known = set(ApprovalFlow.objects.exclude(key="").values_list("key", flat=True))
    roles = {role.key: role for role in Role.objects.all()}
    for order, shipped in enumerate(read_shipped(DATA / "approval_flows.json"), 1):
        if shipped["key"] in known or approvals.find(shipped["subject"]) is None:
            continue
        if any(step.get("role") and step["role"] not in roles for step in shipped["steps"]):
            continue
        flow = ApprovalFlow(
            key=shipped["key"], subject=shipped["subject"], name=shipped["name"], order=order * 10,
            conditions=shipped["conditions"],
        )  # fmt: skip
        flow.save()
        for position, step in enumerate(shipped["steps"], 1):
            values = {**step, "role": roles.get(step.get("role"))}
            ApprovalStep(flow=flow, position=position, **values).save()


@action
def save_flow(
    flow: ApprovalFlow, *, by: Viewer, name: str, order: int, is_active: bool, conditions: list[list[str]],
    steps: list[dict[str, Any]],
) -> ApprovalFlow:  # fmt: skip
    """Add a flow or change one with all its steps. Approvals under way go on as they were asked. Raises Refused."""
    require(by, CHANGE)
    subject = approvals.find(flow.subject)
    if subject is None:
        raise Refused({"subject": _("Choose what this is about.")})
    for fact, operator, _value in conditions:
        if fact not in subject.facts or operator not in subject.facts[fact].operators():
            raise Refused({"conditions": _("This condition does not fit the matter.")})
    if not steps or len(steps) > MOST_STEPS:
        raise Refused({"steps": _("A flow has one to %(most)s steps.") % {"most": MOST_STEPS}})
    flow.name, flow.order, flow.is_active, flow.conditions = " ".join(name.split()), order, is_active, conditions
    flow.full_clean(exclude=["conditions"])
    flow.save()
    flow.steps.all().delete()
    for position, values in enumerate(steps, 1):
        step = ApprovalStep(flow=flow, position=position, **values)
        step.full_clean()
        step.save()
    return flow


@action
def delete_flow(flow: ApprovalFlow, *, by: Viewer) -> None:
    """Delete a flow somebody made. Shipped flows are switched off instead."""
    require(by, CHANGE)
    if flow.key:
        raise Refused(_("A flow that came with the product is switched off, not deleted."))
    flow.delete()
