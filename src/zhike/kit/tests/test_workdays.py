"""Working time follows the announced holidays and make-up days (ACT-6, SAL-1)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.kit.workdays import is_workday, next_workday, workdays_between, working_minutes

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
    assert working_minutes(at(friday, 17, 50), at(monday, 9, 20)) == 30
    assert working_minutes(at(friday, 20), at(monday, 8)) == 0
    assert working_minutes(at(monday, 11, 50), at(monday, 13, 40)) == 20


@given(MOMENTS, MOMENTS, MOMENTS)
def test_working_minutes_add_up_and_never_exceed_the_clock(a, b, c):
    a, b, c = sorted((a, b, c))
    parts, whole = working_minutes(a, b) + working_minutes(b, c), working_minutes(a, c)
    assert whole - 1 <= parts <= whole
    assert 0 <= whole <= (c - a) / timedelta(minutes=1)
