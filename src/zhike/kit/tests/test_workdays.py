"""Working time follows the announced holidays and make-up days (ACT-6, SAL-1)."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.kit.workdays import (
    HOURS,
    is_workday,
    minutes_of,
    next_workday,
    workdays_between,
    working_ago,
    working_minutes,
)

HERE = ZoneInfo("Asia/Shanghai")
MOMENTS = st.datetimes(datetime(2025, 12, 1), datetime(2026, 3, 31), timezones=st.just(HERE))


def at(day, hour, minute=0):
    return datetime(2026, *day, hour, minute, tzinfo=HERE)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 27), True),
        (date(2026, 11, 28), False),  # a Saturday
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 2, 14), True),  # a Saturday worked before the Spring Festival
        (date(2026, 2, 17), False),  # New Year's day of the old calendar
        (date(2044, 7, 4), True),  # nobody has announced 2044 yet: a Monday
        (date(2044, 7, 3), False),
    ],
)
def test_working_days_are_the_announced_ones(day, works):
    assert is_workday(day) is works


def test_the_next_working_day_skips_a_long_holiday():
    assert next_workday(date(2026, 9, 30)) == date(2026, 10, 8)
    assert workdays_between(date(2026, 9, 28), date(2026, 10, 8)) == 4


def test_a_question_on_friday_evening_waits_from_monday_morning():
    friday, monday = (11, 27), (11, 30)
    assert working_minutes(at(friday, 17, 50), at(monday, 9, 20), HOURS) == 30
    assert working_minutes(at(friday, 20), at(monday, 8), HOURS) == 0
    assert working_minutes(at(monday, 11, 50), at(monday, 13, 40), HOURS) == 20


@st.composite
def working_days(draw):
    """Spans of a day, in order and apart, to the minute."""
    marks = sorted(draw(st.lists(st.integers(0, 1439), min_size=2, max_size=6, unique=True)))
    clocks = [time(mark // 60, mark % 60) for mark in marks]
    return tuple(zip(clocks[::2], clocks[1::2], strict=False))


@given(MOMENTS, MOMENTS, MOMENTS, working_days())
def test_working_minutes_add_up_and_never_exceed_the_clock(a, b, c, hours):
    a, b, c = sorted((a, b, c))
    parts, whole = working_minutes(a, b, hours) + working_minutes(b, c, hours), working_minutes(a, c, hours)
    assert whole - 1 <= parts <= whole
    assert 0 <= whole <= (c - a) / timedelta(minutes=1)


@given(MOMENTS, MOMENTS, working_days())
def test_more_hours_never_make_less_working_time(a, b, hours):
    a, b = sorted((a, b))
    assert working_minutes(a, b, hours[:1]) <= working_minutes(a, b, hours)
    assert working_minutes(a, b, hours) <= working_minutes(a, b, ((hours[0][0], hours[-1][1]),))


@given(MOMENTS, working_days())
def test_a_day_has_its_hours_or_none(moment, hours):
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    worked = minutes_of(hours) if is_workday(midnight.date()) else 0
    assert working_minutes(midnight, midnight + timedelta(days=1), hours) == worked


@given(MOMENTS, st.integers(0, 3000), working_days())
def test_so_many_working_minutes_ago_is_the_last_instant_that_long_ago(now, minutes, hours):
    ago = working_ago(now, minutes, hours)
    assert ago <= now and working_minutes(ago, now, hours) == minutes
    if minutes:
        assert working_minutes(ago + timedelta(microseconds=1), now, hours) == minutes - 1


@given(MOMENTS, MOMENTS, st.integers(0, 3000), working_days())
def test_a_reminder_is_due_just_when_so_many_minutes_were_worked(came, now, minutes, hours):
    came, now = sorted((came, now))
    assert (came <= working_ago(now, minutes, hours)) == (working_minutes(came, now, hours) >= minutes)
