"""Writes of the calendar: arranging, moving, answering, reminder leads, the address for phones (ACT-3, ACT-5)."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from zhike.activities.actions.tasks import set_participants, taking_part
from zhike.activities.models import CalendarFeed, ReminderLead, Task, TaskParticipant
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.actions import create_record, notify, save_record

SET_UP = "activities.reminderrule.change"
MOST_LEAD = 14 * 24 * 60  # minutes


@action
def arrange(values: dict[str, Any], *, by: Viewer, people: list[int]) -> Task:
    """A new appointment with who takes part, in one step; they are told. Raises Refused at the field."""
    task = create_record(kinds.get("activities.task"), values, by=by)
    if people:
        set_participants(task, by=by, people=people)
    return task


@action
def move_task(
    task: Task, *, by: Viewer, begin: datetime | None, end: datetime | None = None, all_day: bool | None = None,
    version: int | None = None, only_this: bool = False,
) -> Task:  # fmt: skip
    """Put a task or appointment at another time, or (with `begin` None) at none (ACT-5).

    Without `end` it stays as long as it is. `only_this`: where it repeats, those after it keep to the old rhythm; else
    they follow. Who takes part is told and asked again. Raises Stale if somebody saved after `version`.
    """
    require(by, "activities.task.change", task)
    task = lock(task, version=version)
    if not task.is_open:
        raise Refused(_("This task is closed already."))
    before = task.due_at
    span = task.ends_at - before if task.ends_at and before else None
    task.due_at, task.ends_at = begin, end or (begin + span if span and begin else None)
    task.is_all_day = task.is_all_day if all_day is None else all_day
    task.moves_alone = only_this and bool(task.repeat)
    if task.moves_alone:
        task.rhythm_at = task.rhythm_at or before
    task = save_record(kinds.get("activities.task"), task, by=by, created=False)
    if task.due_at != before:
        _tell_of_move(task, by)
    return task


def _tell_of_move(task: Task, by: Viewer) -> None:
    here = task.due_at and fmt.local(task.due_at)
    when = f"{here:%m-%d}" if here and task.is_all_day else f"{here:%m-%d %H:%M}" if here else _("no time yet")
    said = _("%(person)s moved to %(when)s: %(task)s") % {"person": by.person or "", "when": when, "task": task.title}
    for person_id in {task.assignee_id, *taking_part(task)} - {by.person_id}:
        notify(person_id, said, url=task.get_absolute_url())
    rows = TaskParticipant.objects.whole_table("participants of a task the action was let in for").filter(task=task)
    rows.filter(answer=TaskParticipant.Answer.YES).exclude(person_id=by.person_id).update(answer="", answered_at=None)


@action
def answer_invitation(task: Task, *, by: Viewer, comes: bool, reason: str = "") -> TaskParticipant:
    """Say whether one takes part; the assignee and whoever arranged it are told. One may change one's mind (ACT-4)."""
    require(by, "activities.task.view")
    task = lock(task)
    if not task.is_open:
        raise Refused(_("This task is closed already."))
    rows = TaskParticipant.objects.whole_table("the viewer's own place in a task").filter(task=task)
    if (place := rows.filter(person_id=by.person_id).first()) is None:
        raise NotVisible
    answer = TaskParticipant.Answer.YES if comes else TaskParticipant.Answer.NO
    reason = "" if comes else " ".join(reason.split())[:300]
    if (place.answer, place.reason) == (answer, reason):
        return place
    place.answer, place.reason, place.answered_at = answer, reason, dates.now()
    place.save()
    said = _("%(person)s takes part: %(task)s") if comes else _("%(person)s cannot take part: %(task)s")
    text = f"{said % {'person': by.person, 'task': task.title}} {reason}".strip()
    for person_id in {task.assignee_id, task.assigned_by_id} - {by.person_id}:
        notify(person_id, text, url=task.get_absolute_url())
    return place


@action
def choose_leads(*, by: Viewer, leads: dict[str, int | None], for_company: bool = False) -> None:
    """Say how many minutes before tasks of each kind one is reminded (None: not at all); kinds left out fall back.

    For oneself, or for the company with the right to set up reminders. It holds for what is arranged from now on.
    """
    if for_company:
        require(by, SET_UP)
    person_id = None if for_company else by.person_id
    for kind, minutes in leads.items():
        if kind not in Task.Kind.values or (minutes is not None and not 0 <= minutes <= MOST_LEAD):
            raise Refused({kind: _("Choose one of the times.")})
    kept = {row.kind: row for row in ReminderLead.objects.filter(person_id=person_id)}
    for kind, row in kept.items():
        if kind not in leads:
            row.delete()
    for kind, minutes in leads.items():
        row = kept.get(kind) or ReminderLead(kind=kind, person_id=person_id)
        if row.pk is None or row.minutes != minutes:
            row.minutes = minutes
            row.save()


@action
def renew_feed(*, by: Viewer) -> CalendarFeed:
    """Give oneself an address for phones, or a new one: the old one leads nowhere from now on (ACT-5)."""
    feed = CalendarFeed.objects.filter(person_id=by.person_id).first() or CalendarFeed(person_id=by.person_id)
    feed.nonce, feed.read_at, feed.digest, feed.changed_at = CalendarFeed.new_nonce(), None, "", None
    feed.state, feed.created_at = "", dates.now()
    feed.save()
    return feed


@action
def revoke_feed(*, by: Viewer) -> None:
    """Take one's address back; nothing reads the calendar any more."""
    CalendarFeed.objects.filter(person_id=by.person_id).delete()


@action
def note_reading(feed: CalendarFeed, *, by: Viewer, state: str, digest: str) -> CalendarFeed:
    """Keep since when a feed is as it is, and when it was last read (to the hour: a phone asks often)."""
    now = dates.now()
    if feed.digest != digest:
        feed.state, feed.digest, feed.changed_at, feed.read_at = state, digest, now.replace(microsecond=0), now
        feed.save()
    elif feed.state != state or feed.read_at is None or now - feed.read_at > timedelta(hours=1):
        feed.state, feed.read_at = state, now
        feed.save()
    return feed
