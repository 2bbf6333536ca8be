"""The forms of the import wizard: which file, and which column is which field."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.imports.mapping import Mapping
from zhike.records.kinds import RecordKind

ENDINGS = ".csv,.txt,.tsv,.xlsx,.xls,.xlsm,.ods,.vcf"


class UploadForm(ActionForm):
    """Step 1: what is imported, from which file."""

    kind = forms.ChoiceField(label=_("What is in the file"), widget=forms.Select(attrs={"class": "inp"}))
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, XLSX, XLS; contacts also VCF. Any encoding; the first row with titles is found."),
        widget=forms.FileInput(attrs={"class": "inp file", "accept": ENDINGS}),
    )

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(k.slug, k.plural) for k in importable(viewer)]


def importable(viewer: Viewer) -> list[RecordKind]:
    """The kinds this viewer may import."""
    return [k for k in kinds.everything() if "import" in k.verbs and viewer.can(k.verb("import"))]


class MappingForm(ActionForm):
    """Step 2: a select for each column, by which fields a row is known, what happens to known ones."""

    on_duplicate = forms.ChoiceField(
        label=_("If a record is known already"),
        choices=[
            ("update", pgettext_lazy("import", "Complete and update it")),
            ("skip", pgettext_lazy("import", "Leave it as it is")),
            ("error", pgettext_lazy("import", "List the row as failed")),
            ("create", pgettext_lazy("import", "Create another one")),
        ],
        widget=forms.Select(attrs={"class": "inp"}),
    )
    key = forms.ChoiceField(
        label=_("Known by"), required=False, widget=forms.Select(attrs={"class": "inp"}),
        help_text=_("By which field a row is the same record as one that is here already."),
    )  # fmt: skip

    def __init__(self, *args, kind: RecordKind, titles: list[str], guessed: dict[str, str], viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.titles = titles
        fields = [(f.name, f.label) for f in kind.fields.values() if f.editable or f.name == "code"]
        custom = [("+", _("New custom field"))] if viewer.can("records.customise") else []
        for position, title in enumerate(titles):
            self.fields[f"column{position}"] = forms.ChoiceField(
                label=title, required=False, initial=guessed.get(title, ""),
                choices=[("", _("Do not import")), *fields, *custom], widget=forms.Select(attrs={"class": "inp"}),
            )  # fmt: skip
        natural = [kind.fields[n] for n in kind.natural_keys if n in kind.fields]
        self.fields["key"].choices = [("", _("Choose by itself")), *((f.name, f.label) for f in natural)]

    def columns(self) -> list[Any]:
        """The bound selects in the order of the file's columns."""
        return [self[f"column{position}"] for position in range(len(self.titles))]

    def clean(self) -> dict[str, Any]:
        """No field from two columns."""
        data, seen = super().clean(), set()
        for position, _title in enumerate(self.titles):
            chosen = data.get(f"column{position}")
            if chosen in seen and chosen not in ("", "+"):
                self.add_error(f"column{position}", _("Another column is this field already."))
            seen.add(chosen)
        return data

    def mapping(self, table_options: dict[str, Any]) -> Mapping:
        """The mapping these choices mean."""
        data = self.cleaned_data
        columns = {}
        for position, title in enumerate(self.titles):
            chosen = data[f"column{position}"]
            columns[title] = f"custom:{title}" if chosen == "+" else chosen
        options = {**table_options, "on_duplicate": data["on_duplicate"]}
        return Mapping(columns=columns, key=[data["key"]] if data["key"] else [], options=options)
