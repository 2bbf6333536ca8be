"""Pages of tasks: list, page, form, and what its people do with it (ACT-3, ACT-4)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.activities import actions, queries
from zhike.activities.forms import CompleteForm, DeclineForm, ParticipantsForm
from zhike.activities.kinds import TASK
from zhike.activities.models import Task
from zhike.kit import dates, htmx
from zhike.kit.access import can, require
from zhike.kit.viewer import Viewer
from zhike.records.dialogs import delete_dialog, dialog
from zhike.records.formpages import create_page, edit_page
from zhike.records.lists import ListPage
from zhike.records.prepared import count_in
from zhike.records.queries import record, record_for

RELATED = ("customer", "contact", "opportunity", "activity")
PRESET = ("customer", "contact", "opportunity", "title", "kind", "due_at", "ends_at", "assignee")


@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """All tasks the viewer sees."""
    return ListPage(TASK, request).response()


@require_safe
def task_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A task; beside a list it opens as a drawer."""
    task = record(request.viewer, TASK, pk, related=RELATED)
    return htmx.part(request, "activities/task_page.html#drawer", _context(request.viewer, task))


def _context(viewer: Viewer, task: Task) -> dict[str, Any]:
    places = queries.places_of(viewer, task)
    return {
        "task": task,
        "can": can(viewer, task, *(TASK.verb(word) for word in ("change", "delete"))),
        "is_mine": task.assignee_id == viewer.person_id,
        "late": task.is_late(dates.now()),
        "participants": places,
        "invitation": next((place for place in places if place.person_id == viewer.person_id), None),
    }


@require_http_methods(["GET", "POST"])
def task_create(request: HttpRequest) -> HttpResponse:
    """A new task; a customer's or a deal's page says about whom."""
    require(request.viewer, TASK.verb("create"))
    initial = {name: request.GET[name] for name in PRESET if request.GET.get(name)}
    if "opportunity" in initial and "customer" not in initial:
        initial |= queries.customer_of_deal(request.viewer, initial["opportunity"])
    return create_page(request, TASK, new=_("New task"), initial=initial)


@require_http_methods(["GET", "POST"])
def task_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a task; who saves second is told."""
    return edit_page(request, TASK, record_for(request.viewer, TASK, pk))


@require_http_methods(["GET", "POST"])
def task_complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry it out: one form writes task, follow-up and customer."""
    task = record_for(request.viewer, TASK, pk)
    form = CompleteForm(request.POST or None, task=task)
    if request.method == "POST" and form.run(actions.complete_task, task, by=request.viewer):
        return htmx.redirect(request, _back(request, task), _("Done."))
    title = _("Done: %(task)s") % {"task": task.title}
    return dialog(request, form, task, title=title, submit=_("Done"), text="")


@require_POST
def task_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a completion back, with the follow-up it wrote."""
    task = actions.reopen_task(record_for(request.viewer, TASK, pk), by=request.viewer)
    return htmx.redirect(request, task.get_absolute_url(), _("It is open again."))


@require_POST
def task_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one will do it."""
    task = actions.accept_task(record(request.viewer, TASK, pk), by=request.viewer)
    return htmx.redirect(request, task.get_absolute_url(), _("Accepted."))


@require_http_methods(["GET", "POST"])
def task_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one will not do it, and why."""
    task = record(request.viewer, TASK, pk)
    form = DeclineForm(request.POST or None)
    if request.method == "POST" and form.run(actions.decline_task, task, by=request.viewer):
        return htmx.redirect(request, reverse("activities:home"), _("Declined."))
    return dialog(request, form, task, title=_("Decline"), submit=_("Decline"))


@require_POST
def task_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """It need not be done any more."""
    task = actions.cancel_task(record_for(request.viewer, TASK, pk), by=request.viewer)
    return htmx.redirect(request, task.get_absolute_url(), _("Cancelled."))


@require_http_methods(["GET", "POST"])
def task_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a task."""
    task = record_for(request.viewer, TASK, pk, "delete")
    return delete_dialog(request, TASK, task, title=_("Delete this task?"))


@require_http_methods(["GET", "POST"])
def task_participants(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose who takes part."""
    task = record_for(request.viewer, TASK, pk)
    chosen = [person.pk for person in queries.participants_of(request.viewer, task)]
    form = ParticipantsForm(request.POST or None, initial={"people": chosen})
    if request.method == "POST" and form.run(actions.set_participants, task, by=request.viewer):
        return htmx.redirect(request, task.get_absolute_url(), _("Saved."))
    return dialog(request, form, task, title=_("Who takes part"), submit=_("Save"))


def _back(request: HttpRequest, task: Task) -> str:
    return reverse("activities:home") if request.GET.get("back") == "home" else task.get_absolute_url()


def panel(request: HttpRequest, about: Any) -> SafeString:
    """The tab "tasks" of a customer or a deal."""
    rows = queries.tasks_about(request.viewer, about)
    context = {"tasks": rows, "about": about, "now": dates.now(), "can_create": request.viewer.can(TASK.verb("create")),
               "preset": about._meta.model_name}  # fmt: skip
    return render_to_string("activities/parts/tasks.html", context, request)


# How many open tasks there are about a customer or a deal.
panel_count = count_in(queries.count_open_tasks, lambda _viewer, about: (about._meta.model_name, about.pk))
