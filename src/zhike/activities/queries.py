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
from zhike.records.prepared import prepared_count
from zhike.sales.models import Lead, Opportunity

AHEAD_DAYS = 7
MOST_STEPS = 30


def activity(viewer: Viewer, pk: int) -> Activity:
    """A follow-up with what it is about; raises NotVisible."""
    return records.record(viewer, ACTIVITY, pk, related=("customer", "contact", "opportunity", "lead"))


def add_files(activities: Iterable[Activity]) -> None:
    """Put the files of follow-ups read through their scope beside them, as `files`."""
    known = {activity.pk: activity for activity in activities}
    for activity in known.values():
        activity.files = []
    for stored in StoredFile.objects.filter(kind=ACTIVITY.label, object_id__in=known).order_by("id") if known else ():
        known[stored.object_id].files.append(stored)


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


def next_steps(viewer: Viewer, people: Iterable[int]) -> QuerySet[Customer]:
    """Customers of these people whose next step is overdue or comes within a week, soonest first."""
    _start, end = dates.bounds(dates.today(), dates.today() + timedelta(days=AHEAD_DAYS - 1))
    rows = Customer.objects.of_people(viewer, "owner", people).filter(next_at__isnull=False, next_at__lt=end)
    return rows.select_related("main_contact").order_by("next_at", "id")[:MOST_STEPS]


def recent_customers(viewer: Viewer, count: int = 6) -> list[Customer]:
    """One's own customers that were followed up or changed last."""
    mine = Customer.objects.of_people(viewer, "owner", [viewer.person_id])
    spoken = mine.filter(last_activity_at__isnull=False).order_by("-last_activity_at", "-id")[:count]
    found = {c.pk: c for c in (*spoken, *mine.order_by("-updated_at", "-id")[:count])}
    return sorted(found.values(), key=lambda c: max(c.updated_at, c.last_activity_at or c.updated_at), reverse=True)[
        :count
    ]


def numbers(viewer: Viewer, people: Iterable[int]) -> dict[str, int]:
    """Counts for the head of the workbench: follow-ups this week, visits and new customers this month."""
    today, people = dates.today(), list(people)
    first = today.replace(day=1)
    month, _end = dates.bounds(first)
    week = followed_up(viewer, people, today - timedelta(days=today.weekday()), today)
    visits = followed_up(viewer, people, first, today).filter(kind=Activity.Kind.VISIT)
    customers = Customer.objects.of_people(viewer, "owner", people)
    # Who was created since has been changed since: so the index by change serves.
    fresh = customers.filter(updated_at__gte=month, created_at__gte=month)
    late = customers.filter(next_at__isnull=False, next_at__lt=dates.now())
    return {
        "week": week.count(),
        "visits": visits.count(),
        "fresh": fresh.count(),
        "late": late.count(),
    }


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


def my_tasks(viewer: Viewer, people: Iterable[int], until: datetime, count: int = 40) -> list[Task]:
    """Open tasks of these people due before an instant, and those without a time, soonest first."""
    rows = Task.objects.of_people(viewer, "assignee", people).filter(status=Task.Status.OPEN)
    rows = rows.filter(Q(due_at__lt=until) | Q(due_at__isnull=True)).select_related("customer", "assigned_by")
    return list(rows.order_by(F("due_at").asc(nulls_last=True), "id")[:count])


def done_today(viewer: Viewer, people: Iterable[int]) -> list[Task]:
    """What these people carried out today."""
    begin, _end = dates.bounds(dates.today())
    rows = Task.objects.of_people(viewer, "assignee", people).filter(status=Task.Status.DONE)
    return list(rows.filter(closed_at__gte=begin, updated_at__gte=begin).select_related("customer")[:20])


def last_visits(contacts: list[int]) -> dict[int, date]:
    """The day of the last visit to each of these contacts, for the buying centre of a deal (SAL-4).

    Of all visits, whoever made them: who sees the deal may know when its decider was visited, not what was said.
    """
    rows = Activity.objects.whole_table("the day of the last visit to contacts of a deal one sees, nothing else")
    rows = rows.filter(contact__in=contacts, kind=Activity.Kind.VISIT).order_by()
    return {pk: dates.local_day(at) for pk, at in rows.values_list("contact_id").annotate(at=Max("happened_at"))}
