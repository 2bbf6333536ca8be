"""Pages of this room: the workbench, the quick log, a follow-up with its comments."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.activities import actions, queries, timeline
from zhike.activities.forms import LogForm, TemplatesForm
from zhike.activities.kinds import ACTIVITY, TASK
from zhike.customers.kinds import CONTACT, CUSTOMER
from zhike.customers.models import Customer
from zhike.customers.queries import birthdays, customer, people_at
from zhike.kit import dates, htmx
from zhike.kit import format as fmt
from zhike.kit.access import can, require
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.keys import key_of
from zhike.kit.registry import menu
from zhike.kit.viewer import Viewer
from zhike.records.dialogs import delete_dialog
from zhike.records.formpages import edit_page
from zhike.records.lists import ListPage
from zhike.records.queries import record, record_for
from zhike.sales import measures, targets
from zhike.sales.kinds import OPPORTUNITY

BIRTHDAY_DAYS = 7


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The workbench: what is to be done today, recent customers, and the cards of other rooms."""
    viewer = request.viewer
    team = "team" in request.GET and bool(viewer.subordinates)
    people = {viewer.person_id, *viewer.subordinates} if team else {viewer.person_id}
    sees_customers = viewer.can(CUSTOMER.verb("view"))
    now, today = dates.now(), dates.today()
    steps = queries.next_steps(viewer, people) if sees_customers else []
    tonight, week = dates.bounds(today)[1], dates.bounds(today, today + timedelta(days=queries.AHEAD_DAYS - 1))[1]
    tasks = queries.my_tasks(viewer, people, week) if viewer.can(TASK.verb("view")) else []
    context = {
        "greeting": _greeting(viewer, now),
        "team": team,
        "goals": targets.goals(viewer, people, measures.everything(viewer))[:4],
        "numbers": queries.numbers(viewer, people) | {"late": queries.count_late(viewer, people, steps)},
        "now": now,
        "tasks": [task for task in tasks if task.due_at is None or task.due_at < tonight],
        "tasks_later": [task for task in tasks if task.due_at and task.due_at >= tonight],
        "done": queries.done_today(viewer, people) if viewer.can(TASK.verb("view")) else [],
        "late": [c for c in steps if c.next_at < now and dates.local_day(c.next_at) < today],
        "today_steps": [c for c in steps if dates.local_day(c.next_at) == today],
        "later": [c for c in steps if dates.local_day(c.next_at) > today],
        "birthdays": birthdays(viewer, BIRTHDAY_DAYS, 5),
        "recent": queries.recent_customers(viewer),
        "team_log": queries.team_log(viewer),
        "cards": [entry.part(viewer) for entry in menu.at("home", viewer) if entry.part],
        "today": today,
        "can_log": viewer.can(ACTIVITY.verb("create")),
        "can_create": viewer.can(CUSTOMER.verb("create")),
    }
    return htmx.part(request, "activities/home.html", context)


def _greeting(viewer: Viewer, now: datetime) -> str:
    hour = fmt.local(now).hour
    said = _("Good morning") if 4 <= hour < 12 else _("Good afternoon") if 12 <= hour < 18 else _("Good evening")
    return _("%(greeting)s, %(name)s") % {"greeting": said, "name": viewer.person}


@require_safe
def activity_list(request: HttpRequest) -> HttpResponse:
    """All follow-ups the viewer sees."""
    create = reverse("activities:activity_log") if request.viewer.can(ACTIVITY.verb("create")) else ""
    return ListPage(ACTIVITY, request, create_url=create).response()


@require_http_methods(["GET", "POST"])
def activity_log(request: HttpRequest) -> HttpResponse:
    """Log a follow-up: quick with a customer given (or a contact, or a deal), else the customer is chosen first."""
    viewer = request.viewer
    require(viewer, ACTIVITY.verb("create"))
    about, initial = _about(request)
    data = request.POST if request.method == "POST" else None
    form = LogForm(data, viewer=viewer, customer=about, initial=initial, quick="full" not in request.GET)
    if data is not None and form.log(by=viewer, uploads=request.FILES.getlist("file")):
        if "stay" in request.GET and request.htmx:
            return htmx.done(_("Logged."))
        made = form.result
        back = made.customer.get_absolute_url() if made.customer_id else made.get_absolute_url()
        return htmx.redirect(request, back, _("Logged."))
    context = {"form": form, "customer": about, "recent": [] if about else queries.recent_customers(viewer)}
    return htmx.part(request, "activities/activity_log.html#dialog", context, status=422 if form.errors else 200)


