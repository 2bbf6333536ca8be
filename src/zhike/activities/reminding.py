"""The reminder engine: one pass over all rules finds what is due and tells people, once for each cause (ACT-6).

The rows of some records are one transaction, for all recipients; messages about them follow (`telling`): killed in the
middle, the next pass goes on; run twice, the second finds nothing.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from zhike.activities import clocks, groups, telling
from zhike.activities.groups import Audience
from zhike.activities.models import Reminder, ReminderRule
from zhike.activities.models.reminders import WORDS
from zhike.kit import braces, dates
from zhike.kit.keys import key_of
from zhike.kit.scope import owner_shows
from zhike.kit.viewer import viewer_of
from zhike.org.models import Person, Role
from zhike.org.viewers import the_system
from zhike.records import config, kinds
from zhike.records.actions import notify
from zhike.records.filters import Filter
from zhike.records.kinds import RecordKind
from zhike.records.lookups import person_names

CHUNK = 500

log = logging.getLogger(__name__)


def remind(now: datetime | None = None, units: Iterable[str] = ("days", "minutes")) -> int:
    """Go through all rules whose clocks count in these units; gives how many reminders were written.

    A rule that fails says so on itself and keeps nobody else's from passing.
    """
    now, written = now or dates.now(), 0
    for rule in ReminderRule.objects.filter(is_active=True):
        clock = clocks.find(rule)
        if clock is None or clock.unit not in units:
            continue
        try:
            settle(rule)
            written += pass_rule(rule, now)
            telling.tell(rule, now)
            error = wrong_text(rule)
        except DatabaseError:
            raise  # ours, not the rule's: the pass is made again
        except Exception as wrong:  # noqa: BLE001 - whatever somebody has set up must not keep the others from passing
            log.warning("reminder rule %s", rule.name, exc_info=wrong)
            error = "; ".join(wrong.messages) if isinstance(wrong, ValidationError) else str(wrong)
        ReminderRule.objects.filter(pk=rule.pk).update(error=error[:300], passed_at=now)
    return written + wake(now)


def due_rows(rule: ReminderRule, now: datetime) -> QuerySet:
    """The rows of a rule that are due now, whoever is to be told; annotated with `cause`."""
    return clocks.of(kinds.get(rule.kind))[rule.clock].due(_matching(rule), rule.offset, now)


def _matching(rule: ReminderRule) -> QuerySet:
    kind = kinds.get(rule.kind)
    rows = kind.model.objects.whole_table("the reminder pass; each person is told of what they see only")
    return Filter.from_json(kind, rule.filter).apply(rows, the_system())


def settle(rule: ReminderRule) -> int:
    """Close reminders of records that no longer meet the condition: paid, moved on, answered."""
    waiting = Reminder.objects.filter(rule=rule).exclude(status=Reminder.Status.DONE)
    gone = waiting.exclude(Exists(_matching(rule).filter(pk=OuterRef("object_id"))))
    return gone.update(status=Reminder.Status.DONE, snoozed_until=None)


def due_count(rule: ReminderRule, now: datetime, limit: int = 1000) -> int:
    """How many records a rule would remind of now, up to a limit; told or not."""
    return due_rows(rule, now)[:limit].count()


def pass_rule(rule: ReminderRule, now: datetime) -> int:
    """Remind of what is due by one rule and nobody was reminded of yet."""
    kind = kinds.get(rule.kind)
    told = Reminder.objects.filter(rule=rule, object_id=OuterRef("pk"), cause=OuterRef("cause"))
    rows = due_rows(rule, now).filter(~Exists(told)).order_by("pk")
    written, last = 0, 0
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1].pk
        with config.reading():
            written += _write(rule, kind, chunk, now)
    return written


def _write(rule: ReminderRule, kind: RecordKind, records: list[Any], now: datetime) -> int:
    """Write the reminders of some records: for all recipients or for none."""
    wanted = [*_people(rule, kind, records), *groups.audiences(rule, kind, records)]
    today = dates.local_day(now)
    with transaction.atomic():
        ReminderRule.objects.select_for_update().get(pk=rule.pk)  # one pass at a time
        rows = Reminder.objects.filter(rule=rule, object_id__in=[record.pk for record in records])
        known = set(rows.values_list("object_id", "cause", "person_id", "line"))
        every = [reminder_of(rule, record, one, today) for one in wanted for record in one.records]
        new = [r for r in every if (r.object_id, r.cause, r.person_id, r.line) not in known]
        Reminder.objects.bulk_create(new)
    return len(new)


def _people(rule: ReminderRule, kind: RecordKind, records: list[Any]) -> list[Audience]:
    """The people a rule names. Whoever may not see a record is not told of it, whatever the rule says (ORG-3)."""
    by_owner: dict[int | None, list[Any]] = defaultdict(list)
    for record in records:
        by_owner[getattr(record, f"{kind.owner or 'owner'}_id", None)].append(record)
    by_person: dict[int, list[Any]] = defaultdict(list)
    for owner_id, theirs in by_owner.items():
        for person_id in recipients(rule.recipients, owner_id):
            by_person[person_id] += theirs
    return [Audience(_seen(kind, pk, theirs), person_id=pk) for pk, theirs in by_person.items()]


def _seen(kind: RecordKind, person_id: int, records: list[Any]) -> list[Any]:
    viewer = viewer_of(person_id)
    asked = {record.pk for record in records if not owner_shows(viewer, record)}
    seen = set(kind.rows(viewer, few=True).filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()
    return [record for record in records if record.pk in seen or record.pk not in asked]


def reminder_of(rule: ReminderRule, record: Any, whom: Audience, today: date) -> Reminder:
    """What somebody is told of one record; a text that cannot be filled in gives way to the rule's name."""
    day = getattr(record, rule.clock, None)
    day = dates.local_day(day) if isinstance(day, datetime) else day
    words = {
        "record": str(record),
        "day": day.isoformat() if isinstance(day, date) else "",
        "days": abs((today - day).days) if isinstance(day, date) else "",
        "owner": person_names().get(getattr(record, "owner_id", None), ""),
    }
    text = f"{rule.name} {record}" if wrong_text(rule) else braces.fill(rule.text, lambda name: str(words[name]))
    url = record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""
    return Reminder(
        rule=rule, kind=rule.kind, object_id=record.pk, cause=record.cause[:40],
        text=text[:300], url=url[:200], tone=rule.tone, person_id=whom.person_id, line=whom.line, is_untold=True,
    )  # fmt: skip


