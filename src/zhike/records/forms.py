"""The form of any kind of record, made from its fields; forms, API and import clean values by the same field."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.records import actions
from zhike.records.fields import Field, Person
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups


class FieldControl(forms.Field):
    """A form field that leaves everything to a field of a kind."""

    def __init__(self, field: Field, lookups: Lookups):
        super().__init__(required=field.required, label=field.label, help_text=field.help, widget=field.widget(lookups))
        self.of, self.lookups = field, lookups

    def clean(self, value: Any) -> Any:
        return self.of.clean(value, self.lookups)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else self.of.initial(value)  # what was typed stays as it was typed


class RecordForm(ActionForm):
    """Creates or changes a record of a kind. `version` makes the second of two writers hear of the first."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data=None,
        *,
        kind: RecordKind,
        viewer: Viewer,
        record: Any = None,
        only: list[str] | None = None,
        initial: dict | None = None,
        **more,
    ):
        lookups = Lookups(viewer)
        names = only or [f.name for f in kind.editable() if not (f.name == kind.owner and record is not None)]
        fields = [kind.field(n) for n in names if not kind.field(n).verb or viewer.can(kind.field(n).verb)]
        start = {**(initial or {})}
        if record is not None:
            start |= {f.name: f.read(record) for f in fields} | {"version": record.version}
        elif kind.owner in names:
            start.setdefault(kind.owner, viewer.person_id)
        super().__init__(data, initial=start, **more)
        self.kind, self.record, self.viewer = kind, record, viewer
        for field in fields:
            self.fields[field.name] = FieldControl(field, lookups)

    def values(self) -> dict[str, Any]:
        """The cleaned values by field name, without the version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def save(self, *, by: Viewer) -> bool:
        """Create or change the record if the form is valid and nothing is refused; `result` is the record.

        Where somebody saved first (`stale`), the form shows their values in `theirs` and may be sent again as it is,
        which then overwrites knowingly; nothing typed is lost.
        """
        if not self.is_valid():
            return False
        if self.record is None:
            return self.attempt(actions.create_record, self.kind, self.values(), by=by)
        version = self.cleaned_data.get("version")
        saved = self.attempt(actions.change_record, self.kind, self.record, self.values(), by=by, version=version)
        if self.stale:
            self.data = self.data.copy()  # a field may have several values
            self.data["version"] = str(self.stale.theirs.version)
        return saved

    @property
    def theirs(self) -> list[dict[str, Any]]:
        """Where somebody else's save differs from what was typed: {"label", "theirs", "mine"}."""
        if not self.stale:
            return []
        fields = [(self.kind.field(name), value) for name, value in self.values().items()]
        return [
            {"label": f.label, "theirs": f.text(f.read(self.stale.theirs)), "mine": f.text(value)}
            for f, value in fields
            if (f.read(self.stale.theirs) or None) != (value or None)
        ]

    def sections(self) -> list[dict[str, Any]]:
        """The bound fields grouped as the kind says, the rest last; custom fields in a section of their own."""
        left = {name: self[name] for name in self.fields if name != "version"}
        grouped = []
        for title, names in self.kind.sections:
            if found := [left.pop(n) for n in names if n in left]:
                grouped.append({"title": title, "fields": found})
        if left:
            grouped.append({"title": "", "fields": list(left.values())})
        return grouped


class OwnerForm(ActionForm):
    """To whom a record is handed over."""

    def __init__(self, data=None, *, kind: RecordKind, viewer: Viewer, **more):
        super().__init__(data, **more)
        owner = Person("owner", _("New owner"), required=True)
        self.fields["owner_id"] = FieldControl(owner.bind(kind), Lookups(viewer))


def cleaned_values(kind: RecordKind, data: dict[str, Any], viewer: Viewer, *, partial: bool) -> dict[str, Any]:
    """Values from the API, cleaned by the same fields; raises ValidationError {field: [message]}."""
    lookups, values, errors = Lookups(viewer), {}, {}
    for name, raw in data.items():
        field = kind.fields.get(name)
        if field is None or not field.editable:
            continue
        try:
            values[name] = field.clean(raw, lookups)
        except ValidationError as error:
            errors[name] = error.messages
    if not partial:
        for field in kind.editable():
            if field.required and field.name not in data and field.name != kind.owner:
                errors.setdefault(field.name, []).extend(_required(field, lookups))
    if errors:
        raise ValidationError(errors)
    return values


def _required(field: Field, lookups: Lookups) -> list[str]:
    try:
        field.clean(None, lookups)
    except ValidationError as error:
        return error.messages
    return []
