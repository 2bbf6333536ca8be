"""What tests of approvals share: a flow of steps, a matter put up, who is waited for, what the inbox says."""

from decimal import Decimal

from zhike.org import actions
from zhike.org.models import Approval, ApprovalFlow, ApprovalPlace, ApprovalStep, Role
from zhike.records.models import InboxItem

SUBJECT = "customers.credit_limit"


def flow(*steps, conditions=(), order=10):
    made = ApprovalFlow(subject=SUBJECT, name=f"流程{order}", order=order, conditions=list(conditions))
    made.save()
    for position, step in enumerate(steps, 1):
        ApprovalStep(flow=made, position=position, **step).save()
    return made


def role(key, **more):
    return {"approver": "role", "role": Role.objects.get(key=key), **more}


def ask(customer, person, viewer, limit="500000"):
    facts = {"before": customer.credit_limit, "limit": Decimal(limit)}
    return actions.request_approval(
        SUBJECT, customer, by=viewer(person), title="申请额度", facts=facts, reason="扩大合作"
    )


def fresh(approval):
    return Approval.objects.whole_table("test").get(pk=approval.pk)


def waiting(approval):
    rows = ApprovalPlace.objects.whole_table("test").filter(approval=approval, status="waiting")
    return {row.person.username for row in rows}


def inbox(person):
    return list(InboxItem.objects.filter(person=person).order_by("id").values_list("text", flat=True))
