"""A person's calendar as iCalendar (RFC 5545), the way Apple, Google, Outlook and Thunderbird all show it (ACT-5).

Everything is a VEVENT: Google and Outlook leave out VTODO. What repeats is one event with a rule, as far as a rule can
say it; working days are Monday to Friday without the holidays, with the weekend days worked instead beside it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Max, QuerySet, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vText

from zhike.activities.actions.tasks import day_aimed_at, next_due
from zhike.activities.calendar_grid import SHORTEST
from zhike.activities.models import Task, TaskParticipant
from zhike.activities.schedule import HIDDEN, repetitions, spread
from zhike.kit import dates, workdays
from zhike.kit import format as fmt
from zhike.kit.viewer import Viewer
from zhike.records import config

BACK, AHEAD = timedelta(days=60), timedelta(days=400)
MOST = 3000
FORMAT = 1  # of what we write; another number makes every client read anew
REFRESH = timedelta(minutes=30)
# Of the time zone only the changes around the days shown are told.
ZONE_YEARS = 6
PARTSTAT = {"": "NEEDS-ACTION", "yes": "ACCEPTED", "no": "DECLINED"}


def calendar_of(viewer: Viewer, base: str) -> bytes:
    """The feed of a person: what they have to do or take part in, from two months ago on. `base`: our own address.

    The same rows give the same bytes, so that a client need not fetch what it has.
    """
    today = dates.today()
    tasks = _tasks(viewer, today)
    guests = _guests(viewer, tasks)
    made = Calendar()
    made.add("prodid", "-//ZhiKe//Calendar//ZH")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", _("ZhiKe %(name)s") % {"name": viewer.person})
    made.add("x-wr-timezone", fmt.zone().key)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", REFRESH)
    made.add_component(zone_of(today))
    for task in tasks:
        for event in events_of(task, guests[task.pk], base, today):
            made.add_component(event)
    return made.to_ical()


def zone_of(today: date) -> Timezone:
    """The company's time zone with its changes of the years around."""
    first, last = date(today.year - 1, 1, 1), date(today.year + ZONE_YEARS, 1, 1)
    return Timezone.from_tzid(fmt.zone().key, first_date=first, last_date=last)


def state_of(viewer: Viewer, base: str) -> str:
    """What tells one state of the rows behind a feed from another, without reading them: counts and what is newest.

    A row that changed has a later `updated_at`, one that left is missing in the count. Names of people, roles and
    settings are of the configuration, whose version stands for them.
    """
    today = dates.today()
    newest = {"of_tasks": Max("updated_at"), "of_customers": Max("customer__updated_at"),
              "of_contacts": Max("contact__updated_at"), "versions": Sum("version"), "count": Count("id")}  # fmt: skip
    mine = [rows.order_by().aggregate(**newest) for rows in _mine(viewer, today)]
    invited = list(_places(viewer, today).values_list("task_id", flat=True))
    theirs = Task.objects.visible_to(viewer, few=True).filter(pk__in=invited).aggregate(**newest)
    guests = TaskParticipant.objects.visible_to(viewer)
    said = [
        rows.aggregate(Count("id"), Max("id"), Max("answered_at"))
        for rows in (guests.filter(task__assignee_id=viewer.person_id), guests.filter(task_id__in=invited))
    ]
    found = (FORMAT, get_language(), base, today, config.version(), mine, theirs, said)
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _tasks(viewer: Viewer, today: date) -> list[Task]:
    begin, _end = dates.bounds(today - BACK)
    more = ("customer", "contact", "assignee")
    found = {task.pk: task for rows in _mine(viewer, today) for task in rows.select_related(*more)[:MOST]}
    invited = [
        pk for pk, due_at, ends_at, repeat in
        _places(viewer, today).values_list("task_id", "task__due_at", "task__ends_at", "task__repeat")
        if repeat or (ends_at or due_at) >= begin
    ]  # fmt: skip
    if invited:
        rows = Task.objects.visible_to(viewer, few=True).exclude(status__in=HIDDEN).filter(pk__in=invited)
        found |= {task.pk: task for task in rows.select_related(*more)}
    return sorted(found.values(), key=lambda task: task.pk)


