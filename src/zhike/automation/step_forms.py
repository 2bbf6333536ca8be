"""The forms of steps: made for a kind of record; what they clean is kept as JSON with the rule."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.activities.models import Task
from zhike.activities.reminding import roles_to_choose
from zhike.automation import letters
from zhike.automation.texts import check_text
from zhike.channels import webhooks
from zhike.kit.errors import Refused
from zhike.kit.forms import ActionForm
from zhike.org import approvals
from zhike.org.viewers import the_system
from zhike.records.fields import Field
from zhike.records.forms import FieldControl
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups, colleagues

SELECT = {"class": "inp"}
BRACES = _("May hold {record}, {owner}, {today} and fields by name, such as {%(example)s}.")


def who_choices() -> list[tuple[str, Any]]:
    """Whom a step can name: by place, by role, or one person."""
    here = [(f"person:{pk}", name) for pk, name in colleagues()]
    return [("owner", _("Owner")), ("supervisor", _("Owner's supervisor")), *roles_to_choose(), *here]


def _example(kind: RecordKind) -> str:
    """The field that names a record, as it is called on the screen."""
    field = kind.fields.get(kind.title)
    return str(field.label) if field else kind.title


def settable(kind: RecordKind) -> list[Field]:
    """Fields a rule may set: those a form may change, but not the owner, whom a step of its own changes."""
    return [field for field in kind.editable() if field.name != kind.owner and field.type != "file"]


def subjects_of(kind: RecordKind) -> list[approvals.Subject]:
    """What a record of a kind can be put up for without anything else being said."""
    return [subject for subject in approvals.everything() if subject.ask and subject.model is kind.model]


def webhook_choices() -> list[tuple[str, str]]:
    """The subscriptions a rule may call; whoever sets rules up decides for the whole company."""
    off = _("%(name)s (not in use)")
    return [(str(pk), name if is_used else off % {"name": name}) for pk, name, is_used in webhooks.everything()]


class StepForm(ActionForm):
    """What one step is told. `values` must be JSON."""

    def __init__(self, data=None, *, kind: RecordKind, start: dict[str, Any] | None = None):
        super().__init__(data, initial=start or {})
        self.kind = kind

    def check(self, name: str) -> None:
        """Check the braces of a text field; what is wrong is said at it."""
        try:
            check_text(self.kind, self.cleaned_data.get(name) or "", name)
        except Refused as refusal:
            self.refuse(refusal)


class TaskStepForm(StepForm):
    """A task: what, of which kind, for whom, when."""

    title = forms.CharField(label=_("What to do"), max_length=200)
    kind_of_task = forms.ChoiceField(
        label=pgettext_lazy("task", "kind"), choices=Task.Kind.choices, widget=forms.Select(attrs=SELECT)
    )
    who = forms.ChoiceField(label=_("Who does it"), widget=forms.Select(attrs=SELECT))
    days = forms.IntegerField(
        label=_("Due in so many working days"), min_value=0, max_value=250, initial=1, help_text=_("0 means today.")
    )  # fmt: skip
    priority = forms.ChoiceField(
        label=_("Priority"), choices=Task.Priority.choices, initial="normal", widget=forms.Select(attrs=SELECT)
    )

    def __init__(self, data=None, *, kind: RecordKind, start: dict[str, Any] | None = None):
        start = dict(start or {})
        if "kind" in start:
            start["kind_of_task"] = start.pop("kind")
        super().__init__(data, kind=kind, start=start)
        self.fields["who"].choices = who_choices()
        self.fields["title"].help_text = BRACES % {"example": _example(kind)}

    def clean(self):
        self.check("title")
        return super().clean()

    def values(self) -> dict[str, Any]:
        """With the kind of the task under its own name."""
        data = dict(self.cleaned_data)
        kind = data.pop("kind_of_task")
        return {**data, "kind": kind}


class TellStepForm(StepForm):
    """A message: to whom, and what it says."""

    who = forms.MultipleChoiceField(label=_("Whom"), widget=forms.SelectMultiple(attrs={**SELECT, "size": 6}))
    text = forms.CharField(label=_("Text"), max_length=200, widget=forms.Textarea(attrs={"rows": 2, "class": "inp"}))

    def __init__(self, data=None, *, kind: RecordKind, start: dict[str, Any] | None = None):
        super().__init__(data, kind=kind, start=start)
        self.fields["who"].choices = who_choices()
        self.fields["text"].help_text = BRACES % {"example": _example(kind)}

    def clean(self):
        self.check("text")
        return super().clean()


class AssignStepForm(StepForm):
    """Who becomes the owner."""

    who = forms.ChoiceField(label=_("New owner"), widget=forms.Select(attrs=SELECT))

    def __init__(self, data=None, *, kind: RecordKind, start: dict[str, Any] | None = None):
        super().__init__(data, kind=kind, start=start)
        self.fields["who"].choices = [choice for choice in who_choices() if choice[0] != "owner"]


class TagStepForm(StepForm):
    """Which tag."""

    name = forms.CharField(label=_("Tag"), max_length=40)


class ApproveStepForm(StepForm):
    """For what the record is put up."""

    subject = forms.ChoiceField(label=pgettext_lazy("approval", "What for"), widget=forms.Select(attrs=SELECT))

    def __init__(self, data=None, *, kind: RecordKind, start: dict[str, Any] | None = None):
        super().__init__(data, kind=kind, start=start)
        self.fields["subject"].choices = [(subject.key, subject.label) for subject in subjects_of(kind)]


class MailStepForm(StepForm):
    """An e-mail: to whom, by which of the company's templates."""

    who = forms.ChoiceField(
        label=_("Whom"), choices=letters.WHO.items(), widget=forms.Select(attrs=SELECT),
        help_text=_("The contact gets it in the owner's name, through the owner's mailbox or else the company's."),
    )  # fmt: skip
    template = forms.ChoiceField(
        label=_("Template"), widget=forms.Select(attrs=SELECT),
        help_text=_("The company's templates, set up under E-mail."),
    )  # fmt: skip

    def __init__(self, data=None, *, kind: RecordKind, start: dict[str, Any] | None = None):
        super().__init__(data, kind=kind, start=start)
        self.fields["template"].choices = [(str(one.pk), one.name) for one in letters.templates()]


