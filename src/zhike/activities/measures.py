"""What follow-ups count for targets (SAL-10)."""

from collections.abc import Collection
from datetime import date

from django.db.models import Count
from django.utils.translation import pgettext_lazy

from zhike.activities.models import Activity
from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.sales.measures import Figures, Measure, add, of_people, summed


def follow_ups(viewer: Viewer, people: Collection[int] | None, first: date, last: date, **only: str) -> Figures:
    """How many follow-ups happened on these days, by author."""
    begin, end = dates.bounds(first, last)
    rows = Activity.objects.visible_to(viewer).filter(happened_at__gte=begin, happened_at__lt=end, **only)
    return summed(of_people(rows, "author_id", people), "author_id", Count("pk"))


def visits(viewer: Viewer, people: Collection[int] | None, first: date, last: date) -> Figures:
    """How many visits with something written about them happened on these days, by author."""
    return follow_ups(viewer, people, first, last, kind=Activity.Kind.VISIT, summary__gt="")


VERB = "activities.activity.view"
VISITS = Measure(
    "visits", pgettext_lazy("measure", "Visits"), pgettext_lazy("goal", "Visits this month"), "count", visits, 40, VERB
)
FOLLOW_UPS = Measure(
    "follow_ups", pgettext_lazy("measure", "Follow-ups"), pgettext_lazy("goal", "Follow-ups this month"), "count",
    follow_ups, 50, VERB,
)  # fmt: skip
__all__ = ["FOLLOW_UPS", "VISITS", "add"]
