"""Festivals fall where the calendar says, in years not announced yet as well."""

from datetime import date

import pytest

from zhike.kit.festivals import FESTIVALS, next_festival


@pytest.mark.parametrize("key, today, day", [
    ("spring", date(2026, 1, 1), date(2026, 2, 17)), ("spring", date(2026, 2, 17), date(2026, 2, 17)),
    ("spring", date(2026, 2, 18), date(2027, 2, 6)), ("mid_autumn", date(2026, 11, 1), date(2027, 9, 15)),
    ("dragon_boat", date(2026, 6, 1), date(2026, 6, 19)), ("new_year", date(2026, 12, 31), date(2027, 1, 1)),
    ("national_day", date(2026, 10, 2), date(2027, 10, 1)),
])  # fmt: skip
def test_ACT_6_the_next_day_of_a_festival(key, today, day):
    assert next_festival(key, today) == day


def test_ACT_6_every_festival_comes_each_year():
    for key in FESTIVALS:
        assert {next_festival(key, date(year, 1, 1)).year for year in range(2024, 2040)} == set(range(2024, 2040))
