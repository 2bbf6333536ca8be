"""Working days of China with the holidays and make-up days the State Council announces, and working hours in them.

The calendar comes from the library chinesecalendar; for years it does not know yet, Saturday and Sunday are free.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import chinese_calendar
from django.utils import timezone
from django.utils.translation import get_language

from zhike.kit import dates

# The working spans of a day, in the company's time zone.
Hours = tuple[tuple[time, time], ...]
HOURS: Hours = ((time(9, 0), time(12, 0)), (time(13, 30), time(18, 0)))  # until a company says otherwise

_hours: Callable[[], Hours] = lambda: HOURS  # noqa: E731


def hours_from(function: Callable[[], Hours]) -> None:
    """Called once by the room that knows the company's working hours."""
    global _hours
    _hours = function


def working_hours() -> Hours:
    """The working spans of a working day, in order and apart."""
    return _hours()


def minutes_of(hours: Hours) -> int:
    """How many minutes of a day are worked."""
    return sum((stops.hour - begins.hour) * 60 + stops.minute - begins.minute for begins, stops in hours)


def is_workday(day: date) -> bool:
    """Whether people work on this day: a weekday that is no holiday, or a weekend day worked instead."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:  # a year not announced yet
        return day.weekday() < 5


def holiday(day: date) -> str:
    """The name of the public holiday on this day, in Chinese or English as the interface is; empty for other days."""
    try:
        is_free, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return ""
    if not is_free or not name:
        return ""
    return chinese_calendar.Holiday(name).chinese if (get_language() or "").startswith("zh") else str(name)


def mark(day: date) -> str:
    """ "rest" for a free weekday and each day of a holiday, "work" for a weekend day worked instead, or nothing."""
    if is_workday(day):
        return "work" if day.weekday() > 4 else ""
    return "rest" if day.weekday() < 5 or holiday(day) else ""


def next_workday(day: date) -> date:
    """The first working day after this one."""
    day += timedelta(days=1)
    while not is_workday(day):
        day += timedelta(days=1)
    return day


def workdays_between(first: date, last: date) -> int:
    """How many working days lie from the first to the last day, both included."""
    return sum(is_workday(first + timedelta(days=n)) for n in range((last - first).days + 1))


def working_minutes(start: datetime, end: datetime, hours: Hours | None = None) -> int:
    """Full minutes of working time between two instants; 0 where the end is not after the start.

    `hours` are the working spans of a day, the company's if not given.
    """
    if end <= start:
        return 0
    total, day, last = timedelta(), dates.local_day(start), dates.local_day(end)
    hours = working_hours() if hours is None else hours
    while day <= last:
        for begins, stops in _spans(day, hours):
            total += max(min(end, stops) - max(start, begins), timedelta())
        day += timedelta(days=1)
    return int(total.total_seconds() // 60)


def working_ago(end: datetime, minutes: int, hours: Hours | None = None) -> datetime:
    """The latest instant from which so many minutes of working time have passed by `end`."""
    left, day = timedelta(minutes=max(minutes, 0)), dates.local_day(end)
    hours = working_hours() if hours is None else hours
    while left:
        for begins, stops in reversed(list(_spans(day, hours))):
            worked = max(min(end, stops) - begins, timedelta())
            if worked >= left:
                return min(end, stops) - left
            left -= worked
        day -= timedelta(days=1)
    return end


def _spans(day: date, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    if is_workday(day):
        zone = timezone.get_default_timezone()
        for begins, stops in hours:
            yield datetime.combine(day, begins, zone), datetime.combine(day, stops, zone)
