"""The days on which people in China greet each other, years ahead: fixed ones and those of the lunar calendar.

Holidays and make-up days are announced a year at a time (`kit/workdays.py`); when the festivals themselves
fall is known for long, by the lunar calendar of the library borax.
"""

from datetime import date

from borax.calendars.lunardate import LunarDate

# By key: month and day, and whether they are lunar.
FESTIVALS = {
    "new_year": (1, 1, False),
    "spring": (1, 1, True),
    "dragon_boat": (5, 5, True),
    "mid_autumn": (8, 15, True),
    "national_day": (10, 1, False),
}


def next_festival(key: str, today: date) -> date:
    """The first day of a festival that is not before today. Raises KeyError."""
    month, day, is_lunar = FESTIVALS[key]
    for year in (today.year - 1, today.year, today.year + 1):
        found = LunarDate(year, month, day).to_solar_date() if is_lunar else date(year, month, day)
        if found >= today:
            return found
    raise AssertionError("a year without this festival")
