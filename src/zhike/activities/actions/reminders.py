"""Writes around reminders: rules by the administrator, putting off and finishing by each person (ACT-6)."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.activities import clocks
from zhike.activities.models import Reminder, ReminderRule
from zhike.activities.models.reminders import WORDS
from zhike.kit import braces, dates
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.filters import Filter
from zhike.records.models import AuditEntry

CHANGE = "activities.reminderrule.change"
PUT_OFF = ("hour", "tomorrow", "week")


@action
def save_rule(
    rule: ReminderRule, *, by: Viewer, name: str, clock: str, offset: int, recipients: list[str], text: str,
    is_active: bool, kind: str = "", condition: list | None = None,
) -> ReminderRule:  # fmt: skip
    """Add a rule or change one; its kind is for ever. `condition` None keeps the one it has. Raises Refused."""
    require(by, CHANGE)
    created = rule.pk is None
    rule.kind = rule.kind or kind
    found = kinds.find(rule.kind)
    if found is None:
        raise Refused({"kind": _("Choose which records this is about.")})
    if clock not in clocks.of(found):
        raise Refused({"clock": _("This kind of record has no such day.")})
    if not recipients:
        raise Refused({"recipients": _("Say who is reminded.")})
    try:
        braces.check(text, WORDS)
    except braces.BadBraces as wrong:
        hint = _("In braces stand only: %(words)s.") % {"words": ", ".join(WORDS)}
        raise Refused({"text": [str(wrong), hint]}) from wrong
    if condition is not None:
        rule.filter = Filter.from_json(found, condition).as_json()
    rule.name, rule.clock, rule.offset, rule.text = " ".join(name.split()), clock, offset, text.strip()
    rule.recipients, rule.is_active, rule.error = recipients, is_active, ""
    rule.full_clean(exclude=["filter", "recipients"])
    rule.save()
    AuditEntry.write(rule, AuditEntry.Verb.CREATED if created else AuditEntry.Verb.CHANGED, {"name": [None, rule.name]})
    return rule


@action
def delete_rule(rule: ReminderRule, *, by: Viewer) -> None:
    """Delete a rule somebody made, with its reminders. Shipped rules are switched off instead."""
    require(by, CHANGE)
    if rule.key:
        raise Refused(_("A rule that came with the product is switched off, not deleted."))
    AuditEntry.write(rule, AuditEntry.Verb.DELETED, {"name": [rule.name, None]})
    rule.delete()


@action
def put_off(reminder: Reminder, *, by: Viewer, until: str) -> Reminder:
    """Be reminded again later: in an hour, tomorrow or next Monday at eight. Raises Refused at `until`."""
    _mine(reminder, by)
    if until not in PUT_OFF:
        raise Refused({"until": _("Choose until when.")})
    reminder.status, reminder.snoozed_until = Reminder.Status.SNOOZED, _moment(until)
    reminder.save(update_fields=["status", "snoozed_until"])
    return reminder


@action
def finish(reminder: Reminder, *, by: Viewer) -> Reminder:
    """Say that one has seen to it."""
    _mine(reminder, by)
    reminder.status, reminder.snoozed_until = Reminder.Status.DONE, None
    reminder.save(update_fields=["status", "snoozed_until"])
    return reminder


def _mine(reminder: Reminder, by: Viewer) -> None:
    if reminder.person_id != by.person_id:
        raise Refused(_("This reminder is a colleague's."))


def _moment(until: str) -> datetime:
    if until == "hour":
        return dates.now() + timedelta(hours=1)
    today = dates.today()
    day = today + timedelta(days=1 if until == "tomorrow" else 7 - today.weekday())
    return datetime.combine(day, time(8), timezone.get_default_timezone())
