"""Reads of this room, viewer first: a follow-up, and what the workbench shows."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Max, Q, QuerySet

from zhike.activities.kinds import ACTIVITY
from zhike.activities.logged import followed_up, totals
from zhike.activities.models import Activity, Task, TaskParticipant
from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.keys import key_of
from zhike.kit.pinyin import syllables
from zhike.kit.viewer import Viewer
from zhike.org.models import Person
from zhike.records import queries as records
from zhike.records.lookups import people, person_names
from zhike.records.models import StoredFile
from zhike.records.prepared import AmongGiven, counts_of, prepared, prepared_count, prepared_for_ids
from zhike.sales.models import Lead, Opportunity

AHEAD_DAYS = 7
MOST_STEPS, MOST_TASKS, RECENT = 30, 40, 6


def activity(viewer: Viewer, pk: int) -> Activity:
    """A follow-up with what it is about; raises NotVisible."""
    return records.record(viewer, ACTIVITY, pk, related=("customer", "contact", "opportunity", "lead"))


def add_files(viewer: Viewer, activities: Iterable[Activity]) -> None:
    """Put the files of follow-ups read through their scope beside them, as `files`."""
    known = {activity.pk: activity for activity in activities}
    for activity in known.values():
        activity.files = []
    for stored in _files_of(viewer, known) if known else ():
        known[stored.object_id].files.append(stored)


@prepared_for_ids
def _files_of(viewer: Viewer) -> QuerySet[StoredFile]:
    return StoredFile.objects.filter(AmongGiven("object_id"), kind=ACTIVITY.label).order_by("id")


def colleagues_like(word: str, count: int = 8) -> list[dict[str, str]]:
    """Colleagues whose name, username, pinyin or initials begin like a word, for mentions."""
    word, found = word.strip().casefold()[:20], []
    for pk, username, name, is_active in people():
        called = name or username
        sounds = syllables(called)
        starts = (called.casefold(), username.casefold(), "".join(sounds), "".join(s[:1] for s in sounds))
        if is_active and any(start.startswith(word) for start in starts):
            found.append({"id": str(pk), "title": called, "note": username})
        if len(found) == count:
            break
    return found


def follow_ups_of_lead(viewer: Viewer, lead: Lead, count: int = 50) -> list[Activity]:
    """What was said with a lead, newest first, as far as the viewer sees it."""
    rows = Activity.objects.visible_to(viewer).filter(lead=lead).select_related("contact", "opportunity")
    return list(rows.order_by("-happened_at", "-id")[:count])


def next_steps(viewer: Viewer, people: Iterable[int]) -> list[Customer]:
    """Customers of these people whose next step is overdue or comes within a week, soonest first."""
    return _next_steps(viewer, frozenset(people))


@prepared
def _next_steps(viewer: Viewer, people: frozenset[int]) -> QuerySet[Customer]:
    _start, end = dates.bounds(dates.today(), dates.today() + timedelta(days=AHEAD_DAYS - 1))
    rows = Customer.objects.of_people(viewer, "owner", people).filter(next_at__isnull=False, next_at__lt=end)
    return rows.select_related("main_contact").order_by("next_at", "id")[:MOST_STEPS]


def count_late(viewer: Viewer, people: Iterable[int], steps: list[Customer]) -> int:
    """How many next steps of these people are overdue; `steps` are the first of them, as `next_steps` gives them."""
    now = dates.now()
    late = sum(customer.next_at < now for customer in steps)
    if late < MOST_STEPS:
        return late
    rows = Customer.objects.of_people(viewer, "owner", people)
    return rows.filter(next_at__isnull=False, next_at__lt=now).count()


def recent_customers(viewer: Viewer) -> list[Customer]:
    """One's own customers that were followed up or changed last."""
    found = {c.pk: c for c in (*_spoken_with(viewer), *_changed(viewer))}
    return sorted(found.values(), key=lambda c: max(c.updated_at, c.last_activity_at or c.updated_at), reverse=True)[
        :RECENT
    ]


@prepared
def _spoken_with(viewer: Viewer) -> QuerySet[Customer]:
    mine = Customer.objects.of_people(viewer, "owner", [viewer.person_id])
    return mine.filter(last_activity_at__isnull=False).order_by("-last_activity_at", "-id")[:RECENT]


@prepared
def _changed(viewer: Viewer) -> QuerySet[Customer]:
    return Customer.objects.of_people(viewer, "owner", [viewer.person_id]).order_by("-updated_at", "-id")[:RECENT]


def numbers(viewer: Viewer, people: Iterable[int]) -> dict[str, int]:
    """Counts for the head of the workbench: follow-ups this week, visits and new customers this month; one query."""
    counts = {"week": _week, "visits": _visits, "fresh": _fresh}
    return dict(zip(counts, counts_of(viewer, list(counts.values()), frozenset(people)), strict=True))


@prepared_count
def _week(viewer: Viewer, people: frozenset[int]) -> QuerySet[Activity]:
    today = dates.today()
    return followed_up(viewer, people, today - timedelta(days=today.weekday()), today)


