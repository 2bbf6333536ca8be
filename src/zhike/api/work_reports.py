"""What work reports add to the API: handing one in; the same action as the page (ACT-4)."""

from django.http import HttpRequest, JsonResponse
from ninja import Router

from zhike.activities import actions
from zhike.activities.kinds import WORK_REPORT
from zhike.api.idempotency import once
from zhike.api.records import as_json
from zhike.records import queries

router = Router(tags=["work-reports"])


@router.post("/{int:pk}/submit", operation_id="work_reports_submit", summary="Hand a report in; the supervisor is told")
def submit(request: HttpRequest, pk: int):
    def submitted() -> JsonResponse:
        report = queries.record_for(request.viewer, WORK_REPORT, pk, "change")
        report = actions.submit_report(report, by=request.viewer)
        return JsonResponse(as_json(WORK_REPORT, report, request.viewer))

    return once(request, submitted)
