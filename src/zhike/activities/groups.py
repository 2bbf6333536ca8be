"""Reminders beside people: into group robots, and to other systems by webhooks (ACT-6, ACT-7).

Each record is told of once per cause and line; see `telling`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.activities import clocks
from zhike.activities.models import Reminder, ReminderRule
from zhike.channels import carrying, webhooks
from zhike.channels.models import Robot, Webhook
from zhike.kit import dates
from zhike.kit.viewer import viewer_of
from zhike.records import kinds
from zhike.records.conditions import query_of
from zhike.records.kinds import RecordKind

DUE = "activities.reminder.due"  # the type of what webhooks are called with
SINGLY = 3  # posts a rule makes in one pass; of more records one post tells
NAMED = 10  # so many of them by name


@dataclass(frozen=True)
class Audience:
    """Somebody or something to be told of records: a person, or a line ("robot:3", "webhook:7")."""

    records: list[Any]
    person_id: int | None = None
    line: str = ""


def choices() -> list[tuple[str, str]]:
    """Robots and webhooks in use, as a rule's recipients."""
    robots = [(robot.line, _("Group robot: %(name)s") % {"name": robot}) for robot in carrying.robots()]
    return robots + [(hook.line, _("Webhook: %(name)s") % {"name": hook}) for hook in webhooks.in_use()]


def audiences(rule: ReminderRule, kind: RecordKind, records: list[Any]) -> Iterator[Audience]:
    """The robots and webhooks a rule names, each with the records it may be told of."""
    for robot in carrying.robots():
        if robot.line in rule.recipients:
            theirs = [r for r in records if carrying.speaks_of(robot, getattr(r, f"{kind.owner or 'owner'}_id", None))]
            yield Audience(theirs, line=robot.line)
    for hook in webhooks.in_use():
        if hook.line in rule.recipients:
            yield Audience(_seen_by(hook, kind, records), line=hook.line)


def _seen_by(hook: Webhook, kind: RecordKind, records: list[Any]) -> list[Any]:
    """What the owner of a subscription sees of these records; nothing once they have left (ORG-3)."""
    try:
        rows = kind.rows(viewer_of(hook.owner_id), few=True)
    except LookupError:
        return []
    seen = set(rows.filter(pk__in=[record.pk for record in records]).values_list("pk", flat=True))
    return [record for record in records if record.pk in seen]


def tell(rule: ReminderRule, line: str, new: list[Reminder], count: int, now: datetime) -> None:
    """Post the first of `count` new reminders, or call a webhook with all those given; nothing once it is gone."""
    for robot in carrying.robots():
        if robot.line == line:
            _post(rule, robot, new, count, now)
    for hook in webhooks.in_use():
        if hook.line == line:
            _call(rule, hook, new, now)


def _post(rule: ReminderRule, robot: Robot, new: list[Reminder], count: int, now: datetime) -> None:
    def say(text: str, url: str, first: Reminder, **listed: Any) -> None:
        carrying.to_group(robot, text, url=url, tone=rule.tone, about="reminders", now=now, key=_key(first), **listed)

    if count <= SINGLY:
        for one in new:
            say(one.text, one.url, one)
    else:
        items = [{"text": one.text, "url": one.url} for one in new[:NAMED]]
        said = ngettext("%(rule)s: %(n)s record", "%(rule)s: %(n)s records", count) % {"rule": rule.name, "n": count}
        say(said, list_of(rule, now), new[0], items=items, count=count)


def list_of(rule: ReminderRule, now: datetime) -> str:
    """The list of a rule's kind with the rule's conditions, and with its days where its clock is a field; or ""."""
    kind, conditions = kinds.get(rule.kind), [*rule.filter]
    field = kind.own_fields.get(rule.clock)
    if field is not None and field.filterable:
        until = dates.local_day(now) - timedelta(days=rule.offset)
        conditions.append([rule.clock, "between", [(until - clocks.WINDOW).isoformat(), until.isoformat()]])
    return kind.list_address and kind.list_address + query_of(kind, conditions)


def _call(rule: ReminderRule, hook: Webhook, new: list[Reminder], now: datetime) -> None:
    kind = kinds.get(rule.kind)
    for one in new:
        webhooks.call(hook, DUE, kind, one.object_id, key=_key(one), at=now, rule=rule.name, text=one.text)


def _key(reminder: Reminder) -> str:
    """Names a reminder, so that it goes over a line once."""
    return f"rule:{reminder.rule_id}:{reminder.object_id}:{reminder.cause}"
