"""Writes of tasks: giving them down the line, answering, carrying out in one step, repeating (ACT-3, ACT-4)."""

from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.activities.models import Activity, Task, TaskParticipant
from zhike.activities.models.calendars import lead_minutes
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import acting, action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.kit.workdays import next_workday
from zhike.org.viewers import the_system
from zhike.records import kinds, search
from zhike.records.actions import create_record, delete_record, notify
from zhike.records.events import emit

STEPS = {
    Task.Repeat.DAILY: relativedelta(days=1), Task.Repeat.WEEKLY: relativedelta(weeks=1),
    Task.Repeat.FORTNIGHTLY: relativedelta(weeks=2), Task.Repeat.MONTHLY: relativedelta(months=1),
    Task.Repeat.YEARLY: relativedelta(years=1),
}  # fmt: skip


def prepare_task(task: Task, changed: dict[str, Any], by: Viewer) -> None:
    """Before saving: given down the line only, about one customer, reminded in time. Raises Refused at the field."""
    if not task.assigned_by_id:
        task.assigned_by_id = by.person_id or task.assignee_id
    if "assignee" in changed and not _may_give(task, by):
        raise Refused({"assignee": _("Tasks are given to oneself or to people below one.")})
    if task.contact_id and "contact" in changed and not task.customer_id:
        task.customer_id = task.contact.customer_id
    if task.opportunity_id and not task.customer_id:
        task.customer_id = task.opportunity.customer_id
    if task.contact_id and {"contact", "customer"} & set(changed) and task.contact.customer_id != task.customer_id:
        raise Refused({"contact": _("This person belongs to another customer.")})
    other = task.opportunity_id and {"opportunity", "customer"} & set(changed)
    if other and task.opportunity.customer_id not in (None, task.customer_id):
        raise Refused({"opportunity": _("This deal belongs to another customer.")})
    if task.repeat and not task.due_at:
        raise Refused({"due_at": _("What repeats needs a first time.")})
    if task.ends_at and not task.due_at:
        raise Refused({"due_at": _("Say when it begins.")})
    if "due_at" in changed and "remind_at" not in changed:
        lead = lead_minutes(task.kind, task.assignee_id)
        reminds = lead is not None and task.due_at and not task.is_all_day
        task.remind_at = task.due_at - timedelta(minutes=lead) if reminds else None
    if {"due_at", "remind_at"} & set(changed):
        task.reminded_at = None
    if {"due_at", "repeat"} & set(changed) and not task.moves_alone:
        task.rhythm_at = task.rhythm_day = None


def _may_give(task: Task, by: Viewer) -> bool:
    return by.person_id in (None, task.assignee_id) or task.assignee_id in by.subordinates


