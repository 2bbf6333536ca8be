"""Setting up group robots, and trying one out."""

import uuid

from django.utils.translation import gettext as _

from zhike.channels import http, robots
from zhike.channels.actions.deliveries import deliver
from zhike.channels.models import Delivery, Robot, unsealed
from zhike.channels.rules import SET_ROBOTS
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.sealed import seal
from zhike.kit.viewer import Viewer
from zhike.records import messages
from zhike.records.models import AuditEntry


@action
def save_robot(
    robot: Robot, *, by: Viewer, name: str, kind: str, department_id: int | None, address: str, secret: str,
    abouts: list[str], keeps_quiet: bool, is_active: bool, forget_secret: bool = False,
) -> Robot:  # fmt: skip
    """Add a robot or change one; an empty address or secret keeps the one it has. The history knows neither."""
    require(by, SET_ROBOTS)
    created = robot.pk is None
    if not address and not unsealed(robot.address):
        raise Refused({"address": [_("Paste the address that the group shows for its robot.")]})
    if address:
        _check(kind, address)
        robot.address = seal(address)
    elif kind != robot.kind:
        _check(kind, unsealed(robot.address))
    if secret or forget_secret:
        robot.secret = seal(secret)
    known = {about.key for about in messages.everything()}
    robot.abouts = [about for about in abouts if about in known]
    robot.name, robot.kind, robot.department_id = " ".join(name.split()), kind, department_id
    robot.keeps_quiet, robot.is_active = keeps_quiet, is_active
    robot.full_clean(exclude=["abouts", "address", "secret"])
    robot.save()
    verb = AuditEntry.Verb.CREATED if created else AuditEntry.Verb.CHANGED
    changed = {"name": [None, robot.name], "is_active": [None, is_active]}
    AuditEntry.write(robot, verb, changed | ({"address": [None, "•••"]} if address else {}))
    return robot


def _check(kind: str, address: str) -> None:
    if not robots.PROTOCOLS[Robot.Kind(kind)].has_key(address):
        raise Refused({"address": [_("This is not the address of such a robot: the key is missing.")]})
    try:
        http.check(address)
    except http.Guarded as error:
        raise Refused({"address": [str(error)]}) from error


@action
def delete_robot(robot: Robot, *, by: Viewer) -> None:
    """Delete a robot with what it still had to post."""
    require(by, SET_ROBOTS)
    AuditEntry.write(robot, AuditEntry.Verb.DELETED, {"name": [robot.name, None]})
    robot.delete()


@action
def try_robot(robot: Robot, *, by: Viewer) -> Delivery:
    """Post a message to see whether it arrives."""
    require(by, SET_ROBOTS)
    text = _("A test by %(person)s: the robot %(robot)s works.") % {"person": by.person, "robot": robot}
    return deliver(
        "robot", key=f"{robot.line}:test:{uuid.uuid4().hex}", line=robot.line, title=text, robot_id=robot.pk,
        about="system", content={"url": "/", "tone": "ok"},
    )  # fmt: skip
