"""The forms of the import wizard: which file, how it is read, and which column is which field."""

from collections.abc import Iterable
from itertools import permutations
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhike.kit.forms import ActionForm
from zhike.kit.tables.cells import Table
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.fields import Field
from zhike.records.forms import FieldControl
from zhike.records.imports.engine import custom_name, missing_fields
from zhike.records.imports.joins import Join
from zhike.records.imports.mapping import Mapping, default_join, fields_of
from zhike.records.imports.widgets import ColumnSelect, field_choices, names_in, options_of
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups

ENDINGS = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".et", ".vcf")
LARGEST = 200 * 1024 * 1024
SELECT = {"class": "inp"}
BETWEEN = {"": None, "none": "", "space": " ", "comma": ", ", "dash": "-", "slash": "/"}


class UploadForm(ActionForm):
    """Step 1: what is imported, from which file."""

    kind = forms.ChoiceField(label=gettext_lazy("What is in the file"), widget=forms.Select(attrs=SELECT))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, XLSX, XLS; contacts also VCF. Any encoding; the first row with titles is found."),
        widget=forms.FileInput(attrs={"class": "inp file", "accept": ",".join(ENDINGS)}),
    )

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(k.slug, k.plural) for k in importable(viewer)]

    def clean_file(self) -> Any:
        """No file whose name says that it is no table, and none that is too large."""
        upload = self.cleaned_data["file"]
        if not upload.name.lower().endswith(ENDINGS):
            raise forms.ValidationError(_("This is not a table. Save it as XLSX or CSV."))
        if upload.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than %(limit)s MB.") % {"limit": LARGEST >> 20})
        return upload


def importable(viewer: Viewer) -> list[RecordKind]:
    """The kinds this viewer may import."""
    return [k for k in kinds.everything() if "import" in k.verbs and viewer.can(k.verb("import"))]


class ReadingForm(forms.Form):
    """How the file is read, for when what was found is wrong: encoding and delimiter, or the sheet."""

    ENCODINGS = {
        "utf-8": "UTF-8", "gb18030": gettext_lazy("GB18030, GBK (simplified Chinese)"),
        "big5": gettext_lazy("Big5 (traditional Chinese)"), "utf-16": "UTF-16",
        "cp1252": gettext_lazy("Windows-1252 (Western)"), "shift_jis": gettext_lazy("Shift JIS (Japanese)"),
    }  # fmt: skip
    DELIMITERS = {
        ",": gettext_lazy("Comma ,"), ";": gettext_lazy("Semicolon ;"), "tab": gettext_lazy("Tab"),
        "|": gettext_lazy("Bar |"),
    }  # fmt: skip

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), required=False, widget=forms.Select(attrs=SELECT))
    delimiter = forms.ChoiceField(label=gettext_lazy("Delimiter"), required=False, widget=forms.Select(attrs=SELECT))
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False, widget=forms.Select(attrs=SELECT))
    header_row = forms.IntegerField(
        label=gettext_lazy("Line of the titles"), required=False, min_value=1, max_value=1000,
        widget=forms.NumberInput(attrs=SELECT),
    )  # fmt: skip

    def __init__(self, options: dict[str, Any], table: Table | None, *, is_text: bool):
        """`table` is None if the file could not be read as `options` say."""
        shown = dict(options)
        super().__init__(initial=shown)
        names = table.sheet_names if table else []
        if not is_text:
            del self.fields["encoding"], self.fields["delimiter"]
        else:
            self._offer("encoding", self.ENCODINGS, table and table.encoding)
            self._offer("delimiter", self.DELIMITERS, table and table.delimiter)
        if len(names) < 2:
            del self.fields["sheet"]
        else:
            self._offer("sheet", {name: name for name in names}, table and table.sheet)
        if table:
            self.fields["header_row"].widget.attrs["placeholder"] = table.header_row
        if table and table.format == "vcf":
            self.fields.pop("delimiter", None), self.fields.pop("header_row")

    def _offer(self, name: str, choices: dict[str, Any], found: str | None) -> None:
        """What may be chosen; the first choice leaves it to the program and says what that found."""
        said = self.initial.get(name)
        found_label = choices.get("tab" if found == "\t" else str(found).removesuffix("-sig").lower(), found)
        itself = _("By itself") if said or not found else _("By itself: %(found)s") % {"found": found_label}
        more = [] if not said or said in choices else [(said, said)]
        self.fields[name].choices = [("", itself), *choices.items(), *more]


