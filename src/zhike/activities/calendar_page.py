"""What the page of the calendar shows in each of its views, ready for the template (ACT-5)."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.activities import schedule
from zhike.activities.calendar_grid import hours_shown
from zhike.activities.kinds import TASK
from zhike.activities.schedule import Day, Period
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.viewer import Viewer
from zhike.kit.workdays import HOURS

CHIPS = 3  # in a day of the month, where more lie


def page_of(viewer: Viewer, period: Period, who: list[int]) -> dict[str, Any]:
    """The context of the page."""
    shown = schedule.days_of(viewer, who, period)
    people = schedule.my_people(viewer)
    names = dict(people)
    context = {
        "period": period,
        "title": title_of(period),
        "who": who,
        "names": names,
        "people": [{"pk": pk, "name": name, "chosen": pk in who} for pk, name in people] if len(people) > 1 else [],
        "views": [
            {"label": label, "url": address(view, period.day, who), "current": view == period.view, "key": key}
            for view, label, key in views()
        ],
        "previous": address(period.view, period.step(-1), who),
        "next": address(period.view, period.step(1), who),
        "today_url": address(period.view, dates.today(), who),
        "here": address(period.view, period.day, who),
        "has_today": period.first <= dates.today() <= period.last,
        "untimed": schedule.untimed(viewer, who),
        "month": small_month(period, who),
        "now": dates.now(),
        "can_create": viewer.can(TASK.verb("create")),
        "can_change": viewer.can(TASK.verb("change")),
        "several": len(who) > 1,
        "most": schedule.MOST_ENTRIES if shown.is_cut else 0,
    }
    return context | {"day": grid, "week": week, "month": month, "list": agenda}[period.view](shown.days, who, names)


def views() -> list[tuple[str, str, str]]:
    """The views with their names and keys."""
    return [
        ("day", pgettext("calendar", "Day"), "d"), ("week", pgettext("calendar", "Week"), "w"),
        ("month", pgettext("calendar", "Month"), "m"), ("list", pgettext("calendar", "List"), "a"),
    ]  # fmt: skip


def address(view: str, day: date, who: list[int]) -> str:
    """The address of the calendar at a view, a day and people."""
    query = urlencode([("view", view), ("on", day.isoformat()), *(("who", pk) for pk in who)])
    return f"{reverse('activities:calendar')}?{query}"


def title_of(period: Period) -> str:
    """What the period is called: a day, the days of a week, a month."""
    if period.view == "day":
        return fmt.heading(period.day)
    if period.view == "month":
        # Translators: a Django date format.
        return date_format(period.day, _("F Y"))
    first, last = period.first, period.last
    pattern = _("F j") if first.year == dates.today().year else _("F j, Y")
    end = date_format(last, _("j") if first.month == last.month else _("F j"))
    return f"{date_format(first, pattern)} – {end}"


def week(days: list[Day], who: list[int], names: dict[int, str]) -> dict[str, Any]:
    """One person's week as columns of days, several people's as a row each."""
    if len(who) == 1:
        return grid(days, who, names)
    rows = [
        {
            "pk": pk,
            "name": names[pk],
            "cells": [{"day": d, "entries": [e for e in d.entries if e.person_id == pk]} for d in days],
        }
        for pk in who
    ]
    return {"rows": rows, "days": days, "shape": "people"}


def grid(days: list[Day], who: list[int], names: dict[int, str]) -> dict[str, Any]:
    """Columns with hours: a day with a column for each person, or the days of one person."""
    columns = []
    for day in days:
        for pk in who:
            theirs = [entry for entry in day.entries if entry.person_id == pk]
            columns.append({
                "day": day, "pk": pk, "name": names[pk], "entries": schedule.placed(theirs),
                "whole": [entry for entry in theirs if entry.all_day],
            })  # fmt: skip
    first, end = hours_shown([entry.drawn for column in columns for entry in column["entries"]])
    work = [(start.hour * 60 + start.minute, stop.hour * 60 + stop.minute) for start, stop in HOURS]
    minute = schedule.minute_of(fmt.local(dates.now()))
    return {
        "columns": columns, "shape": "grid", "first": first, "first_minute": first * 60, "hours": range(first, end),
        "hour_count": end - first, "work": work, "minute": minute if first * 60 <= minute < end * 60 else None,
        "has_whole": any(column["whole"] for column in columns),
    }  # fmt: skip


def month(days: list[Day], who: list[int], names: dict[int, str]) -> dict[str, Any]:
    """Weeks of seven days, each with its first entries and how many more there are."""
    weeks = [[_cell(day, who) for day in days[n : n + 7]] for n in range(0, len(days), 7)]
    return {"weeks": weeks, "shape": "month", "weekdays": fmt.WEEKDAYS}


def _cell(day: Day, who: list[int]) -> dict[str, Any]:
    shown = day.entries if len(day.entries) <= CHIPS + 1 else day.entries[:CHIPS]
    return {"day": day, "entries": shown, "more": len(day.entries) - len(shown), "url": address("day", day.day, who)}


def agenda(days: list[Day], who: list[int], names: dict[int, str]) -> dict[str, Any]:
    """Only days with something on them, and today."""
    return {"days": [day for day in days if day.entries or day.is_today], "shape": "list"}


def small_month(period: Period, who: list[int]) -> dict[str, Any]:
    """The month beside the calendar, to jump from."""
    inside = Period("month", period.day)
    view = "day" if period.view == "month" else period.view
    days = [
        {"day": day, "url": address(view, day, who), "off": day.month != period.day.month,
         "today": day == dates.today(), "chosen": period.first <= day <= period.last and period.view != "month"}
        for day in inside.days
    ]  # fmt: skip
    return {
        "title": date_format(period.day, _("F Y")), "weeks": [days[n : n + 7] for n in range(0, len(days), 7)],
        "previous": address(period.view, inside.step(-1), who), "next": address(period.view, inside.step(1), who),
    }  # fmt: skip
