"""Settings of group robots (ACT-7)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.channels import actions, robots
from zhike.channels.forms import RobotForm
from zhike.channels.models import Line, Robot, unsealed
from zhike.channels.rules import SEE, SET_ROBOTS
from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.records import messages
from zhike.records.dialogs import settings_dialog


@require_safe
def robot_list(request: HttpRequest) -> HttpResponse:
    """The robots: whose messages they post, and how they are."""
    require(request.viewer, SET_ROBOTS)
    lines = Line.objects.in_bulk()
    rows = [
        {
            "robot": robot, "address": robots.masked(unsealed(robot.address)), "line": lines.get(robot.line),
            "abouts": [messages.about(key).label for key in robot.abouts],
        }
        for robot in Robot.objects.select_related("department")
    ]  # fmt: skip
    return htmx.part(request, "channels/robot_list.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
def robot_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a robot or change one."""
    require(request.viewer, SET_ROBOTS)
    robot = _robot(pk) if pk else Robot(abouts=["approvals", "reminders"])
    form = RobotForm(request.POST or None, robot=robot)
    if request.method == "POST" and form.run(actions.save_robot, robot, by=request.viewer):
        return htmx.redirect(request, reverse("channels:robot_list"), _("Saved."))
    title, about = robot.name or _("New robot"), _("Group robots")
    back = reverse("channels:robot_list")
    return settings_dialog(request, form, title=title, submit=_("Save"), back=back, about=about)


@require_POST
def robot_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a robot."""
    require(request.viewer, SET_ROBOTS)
    actions.delete_robot(_robot(pk), by=request.viewer)
    return htmx.redirect(request, reverse("channels:robot_list"), _("Deleted."))


@require_POST
def robot_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test; its page shows what comes of it."""
    require(request.viewer, SET_ROBOTS)
    sent = actions.try_robot(_robot(pk), by=request.viewer)
    there = "channels:delivery_page" if request.viewer.can(SEE) else "channels:robot_list"
    url = reverse(there, args=[sent.pk] if there.endswith("page") else [])
    return htmx.redirect(request, url, _("The test is on its way."))


def _robot(pk: int) -> Robot:
    found = Robot.objects.filter(pk=min(pk, 2**63 - 1)).first()
    if found is None:
        raise NotVisible
    return found
