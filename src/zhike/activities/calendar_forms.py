"""Forms of the calendar: a new appointment, another time for one, reminder leads (ACT-3, ACT-5)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.activities import actions
from zhike.activities.calendar_grid import SHORTEST
from zhike.activities.kinds import TASK
from zhike.activities.models import Task
from zhike.activities.models.calendars import SHIPPED_LEADS, lead_minutes, leads_chosen
from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.records.forms import RecordForm
from zhike.records.lookups import colleagues
from zhike.records.widgets import MomentInput

QUICK = ["title", "kind", "due_at", "ends_at", "is_all_day", "customer", "assignee", "place", "repeat"]


class AppointmentForm(RecordForm):
    """A new appointment with who takes part. Where somebody is busy then, it is asked once whether to save anyway."""

    people = forms.MultipleChoiceField(label=_("Who takes part"), required=False, widget=forms.CheckboxSelectMultiple)
    anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, viewer: Viewer, **more: Any):
        super().__init__(data, kind=TASK, viewer=viewer, only=QUICK, **more)
        others = [(str(pk), name) for pk, name in colleagues() if pk != viewer.person_id]
        self.fields["people"].choices = others
        self.fields["due_at"].label = _("Begins")
        self.order_fields([*QUICK, "people"])
        self.fields["title"].widget.attrs["autofocus"] = True

    def guests(self) -> list[int]:
        """The ids of who takes part."""
        return [int(pk) for pk in self.cleaned_data.get("people", [])]

    def values(self) -> dict[str, Any]:
        left = ("people", "anyway")
        return {name: value for name, value in super().values().items() if name not in left}

    def save(self, *, by: Viewer) -> bool:
        if not self.is_valid():
            return False
        return self.attempt(actions.arrange, self.values(), by=by, people=self.guests())

    def span(self) -> tuple[datetime, datetime] | None:
        """From when to when, where that can be told already."""
        self.is_valid()
        begin, end = self.cleaned_data.get("due_at"), self.cleaned_data.get("ends_at")
        if begin is None:
            return None
        return begin, end if end and end > begin else begin + timedelta(minutes=SHORTEST)

    def everybody(self) -> list[int]:
        """Whose time it takes: the assignee's first."""
        self.is_valid()
        return list(dict.fromkeys(pk for pk in (self.cleaned_data.get("assignee"), *self.guests()) if pk))


class MoveForm(ActionForm):
    """Another time. For one that repeats: this one alone, or those after it too."""

    THIS, FOLLOWING = "this", "following"
    CHOICES = [
        (THIS, pgettext_lazy("repetition", "Only this one")),
        (FOLLOWING, pgettext_lazy("repetition", "This one and those after it")),
    ]

    begin = forms.DateTimeField(label=_("Begins"), required=False, widget=MomentInput())
    end = forms.DateTimeField(label=_("ends"), required=False, widget=MomentInput())
    all_day = forms.BooleanField(label=_("all day"), required=False)
    scope = forms.ChoiceField(label=_("Repetition"), choices=CHOICES, widget=forms.RadioSelect)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, task: Task):
        start = {"begin": task.due_at, "end": task.ends_at, "all_day": task.is_all_day, "version": task.version,
                 "scope": self.THIS}  # fmt: skip
        super().__init__(data, initial=start)
        if not task.repeat:
            del self.fields["scope"]

    def clean(self):
        data = super().clean()
        if data.get("begin") and data.get("end") and data["end"] < data["begin"]:
            self.add_error("end", _("It ends before it begins."))
        return data

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        scope = data.pop("scope", self.FOLLOWING)
        return {**data, "only_this": scope == self.THIS}


class StayAwayForm(ActionForm):
    """Why somebody does not take part, if they like to say."""

    reason = forms.CharField(label=_("Why not"), required=False, max_length=300)


NOT_AT_ALL = "none"
MINUTES = {
    0: _("When it begins"), 5: _("5 minutes before"), 10: _("10 minutes before"), 15: _("15 minutes before"),
    30: _("30 minutes before"), 60: _("1 hour before"), 120: _("2 hours before"), 1440: _("1 day before"),
}  # fmt: skip


class LeadsForm(ActionForm):
    """How long before one is reminded, by kind; for the company, or one's own choice over it."""

    def __init__(self, data=None, *, person_id: int | None):
        chosen = leads_chosen(person_id)
        super().__init__(data)
        for kind, label in Task.Kind.choices:
            usual = lead_minutes(kind, None) if person_id else SHIPPED_LEADS.get(kind)
            words = MINUTES.get(usual, _("Not at all")) if usual is not None else _("Not at all")
            first = ("", _("As the company has it: %(words)s") if person_id else _("As shipped: %(words)s"))
            choices = [(first[0], first[1] % {"words": words}), (NOT_AT_ALL, _("Not at all")), *MINUTES.items()]
            value = "" if kind not in chosen else NOT_AT_ALL if chosen[kind] is None else chosen[kind]
            self.fields[kind] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial=value, widget=forms.Select(attrs={"class": "inp"})
            )

    def values(self) -> dict[str, Any]:
        data = {kind: value for kind, value in self.cleaned_data.items() if value != ""}
        return {"leads": {kind: None if value == NOT_AT_ALL else int(value) for kind, value in data.items()}}
