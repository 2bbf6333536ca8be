"""Hearing events and clocks, meeting rules, carrying out their steps: once per cause, all steps or none (ACT-6).

The system acts: what rules do is decided by who may set them up, for the whole company. A run is one transaction with
the row that says it happened, so that a worker killed in the middle leaves nothing half done and nothing is done twice.
"""

import logging
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from zhike.activities import clocks
from zhike.automation import letters, steps
from zhike.automation.models import AutomationRule, AutomationRun
from zhike.kit import braces, dates
from zhike.kit.actions import acting
from zhike.kit.errors import Forbidden, NotVisible, Refused
from zhike.org.viewers import the_system
from zhike.records import config, kinds
from zhike.records.events import caused_by
from zhike.records.filters import Filter
from zhike.records.kinds import RecordKind
from zhike.records.models import OutboxEvent

# So many rules may set each other off in a row; more is taken for a circle.
LONGEST_CHAIN = 6
CHUNK = 200
MOST_IN_A_PASS = 5000

# What a rule, as somebody has set it up, can run into: it fails, and no other rule with it.
REFUSED = (Refused, Forbidden, NotVisible, ValidationError, braces.BadBraces)
# The database is away for a moment: the job is done again. Whatever else is raised is a fault of the product.
AWAY = (OperationalError, InterfaceError)

Status = AutomationRun.Status
log = logging.getLogger(__name__)


class Fault(Exception):
    """The product failed over a step, not the rule: said in words, with what was raised as its cause."""


@config.cached
def _listening() -> dict[str, list[AutomationRule]]:
    """The rules in use by the event they wait for."""
    found: dict[str, list[AutomationRule]] = {}
    for rule in AutomationRule.objects.filter(is_active=True):
        if rule.steps and kinds.find(rule.kind):
            found.setdefault(rule.trigger, []).append(rule)
    return found


def wanted(name: str) -> bool:
    """Whether a rule in use waits for events of this name."""
    return name in _listening()


def hear(event: OutboxEvent) -> None:
    """Meet every rule that waits for this event. Safe to run twice; one rule's failing keeps no other.

    Conditions are asked before any rule acts, so that what one does is not taken for what happened.
    """
    changed = event.payload.get("fields", ())
    rules = [rule for rule in _listening().get(event.name, []) if not rule.field or rule.field in changed]
    met = [(rule, _met(rule, event)) for rule in rules]
    for rule, record in met:
        if record is not None:
            meet(rule, record, f"event:{event.pk}", event)


def _met(rule: AutomationRule, event: OutboxEvent) -> Any:
    """The record of an event where it meets a rule's condition; a condition that cannot be asked is a failed run."""
    try:
        return matching(rule).filter(pk=event.object_id).first()
    except AWAY:
        raise
    except Exception as wrong:  # noqa: BLE001 - one rule's failing keeps no other from acting
        _note_broken(rule, event.object_id, f"event:{event.pk}", wrong)
        return None


def _note_broken(rule: AutomationRule, object_id: int, cause: str, wrong: Exception) -> None:
    """A rule that cannot even be asked: it says so in its log, and keeps no other from acting."""
    status, said = _written_down(rule, rule.name, wrong)
    values = {"kind": rule.kind, "title": rule.name, "status": status, "said": said}
    AutomationRun.objects.get_or_create(rule=rule, object_id=object_id, cause=cause, defaults=values)


def _written_down(rule: AutomationRule, about: str, wrong: Exception) -> tuple[str, list[str]]:
    """What went wrong, written to the log, as a run's state and words: the rule's making, or a fault of ours."""
    if isinstance(wrong, REFUSED):
        log.warning("automation rule %s failed on %s: %s", rule.pk, about, wrong)
        return Status.FAILED, [said_of(wrong)]
    log.error("automation rule %s met a fault of the product on %s", rule.pk, about, exc_info=wrong)
    return Status.FAULT, fault_in_words(wrong)


def fault_in_words(wrong: Exception) -> list[str]:
    """A fault as it stands in the run: where, that the rule is not to blame, and what was raised."""
    cause = wrong.__cause__ or wrong if isinstance(wrong, Fault) else wrong
    where = f"{wrong} " if isinstance(wrong, Fault) else ""
    return [where + _("This is a fault of the product, not of the rule; the server log has the details."),
            f"{type(cause).__name__}: {cause}"[:300]]  # fmt: skip


def matching(rule: AutomationRule) -> QuerySet:
    """The records that meet a rule's condition now."""
    kind = kind_of(rule)
    return Filter.from_json(kind, rule.filter).apply(kind.rows(the_system()), the_system())


