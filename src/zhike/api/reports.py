"""Reports as programs read them: names, and the figures of one (CONTRACT "API", INS-1)."""

from django.http import HttpRequest, JsonResponse
from ninja import Router

from zhike.records import reports as engine

reports = Router(tags=["reports"])


@reports.get("", operation_id="reports_list", summary="The reports the caller may read")
def list_reports(request: HttpRequest):
    items = [
        {
            "name": report.name, "label": str(report.label), "definition": str(report.definition),
            "by": {key: str(label) for key, label in report.by.items()},
            "columns": [{"name": c.name, "label": str(c.label), "type": c.type} for c in report.columns],
        }
        for report in engine.everything(request.viewer)
    ]  # fmt: skip
    return JsonResponse({"items": items, "next": None, "count": len(items)})


@reports.get("/{slug:name}", operation_id="reports_read", summary="The figures of a report: ?from=&to=&by=")
def read_report(request: HttpRequest, name: str, by: str = "", to: str = ""):
    """`from` and `to` are days (this year if left out); conditions of the list, such as `owner`, narrow it."""
    report = engine.find(request.viewer, name)
    return JsonResponse(engine.answer(engine.asked(report, request.GET), request.viewer))
