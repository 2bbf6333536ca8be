"""The quick log: kind, text, next step and its day, in a few taps."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.activities import queries
from zhike.activities.kinds import ACTIVITY, SIGNS
from zhike.kit.viewer import Viewer
from zhike.records.forms import RecordForm

QUICK = ["kind", "customer", "contact", "summary", "next_step", "next_at"]
FULL = ["kind", "customer", "contact", "opportunity", "summary", "participants", "happened_at", "minutes", "next_step",
        "next_at"]  # fmt: skip


class LogForm(RecordForm):
    """A new follow-up. With a customer given, its people can be chosen from."""

    def __init__(self, data=None, *, viewer: Viewer, customer_id: int | None = None, quick: bool = True, **more: Any):
        initial = {"kind": "call", **({"customer": customer_id} if customer_id else {}), **more.pop("initial", {})}
        names = QUICK if quick else FULL
        super().__init__(data, kind=ACTIVITY, viewer=viewer, only=names, initial=initial, **more)
        self.fields["kind"].widget = forms.RadioSelect(choices=ACTIVITY.own_fields["kind"].choices())
        self.fields["summary"].widget.attrs |= {
            "rows": 2, "placeholder": _("What was said, how they took it, what comes next")
        }  # fmt: skip
        self.fields["next_step"].widget.attrs["placeholder"] = _("Next step")
        if customer_id:
            people = queries.contacts_for(viewer, customer_id)
            self.fields["contact"].widget = forms.Select(
                choices=[("", _("Talked to …")), *people], attrs={"class": "inp"}
            )
            self.fields["customer"].widget = forms.HiddenInput()

    def kinds(self) -> list[dict[str, Any]]:
        """The kinds to choose from, each with its sign."""
        chosen = self["kind"].value() or "call"
        return [
            {"value": value, "label": label, "icon": SIGNS[value][0], "chosen": value == chosen}
            for value, label in self.fields["kind"].widget.choices
        ]
