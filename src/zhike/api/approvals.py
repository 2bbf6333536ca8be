"""Approvals over the API: what waits for one, one with its trace, deciding; the same actions as the pages (ORG-6)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from ninja import Field, Router, Schema

from zhike.api.idempotency import once
from zhike.kit.access import require
from zhike.kit.viewer import Viewer
from zhike.org import actions, approvals, queries
from zhike.org.models import Approval, Person
from zhike.records.lookups import Lookups, usernames

router = Router(tags=["approvals"])


class DecideIn(Schema):
    """`approve`: yes or no; `comment`: needed for a no."""

    approve: bool
    comment: str = ""


class ReassignIn(Schema):
    """`person`: for whom it waits; `to`: who decides instead; both by id, username or name."""

    person: int | str
    to: int | str
    comment: str = Field("", max_length=500)


@router.get("", operation_id="approvals_list", summary="Approvals that wait for one, or that one asked for or decided")
def list_approvals(request: HttpRequest, tab: str = "waiting", before: int = 0):
    tab = tab if tab in queries.APPROVAL_TABS else "waiting"
    rows, more = queries.approval_page(request.viewer, tab, min(max(before, 0), 2**62))
    return JsonResponse({"items": [shown(a, request.viewer) for a in rows], "next": more or None, "count": None})


@router.get("/waiting", operation_id="approvals_waiting", summary="For whom approvals wait, the absent first")
def list_waiting(request: HttpRequest):
    require(request.viewer, actions.REASSIGN)
    rows = [
        {"person": row["person"].username, "left": row["left"], "away": row["away"],
         "approvals": [{"id": one["approval"].pk, "title": one["approval"].title,
                        "since": one["since"].isoformat()} for one in row["approvals"]]}
        for row in queries.waiting_by_person(request.viewer)
    ]  # fmt: skip
    return JsonResponse({"items": rows, "next": None, "count": len(rows)})


@router.post("/reassign", operation_id="approvals_reassign_all", summary="Pass on all that waits for a colleague")
def reassign_all(request: HttpRequest, body: ReassignIn):
    def passed_on() -> JsonResponse:
        require(request.viewer, actions.REASSIGN)
        person, to = _person(request.viewer, "person", body.person), _person(request.viewer, "to", body.to)
        moved, stayed = actions.reassign_everything(person, by=request.viewer, to=to, comment=body.comment)
        return JsonResponse({"passed_on": moved, "stayed": stayed})

    return once(request, passed_on)


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


@router.post("/{int:pk}/reassign", operation_id="approvals_reassign", summary="Let another decide for a colleague")
def reassign(request: HttpRequest, pk: int, body: ReassignIn):
    def passed_on() -> JsonResponse:
        approval = queries.approval(request.viewer, pk)
        require(request.viewer, actions.REASSIGN)
        person, to = _person(request.viewer, "person", body.person), _person(request.viewer, "to", body.to)
        words = {"person": person, "to": to, "comment": body.comment}
        return JsonResponse(whole(request, actions.reassign_approval(approval, by=request.viewer, **words)))

    return once(request, passed_on)


def _person(viewer: Viewer, field: str, word: int | str) -> Person:
    try:
        return Person.objects.get(pk=Lookups(viewer).person(word))
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from error


def shown(approval: Approval, viewer: Viewer) -> dict[str, Any]:
    """An approval as the API shows it, with the facts the viewer may be told."""
    facts = approvals.shown(approvals.find(approval.subject), approval.facts, viewer)
    return {
        "id": approval.pk, "subject": approval.subject, "object_id": approval.object_id, "title": approval.title,
        "facts": facts, "reason": approval.reason, "status": approval.status,
        "asked_by": usernames().get(approval.asked_by_id), "asked_at": approval.asked_at.isoformat(),
        "decided_at": approval.decided_at.isoformat() if approval.decided_at else None,
    }  # fmt: skip


def whole(request: HttpRequest, approval: Approval) -> dict[str, Any]:
    """The same with its steps and what everybody said."""
    steps = [
        {"label": step["label"], "mode": step["mode"], "state": step["state"], "people": [
            {"person": usernames().get(p.person_id), "status": p.status, "comment": p.comment,
             "instead_of": usernames().get(p.delegated_by_id), "passed_on_by": usernames().get(p.reassigned_by_id),
             "decided_at": p.decided_at.isoformat() if p.decided_at else None} for p in step["places"]
        ]}
        for step in queries.trace_of(request.viewer, approval)
    ]  # fmt: skip
    return shown(approval, request.viewer) | {"steps": steps}