def task_saved(task: Task, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: whoever got it is told."""
    if "assignee" in changed and task.assignee_id != by.person_id and task.is_open:
        said = _("%(person)s gave you a task: %(task)s") % {"person": by.person or _("The system"), "task": task.title}
        notify(task.assignee_id, said, url=task.get_absolute_url(), tone="vio", about="tasks")


@action
def set_participants(task: Task, *, by: Viewer, people: list[int]) -> None:
    """Say who takes part; newcomers are told."""
    require(by, "activities.task.change", task)
    wanted = set(people) - {task.assignee_id}
    rows = TaskParticipant.objects.whole_table("participants of a task the action was let in for").filter(task=task)
    known = set(rows.values_list("person_id", flat=True))
    rows.exclude(person_id__in=wanted).delete()
    for person_id in sorted(wanted - known):
        TaskParticipant(task=task, person_id=person_id).save()
        if person_id != by.person_id:
            said = _("%(person)s invites you: %(task)s") % {"person": by.person, "task": task.title}
            notify(person_id, said, url=task.get_absolute_url(), about="tasks")


@action
def accept_task(task: Task, *, by: Viewer) -> Task:
    """The assignee says they will do it; whoever gave it is told."""
    task = _own(task, by)
    if task.accepted_at is None:
        task.accepted_at = dates.now()
        task.save()
        _report(task, by, _("%(person)s accepted: %(task)s"))
    return task


@action
def decline_task(task: Task, *, by: Viewer, reason: str) -> Task:
    """The assignee says they will not; whoever gave it hears why. Raises Refused at `reason` if empty."""
    task = _own(task, by)
    if not (reason := " ".join(reason.split())):
        raise Refused({"reason": _("Say why.")})
    _close(task, Task.Status.DECLINED, reason)
    _report(task, by, _("%(person)s declined: %(task)s"), reason)
    return task


@action
def cancel_task(task: Task, *, by: Viewer) -> Task:
    """It need not be done any more; nothing follows it."""
    require(by, "activities.task.change", task)
    task = lock(task)
    if not task.is_open:
        raise Refused(_("This task is closed already."))
    _close(task, Task.Status.CANCELLED, "")
    return task


@action
def complete_task(
    task: Task, *, by: Viewer, summary: str = "", minutes: int | None = None, next_step: str = "",
    next_at: datetime | None = None,
) -> Task:  # fmt: skip
    """Carry out a task: the follow-up, the customer's record and the work log are written in one step (ACT-3).

    A task about nobody is just done. One that repeats is followed by its next. Raises Refused when it is closed.
    """
    require(by, "activities.task.change", task)
    task = lock(task)
    if not task.is_open:
        raise Refused(_("This task is closed already."))
    if task.customer_id or task.opportunity_id:
        task.activity = _follow_up(task, by, summary, minutes, next_step, next_at)
    _close(task, Task.Status.DONE, summary)
    _repeat(task, by)
    _report(task, by, _("%(person)s did: %(task)s"), summary)
    emit("activities.task.completed", task, by=by)
    return task


@action
def reopen_task(task: Task, *, by: Viewer) -> Task:
    """Take a completion back: the task is open again, its follow-up and the task that came after it are gone."""
    require(by, "activities.task.change", task)
    task = lock(task)
    if task.is_open:
        return task
    written = task.activity
    task.status, task.closed_at, task.outcome, task.activity = Task.Status.OPEN, None, "", None
    task.save()
    if written is not None:
        delete_record(_kind("activities.activity"), written, by=by)
    after = Task.objects.whole_table("what followed a task the action was let in for").filter(follows=task).first()
    if after is not None and after.is_open:
        search.forget(_kind("activities.task"), [after.pk])
        after.delete()
    return task


def _own(task: Task, by: Viewer) -> Task:
    require(by, "activities.task.view")
    task = lock(task)
    if task.assignee_id != by.person_id:
        raise Refused(_("Only whoever has to do it can answer."))
    if not task.is_open:
        raise Refused(_("This task is closed already."))
    return task


def _close(task: Task, status: str, outcome: str) -> None:
    task.status, task.closed_at, task.outcome = status, dates.now(), " ".join(outcome.split())[:300]
    task.save()


def _report(task: Task, by: Viewer, text: str, more: str = "") -> None:
    if task.assigned_by_id == by.person_id:
        return
    said = text % {"person": by.person, "task": task.title}
    notify(task.assigned_by_id, f"{said} {more}".strip(), url=task.get_absolute_url(), about="tasks")


def _follow_up(
    task: Task, by: Viewer, summary: str, minutes: int | None, next_step: str, next_at: datetime | None
) -> Activity:
    kind = task.kind if task.kind in Activity.Kind.values else Activity.Kind.OTHER
    values = {
        "kind": kind, "customer": task.customer_id, "contact": task.contact_id, "opportunity": task.opportunity_id,
        "summary": summary.strip() or task.title, "minutes": minutes, "next_step": next_step, "next_at": next_at,
        "participants": _names(task),
    }  # fmt: skip
    return create_record(_kind("activities.activity"), {k: v for k, v in values.items() if v not in (None, "")}, by=by)


def _names(task: Task) -> str:
    rows = TaskParticipant.objects.whole_table("participants of a task the action was let in for")
    return "、".join(str(row.person) for row in rows.filter(task=task).select_related("person"))[:200]


def _repeat(task: Task, by: Viewer) -> None:
    """Make the next of a task that repeats, unless that would lie beyond its end."""
    if not task.repeat or (due := next_due(task)) is None:
        return
    span = task.ends_at - task.due_at if task.ends_at else None
    lead = task.due_at - task.remind_at if task.remind_at else None
    after = Task(
        title=task.title, kind=task.kind, priority=task.priority, assignee_id=task.assignee_id,
        assigned_by_id=task.assigned_by_id, customer_id=task.customer_id, contact_id=task.contact_id,
        opportunity_id=task.opportunity_id, due_at=due, ends_at=due + span if span else None,
        remind_at=due - lead if lead else None, is_all_day=task.is_all_day, place=task.place, note=task.note,
        repeat=task.repeat, repeat_until=task.repeat_until, rhythm_day=day_aimed_at(task), follows=task,
    )  # fmt: skip
    after.save()
    search.index(_kind("activities.task"), [after])
    rows = TaskParticipant.objects.whole_table("participants of a task the action was let in for").filter(task=task)
    for person_id in rows.values_list("person_id", flat=True):
        TaskParticipant(task=after, person_id=person_id).save()


def next_due(task: Task, after: datetime | None = None) -> datetime | None:
    """When a repeating task is due next, at the same time of the company's clock; None past its end.

    Counted from when it is due (or would have been, where this one was moved alone), or from the repetition `after`.
    """
    zone = timezone.get_default_timezone()
    now = (after or task.rhythm_at or task.due_at).astimezone(zone)
    if task.repeat == Task.Repeat.WORKDAY:
        due = datetime.combine(next_workday(now.date()), now.time(), zone)
    else:
        due = now.replace(tzinfo=None) + STEPS[task.repeat]
        if aimed := day_aimed_at(task):
            due += relativedelta(day=aimed)
        due = due.replace(tzinfo=zone)
    return None if task.repeat_until and due.date() > task.repeat_until else due


def day_aimed_at(task: Task) -> int | None:
    """The day of the month a monthly or yearly repetition aims at: the 31st, also after a 28th of February."""
    if task.repeat not in (Task.Repeat.MONTHLY, Task.Repeat.YEARLY):
        return None
    return task.rhythm_day or dates.local_day(task.rhythm_at or task.due_at).day


def move_tasks(customer: Customer, old_owner_id: int, by: Viewer) -> None:
    """Open tasks about a customer go with it from its old owner to the new one, each with its line in the history."""
    rows = Task.objects.whole_table("open tasks of a customer that was handed over")
    moved = list(rows.filter(customer=customer, assignee_id=old_owner_id, status=Task.Status.OPEN))
    for task in moved:
        task.assignee_id = customer.owner_id
        task.save()
    search.index(_kind("activities.task"), moved)


def remind_of_tasks(now: datetime) -> int:
    """Tell assignees, and who takes part, of tasks whose time to be reminded has come, each once (ACT-3)."""
    due = Task.objects.whole_table("each is told of their own").filter(
        status=Task.Status.OPEN, reminded_at__isnull=True, remind_at__lte=now
    )
    told = 0
    for pk in list(due.values_list("pk", flat=True)[:500]):
        with acting(the_system(), "remind_of_tasks"):
            mine = due.filter(pk=pk).select_for_update().first()
            if mine is None or not due.filter(pk=pk).update(reminded_at=now):
                continue
            clock = f"{mine.due_at.astimezone(timezone.get_default_timezone()):%H:%M} " if mine.due_at else ""
            for person_id in (mine.assignee_id, *taking_part(mine)):
                notify(person_id, f"{clock}{mine.title}", url=mine.get_absolute_url(), tone="info", about="tasks")
            told += 1
    return told


def taking_part(task: Task) -> list[int]:
    """The colleagues invited to a task who have not said no."""
    rows = TaskParticipant.objects.whole_table("participants of a task the action was let in for")
    return list(rows.filter(task=task).exclude(answer=TaskParticipant.Answer.NO).values_list("person_id", flat=True))


def _kind(label: str):
    return kinds.get(label)
