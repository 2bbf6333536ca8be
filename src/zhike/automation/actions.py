"""Writes around automation: rules, their conditions and steps, by who may set up automation (ACT-6)."""

from typing import Any

from django.utils.translation import gettext as _

from zhike.activities import clocks
from zhike.automation import engine, steps
from zhike.automation.models import CLOCK, AutomationRule, AutomationRun
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import events, kinds
from zhike.records.filters import Filter
from zhike.records.models import AuditEntry

CHANGE = "automation.rule.change"
MOST_STEPS = 10
Verb = AuditEntry.Verb


@action
def save_rule(
    rule: AutomationRule, *, by: Viewer, name: str, trigger: str, kind: str = "", field: str = "", offset: int = 0
) -> AutomationRule:
    """Add a rule or change when it acts; its kind is for ever. Raises Refused at the field."""
    require(by, CHANGE)
    before = None if rule.pk is None else rule.name
    rule.kind = rule.kind or kind
    found = kinds.find(rule.kind)
    if found is None:
        raise Refused({"kind": _("Choose which records this is about.")})
    is_clock = trigger.startswith(CLOCK) and trigger.removeprefix(CLOCK) in clocks.of(found)
    if not is_clock and trigger not in events.names_of(found):
        raise Refused({"trigger": _("This does not happen to such records.")})
    if trigger.endswith(".deleted"):
        raise Refused({"trigger": _("With a record that is gone nothing can be done.")})
    rule.trigger, rule.name = trigger, " ".join(name.split())
    rule.field = field if trigger.endswith(".changed") else ""
    if rule.field and rule.field not in found.fields:
        raise Refused({"field": _("There is no such field.")})
    rule.offset = offset if is_clock else 0
    rule.full_clean(exclude=["filter", "steps"])
    rule.save()
    AuditEntry.write(rule, Verb.CHANGED if before else Verb.CREATED, {"name": [before, rule.name]})
    return rule


@action
def set_conditions(rule: AutomationRule, *, by: Viewer, flt: Filter) -> AutomationRule:
    """Which records a rule is about, as conditions of their list. What depends on who looks is refused."""
    require(by, CHANGE)
    if flt.search or any(c.op in ("me", "team") for c in flt.conditions):
        raise Refused(_("A rule acts for the whole company: words to search and “mine” are no conditions for it."))
    rule.filter = flt.as_json()
    rule.save()
    AuditEntry.write(rule, Verb.CHANGED, {"filter": [None, rule.filter]})
    return rule


@action
def save_step(rule: AutomationRule, *, by: Viewer, do: str, place: int | None = None, **values: Any) -> AutomationRule:
    """Add a step, or change the one at a place (from 0). Raises Refused."""
    require(by, CHANGE)
    step = steps.find(do)
    if step is None or not step.offered(engine.kind_of(rule)):
        raise Refused(_("This cannot be done with such records."))
    kept = {"do": do, "with": values}
    if place is None:
        if len(rule.steps) >= MOST_STEPS:
            raise Refused(_("A rule has at most %(most)s steps.") % {"most": MOST_STEPS})
        rule.steps = [*rule.steps, kept]
    else:
        rule.steps = [*rule.steps[:place], kept, *rule.steps[place + 1 :]]
    return _with_steps(rule)


@action
def remove_step(rule: AutomationRule, *, by: Viewer, place: int) -> AutomationRule:
    """Take a step away; a rule without steps is switched off."""
    require(by, CHANGE)
    rule.steps = [step for n, step in enumerate(rule.steps) if n != place]
    rule.is_active = rule.is_active and bool(rule.steps)
    return _with_steps(rule)


@action
def order_steps(rule: AutomationRule, *, by: Viewer, order: list[int]) -> AutomationRule:
    """Put the steps into another order, by their places now. Places missing or named twice are refused."""
    require(by, CHANGE)
    if sorted(order) != list(range(len(rule.steps))):
        raise Refused(_("The steps were changed meanwhile. Load the page again."))
    rule.steps = [rule.steps[n] for n in order]
    return _with_steps(rule)


def _with_steps(rule: AutomationRule) -> AutomationRule:
    rule.save()
    AuditEntry.write(rule, Verb.CHANGED, {"steps": [None, rule.steps]})
    return rule


@action
def switch_rule(rule: AutomationRule, *, by: Viewer, on: bool) -> AutomationRule:
    """Use a rule, or let it rest. A rule that does nothing cannot be used."""
    require(by, CHANGE)
    if on and not rule.steps:
        raise Refused(_("Add a step first: this rule does nothing yet."))
    if rule.is_active != on:
        rule.is_active = on
        rule.save()
        AuditEntry.write(rule, Verb.CHANGED, {"is_active": [not on, on]})
    return rule


@action
def delete_rule(rule: AutomationRule, *, by: Viewer) -> None:
    """Delete a rule somebody made, with what is kept of its runs. Shipped rules are switched off instead."""
    require(by, CHANGE)
    if rule.key:
        raise Refused(_("A rule that came with the product is switched off, not deleted."))
    AuditEntry.write(rule, Verb.DELETED, {"name": [rule.name, None]})
    rule.delete()


@action
def run_again(run: AutomationRun, *, by: Viewer) -> AutomationRun:
    """Try a failed run once more, by the rule as it is now. Raises Refused where the record no longer fits."""
    require(by, CHANGE)
    if run.status not in AutomationRun.WENT_WRONG:
        raise Refused(_("Only what failed can be tried again."))
    try:
        record = engine.matching(run.rule).filter(pk=run.object_id).first()
    except engine.REFUSED as wrong:
        raise Refused(engine.said_of(wrong)) from wrong
    if record is None:
        raise Refused(_("The record is gone or no longer meets the condition."))
    run.delete()
    return engine.meet(run.rule, record, run.cause) or run