def pass_clocks(now: datetime, units: tuple[str, ...]) -> int:
    """Meet the rules whose clock has come, as reminders do; gives how many runs were made."""
    made = 0
    for rule in [rule for name, rules in _listening().items() if name.startswith("clock:") for rule in rules]:
        clock = clocks.of(kinds.get(rule.kind)).get(rule.clock)
        if clock is None or clock.unit not in units:
            continue
        try:
            made += _pass_rule(rule, clock, now)
        except AWAY:
            raise
        except Exception as wrong:  # noqa: BLE001 - one rule's failing keeps no other from acting
            _note_broken(rule, 0, f"{dates.local_day(now):%Y-%m-%d}", wrong)
    return made


def _pass_rule(rule: AutomationRule, clock: clocks.Clock, now: datetime) -> int:
    met = AutomationRun.objects.filter(rule=rule, object_id=OuterRef("pk"), cause=OuterRef("cause"))
    due = clock.due(matching(rule), rule.offset, now).filter(~Exists(met)).order_by("pk")
    made, last = 0, 0
    while made < MOST_IN_A_PASS and (chunk := list(due.filter(pk__gt=last)[:CHUNK])):
        last = chunk[-1].pk
        made += sum(meet(rule, record, record.cause[:60]) is not None for record in chunk)
    return made


def meet(
    rule: AutomationRule, record: Any, cause: str, event: OutboxEvent | None = None
) -> AutomationRun | None:  # fmt: skip
    """Carry out a rule's steps on a record for one cause; None where that was done before."""
    if AutomationRun.objects.filter(rule=rule, object_id=record.pk, cause=cause).exists():
        return None
    chain = letters.chain_of(event) if event else ()
    if name_of(rule) in chain or len(chain) >= LONGEST_CHAIN:
        return _keep(rule, record, cause, Status.STOPPED, [])
    try:
        with acting(the_system(), "automation", through=f"automation:{rule.name}"), caused_by(name_of(rule), event):
            AutomationRule.objects.select_for_update().get(pk=rule.pk)  # two workers with the same cause: one waits
            if AutomationRun.objects.filter(rule=rule, object_id=record.pk, cause=cause).exists():
                return None
            return _keep(rule, record, cause, Status.DONE, carry_out(rule, record, cause))
    except AWAY:
        raise
    except Exception as wrong:  # noqa: BLE001 - taken back as a whole and told; it keeps no other from acting
        return _keep(rule, record, cause, *_written_down(rule, f"{rule.kind} {record.pk}", wrong))


def carry_out(rule: AutomationRule, record: Any, cause: str = "") -> list[str]:
    """All steps in order, each in words; inside an action. What one refuses is raised with the step's name.

    Raises Refused, or Fault where a step ran into an error of ours.
    """
    said = []
    for place, kept in enumerate(rule.steps, 1):
        try:
            said.append(_carry_out_step(rule, kept, record, cause))
        except REFUSED as wrong:
            raise Refused(_("Step %(n)s: %(why)s") % {"n": place, "why": said_of(wrong)}) from wrong
        except AWAY:
            raise
        except Exception as wrong:
            raise Fault(_("Step %(n)s.") % {"n": place}) from wrong
    return said


def _carry_out_step(rule: AutomationRule, kept: dict[str, Any], record: Any, cause: str) -> str:
    step, kind = steps.find(kept["do"]), kind_of(rule)
    if step is None:
        raise Refused(_("There is no such step any more."))
    step.check(kept["with"])
    fresh = kind.rows(the_system()).filter(pk=record.pk).first()
    if fresh is None:
        raise NotVisible
    return str(step.carry_out(steps.Occasion(kind, fresh, rule, the_system(), cause), **kept["with"]))


def rehearse(rule: AutomationRule, record: Any) -> list[str]:
    """What the steps would do to a record: carried out and taken back. Raises Refused and Fault as they would."""
    with transaction.atomic():
        with acting(the_system(), "automation", through=f"automation:{rule.name}"), caused_by(name_of(rule)):
            said = carry_out(rule, record)
        transaction.set_rollback(True)
    return said


def name_of(rule: AutomationRule) -> str:
    """How chains of events name a rule."""
    return f"automation:{rule.pk}"


def said_of(wrong: Exception) -> str:
    """What a rule ran into, in plain words."""
    if isinstance(wrong, ValidationError):
        return " ".join(wrong.messages)
    if isinstance(wrong, NotVisible | Forbidden):
        return str(_("The record is gone or out of reach."))
    return str(wrong)


def _keep(rule: AutomationRule, record: Any, cause: str, status: str, said: list[str]) -> AutomationRun:
    values = {"kind": rule.kind, "title": str(record)[:200], "status": status, "said": said}
    run, _made = AutomationRun.objects.get_or_create(rule=rule, object_id=record.pk, cause=cause, defaults=values)
    return run


def kind_of(rule: AutomationRule) -> RecordKind:
    """The kind of record a rule is about; raises NotVisible where it is gone."""
    if (found := kinds.find(rule.kind)) is None:
        raise NotVisible
    return found
