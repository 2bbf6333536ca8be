"""Signs of follow-ups."""

from datetime import date, datetime

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from zhike.activities import calendar_chips
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
    """Where something stands in a column of hours that begins at the minute `first`."""
    return mark_safe(calendar_chips.at(begin, end, first))


@register.simple_tag(takes_context=True)
def chips(context, entries, several=None) -> SafeString:
    """Entries of a day below each other."""
    several = context["several"] if several is None else several
    return calendar_chips.chips(entries, several=several, can_change=context["can_change"])


@register.simple_tag(takes_context=True)
def blocks(context, entries) -> SafeString:
    """Entries in a column of hours."""
    return calendar_chips.blocks(entries, first=context["first_minute"], can_change=context["can_change"])


@register.simple_tag(takes_context=True)
def entry_rows(context, entries) -> SafeString:
    """Entries of a day in the list."""
    return calendar_chips.rows(entries, several=context["several"], can_change=context["can_change"])


@register.simple_tag(takes_context=True)
def tray(context, tasks) -> SafeString:
    """Tasks without a time."""
    return calendar_chips.tray(tasks, can_change=context["can_change"])


register.filter("typed", calendar_chips.typed)


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