@prepared_count
def _visits(viewer: Viewer, people: frozenset[int]) -> QuerySet[Activity]:
    today = dates.today()
    return followed_up(viewer, people, today.replace(day=1), today).filter(kind=Activity.Kind.VISIT)


@prepared_count
def _fresh(viewer: Viewer, people: frozenset[int]) -> QuerySet[Customer]:
    month, _end = dates.bounds(dates.today().replace(day=1))
    # Who was created since has been changed since: so the index by change serves.
    rows = Customer.objects.of_people(viewer, "owner", people)
    return rows.filter(updated_at__gte=month, created_at__gte=month)


def team_log(viewer: Viewer) -> list[dict[str, Any]]:
    """How many follow-ups each of one's people logged this week, fewest first; empty for those without people."""
    if not viewer.subordinates:
        return []
    today = dates.today()
    counts = totals(viewer, viewer.subordinates, today - timedelta(days=today.weekday()), today)
    names = person_names()
    people = [{"pk": pk, "name": names[pk], "count": counts.get(pk, 0)} for pk in viewer.subordinates if pk in names]
    return sorted(people, key=lambda row: (row["count"], row["name"]))[:10]


def contacts_for(viewer: Viewer, customer_id: int) -> list[tuple[int, str]]:
    """The people of a customer to choose from: (id, name and title)."""
    rows = Contact.objects.visible_to(viewer).filter(customer_id=customer_id).order_by("-is_primary", "id")[:100]
    return to_choose(rows)


def to_choose(people: Iterable[Contact]) -> list[tuple[int, str]]:
    """Contacts as choices: (id, name and title)."""
    return [(c.pk, " ".join(filter(None, (c.name, c.title)))) for c in people]


@prepared_count
def count_open_tasks(viewer: Viewer, about: str, pk: int) -> QuerySet[Task]:
    """How many open tasks there are about a customer or a deal."""
    return Task.objects.visible_to(viewer).filter(**{f"{about}_id": pk}, status=Task.Status.OPEN)


def tasks_about(viewer: Viewer, about: Any, count: int = 50) -> list[Task]:
    """Tasks about a customer or a deal: open ones by time, then the last closed ones."""
    rows = Task.objects.visible_to(viewer).filter(**{about._meta.model_name: about}).select_related("assignee")
    still = rows.filter(status=Task.Status.OPEN).order_by(F("due_at").asc(nulls_last=True), "id")[:count]
    closed = rows.exclude(status=Task.Status.OPEN).order_by("-closed_at", "-id")[:10]
    return [*still, *closed]


def places_of(viewer: Viewer, task: Task) -> list[TaskParticipant]:
    """Who is invited to a task that was read through its scope, and what they answered."""
    return list(TaskParticipant.objects.within(viewer, task).select_related("person").order_by("id"))


def participants_of(viewer: Viewer, task: Task) -> list[Person]:
    """Who is invited to a task that was read through its scope."""
    return [place.person for place in places_of(viewer, task)]


def customer_of_deal(viewer: Viewer, pk: str) -> dict[str, int]:
    """{"customer": id} of a deal the viewer sees, to begin a form with."""
    found = Opportunity.objects.visible_to(viewer).filter(pk=key_of(pk), customer__isnull=False)
    customer_id = found.values_list("customer_id", flat=True).first()
    return {"customer": customer_id} if customer_id else {}


def my_tasks(viewer: Viewer, people: Iterable[int], until: datetime) -> list[Task]:
    """Open tasks of these people due before an instant, and those without a time, soonest first."""
    return _my_tasks(viewer, frozenset(people), until)


@prepared
def _my_tasks(viewer: Viewer, people: frozenset[int], until: datetime) -> QuerySet[Task]:
    rows = Task.objects.of_people(viewer, "assignee", people).filter(status=Task.Status.OPEN)
    rows = rows.filter(Q(due_at__lt=until) | Q(due_at__isnull=True)).select_related("customer", "assigned_by")
    return rows.order_by(F("due_at").asc(nulls_last=True), "id")[:MOST_TASKS]


def done_today(viewer: Viewer, people: Iterable[int]) -> list[Task]:
    """What these people carried out today."""
    return _done_today(viewer, frozenset(people))


@prepared
def _done_today(viewer: Viewer, people: frozenset[int]) -> QuerySet[Task]:
    begin, _end = dates.bounds(dates.today())
    rows = Task.objects.of_people(viewer, "assignee", people).filter(status=Task.Status.DONE)
    return rows.filter(closed_at__gte=begin, updated_at__gte=begin).select_related("customer")[:20]


def last_visits(contacts: list[int]) -> dict[int, date]:
    """The day of the last visit to each of these contacts, for the buying centre of a deal (SAL-4).

    Of all visits, whoever made them: who sees the deal may know when its decider was visited, not what was said.
    """
    rows = Activity.objects.whole_table("the day of the last visit to contacts of a deal one sees, nothing else")
    rows = rows.filter(contact__in=contacts, kind=Activity.Kind.VISIT).order_by()
    return {pk: dates.local_day(at) for pk, at in rows.values_list("contact_id").annotate(at=Max("happened_at"))}
