"""When colleagues are busy, never with what: for arranging appointments with people outside one's scope (ACT-3)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from zhike.activities.calendar_grid import SHORTEST, free_times
from zhike.activities.models import Task, TaskParticipant
from zhike.activities.schedule import minute_of, spread
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.viewer import Viewer
from zhike.kit.workdays import is_workday, working_hours

# What keeps a person from being elsewhere; a to-do, a message or a letter does not.
KINDS = ("call", "visit", "meeting", "demo", "hospitality")
LONGEST = timedelta(days=31)
SEARCHED_DAYS = 14
OFFERS = 3


@dataclass(frozen=True)
class Block:
    """Somebody is busy from one instant to another; `title` only for who may see the appointment."""

    person_id: int
    task_id: int
    begin: datetime
    end: datetime
    title: str = ""


def busy(viewer: Viewer, people: Collection[int], begin: datetime, end: datetime, *, but: int = 0) -> list[Block]:
    """When these people are busy in a span, in order, but for one appointment. Titles as far as the viewer may see."""
    rows = Task.objects.whole_table("times only, to arrange appointments; titles are asked for as the viewer")
    rows = rows.filter(status=Task.Status.OPEN, kind__in=KINDS, due_at__lt=end, due_at__gt=begin - LONGEST)
    rows = rows.filter(Q(ends_at__gt=begin) | Q(due_at__gte=begin - timedelta(days=1))).exclude(pk=but)
    places = TaskParticipant.objects.whole_table("as above: who is elsewhere").filter(person_id__in=list(people))
    places = places.exclude(answer=TaskParticipant.Answer.NO).filter(
        task__due_at__lt=end, task__due_at__gt=begin - LONGEST
    )
    guests: dict[int, list[int]] = defaultdict(list)
    for task_id, person_id in places.values_list("task_id", "person_id"):
        guests[task_id].append(person_id)
    fields = ("id", "assignee_id", "due_at", "ends_at", "is_all_day")
    theirs = {task.pk: task for task in rows.filter(assignee_id__in=list(people)).only(*fields)}
    theirs |= {task.pk: task for task in rows.filter(pk__in=list(guests)).only(*fields)} if guests else {}
    titles = dict(Task.objects.visible_to(viewer, few=True).filter(pk__in=list(theirs)).values_list("pk", "title"))
    found = [
        Block(person_id, task.pk, first, last, titles.get(task.pk, ""))
        for task in theirs.values()
        for first, last in [taken_up(task)]
        if last > begin and first < end
        for person_id in {task.assignee_id, *guests[task.pk]} & set(people)
    ]
    return sorted(found, key=lambda block: (block.begin, block.end, block.person_id))


def taken_up(task: Task) -> tuple[datetime, datetime]:
    """From when to when an appointment takes its people's time: half an hour where it has no end, whole days if so."""
    if task.is_all_day:
        days = [day for day, _one in spread(task)]
        return dates.bounds(days[0], days[-1])
    shortest = task.due_at + timedelta(minutes=SHORTEST)
    return task.due_at, max(task.ends_at or shortest, task.due_at + timedelta(minutes=1))


def common_free(blocks: Sequence[Block], day: date, minutes: int, after: datetime) -> list[datetime]:
    """When on a working day, within working hours and after an instant, nobody of the blocks is busy (half hours)."""
    if not is_workday(day):
        return []
    begin, end = dates.bounds(day)
    taken = [
        (minute_from(max(b.begin, begin), day), minute_from(min(b.end, end), day))
        for b in blocks
        if b.end > begin and b.begin < end
    ]
    hours = [(minute_of(start), minute_of(stop)) for start, stop in working_hours()]
    local = fmt.local(after)
    first = 0 if local.date() < day else 24 * 60 if local.date() > day else minute_of(local)
    midnight = datetime.combine(day, datetime.min.time())
    zone = timezone.get_default_timezone()
    return [(midnight + timedelta(minutes=m)).replace(tzinfo=zone) for m in free_times(taken, hours, minutes, first)]


def minute_from(moment: datetime, day: date) -> int:
    """Minutes from the beginning of a day to an instant, which may lie on another day."""
    here = fmt.local(moment)
    return (here.date() - day).days * 24 * 60 + minute_of(here)


def offers(viewer: Viewer, people: Collection[int], after: datetime, minutes: int, *, but: int = 0) -> list[datetime]:
    """The next times all of these people have free together, at most three; empty if two weeks hold none."""
    after = max(after, dates.now())
    first = dates.local_day(after)
    blocks = busy(viewer, people, after, dates.bounds(first + timedelta(days=SEARCHED_DAYS))[1], but=but)
    found: list[datetime] = []
    for n in range(SEARCHED_DAYS):
        found += common_free(blocks, first + timedelta(days=n), minutes, after)
        if len(found) >= OFFERS:
            break
    return found[:OFFERS]
