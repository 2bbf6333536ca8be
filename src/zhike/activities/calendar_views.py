"""Pages of the calendar: day, week, month and list; arranging, moving, answering (ACT-3, ACT-5)."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.activities import actions, busy, schedule
from zhike.activities.calendar_forms import AppointmentForm, MoveForm, StayAwayForm
from zhike.activities.calendar_page import page_of
from zhike.activities.kinds import TASK
from zhike.activities.models import Task
from zhike.kit import dates, htmx
from zhike.kit import format as fmt
from zhike.kit.access import require
from zhike.kit.viewer import Viewer
from zhike.records.dialogs import dialog
from zhike.records.lookups import person_names
from zhike.records.queries import record, record_for

REMEMBERED = 365 * 24 * 3600  # seconds
PRESET = ("customer", "contact", "opportunity", "title", "kind", "assignee")


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """A day, week, month or list of oneself and of chosen people; the address says all of it."""
    require(request.viewer, TASK.verb("view"))
    period, who = _period(request), _who(request)
    response = htmx.part(request, "activities/calendar.html#calendar", page_of(request.viewer, period, who))
    if "chosen" in request.GET:
        response.set_cookie(_cookie(request.viewer), ".".join(map(str, who)), REMEMBERED, httponly=True, samesite="Lax")
    return response


def _period(request: HttpRequest) -> schedule.Period:
    view = request.GET.get("view", "")
    if view not in schedule.VIEWS:
        view = "list" if "Mobi" in request.headers.get("User-Agent", "") else "week"
    try:
        day = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        day = dates.today()
    return schedule.Period(view, min(max(day, date(1990, 1, 1)), date(2200, 1, 1)))


def _who(request: HttpRequest) -> list[int]:
    """Whose calendars: as the address says, else as remembered, else one's own; only people one may choose."""
    viewer = request.viewer
    given = request.GET.getlist("who") if {"who", "chosen"} & set(request.GET) else None
    if given is None:
        given = request.COOKIES.get(_cookie(viewer), "").split(".")
    wanted = {int(pk) for pk in given if pk.isdecimal() and len(pk) < 19}
    found = [pk for pk, _name in schedule.my_people(viewer) if pk in wanted]
    return found[: schedule.MOST_PEOPLE] or [viewer.person_id]


def _cookie(viewer: Viewer) -> str:
    return f"calendar-{viewer.person_id}"


@require_http_methods(["GET", "POST"])
def arrange(request: HttpRequest) -> HttpResponse:
    """A new appointment, with the time that was clicked on."""
    viewer = request.viewer
    require(viewer, TASK.verb("create"))
    initial = {"kind": "meeting", "is_all_day": False, **_times(request)}
    initial |= {name: request.GET[name] for name in PRESET if request.GET.get(name)}
    form = AppointmentForm(request.POST or None, viewer=viewer, initial=initial)
    clashes: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        clashes = [] if form.cleaned_data["anyway"] else _clashes(viewer, form)
        if not clashes and form.save(by=viewer):
            return _done(form.result, _("Arranged."))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "clashes": clashes, "action": reverse("activities:calendar_new")}
    return htmx.part(request, "activities/calendar_new.html#dialog", context, status=status)


def _times(request: HttpRequest) -> dict[str, Any]:
    """`begin` and `end` of the address, as the form's fields; one's next free hour where none are given."""
    given = MoveForm({name: request.GET.get(name, "") for name in ("begin", "end")}, task=Task())
    given.is_valid()
    begin, end = given.cleaned_data.get("begin"), given.cleaned_data.get("end")
    if begin is None:
        next_hour = dates.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        begin = next(iter(busy.offers(request.viewer, [request.viewer.person_id], next_hour, 60)), next_hour)
    end = end or begin + timedelta(minutes=60)
    return {"due_at": begin, "ends_at": end, "is_all_day": request.GET.get("all_day") == "1"}


def _done(task: Task, text: str, undo_url: str = "") -> HttpResponse:
    return htmx.done(text, undo_url=undo_url, event="zk:calendar")


def _clashes(viewer: Viewer, form: AppointmentForm) -> list[dict[str, Any]]:
    """Who is busy at the time of a new appointment, and until when."""
    if (span := form.span()) is None or form.cleaned_data.get("kind") not in busy.KINDS:
        return []
    return [_said(block) for block in busy.busy(viewer, form.everybody(), *span)]


def _said(block: busy.Block) -> dict[str, Any]:
    return {
        "name": person_names().get(block.person_id, ""),
        "begin": block.begin,
        "end": block.end,
        "title": block.title,
    }


