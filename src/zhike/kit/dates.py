"""Days and instants: instants are aware and UTC in the database, days are the company's (CRAFT §10)."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone


def now() -> datetime:
    """The present instant, aware."""
    return timezone.now()


def today() -> date:
    """The company's day (ZHIKE_TIME_ZONE), not the server's."""
    return datetime.now(timezone.get_default_timezone()).date()


def day(year: int, month: int, number: int) -> tuple[datetime, datetime]:
    """Start and end (exclusive) of a day of the company, as instants."""
    return bounds(date(year, month, number))


def bounds(first: date, last: date | None = None) -> tuple[datetime, datetime]:
    """The instants at which these days begin and end (exclusive)."""
    zone = timezone.get_default_timezone()
    begin = datetime.combine(first, time(), zone)
    end = datetime.combine((last or first) + timedelta(days=1), time(), zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


def local_day(moment: datetime) -> date:
    """The company's day on which an instant falls."""
    return timezone.localdate(moment, timezone.get_default_timezone())