class Constant(FieldControl):
    """A value for all rows of a file, or none."""

    def __init__(self, field: Field, lookups: Lookups, initial: Any):
        super().__init__(field, lookups)
        self.required, self.initial, self.help_text = False, initial, ""
        if hasattr(self.widget, "choices"):
            self.widget.choices = [("", "—"), *(pair for pair in self.widget.choices if pair[0] not in ("", None))]

    def clean(self, value: Any) -> Any:
        return super().clean(value) if value not in (None, "", []) else None


class MappingForm(ActionForm):
    """Step 2: a select for each column, how columns of one field are joined, by what rows are known, what is constant.

    `kept` is what an earlier look at this file, or at one like it, has chosen.
    """

    on_duplicate = forms.ChoiceField(
        label=gettext_lazy("If a record is known already"),
        choices=[
            ("update", pgettext_lazy("import", "Complete and update it")),
            ("skip", pgettext_lazy("import", "Leave it as it is")),
            ("error", pgettext_lazy("import", "List the row as failed")),
            ("create", pgettext_lazy("import", "Create another one")),
        ],
        widget=forms.Select(attrs=SELECT),
    )
    key = forms.ChoiceField(
        label=gettext_lazy("Known by"), required=False, widget=forms.Select(attrs=SELECT),
        help_text=gettext_lazy("By which field a row is the same record as one that is here already."),
    )  # fmt: skip
    month_first = forms.BooleanField(
        label=gettext_lazy("Dates have the month first: 3/4/2026 is 4 March"), required=False
    )

    def __init__(self, data: Any, *, kind: RecordKind, titles: list[str], kept: Mapping, viewer: Viewer):
        super().__init__(data, initial=self._start(kept))
        self.kind, self.titles, self.kept = kind, titles, kept
        choices = field_choices(kind, viewer)
        written = options_of(choices)
        offered = {name for group in choices for name in names_in(*group)}
        for position, title in enumerate(titles):
            name = _chosen(kind, kept.columns.get(title, ""))
            self.fields[f"column{position}"] = forms.ChoiceField(
                label=title, required=False, initial=name if name in offered else "", choices=choices,
                widget=ColumnSelect(written),
            )  # fmt: skip
        natural = [kind.fields[n] for n in kind.natural_keys if n in kind.fields]
        self.fields["key"].choices = [("", _("By itself")), *((f.name, f.label) for f in natural)]
        self.joined = {name: found for name, found in self.chosen().items() if len(found) > 1 and self._joins(name)}
        for name, found in self.joined.items():
            self._add_join(name, found)
        self._add_defaults(viewer)

    def _start(self, kept: Mapping) -> dict[str, Any]:
        return {
            "on_duplicate": kept.options.get("on_duplicate", "update"),
            "month_first": bool(kept.options.get("month_first")),
            "key": kept.key[0] if len(kept.key) == 1 else "",
        }

    def chosen(self) -> dict[str, list[str]]:
        """The titles of the columns that are chosen for each field, in the order of the file."""
        found: dict[str, list[str]] = {}
        for position, title in enumerate(self.titles):
            name = self[f"column{position}"].value()
            if name and name != "+":
                found.setdefault(str(name), []).append(title)
        return found

    def _joins(self, name: str) -> bool:
        field = self.kind.fields.get(name)
        return field is not None and field.joins

    def _add_join(self, name: str, titles: list[str]) -> None:
        join = self.kept.join.get(name) or default_join(self.kind, name, titles)
        first = join.order(titles)
        orders = permutations(titles) if len(titles) < 4 else [tuple(titles), tuple(reversed(titles))]
        self.fields[f"order_{name}"] = forms.ChoiceField(
            label=_("Order of %(field)s") % {"field": self.kind.fields[name].label}, required=False,
            choices=[(",".join(str(self.titles.index(t)) for t in some), " + ".join(some)) for some in orders],
            initial=",".join(str(self.titles.index(t)) for t in first), widget=forms.Select(attrs=SELECT),
        )  # fmt: skip
        between = [("", _("By itself: a space, nothing within Chinese")), ("none", _("Nothing")), ("space", _("Space")),
                   ("comma", _("Comma")), ("dash", _("Hyphen -")), ("slash", _("Slash /"))]  # fmt: skip
        if name == self.kind.person_name and len(titles) == 2:
            between.insert(1, ("name", _("As a name, the family name first")))
        kept = next((word for word, mark in BETWEEN.items() if mark == join.between), "")
        self.fields[f"between_{name}"] = forms.ChoiceField(
            label=_("Between the parts of %(field)s") % {"field": self.kind.fields[name].label}, required=False,
            choices=between, initial="name" if join.is_name else kept, widget=forms.Select(attrs=SELECT),
        )  # fmt: skip

    def _add_defaults(self, viewer: Viewer) -> None:
        """Values for all rows, offered for what is chosen from a list."""
        lookups = Lookups(viewer)
        self.constant: list[Field] = [
            f for f in fields_of(self.kind)
            if f.worded and f.type != "ref" and not f.is_custom and (not f.verb or viewer.can(f.verb))
        ]  # fmt: skip
        for f in self.constant:
            control = Constant(f, lookups, self.kept.defaults.get(f.name, ""))
            self.fields[f"default_{f.name}"] = control

    # For the page

    def columns(self) -> list[Any]:
        """The bound selects in the order of the file's columns."""
        return [self[f"column{position}"] for position in range(len(self.titles))]

    def constants(self) -> list[Any]:
        """The bound controls of values for all rows."""
        return [self[f"default_{f.name}"] for f in self.constant]

    def has_constants(self) -> bool:
        """Whether any value for all rows is given."""
        return any(control.value() not in (None, "", []) for control in self.constants())

    def joins(self, samples: Iterable[list[Any]]) -> list[dict[str, Any]]:
        """What is shown of each joined field: its two controls, and what the first rows become."""
        found = []
        for name, titles in self.joined.items():
            join = self._join(name)
            places = [self.titles.index(title) for title in join.order(titles)]
            shown = [join([row[place] if place < len(row) else "" for place in places]) for row in samples]
            order, between = self[f"order_{name}"], self[f"between_{name}"]
            found.append({"order": order, "between": between, "samples": shown})
        return found

    def missing(self) -> list[str]:
        """Labels of required fields that nothing fills as things are chosen now."""
        filled = [f.name for f in self.constant if self[f"default_{f.name}"].value() not in (None, "", [])]
        return missing_fields(self.kind, [*self.chosen(), *filled])

    # What was sent

    def clean(self) -> dict[str, Any]:
        """No field from two columns, but for those that can be joined."""
        data = super().clean()
        for name, titles in self.chosen().items():
            for title in titles[1:] if not self._joins(name) else ():
                self.add_error(f"column{self.titles.index(title)}", _("Another column is this field already."))
        if missing := self.missing():
            self.add_error(None, _("Columns are missing for: %(names)s") % {"names": ", ".join(missing)})
        return data

    def _join(self, name: str) -> Join:
        order, between = self[f"order_{name}"].value(), self[f"between_{name}"].value() or ""
        places = [
            int(n) for n in str(order or "").split(",") if n.isdecimal() and len(n) < 9 and int(n) < len(self.titles)
        ]
        titles = [self.titles[n] for n in places]
        if set(titles) != set(self.joined[name]):
            return default_join(self.kind, name, self.joined[name])
        return Join(titles, BETWEEN.get(between), is_name=between == "name")

    def mapping(self, table_options: dict[str, Any]) -> Mapping:
        """The mapping these choices mean."""
        data = self.cleaned_data
        columns = {}
        for position, title in enumerate(self.titles):
            chosen = data[f"column{position}"]
            columns[title] = self._custom(title) if chosen == "+" else chosen
        options = {**table_options, "on_duplicate": data["on_duplicate"]}
        if data["month_first"]:
            options["month_first"] = True
        return Mapping(
            columns=columns,
            key=[data["key"]] if data["key"] else [],
            join={name: self._join(name) for name in self.joined},
            values={name: words for name, words in self.kept.values.items() if name in columns.values()},
            defaults={f.name: value for f in self.constant if (value := self._constant(f)) not in (None, "", [])},
            options=options,
        )

    def _custom(self, title: str) -> str:
        kept = self.kept.columns.get(title, "")
        return kept if kept.startswith("custom:") else f"custom:{title}"

    def _constant(self, f: Field) -> Any:
        """What was sent, not what it means: the engine reads it as it reads a cell."""
        return self[f"default_{f.name}"].value()


def _chosen(kind: RecordKind, name: str) -> str:
    """What the select of a column shows for a field; a custom field that was new the last time is there now."""
    if not name.startswith("custom:"):
        return name
    label, _type = custom_name(name)
    return next((f.name for f in kind.fields.values() if f.is_custom and str(f.label) == label), "+")