@require_safe
def free(request: HttpRequest) -> HttpResponse:
    """Beside a new appointment: when its people are busy that day, and when all are free next."""
    viewer = request.viewer
    require(viewer, TASK.verb("create"))
    form = AppointmentForm(request.GET, viewer=viewer)
    span, people = form.span(), form.everybody()
    rows, found = [], []
    if span:
        begin, end = span
        day = dates.local_day(begin)
        blocks = busy.busy(viewer, people, *dates.bounds(day))
        for pk in people:
            theirs = [block for block in blocks if block.person_id == pk]
            clash = any(block.begin < end and block.end > begin for block in theirs)
            rows.append(
                {
                    "pk": pk,
                    "name": person_names().get(pk, ""),
                    "blocks": [_strip(b, day) for b in theirs],
                    "clash": clash,
                }
            )
        length = end - begin
        found = [(at, at + length) for at in busy.offers(viewer, people, begin, int(length.total_seconds() // 60))]
        context = {"rows": rows, "offers": found, "day": day, "wanted": _bar(begin, end, day)}
    else:
        context = {"rows": [], "offers": []}
    return htmx.part(request, "activities/calendar_free.html#free", context)


STRIP = (7 * 60, 21 * 60)  # the minutes of a day that a strip shows


def _strip(block: busy.Block, day: date) -> dict[str, Any]:
    words = f"{fmt.local(block.begin):%H:%M}–{fmt.local(block.end):%H:%M}"
    return {**_bar(block.begin, block.end, day), "words": f"{words} {block.title}".strip()}


def _bar(begin: datetime, end: datetime, day: date) -> dict[str, int]:
    first, last = (max(STRIP[0], min(STRIP[1], busy.minute_from(moment, day))) - STRIP[0] for moment in (begin, end))
    return {"x": first, "width": max(last - first, 0)}


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time: dropped there, or through the dialog. Undo posts the old time in the address."""
    task = record_for(request.viewer, TASK, pk)
    if request.method == "GET":
        return _move_dialog(request, MoveForm(task=task), task)
    data = request.POST if request.POST.get("version") else request.GET
    if task.repeat and "scope" not in data:  # dropped: which ones are meant?
        start = MoveForm({**data.dict(), "scope": MoveForm.THIS}, task=task)
        return htmx.into_dialog(_move_dialog(request, start, task))
    form = MoveForm(data, task=task)
    back = {"begin": _typed(task.due_at), "end": _typed(task.ends_at), "all_day": task.is_all_day and "on" or ""}
    if not form.run(actions.move_task, task, by=request.viewer):
        if form.stale:
            raise form.stale
        return htmx.into_dialog(_move_dialog(request, form, task, status=422))
    moved = form.result
    back |= {"version": moved.version, "scope": data.get("scope", "")}
    url = f"{reverse('activities:task_move', args=[pk])}?{urlencode({k: v for k, v in back.items() if v != ''})}"
    when = fmt.day_words(dates.local_day(moved.due_at)) if moved.due_at else _("no time yet")
    if moved.due_at and not moved.is_all_day:
        when = f"{when} {fmt.local(moved.due_at):%H:%M}"
    return _done(moved, _("Moved to %(when)s.") % {"when": when}, undo_url=url)


def _typed(moment: datetime | None) -> str:
    return f"{fmt.local(moment):%Y-%m-%dT%H:%M}" if moment else ""


def _move_dialog(request: HttpRequest, form: MoveForm, task: Task, status: int = 200) -> HttpResponse:
    context = {"form": form, "task": task, "title": _("Move: %(task)s") % {"task": task.title},
               "submit": pgettext("calendar", "Move"), "danger": False,
               "action": reverse("activities:task_move", args=[task.pk])}  # fmt: skip
    return htmx.part(request, "activities/calendar_move.html#dialog", context, status=status)


@require_POST
def comes(request: HttpRequest, pk: int) -> HttpResponse:
    """Take part."""
    task = record(request.viewer, TASK, pk)
    actions.answer_invitation(task, by=request.viewer, comes=True)
    return htmx.redirect(request, task.get_absolute_url(), _("You take part."))


@require_http_methods(["GET", "POST"])
def stays_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one does not take part, and perhaps why."""
    task = record(request.viewer, TASK, pk)
    form = StayAwayForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.run(actions.answer_invitation, task, by=request.viewer, comes=False):
        return htmx.redirect(request, task.get_absolute_url(), _("You do not take part."))
    return dialog(request, form, task, title=_("Decline"), submit=_("Decline"))
