"""Reads of work reports: a draft out of the log, who has handed in what, who has read it (ACT-4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from zhike.activities import worklog
from zhike.activities.logged import counted
from zhike.activities.models import ReportComment, ReportRead, Task, WorkReport
from zhike.activities.models.reports import DAY, OVERSEE, WEEK, report_rules, span
from zhike.activities.reporters import Reporter, reporters
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.kit.workdays import holiday, next_workday
from zhike.records.lookups import person_names
from zhike.records.prepared import prepared_count

MOST_PLANNED = 30


def own_report(viewer: Viewer, rhythm: str, day: date) -> WorkReport | None:
    """What the viewer wrote of these days already."""
    rows = WorkReport.objects.visible_to(viewer).filter(author_id=viewer.person_id, rhythm=rhythm)
    return rows.filter(first_on=span(rhythm, day)[0]).first()


def draft(viewer: Viewer, rhythm: str, day: date) -> dict[str, Any]:
    """A report as the log would write it: what was done, line by line, and what is planned next."""
    first, last = span(rhythm, day)
    log = worklog.log_of(viewer, [viewer.person_id], first, last)
    done = [_line(n, entry, rhythm) for n, entry in enumerate(log, 1)]
    return {"rhythm": rhythm, "first_on": first, "done": "\n".join(done), "plan": _plan(viewer, rhythm, last)}


def _line(number: int, entry: worklog.Entry, rhythm: str) -> str:
    when = f"{entry.day:%m-%d} " if rhythm == WEEK else ""
    about = f"{entry.about} " if entry.about and entry.about not in entry.text else ""
    return f"{number}. {when}{about}{entry.text}"


def _plan(viewer: Viewer, rhythm: str, last: date) -> str:
    """Open tasks and next steps of the next working day, or of the week after."""
    until = next_workday(last) if rhythm == DAY else last + timedelta(days=7)
    begin, end = dates.bounds(last + timedelta(days=1), until)
    tasks = Task.objects.visible_to(viewer).filter(
        assignee_id=viewer.person_id, status=Task.Status.OPEN, due_at__gte=begin, due_at__lt=end
    )
    steps = Customer.objects.visible_to(viewer).filter(
        owner_id=viewer.person_id, next_at__isnull=False, next_at__gte=begin, next_at__lt=end
    )
    planned = [(task.due_at, task.title) for task in tasks.order_by("due_at", "id")[:MOST_PLANNED]]
    planned += [(c.next_at, f"{c.called} {c.next_step}") for c in steps.order_by("next_at", "id")[:MOST_PLANNED]]
    return "\n".join(f"{n}. {text}" for n, (_at, text) in enumerate(sorted(planned), 1))


def read_by(viewer: Viewer, report: WorkReport) -> list[dict[str, Any]]:
    """Who has read a report the viewer sees, and when."""
    rows = ReportRead.objects.within(viewer, report).order_by("read_at")
    return [{"pk": r.person_id, "name": person_names().get(r.person_id, ""), "at": r.read_at} for r in rows]


def comments_on(viewer: Viewer, report: WorkReport) -> list[ReportComment]:
    """What was said to a report the viewer sees, each with the name of who said it."""
    rows = list(ReportComment.objects.within(viewer, report).order_by("id"))
    for row in rows:
        row.person = person_names().get(row.author_id, "")
    return rows


def unread(viewer: Viewer, report_ids: Iterable[int]) -> set[int]:
    """Which of these reports the viewer has not read."""
    ids = set(report_ids)
    rows = ReportRead.objects.visible_to(viewer).filter(person_id=viewer.person_id, report_id__in=ids)
    return ids - set(rows.values_list("report_id", flat=True))


def my_reporters(viewer: Viewer) -> list[Reporter]:
    """Those of them whose reports the viewer reads."""
    everybody = viewer.people is None and viewer.can(OVERSEE)
    return [r for r in reporters() if r.pk != viewer.person_id and (everybody or r.pk in viewer.subordinates)]


@dataclass(frozen=True)
class Cell:
    """What one person did about a day: `state` is on_time, late, missing, waiting, away, rest or ahead."""

    day: date
    state: str
    report_id: int | None = None
    followups: int = 0
    is_unread: bool = False


def grid(viewer: Viewer, day: date, now: datetime) -> dict[str, Any]:
    """Person by day for the week of a day: what was handed in, how many follow-ups were logged. Three queries."""
    first, last = span(WEEK, day)
    days = [first + timedelta(days=n) for n in range(7)]
    people = my_reporters(viewer)
    ids = [person.pk for person in people]
    rows = WorkReport.objects.visible_to(viewer).filter(
        author_id__in=ids, first_on__gte=first, first_on__lte=last, status=WorkReport.Status.SUBMITTED
    )
    found = {(r.author_id, r.rhythm, r.first_on): r for r in rows}
    fresh = unread(viewer, [r.pk for r in found.values()])
    logged = counted(viewer, ids, days)

    def cell(person: Reporter, rhythm: str, on: date) -> Cell:
        report = found.get((person.pk, rhythm, on))
        count = logged.get((person.pk, on), 0) if rhythm == DAY else 0
        if report:
            state = "late" if report.is_late else "on_time"
            return Cell(on, state, report.pk, count, report.pk in fresh)
        return Cell(on, _without(person, rhythm, on, now), None, count)

    lines = [
        {
            "person": person,
            "cells": [cell(person, DAY, on) for on in days],
            "week": cell(person, WEEK, first),
        }
        for person in people
    ]
    cells = [c for line in lines for c in line["cells"]]
    return {
        "days": [{"day": on, "holiday": holiday(on), "is_today": on == dates.local_day(now)} for on in days],
        "lines": lines, "first": first, "last": last,
        "missing": sum(c.state == "missing" for c in cells), "late": sum(c.state == "late" for c in cells),
        "silent": sum(c.state in ("missing", "on_time", "late") and not c.followups for c in cells),
    }  # fmt: skip


def _without(person: Reporter, rhythm: str, first: date, now: datetime) -> str:
    """Why there is no report."""
    rules, last = report_rules(), span(rhythm, first)[1]
    if rhythm == DAY:
        if person.is_away(first):
            return "away"
        if not person.owes(first):
            return "rest"
    elif not any(person.owes(first + timedelta(days=n)) for n in range(7)):
        return "away"
    if not rules.wants(rhythm):
        return "rest"
    if first > dates.local_day(now):
        return "ahead"
    return "missing" if now >= rules.deadline(rhythm, last) else "waiting"


@prepared_count
def count_unread(viewer: Viewer) -> QuerySet[WorkReport]:
    """Reports one's people handed in during the last two weeks the viewer has not read, for the navigation."""
    since = dates.today() - timedelta(days=14)
    rows = WorkReport.objects.visible_to(viewer).filter(
        author_id__in=sorted(viewer.subordinates), first_on__gte=since, status=WorkReport.Status.SUBMITTED
    )
    read = ReportRead.objects.visible_to(viewer).filter(person_id=viewer.person_id, report_id=OuterRef("pk"))
    return rows.filter(~Exists(read))[:100]