def _mine(viewer: Viewer, today: date) -> list[QuerySet[Task]]:
    """A person's own tasks in the feed: of the days it covers, repeating since before, reaching into it."""
    begin, end = dates.bounds(today - BACK, today + AHEAD)
    mine = Task.objects.visible_to(viewer, few=True).exclude(status__in=HIDDEN).filter(assignee_id=viewer.person_id)
    return [
        mine.filter(due_at__gte=begin, due_at__lt=end).order_by("due_at"),
        mine.filter(status=Task.Status.OPEN).filter(repeat__gt="").filter(due_at__lt=begin),
        mine.filter(due_at__lt=begin, ends_at__gt=begin),
    ]


def _places(viewer: Viewer, today: date) -> QuerySet[TaskParticipant]:
    """Where a person takes part or has not said no, of the days the feed covers and before."""
    _begin, end = dates.bounds(today - BACK, today + AHEAD)
    places = TaskParticipant.objects.visible_to(viewer).filter(person_id=viewer.person_id, task__due_at__lt=end)
    return places.exclude(answer=TaskParticipant.Answer.NO)


def _guests(viewer: Viewer, tasks: Iterable[Task]) -> dict[int, list[TaskParticipant]]:
    rows = TaskParticipant.objects.visible_to(viewer).filter(task_id__in=[task.pk for task in tasks])
    found: dict[int, list[TaskParticipant]] = defaultdict(list)
    for place in rows.select_related("person").order_by("id"):
        found[place.task_id].append(place)
    return found


def events_of(task: Task, guests: list[TaskParticipant], base: str, today: date) -> list[Event]:
    """A task as events: one; where it repeats, one with its rule, and what the rule cannot say beside it."""
    if not (task.repeat and task.is_open) or (series := _series(task, today)) is None:
        return [_event(task, guests, base, task.due_at)]
    start, rule, exceptions, extra = series
    nominal = task.rhythm_at or task.due_at
    made = []
    event = _event(task, guests, base, start, uid="" if start == nominal else "-next")
    event.add("rrule", rule)
    if exceptions:
        event.add("exdate", [_moment(task, when) for when in exceptions])
    made.append(event)
    if start != nominal:  # overdue, or begun on a day the rule does not know
        made.append(_event(task, guests, base, task.due_at))
    elif task.due_at != nominal:  # moved alone
        moved = _event(task, guests, base, task.due_at)
        moved.add("recurrence-id", _moment(task, nominal))
        made.append(moved)
    return made + [_event(task, guests, base, when, uid=f"-{fmt.local(when):%Y%m%d}") for when in extra]


def _series(task: Task, today: date) -> tuple[datetime, dict[str, Any], list[datetime], list[datetime]] | None:
    """Where the rule of a repeating task begins, the rule, days it leaves out, days beside it; None without more."""
    nominal = task.rhythm_at or task.due_at
    horizon = dates.bounds(today + AHEAD)[0]
    coming = [nominal, *repetitions(task, horizon)]
    coming = [when for when in coming if fmt.local(when).date() >= today or when == nominal]
    if len(coming) < 2:
        return None
    first = next((when for when in coming if fmt.local(when).date() >= today and _is_regular(task, when)), None)
    if first is None or next_due(task, first) is None:
        return None
    rule: dict[str, Any] = dict(RULES[task.repeat])
    if task.repeat in (Task.Repeat.MONTHLY, Task.Repeat.YEARLY):
        rule |= _days_of_month(task, first)
    if task.repeat_until:
        end = datetime.combine(task.repeat_until, time(23, 59, 59), fmt.zone()).astimezone(UTC)
        rule["until"] = task.repeat_until if task.is_all_day else end
    if task.repeat != Task.Repeat.WORKDAY:
        return first, rule, [], []
    known = set(coming)
    left_out = [when for when in _mondays_to_fridays(first, coming[-1]) if when not in known]
    beside = [when for when in coming if when > nominal and fmt.local(when).weekday() > 4]
    return first, rule, left_out, beside


RULES = {
    Task.Repeat.DAILY: {"freq": "daily"},
    Task.Repeat.WORKDAY: {"freq": "weekly", "byday": ["MO", "TU", "WE", "TH", "FR"]},
    Task.Repeat.WEEKLY: {"freq": "weekly"},
    Task.Repeat.FORTNIGHTLY: {"freq": "weekly", "interval": 2},
    Task.Repeat.MONTHLY: {"freq": "monthly"},
    Task.Repeat.YEARLY: {"freq": "yearly"},
}


