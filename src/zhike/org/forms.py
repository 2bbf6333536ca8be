"""Forms of this room that are not simply the fields of a kind."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.forms import ActionForm, ClockInput
from zhike.kit.viewer import Viewer
from zhike.org.fields import DepartmentField
from zhike.org.kinds import USER
from zhike.org.models import Department, Person, Role
from zhike.records import kinds, lookups
from zhike.records.fields import Day, Email, Phone
from zhike.records.fields import Person as PersonField
from zhike.records.forms import FieldControl
from zhike.records.lookups import Lookups
from zhike.records.models import AuditEntry


class LeaveForm(ActionForm):
    """The last day of a colleague."""

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        self.fields["left_on"] = FieldControl(Day("left_on", required=True).bind(USER), Lookups(viewer))


class DepartmentForm(ActionForm):
    """A department: its name, where it belongs, who leads it."""

    name = forms.CharField(label=_("Name"), max_length=80)

    def __init__(self, data=None, *, viewer: Viewer, department: Department | None = None, **more):
        start = {}
        if department:
            start = {"name": department.name, "parent": department.parent_id, "head": department.head_id}
        super().__init__(data, initial=start, **more)
        looked = Lookups(viewer)
        if department is None or department.parent_id:
            parent = DepartmentField("department", _("Part of"), required=True).bind(USER)
            self.fields["parent"] = FieldControl(parent, looked)
        self.fields["head"] = FieldControl(PersonField("head", _("Head"), required=False).bind(USER), looked)

    def values(self):
        data = self.cleaned_data
        return {
            "name": data["name"],
            "parent": Department.objects.filter(pk=data.get("parent")).first(),
            "head": Person.objects.filter(pk=data["head"]).first() if data["head"] else None,
        }


class RoleForm(ActionForm):
    """A role: what it is called, how far it sees, what it may do."""

    name = forms.CharField(label=_("Name"), max_length=60)
    data_scope = forms.ChoiceField(label=_("Sees"), choices=Role.DataScope.choices)
    verbs = forms.MultipleChoiceField(label=_("Permissions"), required=False)

    def __init__(self, data=None, *, known: list[str], role: Role | None = None, **more):
        start = {"name": role.name, "data_scope": role.data_scope, "verbs": role.verbs} if role else {}
        super().__init__(data, initial=start, **more)
        self.fields["verbs"].choices = [(name, name) for name in known]

    def held(self) -> set[str]:
        """The permissions ticked now."""
        ticked = self["verbs"].value()
        return set(ticked or ())


class LogForm(forms.Form):
    """Which part of the log one looks at."""

    person = forms.TypedChoiceField(label=_("Colleague"), required=False, coerce=int, empty_value=None)
    verb = forms.ChoiceField(
        label=_("What happened"), required=False, choices=[("", _("Everything")), *AuditEntry.Verb.choices]
    )
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        everybody = [(pk, name or user) for pk, user, name, _active in lookups.people()]
        self.fields["person"].choices = [("", _("Everybody")), *everybody]


class NameForm(ActionForm):
    """Just a name."""

    name = forms.CharField(label=_("Name"), max_length=80)


class HoursForm(ActionForm):
    """When the company works."""

    begins = forms.TimeField(label=_("Work begins"), widget=ClockInput())
    ends = forms.TimeField(label=_("Work ends"), widget=ClockInput())
    break_begins = forms.TimeField(
        label=_("Break from"), required=False, widget=ClockInput(), help_text=_("Both left empty: no break.")
    )
    break_ends = forms.TimeField(label=_("Break until"), required=False, widget=ClockInput())


class ProfileForm(ActionForm):
    """What everybody may change about themselves."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser says")), *settings.LANGUAGES]
    )

    def __init__(self, data=None, *, viewer: Viewer, person: Person, **more):
        names = ("language", "email", "mobile", "away_from", "away_until")
        super().__init__(data, initial={name: getattr(person, name) for name in names}, **more)
        away = Day("away_from", help=_("No new leads are handed to you while you are away."))
        for field in (Email("email"), Phone("mobile"), away, Day("away_until")):
            self.fields[field.name] = FieldControl(field.bind(USER), Lookups(viewer))

    def values(self):
        days = ("away_from", "away_until")
        return {name: value or (None if name in days else "") for name, value in self.cleaned_data.items()}


class ShareForm(ActionForm):
    """With whom a record is shared, for how long, and whether they may edit it."""

    people = forms.MultipleChoiceField(
        label=_("Colleagues"), widget=forms.SelectMultiple(attrs={"class": "inp", "size": 6})
    )
    can_change = forms.BooleanField(label=_("They may edit it"), required=False)

    def __init__(self, data=None, *, viewer: Viewer | None = None, **more):
        super().__init__(data, **more)
        me = viewer.person_id if viewer else None
        self.fields["people"].choices = [(pk, name) for pk, name in lookups.colleagues() if pk != me]
        until = Day("until", _("Lent until"), required=False, help=_("Empty: for good. That day still counts.")).bind(
            USER
        )
        self.fields["until"] = FieldControl(until, Lookups(viewer))

    def values(self):
        people = Person.objects.filter(pk__in=self.cleaned_data["people"])
        return {**self.cleaned_data, "people": list(people)}


class ShareManyForm(ShareForm):
    """The same for many records at once: values as a job keeps them."""

    def values(self):
        until = self.cleaned_data["until"]
        people = [int(pk) for pk in self.cleaned_data["people"]]
        return {"people": people, "can_change": self.cleaned_data["can_change"], "until": until and until.isoformat()}


class AskForm(ActionForm):
    """Which record one would like to read, why, and until when (ORG-4)."""

    kind = forms.ChoiceField(label=pgettext_lazy("access request", "What"))
    word = forms.CharField(label=_("Exact name or code"), max_length=200)
    reason = forms.CharField(label=pgettext_lazy("access request", "Reason"), max_length=200)

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        self.fields["kind"].choices = [
            (k.slug, k.name) for k in kinds.everything() if k.owner and viewer.can(k.verb("view"))
        ]
        until = Day("until", _("Until"), required=True).bind(USER)
        self.fields["until"] = FieldControl(until, Lookups(viewer))

    def clean_word(self):
        word = self.cleaned_data["word"].strip()
        if len(word) < 2:
            raise ValidationError(_("Give the whole name or code."))
        return word


class DecideForm(ActionForm):
    """Until when a record is lent."""

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        self.fields["until"] = FieldControl(Day("until", _("Until"), required=True).bind(USER), Lookups(viewer))
