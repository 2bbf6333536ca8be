"""What a calendar shows: tasks and appointments of some people on some days, and repetitions to come (ACT-3, ACT-5)."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import Q

from zhike.activities.actions.tasks import next_due
from zhike.activities.calendar_grid import DAY_MINUTES, SHORTEST, Place, lay_out
from zhike.activities.calendar_lines import Line, line_of, lines
from zhike.activities.models import Task, TaskParticipant
from zhike.kit import dates, workdays
from zhike.kit import format as fmt
from zhike.kit.viewer import Viewer
from zhike.records.lookups import colleagues

VIEWS = ("day", "week", "month", "list")
LIST_DAYS = 14
MOST_PEOPLE = 8
MOST_ENTRIES = 4000
MOST_UNTIMED = 20
# Repetitions looked at of one task: a daily one overdue for years ends here.
MOST_STEPS = 2000
HIDDEN = (Task.Status.DECLINED, Task.Status.CANCELLED)


@dataclass(frozen=True)
class Period:
    """The days one page of a calendar shows."""

    view: str
    day: date

    @property
    def first(self) -> date:
        """The first day shown; weeks begin on Monday."""
        if self.view in ("day", "list"):
            return self.day
        return monday(self.day.replace(day=1) if self.view == "month" else self.day)

    @property
    def last(self) -> date:
        """The last day shown."""
        if self.view == "day":
            return self.day
        if self.view == "month":
            return monday(self.day + relativedelta(day=31)) + timedelta(days=6)
        return self.first + timedelta(days=(LIST_DAYS if self.view == "list" else 7) - 1)

    @property
    def days(self) -> list[date]:
        """All days shown."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def step(self, by: int) -> date:
        """The day to go to for the period before (-1) or after (1)."""
        if self.view == "month":
            return self.day.replace(day=1) + relativedelta(months=by)
        return self.day + timedelta(days=by * {"day": 1, "week": 7, "list": LIST_DAYS}[self.view])


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


@dataclass(slots=True)
class Entry:
    """A task on one day of one person; `begin` and `end` are minutes of that day."""

    task: Line
    person_id: int
    day: date
    begin: int
    end: int
    all_day: bool = False
    is_ghost: bool = False  # a repetition to come; its row does not exist yet
    is_invited: bool = False  # the person takes part
    continues: bool = False  # it began on an earlier day
    place: Place = field(default=Place(0, 1, 1))

    @property
    def drawn(self) -> tuple[int, int]:
        """The minutes it takes up on the page: short ones are drawn longer, at midnight upwards."""
        begin = min(self.begin, DAY_MINUTES - SHORTEST)
        return begin, max(self.end, begin + SHORTEST)

    @property
    def size(self) -> str:
        """How much of it fits: "flat" is one line, "low" two; else empty."""
        begin, end = self.drawn
        return "flat" if end - begin < 45 else "low" if end - begin < 75 else ""


@dataclass
class Day:
    """A day with what lies on it, by person."""

    day: date
    entries: list[Entry] = field(default_factory=list)

    @property
    def is_today(self) -> bool:
        return self.day == dates.today()

    @property
    def is_workday(self) -> bool:
        return workdays.is_workday(self.day)

    @property
    def mark(self) -> str:
        """ "rest", "work" or nothing, as on Chinese wall calendars."""
        return workdays.mark(self.day)

    @property
    def holiday(self) -> str:
        return workdays.holiday(self.day)

    @property
    def week(self) -> int:
        """The ISO week."""
        return self.day.isocalendar().week


@dataclass(frozen=True)
class Shown:
    """The days of a period; `is_cut` where more lies on them than one page shows."""

    days: list[Day]
    is_cut: bool


def my_people(viewer: Viewer) -> list[tuple[int, str]]:
    """Oneself first, then everybody below one who is still here, by name: whose calendars one may lay side by side."""
    names = [(pk, name) for pk, name in colleagues() if pk in viewer.subordinates]
    return [(viewer.person_id, str(viewer.person)), *names]


def days_of(viewer: Viewer, who: Collection[int], period: Period) -> Shown:
    """The days of a period with the entries of these people, each day in the order of the clock; the first of them."""
    days = {day: Day(day) for day in period.days}
    tasks, is_cut, invited = _tasks(viewer, who, *dates.bounds(period.first, period.last))
    found = [*_entries(tasks, invited, who, period), *_ghosts(viewer, who, period.first, period.last)]
    for entry in found:
        days[entry.day].entries.append(entry)
    for day in days.values():
        day.entries.sort(key=lambda e: (not e.all_day, e.begin, -e.end, e.task.pk))
    return Shown(list(days.values()), is_cut)


def placed(entries: list[Entry]) -> list[Entry]:
    """Entries with a time, side by side where they overlap."""
    timed = [entry for entry in entries if not entry.all_day]
    for entry, place in zip(timed, lay_out([entry.drawn for entry in timed]), strict=True):
        entry.place = place
    return timed


