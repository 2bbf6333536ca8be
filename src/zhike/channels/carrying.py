"""What takes a message of the inbox further: e-mail as its person wishes, and the group robots of their department."""

import hashlib
from datetime import datetime
from typing import Any

from zhike.channels import wishes
from zhike.channels.actions import deliver
from zhike.channels.models import Delivery, Robot
from zhike.kit import dates
from zhike.org.models import Person
from zhike.org.viewers import departments_below
from zhike.records import config, messages
from zhike.records.models import InboxItem

MAIL = "email"


@config.cached
def _people() -> dict[int, tuple[str, str, int | None]]:
    """Name, e-mail address and department of everybody present."""
    rows = Person.objects.present().values_list("pk", "name", "email", "department_id")
    return {pk: (name, email, department) for pk, name, email, department in rows}


@config.cached
def robots() -> list[Robot]:
    """Robots in use."""
    return list(Robot.objects.filter(is_active=True))


def speaks_of(robot: Robot, person_id: int | None) -> bool:
    """Whether a robot posts what concerns a person: those of its department and below, or everybody."""
    if robot.department_id is None:
        return True
    _name, _email, department = _people().get(person_id, ("", "", None))
    return department in departments_below(robot.department_id)


def carry(item: InboxItem) -> None:
    """Put a message on its way, in the transaction that wrote it."""
    name, email, _department = _people().get(item.person_id, ("", "", None))
    now = dates.now()
    if email and wishes.can_mail():
        by_mail(item, now)
    for robot in robots():
        if name and messages.about(item.about).key in robot.abouts and speaks_of(robot, item.person_id):
            to_group(robot, f"{name}: {item.text}", url=item.url, tone=item.tone, about=item.about, now=now)


def by_mail(item: InboxItem, now: datetime) -> Delivery | None:
    """To its person by e-mail, at once or with others; held back in quiet hours."""
    wish = wishes.of(item.person_id)
    way = wish.way(item.about)
    if way == "none":
        return None
    due = wishes.due(wish, way, now)
    return deliver(
        MAIL, key=f"inbox:{item.pk}:email", line=MAIL, title=item.text, person_id=item.person_id, item_id=item.pk,
        about=messages.about(item.about).key, content=content_of(item.url, item.tone), due_at=due,
        bundle="" if way == "now" else f"mail:{item.person_id}:{way}", is_held=way == "now" and due > now,
    )  # fmt: skip


def to_group(
    robot: Robot, text: str, *, url: str, tone: str, about: str, now: datetime, key: str = "", **listed: Any
) -> Delivery:
    """Into a robot's group; the same words about the same page once a day, whoever of the group they are for.

    `items` ([{"text", "url"}]) are records to name below the text, of `count` in all; `url` then opens all of them.
    """
    said = hashlib.sha256(f"{text}\n{url}".encode()).hexdigest()[:24]
    due = wishes.after_quiet(wishes.Wishes(), now) if robot.keeps_quiet else now
    return deliver(
        "robot", key=f"{robot.line}:{key or f'{dates.local_day(now):%Y%m%d}:{said}'}", line=robot.line, title=text,
        robot_id=robot.pk, about=about, content={**content_of(url, tone), **listed},
        due_at=due, is_held=due > now,
    )  # fmt: skip


def letter_to(person_id: int, subject: str, text: str, *, url: str, about: str, key: str) -> Delivery | None:
    """A letter of its own to a colleague, whatever they wish of messages but after their quiet hours.

    Once for each `key`. None where no mail server is set up, or they have no address.
    """
    _name, email, _department = _people().get(person_id, ("", "", None))
    if not email or not wishes.can_mail():
        return None
    now = dates.now()
    due = wishes.after_quiet(wishes.of(person_id), now)
    return deliver(
        MAIL, key=key, line=MAIL, title=subject, person_id=person_id, about=about, due_at=due, is_held=due > now,
        content={**content_of(url, "info"), "text": text},
    )  # fmt: skip


def content_of(url: str, tone: str) -> dict[str, Any]:
    """What a message holds beside its text."""
    return {"url": url, "tone": tone}
