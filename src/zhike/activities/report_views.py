"""Pages of the work log and of work reports (ACT-4)."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.activities import actions, reports, worklog
from zhike.activities.actions.reports import SET_UP
from zhike.activities.kinds import WORK_REPORT
from zhike.activities.models.reports import DAY, WEEK, span, title_of
from zhike.activities.report_forms import ReportForm, ReportRulesForm
from zhike.kit import dates, htmx
from zhike.kit.access import can, require
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.keys import key_of
from zhike.kit.workdays import holiday
from zhike.records.dialogs import delete_dialog
from zhike.records.lists import ListPage
from zhike.records.lookups import person_names
from zhike.records.queries import record, record_for


def _day(request: HttpRequest) -> date:
    """The day asked for by `?on=`; today where it makes no sense."""
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return dates.today()


@require_safe
def work_log(request: HttpRequest) -> HttpResponse:
    """What somebody did on a day: oneself, or one of one's people by `?person=`."""
    viewer, day = request.viewer, _day(request)
    require(viewer, WORK_REPORT.verb("view"))
    person_id = _whose(request)
    mine = person_id == viewer.person_id
    context = {
        "day": day, "holiday": holiday(day), "entries": worklog.log_of(viewer, [person_id], day, day),
        "person_id": person_id, "name": person_names().get(person_id, ""), "mine": mine,
        "people": [(pk, person_names()[pk]) for pk in sorted(viewer.subordinates) if pk in person_names()],
        "previous": day - timedelta(days=1), "next": day + timedelta(days=1) if day < dates.today() else None,
        "report": reports.own_report(viewer, DAY, day) if mine else None,
        "can_write": mine and viewer.can(WORK_REPORT.verb("create")) and day <= dates.today(),
    }  # fmt: skip
    return htmx.part(request, "activities/work_log.html", context)


def _whose(request: HttpRequest) -> int:
    given = request.GET.get("person", "")
    if not given:
        return request.viewer.person_id
    if (pk := key_of(given)) not in {request.viewer.person_id, *request.viewer.subordinates}:
        raise NotVisible
    return pk


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """All reports the viewer reads."""
    create = reverse("activities:report_write") if request.viewer.can(WORK_REPORT.verb("create")) else ""
    return ListPage(WORK_REPORT, request, create_url=create).response()


@require_http_methods(["GET", "POST"])
def report_write(request: HttpRequest) -> HttpResponse:
    """Write the report of a day or a week: drafted from the log, kept as a draft or handed in."""
    viewer = request.viewer
    require(viewer, WORK_REPORT.verb("create"))
    rhythm = WEEK if request.GET.get("period") == WEEK else DAY
    first, last = span(rhythm, min(_day(request), dates.today()))
    report = reports.own_report(viewer, rhythm, first)
    initial = {} if report else reports.draft(viewer, rhythm, first)
    form = ReportForm(request.POST or None, viewer=viewer, record=report, initial=initial)
    if request.method == "POST" and form.save(by=viewer) and _hand_in(request, form):
        said = _("Handed in.") if "submit" in request.POST else _("Kept as a draft.")
        return htmx.redirect(request, form.result.get_absolute_url(), said)
    context = {"form": form, "report": report, "title": title_of(rhythm, first, last), "rhythm": rhythm, "first": first}
    status = 409 if form.stale else 422 if form.errors else 200
    return htmx.part(request, "activities/report_write.html#form", context, status=status)


def _hand_in(request: HttpRequest, form: ReportForm) -> bool:
    if "submit" not in request.POST:
        return True
    saved = form.result
    handed_in = form.attempt(actions.submit_report, saved, by=request.viewer)
    form.result = saved
    return handed_in


@require_safe
def report_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A report with who has read it and what was said; whoever reads it is noted."""
    viewer = request.viewer
    report = record(viewer, WORK_REPORT, pk, related=("author",))
    actions.note_report_read(report, by=viewer)
    context = {
        "report": report, "comments": reports.comments_on(viewer, report), "reads": reports.read_by(viewer, report),
        "entries": worklog.log_of(viewer, [report.author_id], report.first_on, report.last_on),
        "is_week": report.rhythm == WEEK,
        "can": can(viewer, report, WORK_REPORT.verb("change"), WORK_REPORT.verb("delete")),
    }  # fmt: skip
    return htmx.part(request, "activities/report_page.html#drawer", context)


@require_POST
def report_comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something to a report."""
    report = record(request.viewer, WORK_REPORT, pk)
    try:
        actions.comment_on_report(report, by=request.viewer, text=request.POST.get("text", ""))
    except Refused as refusal:
        return htmx.redirect(request, report.get_absolute_url(), str(refusal), tone="bad")
    return htmx.redirect(request, report.get_absolute_url(), _("Said."))


@require_http_methods(["GET", "POST"])
def report_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own report."""
    report = record_for(request.viewer, WORK_REPORT, pk, "delete")
    return delete_dialog(request, WORK_REPORT, report, title=_("Delete this report?"))


@require_safe
def report_team(request: HttpRequest) -> HttpResponse:
    """Who handed in what: person by day for a week."""
    require(request.viewer, WORK_REPORT.verb("view"))
    day = min(_day(request), dates.today())
    context = reports.grid(request.viewer, day, dates.now())
    context["previous"] = context["first"] - timedelta(days=7)
    context["next"] = context["first"] + timedelta(days=7) if context["last"] < dates.today() else None
    return htmx.part(request, "activities/report_team.html", context)


@require_http_methods(["GET", "POST"])
def report_rules(request: HttpRequest) -> HttpResponse:
    """Settings: which reports are asked for, of whom, until when."""
    require(request.viewer, SET_UP)
    form = ReportRulesForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.run(actions.save_report_rules, by=request.viewer):
        return htmx.redirect(request, request.path, _("Saved."))
    status = 422 if form.errors else 200
    return htmx.part(request, "activities/report_rules.html#form", {"form": form}, status=status)