def wrong_text(rule: ReminderRule) -> str:
    """What is wrong with a rule's text, saved before it was checked; "" where nothing is."""
    try:
        braces.check(rule.text, WORDS)
    except braces.BadBraces as wrong:
        return str(wrong)
    return ""


def recipients(words: Iterable[str], owner_id: int | None) -> set[int]:
    """Who is meant by "owner", "supervisor", "role:KEY", "person:ID" of somebody's record; above leavers if gone."""
    found: set[int] = set()
    chain = _supervisors()
    for word in words:
        what, _sep, which = word.partition(":")
        if what == "owner" and owner_id:
            found.add(owner_id)
        elif what == "supervisor" and owner_id and (above := chain.get(owner_id, (None, True))[0]):
            found.add(above)
        elif what == "role":
            found |= set(Person.objects.present().filter(roles__key=which).values_list("pk", flat=True))
        elif what == "person" and (pk := key_of(which)):
            found.add(pk)
    return {present for pk in found if (present := _present(pk, chain))}


@config.cached
def _supervisors() -> dict[int, tuple[int | None, bool]]:
    """Supervisor and whether they are still here, by person."""
    return {pk: (above, active) for pk, above, active in Person.objects.values_list("pk", "supervisor_id", "is_active")}


def _present(pk: int | None, chain: dict[int, tuple[int | None, bool]]) -> int | None:
    seen: set[int] = set()
    while pk is not None and pk not in seen:
        above, active = chain.get(pk, (None, False))
        if active:
            return pk
        seen.add(pk)
        pk = above
    return None


def wake(now: datetime) -> int:
    """Tell again of what was put off until now."""
    due = list(Reminder.objects.filter(status=Reminder.Status.SNOOZED, snoozed_until__lte=now)[:CHUNK])
    for reminder in due:
        with transaction.atomic():
            asleep = Reminder.objects.filter(pk=reminder.pk, status=Reminder.Status.SNOOZED)
            if asleep.update(status=Reminder.Status.OPEN, snoozed_until=None):
                notify(reminder.person_id, reminder.text, url=reminder.url, tone=reminder.tone, about="reminders")
    return len(due)


def roles_to_choose() -> list[tuple[str, str]]:
    """Roles as recipients: ("role:finance", "Finance")."""
    return [(f"role:{key}", _("Role: %(role)s") % {"role": name}) for key, name in _roles()]


@config.cached
def _roles() -> list[tuple[str, str]]:
    return list(Role.objects.values_list("key", "name"))
