"""Jobs that come round: rooms register them in `apps.py`, the worker enqueues each once per due moment.

    periodic.daily("zhike.activities.tasks.remind", at=time(8, 0))
    periodic.every("zhike.sales.tasks.refresh_rollups", timedelta(minutes=10))

The last due moment served is a row in the database, written together with the job: a restart neither repeats nor loses
one, and a machine that was off at the moment catches up once when it is back.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from zhike.kit import dates
from zhike.records.models import NumberSequence

AHEAD = 120  # seconds by which clocks of several machines may differ


@dataclass(frozen=True)
class Rhythm:
    """When a task is due: at a time of the company's day, or again and again after an interval."""

    task: str
    at: time | None = None
    interval: timedelta | None = None

    @property
    def key(self) -> str:
        """Under which its last due moment is kept: the end of the path, which is the part that differs."""
        return f"periodic:{self.task}"[-60:]

    def due(self, now: datetime) -> datetime:
        """The latest due moment that is not after `now`."""
        if self.interval:
            seconds = int(self.interval.total_seconds())
            return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
        zone = timezone.get_default_timezone()
        today = datetime.combine(dates.local_day(now), self.at, zone)
        return today if today <= now else datetime.combine(dates.local_day(now) - timedelta(days=1), self.at, zone)


_rhythms: dict[str, Rhythm] = {}


def daily(task: str, at: time) -> None:
    """Enqueue a task (by its dotted path, without arguments) once a day at this time of the company's clock."""
    _rhythms[task] = Rhythm(task, at=at)


def every(task: str, interval: timedelta) -> None:
    """Enqueue a task (by its dotted path, without arguments) once per interval, at least a second."""
    _rhythms[task] = Rhythm(task, interval=interval)


def enqueue_due(now: datetime | None = None) -> list[str]:
    """Enqueue what has become due; returns the tasks' paths. Several workers may call it at the same time."""
    now = now or dates.now()
    due = {rhythm.key: (rhythm, int(rhythm.due(now).timestamp())) for rhythm in _rhythms.values()}
    served = dict(NumberSequence.objects.filter(key__in=due).values_list("key", "last"))
    behind = [
        (rhythm, moment)
        for key, (rhythm, moment) in due.items()
        if served.get(key, -1) < moment or is_ahead(served[key], now)
    ]
    return [rhythm.task for rhythm, moment in behind if serve(rhythm, moment, now)]


def is_ahead(served: int, now: datetime) -> bool:
    """Whether a moment served lies in the future: the clock was wrong then, and has gone back."""
    return served > now.timestamp() + AHEAD


@transaction.atomic
def serve(rhythm: Rhythm, moment: int, now: datetime) -> bool:
    """Enqueue a task for this due moment (seconds since 1970), unless somebody was faster."""
    sequence, is_new = NumberSequence.objects.get_or_create(key=rhythm.key, defaults={"last": moment})
    # A new daily task waits for its time; a new interval starts at once.
    if is_new:
        if rhythm.interval is None:
            return False
    else:
        # What was served in the future was served by a clock that has been set right since: it counts as not served.
        other = Q(last__lt=moment) | Q(last__gt=int(now.timestamp()) + AHEAD)
        if not NumberSequence.objects.filter(other, key=sequence.key).update(last=moment):
            return False
    import_string(rhythm.task).enqueue()
    return True
