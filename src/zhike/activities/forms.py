"""The quick log: kind, text, next step and its day, in a few taps; and the form of reminder rules."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.activities import clocks, queries
from zhike.activities.kinds import ACTIVITY, SIGNS
from zhike.activities.models import ReminderRule, Task
from zhike.activities.reminding import roles_to_choose
from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.filters import Filter
from zhike.records.forms import RecordForm
from zhike.records.lookups import people
from zhike.records.queries import views_of
from zhike.records.widgets import MomentInput

QUICK = ["kind", "customer", "contact", "summary", "next_step", "next_at"]
FULL = ["kind", "customer", "contact", "opportunity", "summary", "participants", "happened_at", "minutes", "next_step",
        "next_at"]  # fmt: skip


class LogForm(RecordForm):
    """A new follow-up. With a customer given, its people can be chosen from."""

    def __init__(
        self, data=None, *, viewer: Viewer, customer_id: int | None = None, quick: bool = True,
        people: list[tuple[int, str]] | None = None, **more: Any,
    ):  # fmt: skip
        """`people` are those of the customer, where the page has read them already."""
        initial = {"kind": "call", **({"customer": customer_id} if customer_id else {}), **more.pop("initial", {})}
        names = QUICK if quick else FULL
        super().__init__(data, kind=ACTIVITY, viewer=viewer, only=names, initial=initial, **more)
        self.fields["kind"].widget = forms.RadioSelect(choices=ACTIVITY.own_fields["kind"].choices())
        self.fields["summary"].widget.attrs |= {
            "rows": 2, "placeholder": _("What was said, how they took it, what comes next")
        }  # fmt: skip
        self.fields["next_step"].widget.attrs["placeholder"] = _("Next step")
        if customer_id:
            people = queries.contacts_for(viewer, customer_id) if people is None else people
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


class LeadLogForm(RecordForm):
    """A follow-up on a lead, who is no customer yet."""

    def __init__(self, data=None, *, viewer: Viewer, lead_id: int):
        names = ["kind", "summary", "next_step", "next_at", "lead"]
        super().__init__(data, kind=ACTIVITY, viewer=viewer, only=names, initial={"kind": "call", "lead": lead_id})
        self.fields["kind"].widget = forms.RadioSelect(choices=ACTIVITY.own_fields["kind"].choices())
        self.fields["summary"].widget.attrs |= {"rows": 2, "placeholder": _("What was said, what they need")}
        self.fields["next_step"].widget.attrs["placeholder"] = _("Next step")
        self.fields["lead"].widget = forms.HiddenInput()

    kinds = LogForm.kinds


class RuleForm(ActionForm):
    """A reminder rule. Its condition is taken over from a view of the kind's list, where conditions are built."""

    name = forms.CharField(label=_("Name"), max_length=60)
    view = forms.ChoiceField(
        label=_("Condition"), required=False, help_text=_("As in a view of the list; save a view there for another.")
    )
    clock = forms.ChoiceField(label=_("Counted from"))
    offset = forms.IntegerField(
        label=_("How much later"), min_value=-3660, max_value=100_000,
        help_text=_("Days (working minutes for an unanswered lead); negative means before."),
    )  # fmt: skip
    recipients = forms.MultipleChoiceField(label=_("Who is reminded"), widget=forms.CheckboxSelectMultiple)
    text = forms.CharField(
        label=_("Text"), max_length=200, help_text=_("May hold {record}, {day}, {days} and {owner}.")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(self, data=None, *, rule: ReminderRule, viewer: Viewer):
        self.rule, self.kind = rule, kinds.get(rule.kind)
        start = {n: getattr(rule, n) for n in ("name", "clock", "offset", "recipients", "text", "is_active")}
        super().__init__(data, initial={**start, "text": rule.text or "{record}"})
        self._views = {view["key"]: view["filter"] for view in self.kind.shipped_views}
        self._views |= {f"v{view.pk}": view.filter for view in views_of(viewer, self.kind)}
        now = Filter.from_json(self.kind, rule.filter).words(viewer)
        names = {view["key"]: view["name"] for view in self.kind.shipped_views}
        names |= {f"v{view.pk}": view.name for view in views_of(viewer, self.kind)}
        self.fields["view"].choices = [("", _("As it is: %(condition)s") % {"condition": now}), *names.items()]
        self.fields["clock"].choices = [(key, clock.label) for key, clock in clocks.of(self.kind).items()]
        self.fields["recipients"].choices = self.recipient_choices()

    @staticmethod
    def recipient_choices() -> list[tuple[str, Any]]:
        """Whom a rule can name."""
        return [("owner", _("Owner")), ("supervisor", _("Owner's supervisor")), *roles_to_choose()]

    def values(self) -> dict[str, Any]:
        """With the condition of the chosen view; None keeps the rule's own."""
        data = dict(self.cleaned_data)
        view = data.pop("view")
        return {**data, "kind": self.rule.kind, "condition": self._views[view] if view else None}


class CompleteForm(ActionForm):
    """What came of a task; about a customer it becomes the follow-up."""

    summary = forms.CharField(
        label=_("What came of it"), required=False, max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "inp"}),
    )  # fmt: skip
    minutes = forms.IntegerField(label=_("minutes"), required=False, min_value=0, max_value=10_000)
    next_step = forms.CharField(label=_("next step"), required=False, max_length=200)
    next_at = forms.DateTimeField(label=_("next step at"), required=False, widget=MomentInput())

    def __init__(self, data=None, *, task: Task):
        super().__init__(data)
        if not (task.customer_id or task.opportunity_id):
            for name in ("minutes", "next_step", "next_at"):
                del self.fields[name]


class DeclineForm(ActionForm):
    """Why somebody will not do a task."""

    reason = forms.CharField(label=_("Why not"), max_length=300)


class ParticipantsForm(ActionForm):
    """Who takes part."""

    people = forms.MultipleChoiceField(label=_("Who takes part"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data=None, **more: Any):
        super().__init__(data, **more)
        self.fields["people"].choices = [(pk, name or user) for pk, user, name, active in people() if active]

    def values(self) -> dict[str, Any]:
        return {"people": [int(pk) for pk in self.cleaned_data["people"]]}
