"""Pages of competitors: list, page with how we did against them, form."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from zhike.kit import htmx
from zhike.kit.access import can
from zhike.records.dialogs import delete_dialog
from zhike.records.formpages import create_page, edit_page
from zhike.records.lists import ListPage
from zhike.records.queries import record_for
from zhike.records.reports import ratio
from zhike.sales import panels, projects
from zhike.sales.project_kinds import COMPETITOR


@require_safe
def competitor_list(request: HttpRequest) -> HttpResponse:
    """All competitors."""
    return ListPage(COMPETITOR, request).response()


@require_safe
def competitor_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A competitor: strengths, weaknesses, our answer, and how deals against them went."""
    viewer, found = request.viewer, projects.competitor(request.viewer, pk)
    record = projects.records_against(viewer, [pk]).get(pk) or projects.Record()
    context = {
        "competitor": found,
        "record": record,
        "rate": ratio(record.won, record.decided),
        "deals": projects.deals_against(viewer, found),
        "can": can(viewer, found, COMPETITOR.verb("change"), COMPETITOR.verb("delete")),
        "changes": panels.changes(request, found) if viewer.can(COMPETITOR.verb("change")) else "",
    }
    return htmx.part(request, "sales/competitor_page.html", context)


@require_http_methods(["GET", "POST"])
def competitor_create(request: HttpRequest) -> HttpResponse:
    """A new competitor."""
    return create_page(request, COMPETITOR, new=_("New competitor"), initial={"is_active": True})


@require_http_methods(["GET", "POST"])
def competitor_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is known of a competitor."""
    return edit_page(request, COMPETITOR, record_for(request.viewer, COMPETITOR, pk))


@require_http_methods(["GET", "POST"])
def competitor_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a competitor no deal names."""
    found = record_for(request.viewer, COMPETITOR, pk, "delete")
    return delete_dialog(request, COMPETITOR, found, title=_("Delete this competitor?"))
