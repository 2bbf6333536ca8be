"""Reminders beside people: into group robots, and to other systems by webhooks (ACT-6, ACT-7).

What is told is put on its way in the transaction that writes the reminder; each record once per cause and line.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.activities.models import Reminder, ReminderRule
from zhike.channels import carrying, webhooks
from zhike.channels.models import Robot, Webhook
from zhike.kit.viewer import viewer_of
from zhike.records.kinds import RecordKind

DUE = "activities.reminder.due"  # the type of what webhooks are called with
SINGLY = 3  # posts a rule makes in one pass; of more records one post tells
NAMED = 10  # so many of them by name


@dataclass(frozen=True)
class Audience:
    """Somebody or something to be told of records: a person, or a line ("robot:3", "webhook:7")."""

    records: list[Any]
    announce: Callable[[list[Reminder]], None]
    person_id: int | None = None
    line: str = ""


def choices() -> list[tuple[str, str]]:
    """Robots and webhooks in use, as a rule's recipients."""
    robots = [(robot.line, _("Group robot: %(name)s") % {"name": robot}) for robot in carrying.robots()]
    return robots + [(hook.line, _("Webhook: %(name)s") % {"name": hook}) for hook in webhooks.in_use()]


def audiences(rule: ReminderRule, kind: RecordKind, records: list[Any], now: datetime) -> Iterator[Audience]:
    """The robots and webhooks a rule names, each with the records it may be told of."""
    for robot in carrying.robots():
        if robot.line in rule.recipients:
            theirs = [r for r in records if carrying.speaks_of(robot, getattr(r, f"{kind.owner or 'owner'}_id", None))]
            yield Audience(theirs, _poster(rule, robot, now), line=robot.line)
    for hook in webhooks.in_use():
        if hook.line in rule.recipients:
            yield Audience(_seen_by(hook, kind, records), _caller(rule, hook, kind, now), line=hook.line)


def _seen_by(hook: Webhook, kind: RecordKind, records: list[Any]) -> list[Any]:
    """What the owner of a subscription sees of these records; nothing once they have left (ORG-3)."""
    try:
        rows = kind.rows(viewer_of(hook.owner_id), few=True)
    except LookupError:
        return []
    seen = set(rows.filter(pk__in=[record.pk for record in records]).values_list("pk", flat=True))
    return [record for record in records if record.pk in seen]


def _poster(rule: ReminderRule, robot: Robot, now: datetime) -> Callable[[list[Reminder]], None]:
    def post(new: list[Reminder]) -> None:
        if len(new) <= SINGLY:
            for reminder in new:
                _post(rule, robot, reminder.text, reminder.url, _key(reminder), now)
        else:
            _post(rule, robot, _all_of(rule, new), "", _key(new[0]), now)

    return post


def _post(rule: ReminderRule, robot: Robot, text: str, url: str, key: str, now: datetime) -> None:
    carrying.to_group(robot, text, url=url, tone=rule.tone, about="reminders", now=now, key=key)


def _all_of(rule: ReminderRule, new: list[Reminder]) -> str:
    """Many reminders as one post: how many, and the first of them."""
    said = ngettext("%(rule)s: %(n)s record", "%(rule)s: %(n)s records", len(new)) % {"rule": rule.name, "n": len(new)}
    names = _("; ").join(reminder.text for reminder in new[:NAMED])
    return f"{said} · {names}{'…' if len(new) > NAMED else ''}"[:300]


def _caller(
    rule: ReminderRule, hook: Webhook, kind: RecordKind, now: datetime
) -> Callable[[list[Reminder]], None]:  # fmt: skip
    def call(new: list[Reminder]) -> None:
        for reminder in new:
            webhooks.call(hook, DUE, kind, reminder.object_id, key=_key(reminder), at=now, rule=rule.name,
                          text=reminder.text)  # fmt: skip

    return call


def _key(reminder: Reminder) -> str:
    """Names a reminder, so that it goes over a line once."""
    return f"rule:{reminder.rule_id}:{reminder.object_id}:{reminder.cause}"
