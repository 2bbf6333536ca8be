"""How often customers of a tier are followed up: the company's rhythm as data, and who is out of it (ACT-6, CUS-5).

Counted from the last follow-up, or from when we got to know the customer. Lost customers are left alone.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from zhike.customers.models import Customer, rhythm_days
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.records.fields import EMPTY, Choice

SOON = 2  # days before it is due

STATES = {
    "late": pgettext_lazy("rhythm", "Out of rhythm"),
    "soon": pgettext_lazy("rhythm", "Due soon"),
    "fine": pgettext_lazy("rhythm", "In rhythm"),
}


def days_left(tier: str, lifecycle: str, since: datetime | None, created_at: datetime, now: datetime) -> int | None:
    """Whole days until a customer should be followed up; negative when that is over; None without a rhythm."""
    days = rhythm_days().get(tier)
    if not days or lifecycle == Customer.Lifecycle.LOST:
        return None
    return days - (dates.local_day(now) - dates.local_day(since or created_at)).days


def since(first: datetime | None, end: datetime | None) -> Q:
    """Customers last followed up, or never and made, from `first` on and before `end`."""
    never, spoken = Q(last_activity_at__isnull=True), Q()
    if first is not None:
        never, spoken = never & Q(created_at__gte=first), spoken & Q(last_activity_at__gte=first)
    if end is not None:
        never, spoken = never & Q(created_at__lt=end), spoken & Q(last_activity_at__lt=end)
    return spoken & Q(last_activity_at__isnull=False) | never


def each_tier(condition: Callable[[int], Q]) -> Q:
    """Customers of each tier that has a rhythm, by a condition of its days."""
    found = Q(pk__in=[])
    for tier, days in rhythm_days().items():
        found |= Q(tier=tier) & condition(days)
    return found & ~Q(lifecycle=Customer.Lifecycle.LOST)


def out_of_rhythm(now: datetime) -> Q:
    """Customers who should have been followed up by yesterday."""
    return each_tier(lambda days: since(None, ago(now, days)))


def due_soon(now: datetime) -> Q:
    """Customers to follow up today or in the next days."""
    return each_tier(lambda days: since(ago(now, days), ago(now, days - SOON - 1)))


def in_rhythm(now: datetime) -> Q:
    """Customers whose next follow-up has time."""
    return each_tier(lambda days: since(ago(now, days - SOON - 1), None))


def ago(now: datetime, days: int) -> datetime:
    """When the day so many days back began."""
    return dates.bounds(dates.local_day(now) - timedelta(days=days))[0]


class RhythmField(Choice):
    """How a customer stands in the rhythm of its tier: late, due soon or fine, with the days."""

    operators = ("in", "not_in")
    repeats = False
    CONDITIONS = {"late": out_of_rhythm, "soon": due_soon, "fine": in_rhythm}

    def __init__(self, name: str, label: Any):
        super().__init__(name, label, choices=STATES.items(), editable=False, sortable=False)

    @property
    def paths(self):
        return ("tier", "lifecycle", "last_activity_at", "created_at")

    def values_of(self, record):
        return (record.tier, record.lifecycle, record.last_activity_at, record.created_at)

    def read(self, record):
        return self._state(self.values_of(record))

    def cell(self, values):
        left = days_left(*values, dates.now())
        return EMPTY if left is None else badge(left)

    def export(self, values):
        left = days_left(*values, dates.now())
        return "" if left is None else said(left)

    def api(self, values):
        return self._state(values)

    def _state(self, values) -> str:
        left = days_left(*values, dates.now())
        return "" if left is None else state(left)

    def condition(self, op, values, lookups):
        wanted = Q()
        for value in values:
            wanted |= self.CONDITIONS[self.parse(value, lookups)](dates.now())
        return ~wanted if op == "not_in" else wanted


def state(left: int) -> str:
    """Which of the states so many days are."""
    return "late" if left < 0 else "soon" if left <= SOON else "fine"


def said(left: int) -> str:
    """ "3 days late", "due today", "in 5 days" """
    if left < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -left) % {"n": -left}
    return ngettext("in %(n)s day", "in %(n)s days", left) % {"n": left} if left else _("due today")


def badge(left: int) -> SafeString:
    """The days as a badge."""
    return fmt.badge(said(left), {"late": "bad", "soon": "warn", "fine": "mute"}[state(left)])