def _about(request: HttpRequest) -> tuple[Customer | None, dict[str, int]]:
    """The customer a follow-up is about, and what else the place it is logged from says."""
    sent = request.POST if request.method == "POST" else request.GET
    given = {name: pk for name in ("customer", "contact", "opportunity") if (pk := key_of(sent.get(name)))}
    initial, found = {}, given.get("customer")
    if request.method == "POST":  # the form itself says what is wrong with what was chosen
        initial = {name: pk for name, pk in given.items() if name == "opportunity"}
        return (customer(request.viewer, found) if found else None), initial
    if pk := given.get("contact"):
        person = record(request.viewer, CONTACT, pk)
        initial["contact"], found = pk, found or person.customer_id
    if pk := given.get("opportunity"):
        deal = record(request.viewer, OPPORTUNITY, pk)
        initial["opportunity"], found = pk, found or deal.customer_id
    return (customer(request.viewer, found) if found else None), initial


@require_safe
def mention_names(request: HttpRequest) -> JsonResponse:
    """Colleagues whose name or pinyin begins as typed after an "@"."""
    return JsonResponse({"items": queries.colleagues_like(request.GET.get("q", ""))})


@require_safe
def activity_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A follow-up with what others said to it."""
    activity = queries.activity(request.viewer, pk)
    context = {
        "activity": activity,
        "comments": list(timeline.comments_on(request.viewer, [pk])),
        "can": can(request.viewer, activity, ACTIVITY.verb("change"), ACTIVITY.verb("delete")),
        "is_above": activity.author_id in request.viewer.subordinates,
        "may_mark": activity.author_id in {request.viewer.person_id, *request.viewer.subordinates},
    }
    queries.add_files(request.viewer, [activity])
    return htmx.part(request, "activities/activity_page.html#drawer", context)


@require_http_methods(["GET", "POST"])
def activity_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a follow-up; who saves second is told, and keeps what they typed (409)."""
    return edit_page(request, ACTIVITY, record_for(request.viewer, ACTIVITY, pk))


@require_POST
def activity_comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something to a follow-up (ACT-2)."""
    activity = queries.activity(request.viewer, pk)
    say = actions.ask_question if "ask" in request.POST else actions.comment_on
    try:
        say(activity, by=request.viewer, text=request.POST.get("text", ""))
    except Refused as refusal:
        return htmx.redirect(request, activity.get_absolute_url(), str(refusal), tone="bad")
    return htmx.redirect(request, activity.get_absolute_url(), _("Said."))


@require_POST
def activity_attention(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a follow-up needs attention, or that it is seen to (ACT-2)."""
    activity = queries.activity(request.viewer, pk)
    actions.mark_attention(activity, by=request.viewer, on=request.POST.get("on") == "1")
    return htmx.redirect(request, activity.get_absolute_url(), _("Saved."))


@require_http_methods(["GET", "POST"])
def activity_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a follow-up."""
    activity = record_for(request.viewer, ACTIVITY, pk, "delete")
    about = activity.customer or activity.lead
    back = about.get_absolute_url() if about else ""
    text = Truncator(activity.summary).chars(200)
    return delete_dialog(request, ACTIVITY, activity, title=_("Delete this follow-up?"), text=text, back=back)


@require_http_methods(["GET", "POST"])
def templates(request: HttpRequest) -> HttpResponse:
    """Settings: the headings each kind of follow-up is written down by (ACT-1)."""
    require(request.viewer, actions.TEMPLATES)
    form = TemplatesForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        for kind, text in form.cleaned_data.items():
            if not form.attempt(actions.save_template, by=request.viewer, kind=kind, headings=text.splitlines()):
                break
        else:
            return htmx.redirect(request, request.path, _("Saved."))
    return htmx.part(request, "activities/templates.html#form", {"form": form}, status=422 if form.errors else 200)


@require_safe
def timeline_more(request: HttpRequest, pk: int) -> HttpResponse:
    """The next page of a customer's stream."""
    context = _stream(request, customer(request.viewer, pk))
    return htmx.part(request, "activities/timeline_page.html#more", context)


def timeline_panel(request: HttpRequest, about: Customer) -> SafeString:
    """The tab "timeline" of a customer's page: quick log, filter, stream."""
    viewer = request.viewer
    context = _stream(request, about)
    context["filters"] = timeline.FILTERS.items()
    if viewer.can(ACTIVITY.verb("create")):
        context["form"] = LogForm(viewer=viewer, customer=about, people=queries.to_choose(people_at(viewer, about)))
    return render_to_string("activities/parts/timeline.html", context, request)


def _stream(request: HttpRequest, about: Customer) -> dict:
    show = request.GET.get("show", "")
    if show not in timeline.FILTERS:
        raise NotVisible
    page, cursor = timeline.events(request.viewer, about, show=show, cursor=request.GET.get("cursor", ""))
    return {"customer": about, "events": page, "cursor": cursor, "show": show}
