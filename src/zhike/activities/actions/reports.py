"""Writes of work reports: keep, hand in, read, comment, ask for what is missing (ACT-4)."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from zhike.activities.models import ReportCall, ReportComment, ReportRead, WorkReport
from zhike.activities.models.reports import ReportRules, report_rules, span, title_of
from zhike.activities.reporters import reporters
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records.actions import notify
from zhike.records.events import emit
from zhike.records.models import AuditEntry

SET_UP = "activities.workreport.set_up"
LONGEST_COMMENT = 4000


def prepare_report(report: WorkReport, changed: dict[str, Any], by: Viewer) -> None:
    """Before saving: one's own, of days that have come, not rewritten once it was read. Raises Refused at the field."""
    if report._state.adding:
        report.author_id = by.person_id or report.author_id
    elif {"rhythm", "first_on"} & set(changed):
        raise Refused({"first_on": _("A report stays with its days; write another for other days.")})
    elif (
        ReportRead.objects.whole_table("whether a report the action was let in for was read")
        .filter(report=report)
        .exists()
    ):
        raise Refused(_("It has been read and is not rewritten; add a comment instead."))
    report.first_on, report.last_on = span(report.rhythm, report.first_on)
    if report.first_on > dates.today():
        raise Refused({"first_on": _("These days are still to come.")})
    report.name = title_of(report.rhythm, report.first_on, report.last_on)


@action
def submit_report(report: WorkReport, *, by: Viewer) -> WorkReport:
    """Hand a report in: the supervisor is told. On time or late by the settings; a second time changes nothing."""
    require(by, "activities.workreport.change", report)
    report = lock(report)
    if report.is_submitted:
        return report
    if not report.done.strip():
        raise Refused({"done": _("Say what was done.")})
    now = dates.now()
    report.status, report.submitted_at = WorkReport.Status.SUBMITTED, now
    report.is_late = now > report_rules().deadline(report.rhythm, report.last_on)
    report.save()
    above = report.author.supervisor_id
    if above:
        said = _("%(person)s handed in: %(report)s") % {"person": report.author, "report": report.name}
        notify(above, said, url=report.get_absolute_url(), about="reports")
    emit("activities.workreport.submitted", report, by=by)
    return report


@action
def note_report_read(report: WorkReport, *, by: Viewer) -> None:
    """Somebody other than its author has a submitted report before them; noted once."""
    require(by, "activities.workreport.view")
    if not report.is_submitted or by.person_id in (None, report.author_id):
        return
    known = ReportRead.objects.whole_table("whether the reader was noted already")
    if not known.filter(report=report, person_id=by.person_id).exists():
        # Two windows at once: the second finds the row and keeps it.
        ReportRead.objects.bulk_create([ReportRead(report=report, person_id=by.person_id)], ignore_conflicts=True)


@action
def comment_on_report(report: WorkReport, *, by: Viewer, text: str) -> ReportComment:
    """Say something to a report; its author, or whoever spoke before, is told. Raises Refused if empty or too long."""
    require(by, "activities.workreport.view")
    text = text.replace("\x00", "").strip()
    if not text:
        raise Refused({"text": _("This is required.")})
    if len(text) > LONGEST_COMMENT:
        raise Refused({"text": _("At most %(limit)s characters.") % {"limit": LONGEST_COMMENT}})
    before = ReportComment.objects.whole_table("who spoke to a report the action was let in for").filter(report=report)
    told = {report.author_id, *before.values_list("author_id", flat=True)} - {by.person_id}
    comment = ReportComment(report=report, author_id=by.person_id, text=text)
    comment.save()
    said = _("%(person)s on %(report)s: %(text)s") % {"person": by.person, "report": report.name, "text": text[:100]}
    for person_id in sorted(told):
        notify(person_id, said, url=report.get_absolute_url(), tone="vio", about="reports")
    return comment


@action
def save_report_rules(
    *, by: Viewer, wants_daily: bool, daily_until: time, wants_weekly: bool, weekly_until: time, roles: list[str]
) -> ReportRules:
    """Settings: which reports are asked for, of whom, until when."""
    require(by, SET_UP)
    rules = ReportRules.objects.first() or ReportRules()
    rules.wants_daily, rules.daily_until = wants_daily, daily_until
    rules.wants_weekly, rules.weekly_until, rules.roles = wants_weekly, weekly_until, roles
    is_new = rules.pk is None
    rules.save()
    said = {"daily_until": [None, daily_until.isoformat()], "roles": [None, ", ".join(roles)]}
    AuditEntry.write(rules, AuditEntry.Verb.CREATED if is_new else AuditEntry.Verb.CHANGED, said)
    return rules


def call_for_reports(now: datetime) -> int:
    """Tell whoever has not handed in a report whose time is up, once for each; gives how many were told."""
    today = dates.local_day(now)
    monday = today - timedelta(days=today.weekday() + 7)
    yesterday = today - timedelta(days=1)
    wanted = [(WorkReport.Rhythm.DAY, yesterday), (WorkReport.Rhythm.DAY, today), (WorkReport.Rhythm.WEEK, monday)]
    return sum(_call(rhythm, first, now) for rhythm, first in wanted)


def _call(rhythm: str, first: date, now: datetime) -> int:
    last = span(rhythm, first)[1]
    rules = report_rules()
    if not rules.wants(rhythm) or now < rules.deadline(rhythm, last):
        return 0
    rows = WorkReport.objects.whole_table("who has not handed in; each is told of their own")
    handed_in = rows.filter(rhythm=rhythm, first_on=first, status=WorkReport.Status.SUBMITTED)
    known = set(handed_in.values_list("author_id", flat=True))
    known |= set(ReportCall.objects.filter(rhythm=rhythm, first_on=first).values_list("person_id", flat=True))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    told = 0
    for person in reporters():
        if person.pk in known or not any(person.owes(day) for day in days):
            continue
        with transaction.atomic():
            _row, is_new = ReportCall.objects.get_or_create(person_id=person.pk, rhythm=rhythm, first_on=first)
            if is_new:
                said = _("%(report)s is not handed in yet.") % {"report": title_of(rhythm, first, last)}
                notify(person.pk, said, url=_write_url(rhythm, first), tone="warn", about="reports")
                told += 1
    return told


def _write_url(rhythm: str, first: date) -> str:
    return f"{reverse('activities:report_write')}?period={rhythm}&on={first.isoformat()}"
