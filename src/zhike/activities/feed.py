"""What one's people logged on a day, who logged nothing, and what of it one has not seen yet (ACT-2)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from zhike.activities.logged import followed_up, totals
from zhike.activities.models import Activity, FeedMark
from zhike.activities.queries import add_files
from zhike.activities.reporters import works_on
from zhike.activities.timeline import comments_on
from zhike.kit import dates
from zhike.kit.keys import key_of
from zhike.kit.viewer import Viewer
from zhike.org.models import Person

PAGE = 30


@dataclass(frozen=True)
class Colleague:
    """One of one's people on a day: how much they logged, and whether nothing is a gap."""

    person: Person
    count: int
    is_gap: bool


def colleagues(viewer: Viewer, day: date) -> list[Colleague]:
    """One's people with what they logged on a day, those with a gap first.

    A gap is a working day that is over or under way, of somebody who was here and not away.
    """
    counts, is_over = totals(viewer, viewer.subordinates, day, day), day <= dates.today()
    people = Person.objects.filter(pk__in=viewer.subordinates, is_active=True).order_by("name", "id")
    found = [Colleague(p, n := counts.get(p.pk, 0), not n and is_over and works_on(p, day)) for p in people]
    return sorted(found, key=lambda one: (not one.is_gap, one.count == 0))


def entries(
    viewer: Viewer, day: date, *, person: int | None = None, kind: str = "", cursor: str = ""
) -> tuple[list[Activity], str]:
    """A page of what was logged on a day, newest first, with comments and files; and the cursor of the next page."""
    people = [person] if person in viewer.subordinates else sorted(viewer.subordinates)
    rows = followed_up(viewer, people, day)
    if kind in Activity.Kind.values:
        rows = rows.filter(kind=kind)
    if pk := key_of(cursor):
        last = Activity.objects.visible_to(viewer).filter(pk=pk).first()
        if last is not None:
            rows = rows.filter(happened_at__lte=last.happened_at).exclude(happened_at=last.happened_at, pk__gte=last.pk)
    page = list(_with_names(rows).order_by("-happened_at", "-id")[: PAGE + 1])
    more, page = len(page) > PAGE, page[:PAGE]
    add_files(viewer, page)
    said: dict[int, list] = {}
    for comment in comments_on(viewer, [row.pk for row in page]) if page else ():
        said.setdefault(comment.activity_id, []).append(comment)
    for row in page:
        row.said = said.get(row.pk, [])
    return page, str(page[-1].pk) if more else ""


def _with_names(rows: QuerySet[Activity]) -> QuerySet[Activity]:
    return rows.select_related("customer", "contact", "opportunity", "lead", "author")


def seen_until(viewer: Viewer) -> int:
    """The last follow-up of one's people that one has seen in the feed; 0 for nothing yet."""
    return FeedMark.objects.filter(person_id=viewer.person_id).values_list("seen", flat=True).first() or 0
