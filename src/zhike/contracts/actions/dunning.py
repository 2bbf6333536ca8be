"""Writes of the dunning log: a note of what was said and promised, and the days on which dunning goes up (SAL-8)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from zhike.contracts import dunning_rules as rules
from zhike.contracts.models import DunningNote, DunningStep
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer


def prepare_note(note: DunningNote, changed: dict[str, Any], by: Viewer) -> None:
    """Complete a note before saving: customer, owner and level by its receivable. Raises Refused at the field."""
    line = note.receivable if note.receivable_id else None
    if line and not note.customer_id:
        note.customer_id = line.customer_id
    if line and line.customer_id != note.customer_id:
        raise Refused({"receivable": _("This line belongs to another customer.")})
    if not note.customer_id:
        raise Refused({"customer": _("This is required.")})
    today = dates.today()
    if note.happened_on and note.happened_on > today:
        raise Refused({"happened_on": _("This day is still to come.")})
    if note.promised_on and note.happened_on and note.promised_on < note.happened_on:
        raise Refused({"promised_on": _("A promise is for the day it was made, or later.")})
    if note.promised_amount is not None and note.promised_amount <= 0:
        raise Refused({"promised_amount": _("The amount is more than 0.")})
    if line and note.promised_amount and note.promised_amount > line.amount:
        raise Refused({"promised_amount": _("This is more than the line ever came to.")})
    if note._state.adding:
        note.person_id = note.person_id or by.person_id
        note.owner_id = (line or note.customer).owner_id
        days = (note.happened_on - line.due_on).days if line and note.happened_on else 0
        note.level = rules.level_of(days, rules.steps_in_force()) or 0
        if not (line or note.customer).scope.allows_change(by, line or note.customer):
            raise Refused({"customer": _("You may read this, but not add to it.")})
    changed.update(note.changes())


@action
def set_steps(steps: Mapping[int, int], *, by: Viewer) -> None:
    """Set from how many days overdue a line is whose business. Raises Refused unless the days rise."""
    require(by, "contracts.dunning.set_steps")
    if not rules.check_steps(steps):
        raise Refused(_("The days rise from one level to the next."))
    for level, days in steps.items():
        DunningStep.objects.update_or_create(level=level, defaults={"after_days": days})
