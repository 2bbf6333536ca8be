"""Pages of reports: which there are, and the figures of one for some days, by something (INS-1)."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from zhike.kit.htmx import part
from zhike.records import reports
from zhike.records.reports import Report


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """The reports the viewer may read."""
    return part(request, "records/report_list.html", {"reports": reports.everything(request.viewer)})


@require_safe
def report_page(request: HttpRequest, report: str) -> HttpResponse:
    """A report: days and grouping above, its table, how it is reckoned below."""
    found, error = reports.find(request.viewer, report), ""
    try:
        asked = reports.asked(found, request.GET)
        context = reports.shown(asked.table(request.viewer), asked)
    except ValidationError as wrong:
        error = " ".join(wrong.messages)
        asked = reports.asked(found, QueryDict())
        context = {"heads": [], "rows": [], "total": []}
    context |= {"report": found, "asked": asked, "error": error, "kept": kept(found, request.GET)}
    return part(request, "records/report.html", context, status=422 if error else 200)


def kept(report: Report, query: QueryDict) -> list[tuple[str, str]]:
    """What else the address said, such as conditions: sent along when days or grouping change."""
    return [(name, value) for name, value in query.items() if name not in ("from", "to", "by")]
