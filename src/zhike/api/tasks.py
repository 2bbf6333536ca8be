"""What tasks add to the API: carrying one out, which writes the follow-up; the same action as the page (ACT-3)."""

from datetime import datetime

from django.http import HttpRequest, JsonResponse
from ninja import Router, Schema

from zhike.activities import actions
from zhike.activities.kinds import TASK
from zhike.api.idempotency import once
from zhike.api.records import as_json
from zhike.records import queries

router = Router(tags=["tasks"])


class CompleteIn(Schema):
    """`summary`: what came of it; `next_step` and `next_at`: what comes next with the customer."""

    summary: str = ""
    minutes: int | None = None
    next_step: str = ""
    next_at: datetime | None = None


@router.post("/{int:pk}/complete", operation_id="tasks_complete", summary="Carry out a task; writes the follow-up")
def complete(request: HttpRequest, pk: int, body: CompleteIn):
    def completed() -> JsonResponse:
        task = queries.record_for(request.viewer, TASK, pk, "change")
        task = actions.complete_task(task, by=request.viewer, **body.model_dump())
        return JsonResponse(as_json(TASK, task, request.viewer) | {"activity": task.activity_id})

    return once(request, completed)
