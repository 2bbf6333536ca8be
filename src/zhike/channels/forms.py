"""Forms of this room."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.channels import wishes
from zhike.channels.models import Robot, Webhook
from zhike.kit.forms import ActionForm, ClockInput
from zhike.org import queries
from zhike.records import events, kinds, messages
from zhike.records.widgets import MomentInput


class RobotForm(ActionForm):
    """A group robot. Address and secret are written only, never shown."""

    name = forms.CharField(label=_("Name"), max_length=60)
    kind = forms.ChoiceField(label=_("Product"), choices=Robot.Kind.choices)
    address = forms.CharField(
        label=_("Address (Webhook)"), max_length=500, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    secret = forms.CharField(
        label=_("Secret for signing"), max_length=200, required=False,
        help_text=_("DingTalk and Feishu, where the robot is set to sign."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    department = forms.TypedChoiceField(label=_("Whose messages"), required=False, coerce=int, empty_value=None)
    abouts = forms.MultipleChoiceField(
        label=_("Which messages"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody in the group reads them, also about records they may not open."),
    )  # fmt: skip
    keeps_quiet = forms.BooleanField(label=_("Keep quiet from 22:00 to 8:00"), required=False)
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(self, data=None, *, robot: Robot):
        initial = {name: getattr(robot, name) for name in ("name", "kind", "abouts", "keeps_quiet", "is_active")}
        super().__init__(data, initial={**initial, "department": robot.department_id})
        self.fields["department"].choices = [("", _("Everybody's")), *department_choices()]
        self.fields["abouts"].choices = [(about.key, about.label) for about in messages.everything()]
        if robot.pk:
            self.fields["address"].help_text = _("Leave empty to keep the present one.")
            self.fields["forget_secret"] = forms.BooleanField(label=_("Forget the secret"), required=False)

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        department = data.pop("department")
        return {**data, "department_id": department}


def department_choices() -> list[tuple[int, str]]:
    """Departments in the order of the tree, those below indented."""
    return [(row["department"].pk, "\u3000" * row["depth"] + row["department"].name) for row in queries.departments()]


class WishesForm(ActionForm):
    """What one wants by e-mail, and when one wants quiet."""

    quiet_from = forms.TimeField(label=_("Quiet from"), widget=ClockInput())
    quiet_until = forms.TimeField(label=pgettext_lazy("quiet hours", "Until"), widget=ClockInput())
    quiet_days_off = forms.BooleanField(label=_("Quiet on days off"), required=False)

    def __init__(self, data=None, *, wish: wishes.Wishes):
        names = ("quiet_from", "quiet_until", "quiet_days_off")
        super().__init__(data, initial={name: getattr(wish, name) for name in names})
        for about in messages.everything():
            self.fields[f"way_{about.key}"] = forms.ChoiceField(
                label=about.label, choices=list(wishes.WAYS.items()), initial=wish.way(about.key), required=False
            )

    def ways(self) -> list[Any]:
        """The bound fields of the kinds of messages."""
        return [self[name] for name in self.fields if name.startswith("way_")]

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        ways = {name.removeprefix("way_"): data.pop(name) for name in [*data] if name.startswith("way_")}
        return {**data, "ways": ways}


def event_groups() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Everything, then by kind: all of it, and each single event."""
    groups = [(kind.plural, [(f"{kind.label}.*", _said(kind.plural, _("everything"))),
                             *((name, _said(kind.plural, label)) for name, label in events.names_of(kind).items())])
              for kind in kinds.heard_of()]  # fmt: skip
    return [(_("All kinds"), [("*", _("Everything that happens"))]), *groups]


def _said(kind: Any, label: Any) -> str:
    return f"{kind} · {label}"


def event_labels() -> dict[str, Any]:
    """What events are called."""
    return {name: label for _group, names in event_groups() for name, label in names}


class WebhookForm(ActionForm):
    """A subscription."""

    name = forms.CharField(label=_("Name"), max_length=60)
    url = forms.CharField(
        label=_("Address"), max_length=500, widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("Events are posted here as JSON."),
    )  # fmt: skip
    events = forms.MultipleChoiceField(label=_("Events"), widget=forms.SelectMultiple(attrs={"size": 12}))
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(self, data=None, *, hook: Webhook):
        super().__init__(data, initial={name: getattr(hook, name) for name in ("name", "url", "events", "is_active")})
        self.fields["events"].choices = event_groups()


class ReplayForm(ActionForm):
    """A span of time to send again."""

    since = forms.DateTimeField(label=_("From"), widget=MomentInput())
    until = forms.DateTimeField(label=pgettext_lazy("span of time", "Until"), widget=MomentInput())
    everything = forms.BooleanField(label=_("Also what arrived"), required=False)
