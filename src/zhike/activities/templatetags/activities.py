"""Signs of follow-ups."""

from datetime import date, datetime

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from zhike.activities.calendar_page import address
from zhike.activities.kinds import SIGNS
from zhike.activities.models import Activity, Task
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.records.lookups import person_names

register = template.Library()


@register.simple_tag
def kind_icon(kind: str, cls: str = "") -> SafeString | str:
    """The icon of a kind of follow-up."""
    return fmt.icon(SIGNS[kind][0], cls) if kind in SIGNS else ""


@register.simple_tag
def author_of(activity: Activity) -> str:
    """The author's name, without a query."""
    return person_names().get(activity.author_id, "")


@register.simple_tag
def named_face(pk: int, name: str) -> SafeString:
    """A colleague's face by id and name."""
    return fmt.avatar(pk, name)


@register.simple_tag
def assigned_badge(task: Task) -> SafeString:
    """Who gave a task, without a query."""
    return fmt.badge(_("by %(name)s") % {"name": person_names().get(task.assigned_by_id, "")}, "vio")


@register.simple_tag
def at(begin: int, end: int, first: int = 0) -> SafeString:
    """Where something stands in a column of hours that begins at the minute `first`: attributes the stylesheet reads.

    Quarters of an hour in two digits (t, and l for how long) and what is left in steps of five minutes (o, q).
    """
    top, height = (begin - first) // 5, max((end - begin) // 5, 1)
    return mark_safe(f'data-t="{top // 3:02d}" data-o="{top % 3}" data-l="{height // 3:02d}" data-q="{height % 3}"')


@register.filter
def kind_tone(kind: str) -> str:
    """The tone of a kind of task."""
    return SIGNS[kind][1] if kind in SIGNS else "mute"


@register.filter
def of_day(minute: int) -> str:
    """A minute of the day as a time: 9:05 is 545."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@register.filter
def typed(moment: datetime | None) -> str:
    """An instant as a date-and-time box takes it, in the company's time."""
    return f"{fmt.local(moment):%Y-%m-%dT%H:%M}" if moment else ""


@register.filter
def called(pk: int) -> str:
    """A colleague's name by id, without a query."""
    return person_names().get(pk, "")


@register.simple_tag
def weekday(day: date) -> str:
    """The short name of a day's weekday."""
    return str(fmt.WEEKDAYS[day.weekday()])


@register.simple_tag
def day_url(day: date, who: list[int]) -> str:
    """The address of a day in the calendar of these people."""
    return address("day", day, who)


@register.filter
def near(moment: datetime) -> bool:
    """Whether an instant is shown with its time already, being yesterday, today or tomorrow."""
    return abs((dates.local_day(moment) - dates.today()).days) <= 1
