"""Pages of colleagues asked for: the calendar, requests, granting and declining (SAL-4)."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from zhike.kit import dates, htmx, parse
from zhike.kit.access import may, require
from zhike.kit.errors import Forbidden
from zhike.kit.keys import key_of
from zhike.kit.workdays import next_workday
from zhike.records.dialogs import dialog
from zhike.records.lists import ListPage
from zhike.sales import actions, projects, queries, resource_calendar, rules
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import ResourceRequest
from zhike.sales.models.teams import DAY_HOURS
from zhike.sales.project_forms import AnswerForm, AskForm, GrantForm
from zhike.sales.project_kinds import RESOURCE, department_names
from zhike.sales.project_views import tab_url

STATUS = ResourceRequest.Status


@require_safe
def calendar_page(request: HttpRequest) -> HttpResponse:
    """People × days for two weeks, and what waits for the viewer's decision."""
    require(request.viewer, RESOURCE.verb("view"))
    first = _day(request.GET.get("from", ""))
    wanted = key_of(request.GET.get("department"))
    names = department_names()
    department = wanted if wanted in names else None
    rows = resource_calendar.calendar(request.viewer, first, department)
    days = resource_calendar.days_from(first)
    keep = f"&department={department}" if department else ""
    context = {
        "rows": rows,
        "days": days,
        "today": dates.today(),
        "to_decide": resource_calendar.to_decide(request.viewer),
        "departments": names.items(),
        "department": department,
        "first": days[0],
        "earlier": f"?from={days[0] - timedelta(days=7)}{keep}",
        "later": f"?from={days[0] + timedelta(days=7)}{keep}",
        "now": f"?{keep[1:]}",
    }
    return htmx.part(request, "sales/resource_calendar.html", context)


def _day(text: str):
    try:
        found = parse.day(text) if text else dates.today()
        return found if 2000 <= found.year < 2200 else dates.today()
    except parse.ParseError:
        return dates.today()


@require_safe
def resource_list(request: HttpRequest) -> HttpResponse:
    """All requests the viewer sees."""
    return ListPage(RESOURCE, request).response()


@require_safe
def resource_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A request: who asks for whom, when, what for; whom one could send."""
    viewer, asked = request.viewer, projects.resource_request(request.viewer, pk)
    decides = asked.status == STATUS.ASKED and rules.may_decide_resource(viewer, asked)
    sees_deal = OPPORTUNITY.rows(viewer).filter(pk=asked.opportunity_id).exists()
    context = {
        "asked": asked,
        "decides": decides,
        "candidates": resource_calendar.candidates(viewer, asked) if decides else [],
        "sees_deal": sees_deal,
        "may_cancel": not asked.is_over and _may_cancel(request, asked),
    }
    return htmx.part(request, "sales/resource_page.html", context)


def _may_cancel(request: HttpRequest, asked: ResourceRequest) -> bool:
    return rules.may_cancel_resource(request.viewer, asked) or may(
        request.viewer, OPPORTUNITY.verb("change"), asked.opportunity
    )


@require_http_methods(["GET", "POST"])
def resource_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a colleague for a deal."""
    opportunity = queries.opportunity_for(request.viewer, pk)
    require(request.viewer, RESOURCE.verb("create"))
    start = next_workday(dates.today())
    initial = {"first_on": start, "last_on": start, "hours": DAY_HOURS}
    form = AskForm(request.POST or None, viewer=request.viewer, initial=initial)
    if request.method == "POST" and form.run(actions.ask_resource, opportunity, by=request.viewer):
        return htmx.redirect(request, tab_url(opportunity, "team"), _("Asked."))
    return dialog(request, form, opportunity, title=_("Ask for a colleague"), submit=_("Ask"))


@require_http_methods(["GET", "POST"])
def resource_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Send somebody."""
    asked = _to_decide(request, pk)
    form = GrantForm(request.POST or None, viewer=request.viewer, initial={"person": asked.asked_person_id})
    if request.method == "POST" and form.run(actions.grant_resource, asked, by=request.viewer):
        overlaps = getattr(form.result, "overlaps", [])
        said = _("Granted.")
        if overlaps:
            words = {"person": form.result.person, "n": len(overlaps), "day": overlaps[0]}
            said = ngettext("Granted. %(person)s has another booking on %(day)s.",
                            "Granted. %(person)s has other bookings on %(n)s of these days, first on %(day)s.",
                            len(overlaps)) % words  # fmt: skip
        return htmx.redirect(request, asked.get_absolute_url(), said)
    return dialog(request, form, asked, title=_("Grant"), submit=_("Grant"))


@require_http_methods(["GET", "POST"])
def resource_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no, and why."""
    asked = _to_decide(request, pk)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.run(actions.decline_resource, asked, by=request.viewer):
        return htmx.redirect(request, asked.get_absolute_url(), _("Declined."))
    return dialog(request, form, asked, title=_("Decline"), submit=_("Decline"))


@require_http_methods(["GET", "POST"])
def resource_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a request or a booking back."""
    asked = projects.resource_request(request.viewer, pk)
    if not _may_cancel(request, asked):
        raise Forbidden(RESOURCE.verb("create"))
    form = AnswerForm(request.POST or None, required=False)
    if request.method == "POST" and form.run(actions.cancel_resource, asked, by=request.viewer):
        return htmx.redirect(request, asked.get_absolute_url(), _("Cancelled."))
    return dialog(request, form, asked, title=_("Take this request back?"), submit=_("Take back"), danger=True)


def _to_decide(request: HttpRequest, pk: int) -> ResourceRequest:
    asked = projects.resource_request(request.viewer, pk)
    if not rules.may_decide_resource(request.viewer, asked):
        raise Forbidden("sales.resourcerequest.grant")
    return asked