def _is_regular(task: Task, when: datetime) -> bool:
    """Whether the rule gives this day, so that it may begin there."""
    day = fmt.local(when).date()
    return task.repeat != Task.Repeat.WORKDAY or (day.weekday() < 5 and workdays.is_workday(day))


def _days_of_month(task: Task, first: datetime) -> dict[str, Any]:
    """The last day there is up to the one aimed at: the 31st, in April the 30th."""
    aimed, month = day_aimed_at(task), fmt.local(first).month
    rule: dict[str, Any] = {"bymonth": month} if task.repeat == Task.Repeat.YEARLY else {}
    longest = (date(2028, month, 1) + relativedelta(day=31)).day if rule else 31
    if aimed is None or aimed <= 28:
        return rule | {"bymonthday": aimed}
    return rule | {"bymonthday": list(range(28, min(aimed, longest) + 1)), "bysetpos": -1}


def _mondays_to_fridays(first: datetime, last: datetime) -> Iterable[datetime]:
    day, clock = fmt.local(first).date(), fmt.local(first).timetz()
    while day <= fmt.local(last).date():
        if day.weekday() < 5:
            yield datetime.combine(day, clock)
        day += timedelta(days=1)


def _event(task: Task, guests: list[TaskParticipant], base: str, begin: datetime, uid: str = "") -> Event:
    """One event; `begin` where it is another time than the task's own."""
    event = Event()
    event.add("uid", f"task-{task.pk}{uid}@zhike")
    event.add("dtstamp", task.updated_at.replace(microsecond=0).astimezone(UTC))
    event.add("last-modified", task.updated_at.replace(microsecond=0).astimezone(UTC))
    event.add("sequence", task.version)
    event.add("summary", task.title if task.is_open else f"✓ {task.title}")
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT" if task.kind == Task.Kind.TODO or not task.is_open else "OPAQUE")
    event.add("categories", [str(task.get_kind_display())])
    event.add("priority", {"high": 1, "normal": 5, "low": 9}[task.priority])
    event.add("url", f"{base}{task.get_absolute_url()}")
    event.add("description", _description(task, guests))
    if task.place:
        event.add("location", task.place)
    event.add("dtstart", _moment(task, begin))
    event.add("dtend", _end(task, begin))
    _add_people(event, task, guests)
    if task.is_open and task.remind_at:
        event.add_component(_alarm(task))
    return event


def _moment(task: Task, when: datetime) -> date | datetime:
    here = fmt.local(when)
    return here.date() if task.is_all_day else here


def _end(task: Task, begin: datetime) -> date | datetime:
    if task.is_all_day:
        return spread(task, begin)[-1][0] + timedelta(days=1)
    span = task.ends_at - task.due_at if task.ends_at and task.ends_at > task.due_at else timedelta(minutes=SHORTEST)
    return fmt.local(begin + span)


def _description(task: Task, guests: list[TaskParticipant]) -> str:
    lines = [str(task.customer.name)] if task.customer else []
    if task.contact:
        reached = task.contact.mobile or ""
        lines.append(" ".join(filter(None, (task.contact.name, task.contact.title, reached))))
    if guests:
        names = "、".join(str(place.person) for place in guests if place.answer != "no")
        lines.append(_("Taking part: %(names)s") % {"names": names})
    return "\n".join(filter(None, (*lines, task.note)))


def _add_people(event: Event, task: Task, guests: list[TaskParticipant]) -> None:
    """The assignee as organizer and who takes part, as far as they have e-mail addresses."""
    if not guests or not task.assignee.email:
        return
    event.add("organizer", _address(task.assignee))
    for place in guests:
        if place.person.email:
            person = _address(place.person)
            person.params["PARTSTAT"] = vText(PARTSTAT[place.answer])
            person.params["ROLE"] = vText("REQ-PARTICIPANT")
            event.add("attendee", person, encode=False)


def _address(person: Any) -> vCalAddress:
    found = vCalAddress(f"mailto:{person.email}")
    found.params["CN"] = vText(str(person))
    return found


def _alarm(task: Task) -> Alarm:
    begin = dates.bounds(dates.local_day(task.due_at))[0] if task.is_all_day else task.due_at
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", task.title)
    alarm.add("trigger", task.remind_at - begin)
    return alarm


def digest_of(body: bytes) -> str:
    """What tells one state of a feed from another."""
    return hashlib.sha256(body).hexdigest()
