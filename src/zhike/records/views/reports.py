"""Pages of reports: which there are, and the figures of one for some days, by something (INS-1)."""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_safe

from zhike.kit.access import require
from zhike.kit.errors import Refused
from zhike.kit.htmx import part
from zhike.kit.tables.writer import write_xlsx
from zhike.records import reports
from zhike.records.exports import note_report
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
    context["export_query"] = request.GET.urlencode() if request.viewer.can(found.export_verb) and not error else None
    return part(request, "records/report.html", context, status=422 if error else 200)


@require_safe
def report_export(request: HttpRequest, report: str) -> HttpResponse:
    """A report as a workbook; who took it away is noted (ORG-4)."""
    found = reports.find(request.viewer, report)
    require(request.viewer, found.export_verb)
    try:
        asked = reports.asked(found, request.GET)
        table = asked.table(request.viewer)
    except ValidationError as wrong:
        raise Refused(wrong.messages) from wrong
    columns, rows = reports.sheet(asked, table)
    with BytesIO() as file:
        write_xlsx(file, columns, rows)
        content = file.getvalue()
    note_report(asked, by=request.viewer, count=len(table.rows))
    answer = HttpResponse(content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    name = get_valid_filename(f"{found.label}-{asked.first}-{asked.last}.xlsx")
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def kept(report: Report, query: QueryDict) -> list[tuple[str, str]]:
    """What else the address said, such as conditions: sent along when days or grouping change."""
    return [(name, value) for name, value in query.items() if name not in ("from", "to", "by")]