class WebhookStepForm(StepForm):
    """Which subscription is called."""

    webhook = forms.ChoiceField(
        label=_("Webhook"), widget=forms.Select(attrs=SELECT),
        help_text=_("Set up under Webhooks."),
    )  # fmt: skip

    def __init__(self, data=None, *, kind: RecordKind, start: dict[str, Any] | None = None):
        super().__init__(data, kind=kind, start=start)
        self.fields["webhook"].choices = webhook_choices()


class FieldStepForm(StepForm):
    """Which field becomes what. The field is chosen first; its own control then takes the value."""

    field = forms.ChoiceField(label=_("Field"), widget=forms.Select(attrs=SELECT))

    def __init__(self, data=None, *, kind: RecordKind, start: dict[str, Any] | None = None):
        super().__init__(data, kind=kind, start=start)
        known = settable(kind)
        self.fields["field"].choices = [(field.name, field.label) for field in known]
        chosen = self.data.get("field") or (start or {}).get("field") or known[0].name
        self.of = next((field for field in known if field.name == chosen), known[0])
        self.initial["field"] = self.of.name
        self.fields["value"] = FieldControl(self.of, Lookups(the_system()))
        self.fields["value"].label, self.fields["value"].required = _("becomes"), False

    def values(self) -> dict[str, Any]:
        """The value as it was typed: it is cleaned anew for each record."""
        raw = self["value"].data
        return {"field": self.of.name, "value": raw if isinstance(raw, list) else str(raw or "")}
