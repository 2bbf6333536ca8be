"""The quick log: kind, text, next step and its day, in a few taps; and the form of reminder rules."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from zhike.activities import actions, clocks, groups, queries
from zhike.activities.kinds import ACTIVITY, SIGNS
from zhike.activities.models import Activity, ReminderRule, Task, headings_of_kinds
from zhike.activities.reminding import roles_to_choose
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.filters import Filter
from zhike.records.forms import RecordForm
from zhike.records.lookups import Lookups, colleagues
from zhike.records.queries import views_of
from zhike.records.widgets import MomentInput

QUICK = ["kind", "customer", "contact", "summary", "next_step", "next_at"]
FULL = ["kind", "customer", "contact", "opportunity", "summary", "participants", "place", "happened_at", "minutes",
        "next_step", "next_at"]  # fmt: skip


class LogForm(RecordForm):
    """A new follow-up. With a customer given, its people can be chosen from, and what is usual with it is chosen."""

    def __init__(
        self, data=None, *, viewer: Viewer, customer: Customer | None = None, quick: bool = True,
        people: list[tuple[int, str]] | None = None, initial: dict[str, Any] | None = None, **more: Any,
    ):  # fmt: skip
        """`people` are those of the customer, where the page has read them already; `initial` what the place says."""
        start = {"kind": "call", **(initial or {})}
        if customer:
            usual = {"kind": customer.last_activity_kind or "call", "contact": customer.main_contact_id}
            start = {**usual, **(initial or {}), "customer": customer.pk}
        names = QUICK if quick else FULL
        if quick and "opportunity" in start:
            names = [*names, "opportunity"]
        super().__init__(data, kind=ACTIVITY, viewer=viewer, only=names, initial=start, **more)
        self.fields["kind"].widget = forms.RadioSelect(choices=ACTIVITY.own_fields["kind"].choices())
        self.fields["summary"].widget.attrs |= {
            "rows": 2, "placeholder": _("What was said, how they took it, what comes next"),
            "data-mention": reverse_lazy("activities:mention_names"),
            "data-draft": f"log-{customer.pk if customer else 'new'}",
        }  # fmt: skip
        self.fields["next_step"].widget.attrs["placeholder"] = _("Next step")
        self.fields["next_at"].help_text = ""
        if customer:
            people = queries.contacts_for(viewer, customer.pk) if people is None else people
            self.fields["contact"].widget = forms.Select(
                choices=[("", _("Talked to …")), *people], attrs={"class": "inp"}
            )
            self.fields["customer"].widget = forms.HiddenInput()
        if quick and "opportunity" in self.fields:
            self.fields["opportunity"].widget = forms.HiddenInput()

    def kinds(self) -> list[dict[str, Any]]:
        """The kinds to choose from, each with its sign."""
        chosen = self["kind"].value() or "call"
        return [
            {"value": value, "label": label, "icon": SIGNS[value][0], "chosen": value == chosen}
            for value, label in self.fields["kind"].widget.choices
        ]

    @property
    def new_key(self) -> str:
        """The key this form is sent with: kept when it comes back with errors."""
        return self.data.get("key") or str(uuid4())

    def templates(self) -> list[dict[str, Any]]:
        """The headings each kind asks for, with what was typed: {"kind", "lines": [{"name", "heading", "text"}]}."""
        return [
            {"kind": kind, "lines": [
                {"name": f"d-{kind}-{n}", "heading": heading, "text": self.data.get(f"d-{kind}-{n}", "")}
                for n, heading in enumerate(headings)
            ]}
            for kind, headings in headings_of_kinds().items()
        ]  # fmt: skip

    def chips(self) -> list[tuple[str, str]]:
        """Days one press away for the next step, at nine: (what is put into the field, its name)."""
        today = dates.today()
        monday = today + timedelta(days=7 - today.weekday())
        days = [(today + timedelta(days=1), _("Tomorrow")), (today + timedelta(days=3), _("In 3 days")),
                (monday, _("Next Monday"))]  # fmt: skip
        return [(f"{day.isoformat()}T09:00", str(name)) for day, name in days]

    def values(self) -> dict[str, Any]:
        """With what was written under the headings of the chosen kind."""
        values = super().values()
        headings = headings_of_kinds().get(values.get("kind", ""), [])
        written = [(heading, self.data.get(f"d-{values['kind']}-{n}", "")) for n, heading in enumerate(headings)]
        details = ACTIVITY.field("details").parse([[h, text[:2000]] for h, text in written], Lookups(self.viewer))
        return {**values, **({"details": details} if details else {})}

    def log(self, *, by: Viewer, uploads: list[Any]) -> bool:
        """Log it if it is valid; `result` is the follow-up."""
        if not self.is_valid():
            return False
        more = {"key": self.data.get("key", "")[:40], "position": self.data.get("position", "")}
        return self.attempt(actions.log_follow_up, self.values(), by=by, uploads=uploads, **more)


class TemplatesForm(ActionForm):
    """The headings of each kind of follow-up, one a line."""

    def __init__(self, data=None):
        super().__init__(data, initial={kind: "\n".join(lines) for kind, lines in headings_of_kinds().items()})
        for kind, label in Activity.Kind.choices:
            self.fields[kind] = forms.CharField(
                label=label, required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 4, "class": "inp"})
            )


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
    recipients = forms.MultipleChoiceField(
        label=_("Who is reminded"), widget=forms.CheckboxSelectMultiple,
        help_text=_("What a robot posts is read by everybody in its group; a webhook is sent what its owner sees."),
    )  # fmt: skip
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
        """Whom a rule can name: by place, by role, groups and other systems."""
        return [("owner", _("Owner")), ("supervisor", _("Owner's supervisor")), *roles_to_choose(), *groups.choices()]

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
        self.fields["people"].choices = colleagues()

    def values(self) -> dict[str, Any]:
        return {"people": [int(pk) for pk in self.cleaned_data["people"]]}