def untimed(viewer: Viewer, who: Collection[int]) -> list[Line]:
    """Open to-dos without a time, for the tray beside the calendar."""
    rows = Task.objects.visible_to(viewer, few=True)
    rows = rows.filter(assignee_id__in=list(who), status=Task.Status.OPEN, due_at__isnull=True)
    return list(lines(rows.order_by("-id")[:MOST_UNTIMED]))


def _entries(tasks: list[Line], invited: dict[int, list[int]], who: Collection[int], period: Period) -> Iterator[Entry]:
    for task in tasks:
        for person_id in {task.assignee_id, *invited.get(task.pk, ())} & set(who):
            for day, one in spread(task):
                if period.first <= day <= period.last:
                    yield Entry(task, person_id, day, is_invited=person_id != task.assignee_id, **one)


def _tasks(
    viewer: Viewer, who: Collection[int], begin: datetime, end: datetime
) -> tuple[list[Line], bool, dict[int, list[int]]]:
    """Tasks of these people that begin in a span, or began before and reach into it; each read by its own index.

    With them, whether there are more than are read, and who of these people takes part in which.
    """
    invited = _invited(viewer, who, begin, end)
    rows = Task.objects.visible_to(viewer, few=True).exclude(status__in=HIDDEN)
    theirs = rows.filter(assignee_id__in=list(who))
    begun = theirs.filter(ends_at__gt=begin, due_at__lt=begin).order_by("ends_at", "id")
    beginning = theirs.filter(due_at__gte=begin, due_at__lt=end).order_by("due_at", "id")
    found = [*lines(begun[: MOST_ENTRIES + 1]), *lines(beginning[: MOST_ENTRIES + 1])]
    is_cut, found = len(found) > MOST_ENTRIES, found[:MOST_ENTRIES]
    known = {task.pk for task in found}
    if others := sorted(set(invited) - known):
        found += lines(rows.filter(pk__in=others))
    return found, is_cut, invited


def _invited(viewer: Viewer, who: Collection[int], begin: datetime, end: datetime) -> dict[int, list[int]]:
    """Who of these people takes part in what, by task, without those who said no."""
    rows = TaskParticipant.objects.visible_to(viewer).filter(person_id__in=list(who), task__due_at__lt=end)
    rows = rows.filter(Q(task__due_at__gte=begin) | Q(task__ends_at__gt=begin))
    found: dict[int, list[int]] = defaultdict(list)
    for pk, person_id in rows.exclude(answer=TaskParticipant.Answer.NO).values_list("task_id", "person_id"):
        found[pk].append(person_id)
    return found


def _ghosts(viewer: Viewer, who: Collection[int], first: date, last: date) -> Iterator[Entry]:
    """Repetitions to come, from today on: the next is made when one is done, so they are reckoned, not read."""
    if last < (today := dates.today()):
        return
    _begin, end = dates.bounds(last)
    rows = Task.objects.visible_to(viewer, few=True).filter(assignee_id__in=list(who))
    # "After the empty text", as the index over what repeats says it: SQLite matches the two by their words.
    rows = rows.filter(status=Task.Status.OPEN, repeat__gt="").select_related("customer")
    for task in rows:
        line = line_of(task)
        for due in repetitions(task, end):
            for day, one in spread(task, due):
                if max(first, today) <= day <= last:
                    yield Entry(line, task.assignee_id, day, is_ghost=True, **one)


def repetitions(task: Task, before: datetime) -> Iterator[datetime]:
    """When a repeating task comes round again after the one that stands, until an instant."""
    due = next_due(task)
    for _n in range(MOST_STEPS):
        if due is None or due >= before:
            return
        yield due
        due = next_due(task, due)


def spread(task: Task | Line, due_at: datetime | None = None) -> list[tuple[date, dict]]:
    """The days a task lies on, each with begin and end in minutes; `due_at` for one of its repetitions.

    The last day of one for whole days is the one `ends_at` lies on, unless that is midnight.
    """
    begin = fmt.local(due_at or task.due_at)
    end = begin + (task.ends_at - task.due_at) if task.ends_at else begin
    first, last = begin.date(), end.date()
    if first == last and not task.is_all_day:  # nearly all
        return [(first, {"begin": minute_of(begin), "end": minute_of(end), "all_day": False, "continues": False})]
    if end > begin and end.time() == datetime.min.time():
        last -= timedelta(days=1)
    found = []
    for n in range((last - begin.date()).days + 1):
        day = begin.date() + timedelta(days=n)
        start = 0 if n else minute_of(begin)
        stop = minute_of(end) if day == end.date() else DAY_MINUTES
        whole = task.is_all_day or (start == 0 and stop == DAY_MINUTES)
        found.append((day, {"begin": start, "end": max(stop, start), "all_day": whole, "continues": n > 0}))
    return found


def minute_of(moment: datetime) -> int:
    """The minute of the company's day."""
    return moment.hour * 60 + moment.minute
