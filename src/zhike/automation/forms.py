"""The form of a rule: its name and when it acts."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.activities import clocks
from zhike.automation.models import CLOCK, AutomationRule
from zhike.automation.step_forms import SELECT
from zhike.kit.forms import ActionForm
from zhike.records import events
from zhike.records.kinds import RecordKind


class RuleForm(ActionForm):
    """When a rule acts. What it needs to hold and what it does have pages of their own.

    `chosen` may hold a name and a trigger picked in the form so far: it asks only for what the trigger needs.
    """

    name = forms.CharField(label=_("Name"), max_length=60)
    trigger = forms.ChoiceField(label=pgettext_lazy("automation", "When"), widget=forms.Select(attrs=SELECT))
    field = forms.ChoiceField(
        label=_("Which field"), required=False, widget=forms.Select(attrs=SELECT),
        help_text=_("Acts when this field has another value than before."),
    )  # fmt: skip
    offset = forms.IntegerField(
        label=_("How much later"), min_value=-3660, max_value=100_000, initial=0, required=False,
        help_text=_("Days after it, working minutes after a moment; negative means before."),
    )  # fmt: skip

    def __init__(self, data=None, *, rule: AutomationRule, kind: RecordKind, chosen: Mapping[str, str]):
        start = {name: getattr(rule, name) for name in ("name", "trigger", "field", "offset")}
        start |= {name: chosen[name] for name in ("name", "trigger") if name in chosen}
        super().__init__(data, initial=start)
        self.kind = kind
        happens = [(name, label) for name, label in events.names_of(kind).items() if not name.endswith(".deleted")]
        times = [(CLOCK + key, clock.label) for key, clock in clocks.of(kind).items()]
        self.fields["trigger"].choices = [(_("It happens"), happens), (_("A time comes"), times)]
        self.fields["field"].choices = [("", _("any")), *((f.name, f.label) for f in kind.fields.values())]
        trigger = (data or start).get("trigger") or happens[0][0]
        if not trigger.endswith(".changed"):
            del self.fields["field"]
        if not trigger.startswith(CLOCK):
            del self.fields["offset"]

    def values(self) -> dict[str, Any]:
        """With the kind, and no later than at once where nothing was said."""
        return {**self.cleaned_data, "kind": self.kind.label, "offset": self.cleaned_data.get("offset") or 0}


class TryForm(ActionForm):
    """On which record a rule is rehearsed."""

    record = forms.ChoiceField(label=_("On which record"), widget=forms.Select(attrs=SELECT))

    def __init__(self, data=None, *, records: list[Any]):
        super().__init__(data)
        self.fields["record"].choices = [(str(record.pk), str(record)) for record in records]
