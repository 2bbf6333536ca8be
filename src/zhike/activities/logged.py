"""What people logged on some days: the one way in which feed, log, reports and workbench gather it (ACT-2, ACT-4)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from zhike.activities.models import Activity
from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.records.prepared import prepared


def followed_up(viewer: Viewer, people: Iterable[int], first: date, last: date | None = None) -> QuerySet[Activity]:
    """The follow-ups these people logged on these days, as far as the viewer sees them.

    Of one's own people that is asked of the index of authors alone, so that counting reads no rows.
    """
    whose = sorted(people)
    if all(viewer.sees_owner(pk) for pk in whose):
        rows = Activity.objects.of_people(viewer, "author", whose)
    else:
        rows = Activity.objects.visible_to(viewer).filter(author_id__in=whose)
    begin, end = dates.bounds(first, last or first)
    return rows.filter(happened_at__gte=begin, happened_at__lt=end)


def counted(viewer: Viewer, people: Iterable[int], days: list[date]) -> dict[tuple[int, date], int]:
    """How many follow-ups each of these people logged on each of these days (in order); nought is left out."""
    each: dict[str, Any] = {}
    for n, day in enumerate(days):
        begin, end = dates.bounds(day)
        each[f"d{n}"] = Count("pk", filter=Q(happened_at__gte=begin, happened_at__lt=end))
    rows = followed_up(viewer, people, days[0], days[-1]).order_by().values_list("author_id").annotate(**each)
    return {(row[0], day): count for row in rows for day, count in zip(days, row[1:], strict=True) if count}


def totals(viewer: Viewer, people: Iterable[int], first: date, last: date) -> dict[int, int]:
    """How many follow-ups each of these people logged on all of these days together; nought is left out."""
    return dict(_totals(viewer, frozenset(people), first, last))


@prepared
def _totals(viewer: Viewer, people: frozenset[int], first: date, last: date) -> QuerySet:
    rows = followed_up(viewer, people, first, last).order_by()
    return rows.values_list("author_id").annotate(Count("pk"))
