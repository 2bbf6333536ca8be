"""What reminder rules count from: each day or moment a kind has, and clocks of their own (ACT-6).

A clock says which rows of a kind are due now and by which cause. Rooms add theirs in `apps.py`:
`clocks.add("sales.opportunity", Clock("stuck", _("Expected days in the stage"), due=…))`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhike.customers import rhythm
from zhike.customers.models import month_and_day
from zhike.kit import dates
from zhike.kit.festivals import next_festival
from zhike.kit.workdays import working_ago
from zhike.records import kinds
from zhike.records.fields import Day, Moment
from zhike.records.kinds import RecordKind
from zhike.sales.models.pipelines import stages

# A rule looks this far back: what fell due while the system was off is caught up with, older history is not raked up.
WINDOW = timedelta(days=7)


@dataclass(frozen=True)
class Clock:
    """`due(rows, offset, now)` gives the rows due at `now`, annotated with `cause`: a text that changes with the cause.

    `unit` is "days" or "minutes" (working minutes).
    """

    key: str
    label: str | Promise
    due: Callable[[QuerySet, int, datetime], QuerySet]
    unit: str = "days"


_clocks: dict[str, dict[str, Clock]] = {}


def add(label: str, clock: Clock) -> None:
    """Give a kind a clock of its own."""
    _clocks.setdefault(label, {})[clock.key] = clock


def of(kind: RecordKind) -> dict[str, Clock]:
    """All clocks of a kind: those of its own first, then its days and moments."""
    own = dict(_clocks.get(kind.label, {}))
    for field in kind.own_fields.values():
        if isinstance(field, Day) and getattr(field, "column", None) is not None:
            own.setdefault(field.name, Clock(field.name, field.label, by_field(field.name, isinstance(field, Moment))))
    return own


def find(rule: Any) -> Clock | None:
    """The clock of a rule, or None where its room or field is gone."""
    kind = kinds.find(rule.kind)
    return of(kind).get(rule.clock) if kind else None


def by_field(name: str, is_moment: bool) -> Callable[[QuerySet, int, datetime], QuerySet]:
    """Rows whose day or moment lies `offset` days back (ahead, where negative), or up to a week longer."""

    def due(rows: QuerySet, offset: int, now: datetime) -> QuerySet:
        last: Any = now - timedelta(days=offset) if is_moment else dates.local_day(now) - timedelta(days=offset)
        found = rows.filter(**{f"{name}__lte": last, f"{name}__gt": last - WINDOW})
        return found.annotate(cause=Cast(F(name), CharField()))

    return due


def birthdays(rows: QuerySet, offset: int, now: datetime) -> QuerySet:
    """Contacts whose birthday is today or comes within `-offset` days; the cause is the year of that birthday.

    The days between the warning and the birthday count too, so that a day on which nothing ran is caught up with.
    """
    first = dates.local_day(now)
    days = [first + timedelta(days=n) for n in range(max(-offset, 0) + 1)]
    this_year = [month_and_day(day) for day in days if day.year == first.year]
    year = Case(When(birthday_md__in=this_year, then=Value(str(first.year))), default=Value(str(days[-1].year)))
    return rows.filter(birthday_md__in=[month_and_day(day) for day in days]).annotate(cause=year)


def stuck(rows: QuerySet, offset: int, now: datetime) -> QuerySet:
    """Open deals longer in their stage than it is expected to take, and `offset` days more (SAL-2)."""
    late = Q(pk__in=[])
    for stage in stages().values():
        if stage.is_open and stage.expected_days:
            since = now - timedelta(days=stage.expected_days + offset)
            late |= Q(stage_id=stage.pk, stage_since__lte=since, stage_since__gt=since - WINDOW)
    return rows.filter(late).annotate(cause=Cast(F("stage_since"), CharField()))


def unanswered(rows: QuerySet, offset: int, now: datetime) -> QuerySet:
    """Leads nobody has answered for `offset` working minutes, or a week longer; holidays do not count (SAL-1)."""
    came = {"created_at__lte": working_ago(now, offset), "created_at__gt": working_ago(now - WINDOW, offset)}
    return rows.filter(responded_at__isnull=True, **came).annotate(cause=Cast(F("created_at"), CharField()))


def rhythm_broken(rows: QuerySet, offset: int, now: datetime) -> QuerySet:
    """Customers who left the rhythm of their tier `offset` days ago, or up to a week longer (ACT-6)."""

    def condition(days: int) -> Q:
        end = rhythm.ago(now, days + offset)
        return rhythm.since(end - WINDOW, end)

    since = Coalesce(F("last_activity_at"), F("created_at"))
    return rows.filter(rhythm.each_tier(condition)).annotate(cause=Cast(since, CharField()))


def before_festival(key: str) -> Callable[[QuerySet, int, datetime], QuerySet]:
    """All rows, once a year, in the `-offset` days up to a festival."""

    def due(rows: QuerySet, offset: int, now: datetime) -> QuerySet:
        today = dates.local_day(now)
        day = next_festival(key, today)
        found = rows if (day - today).days <= max(-offset, 0) else rows.none()
        return found.annotate(cause=Value(f"{key} {day.isoformat()}", output_field=CharField()))

    return due


FESTIVAL_NAMES = {
    "new_year": _("New Year's Day"), "spring": _("Spring Festival"), "dragon_boat": _("Dragon Boat Festival"),
    "mid_autumn": _("Mid-Autumn Festival"), "national_day": _("National Day"),
}  # fmt: skip
for _key, _name in FESTIVAL_NAMES.items():
    add("customers.contact", Clock(_key, _name, before_festival(_key)))
add("customers.customer", Clock("rhythm", _("The rhythm of its tier is broken"), rhythm_broken))
add("customers.contact", Clock("birthday", _("Birthday"), birthdays))
add("sales.opportunity", Clock("stuck", _("Expected days in the stage are over"), stuck))
add("sales.lead", Clock("unanswered", _("Nobody has answered"), unanswered, unit="minutes"))
