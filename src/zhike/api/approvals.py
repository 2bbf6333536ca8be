"""Approvals over the API: what waits for one, one with its trace, deciding; the same actions as the pages (ORG-6)."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Router, Schema

from zhike.api.idempotency import once
from zhike.org import actions, queries
from zhike.org.models import Approval
from zhike.records.lookups import usernames

router = Router(tags=["approvals"])


class DecideIn(Schema):
    """`approve`: yes or no; `comment`: needed for a no."""

    approve: bool
    comment: str = ""


@router.get("", operation_id="approvals_list", summary="Approvals that wait for one, or that one asked for or decided")
def list_approvals(request: HttpRequest, tab: str = "waiting", before: int = 0):
    tab = tab if tab in queries.APPROVAL_TABS else "waiting"
    rows, more = queries.approval_page(request.viewer, tab, min(max(before, 0), 2**62))
    return JsonResponse({"items": [shown(a) for a in rows], "next": more or None, "count": None})


@router.get("/{int:pk}", operation_id="approvals_read", summary="Read an approval with its trace")
def read(request: HttpRequest, pk: int):
    return JsonResponse(whole(request, queries.approval(request.viewer, pk)))


@router.post("/{int:pk}/decide", operation_id="approvals_decide", summary="Agree or reject")
def decide(request: HttpRequest, pk: int, body: DecideIn):
    def decided() -> JsonResponse:
        approval = queries.approval(request.viewer, pk)
        approval = actions.decide_approval(approval, by=request.viewer, approve=body.approve, comment=body.comment)
        return JsonResponse(whole(request, approval))

    return once(request, decided)


def shown(approval: Approval) -> dict[str, Any]:
    """An approval as the API shows it."""
    return {
        "id": approval.pk, "subject": approval.subject, "object_id": approval.object_id, "title": approval.title,
        "facts": approval.facts, "reason": approval.reason, "status": approval.status,
        "asked_by": usernames().get(approval.asked_by_id), "asked_at": approval.asked_at.isoformat(),
        "decided_at": approval.decided_at.isoformat() if approval.decided_at else None,
    }  # fmt: skip


def whole(request: HttpRequest, approval: Approval) -> dict[str, Any]:
    """The same with its steps and what everybody said."""
    steps = [
        {"label": step["label"], "mode": step["mode"], "state": step["state"], "people": [
            {"person": usernames().get(p.person_id), "status": p.status, "comment": p.comment,
             "decided_at": p.decided_at.isoformat() if p.decided_at else None} for p in step["places"]
        ]}
        for step in queries.trace_of(request.viewer, approval)
    ]  # fmt: skip
    return shown(approval) | {"steps": steps}
