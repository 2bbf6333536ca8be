"""How each person wants to be told: which kinds of messages by e-mail and when, and when not at all (ACT-7)."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from zhike.channels.models import Preference
from zhike.kit import dates
from zhike.kit.workdays import is_workday
from zhike.records import config, messages

WAYS = {
    "now": pgettext_lazy("e-mail", "At once"),
    "hourly": pgettext_lazy("e-mail", "Together, each hour"),
    "daily": pgettext_lazy("e-mail", "Together, each day at 8:30"),
    "none": pgettext_lazy("e-mail", "Not at all"),
}
DAILY = time(8, 30)


@dataclass(frozen=True)
class Wishes:
    """What a person has chosen, over what the company starts with."""

    ways: dict[str, str] = field(default_factory=dict)
    quiet_from: time = time(22, 0)
    quiet_until: time = time(8, 0)
    quiet_days_off: bool = False

    def way(self, about: str) -> str:
        """How e-mail takes a kind of message: a key of WAYS."""
        kind = messages.about(about)
        return self.ways.get(kind.key, kind.email)


@config.cached
def _chosen() -> dict[int, Wishes]:
    return {
        row.person_id: Wishes(row.ways, row.quiet_from, row.quiet_until, row.quiet_days_off)
        for row in Preference.objects.all()
    }


def of(person_id: int) -> Wishes:
    """What a person wishes."""
    return _chosen().get(person_id) or Wishes()


def can_mail() -> bool:
    """Whether a mail server is set up."""
    return not settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".dummy.EmailBackend"))


def after_quiet(wishes: Wishes, moment: datetime) -> datetime:
    """The first moment from here on that is not quiet."""
    zone = timezone.get_default_timezone()
    local = moment.astimezone(zone)
    for _day in range(60):
        day, clock = local.date(), local.time()
        if wishes.quiet_days_off and not is_workday(day):
            local = datetime.combine(day + timedelta(days=1), time(), zone)
        elif _is_quiet(wishes, clock):
            ends = day if clock < wishes.quiet_until else day + timedelta(days=1)
            local = datetime.combine(ends, wishes.quiet_until, zone)
        else:
            break
    return max(local, moment)


def _is_quiet(wishes: Wishes, clock: time) -> bool:
    begins, ends = wishes.quiet_from, wishes.quiet_until
    return begins <= clock < ends if begins <= ends else clock >= begins or clock < ends


def due(wishes: Wishes, way: str, now: datetime) -> datetime:
    """When e-mail of this way may go."""
    zone = timezone.get_default_timezone()
    local = now.astimezone(zone)
    if way == "hourly":
        local = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    elif way == "daily":
        today = datetime.combine(dates.local_day(now), DAILY, zone)
        local = today if now < today else datetime.combine(dates.local_day(now) + timedelta(days=1), DAILY, zone)
    return after_quiet(wishes, local)
