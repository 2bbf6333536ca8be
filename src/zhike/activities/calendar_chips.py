"""Entries of a calendar as HTML, made in Python: a month of a team has hundreds (ACT-5)."""

from collections.abc import Iterable

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.activities.calendar_lines import Line
from zhike.activities.kinds import SIGNS
from zhike.activities.models import Task
from zhike.activities.schedule import Entry
from zhike.kit import format as fmt
from zhike.kit.addresses import address_of
from zhike.records.lookups import person_names


def chips(entries: Iterable[Entry], *, several: bool, can_change: bool) -> SafeString:
    """Entries below each other, as in a day of the month. `several`: more than one person's, so each shows whose."""
    return mark_safe("".join(_chip(entry, several, can_change) for entry in entries))


def blocks(entries: Iterable[Entry], *, first: int, can_change: bool) -> SafeString:
    """Entries in a column of hours that begins at the minute `first`; each has its place."""
    return mark_safe("".join(_block(entry, first, can_change) for entry in entries))


def rows(entries: Iterable[Entry], *, several: bool, can_change: bool) -> SafeString:
    """Entries as items of a list, each with the box that carries it out."""
    return mark_safe("".join(_row(entry, several, can_change) for entry in entries))


def tray(tasks: Iterable[Line], *, can_change: bool) -> SafeString:
    """Tasks without a time, as items of a list, to be dragged to one."""
    items = []
    for task in tasks:
        move = _movable(task) if can_change else ""
        items.append(f"<li>{_link(task, '', move)}{_sign(task)}<b>{fmt.shown(task.title)}</b></a></li>")
    return mark_safe("".join(items))


def _chip(entry: Entry, several: bool, can_change: bool) -> str:
    task = entry.task
    sign = fmt.avatar(entry.person_id, _called(entry.person_id)) if several else _sign(task)
    when = "" if entry.all_day else f"<time>{of_day(entry.begin)}</time>"
    head = _link(task, _classes(entry), f"{_handle(entry, can_change)}{_hover(entry)}")
    return f"{head}{sign}{when}<b>{fmt.shown(task.title)}</b>{_urgent(task)}{_tail(entry)}</a>"


def _block(entry: Entry, first: int, can_change: bool) -> str:
    task, (begin, end), place = entry.task, entry.drawn, entry.place
    where = f' {at(begin, end, first)} data-c="{place.column}" data-w="{place.width}" data-n="{place.columns}"'
    size = f' data-size="{entry.size}"' if entry.size else ""
    head = _link(task, f"{_classes(entry)} block", f"{where}{size}{_handle(entry, can_change)}{_hover(entry)}")
    about = task.customer_called or task.place
    small = f"<small>{_span(entry)}{f' · {fmt.shown(about)}' if about else ''}</small>"
    longer = can_change and task.is_open and not entry.is_ghost
    edge = '<i class="size" data-longer aria-hidden="true"></i>' if longer else ""
    return f"{head}{_sign(task)}<b>{fmt.shown(task.title)}</b>{_urgent(task)}{small}{_tail(entry)}{edge}</a>"


def _row(entry: Entry, several: bool, can_change: bool) -> str:
    task, tone = entry.task, tone_of(entry.task.kind)
    end = f"<small>{of_day(entry.end)}</small>" if task.ends_at else ""
    when = _("all day") if entry.all_day else f"{of_day(entry.begin)}{end}"
    about = " · ".join(filter(None, (_called(entry.person_id) if several else "", task.customer_called, task.place)))
    again = fmt.icon("repeat", "sm") if task.repeat else ""
    box = _box(task) if task.is_open and can_change and not entry.is_ghost else ""
    what = f"<b>{fmt.shown(task.title)}</b><small>{fmt.shown(about)}</small>"
    return (
        f'<li>{_link(task, _classes(entry, "row"), "")}<span class="when">{when}</span>'
        f'<span class="ico t-{tone}">{_sign(task, "")}</span>'
        f'<span class="grow">{what}</span>{again}</a>{box}</li>'
    )


def _box(task: Line) -> str:
    url = address_of("activities:task_complete", task.pk)
    said = fmt.shown(_("Done: %(task)s") % {"task": task.title})
    return f'<a class="chk-c round" href="{url}" hx-get="{url}" hx-target="#dialog" aria-label="{said}"></a>'


def _link(task: Line, classes: str, more: str) -> str:
    url = task.get_absolute_url()
    sort = f"ev t-{tone_of(task.kind)} {classes}".strip()
    return f'<a class="{sort}" href="{url}" hx-get="{url}" hx-target="#drawer" data-task="{task.pk}"{more}>'


def _classes(entry: Entry, *more: str) -> str:
    flags = (("done", not entry.task.is_open), ("ghost", entry.is_ghost), ("guest", entry.is_invited),
             ("whole", entry.all_day))  # fmt: skip
    return " ".join([*more, *(name for name, holds in flags if holds)])


def _handle(entry: Entry, can_change: bool) -> str:
    """What lets it be dragged: where to post, and when it is now."""
    task = entry.task
    fixed = not task.is_open or entry.is_ghost or entry.continues
    return "" if fixed or not can_change else _movable(task)


def _movable(task: Line) -> str:
    url = address_of("activities:task_move", task.pk)
    times = f'data-begin="{typed(task.due_at)}" data-end="{typed(task.ends_at)}"'
    whole = " data-whole" if task.is_all_day else ""
    return f' data-move="{url}" data-version="{task.version}" {times}{whole}'


def _hover(entry: Entry) -> str:
    task = entry.task
    when = "" if entry.all_day else f"{_span(entry)} "
    about = f" · {task.customer_called}" if task.customer_called else ""
    return f' title="{fmt.shown(f"{when}{task.title}{about}")}"'


def _span(entry: Entry) -> str:
    return of_day(entry.begin) + (f"–{of_day(entry.end)}" if entry.task.ends_at else "")


def _urgent(task: Line) -> str:
    if not task.is_urgent:
        return ""
    return f'<i class="hi" aria-hidden="true"></i><span class="sr">{fmt.shown(Task.Priority.HIGH.label)}</span>'


def _tail(entry: Entry) -> str:
    """What is only seen small, or heard: that it repeats, is to come, is done."""
    said = fmt.icon("repeat", "sm rep") if entry.task.repeat else ""
    if entry.is_ghost:
        to_come = _("repetition to come")
        said += f'<span class="sr">{fmt.shown(to_come)}</span>'
    if not entry.task.is_open:
        said += f'<span class="sr">{fmt.shown(pgettext("task", "done"))}</span>'
    return said


def _sign(task: Line, size: str = "sm") -> str:
    return fmt.icon(SIGNS[task.kind][0], size)


def _called(person_id: int) -> str:
    return person_names().get(person_id, "")


def tone_of(kind: str) -> str:
    """The tone of a kind of task."""
    return SIGNS[kind][1] if kind in SIGNS else "mute"


def of_day(minute: int) -> str:
    """A minute of the day as a time: 9:05 is 545."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def typed(moment) -> str:
    """An instant as a date-and-time box takes it, in the company's time."""
    return fmt.local(moment).isoformat()[:16] if moment else ""


def at(begin: int, end: int, first: int = 0) -> str:
    """Where something stands in a column of hours that begins at the minute `first`: attributes the stylesheet reads.

    Quarters of an hour in two digits (t, and l for how long) and what is left in steps of five minutes (o, q).
    """
    top, height = (begin - first) // 5, max((end - begin) // 5, 1)
    return f'data-t="{top // 3:02d}" data-o="{top % 3}" data-l="{height // 3:02d}" data-q="{height % 3}"'
