"""The field every other is made of: label, cleaning, showing, filtering (CRAFT §6)."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Q
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from zhike.kit import parse
from zhike.kit.format import EMPTY, shown
from zhike.records.lookups import Lookups

MAX_TEXT = 2000
# NUL, which PostgreSQL does not store, and halves of characters, which nothing can encode.
IMPOSSIBLE = re.compile("[\x00\ud800-\udfff]")


class Field:
    """A field of a record kind. Subclasses say how its values are read, checked and shown."""

    type = "text"
    numeric = False
    operators: tuple[str, ...] = ("is", "empty", "filled")
    cell_class = ""
    # Whether the same few values come again and again: a list then makes a cell for each value, not for each row.
    repeats = False
    # Whether values are words out of a list (choices, colleagues, records), for which a file may have other words.
    worded = False
    # Whether a file may have the value in several columns, such as a name in two.
    joins = False
    # For values that are rows of another table: those of many records by their ids, read through their scope already.
    gather: Callable[[list[int]], dict[int, list[Any]]] | None = None

    def __init__(
        self,
        name: str,
        label: Any = None,
        *,
        required: bool | None = None,
        search: bool | str = False,
        synonyms: Sequence[str] = (),
        editable: bool = True,
        sortable: bool = True,
        filterable: bool = True,
        listed: bool = True,
        wide: bool = False,
        help: Any = "",
        verb: str = "",
        see: str = "",
    ):
        """`synonyms` are further column titles an import may use; `verb` must be held to change the field, `see` to
        see it at all.

        `search` puts the value into the search index: True as its type suggests, or "name", "text", "phone", "code",
        "email" to say how it is cut into words (see `records.search.words`).
        """
        self.name, self.label, self.required, self.search = name, label, required, search
        self.synonyms, self.editable, self.sortable, self.filterable = tuple(synonyms), editable, sortable, filterable
        self.listed, self.wide, self.help, self.verb, self.see = listed, wide, help, verb, see
        self.attname = name
        self.is_custom = False
        self.max_length: int | None = None
        self.kind: Any = None

    def bind(self, kind: Any) -> "Field":
        """Take label, length and requiredness from the model, where they are not said here."""
        self.kind = kind
        try:
            column = kind.model._meta.get_field(self.name)
        except FieldDoesNotExist:
            column = None
        if column is not None:
            self.label = self.label or column.verbose_name
            self.max_length = getattr(column, "max_length", None)
            self.attname = column.attname
            self.column = column
            self.help = self.help or column.help_text
            if self.required is None:
                self.required = not column.blank and not column.has_default() and not column.null
        self.label = self.label or self.name
        self.required = bool(self.required)
        return self

    # Reading and writing a record

    def read(self, record: Any) -> Any:
        """The value on a record: a person or reference is its id."""
        return getattr(record, self.attname)

    def write(self, record: Any, value: Any) -> None:
        """Put a cleaned value on a record."""
        if value is None and getattr(self, "column", None) is not None and not self.column.null:
            value = self.column.get_default() if self.column.has_default() else self.empty
        setattr(record, self.attname, value)

    empty: Any = ""

    # What comes in

    def clean(self, raw: Any, lookups: Lookups) -> Any:
        """The value meant by a form, an import cell or the API. Raises ValidationError with one plain message."""
        if isinstance(raw, str):
            raw = IMPOSSIBLE.sub("", raw).strip()
        if raw is None or raw == "" or raw == []:
            if self.required:
                raise ValidationError(_("This is required."), code="required")
            return None
        try:
            return self.parse(raw, lookups)
        except parse.ParseError as error:
            raise ValidationError(str(error)) from error

    def parse(self, raw: Any, lookups: Lookups) -> Any:
        text = parse.clean_text(str(raw))
        limit = self.max_length or MAX_TEXT
        if len(text) > limit:
            raise ValidationError(_("At most %(limit)s characters."), params={"limit": limit})
        return text

    def words_in(self, raw: Any) -> list[Any]:
        """The words a cell holds, each of which means something by itself; mostly the cell is one."""
        return [raw]

    # What goes out

    @property
    def paths(self) -> tuple:
        """What to select for this field: names or expressions."""
        return (self.attname,)

    def values_of(self, record: Any) -> tuple:
        """The same values as `paths` select, taken from a record."""
        return (self.read(record),)

    def text(self, value: Any) -> str:
        """The value in plain words: history, chips, PDF."""
        return "" if value is None else str(value)

    def cell(self, values: tuple) -> SafeString:
        """The value in a list or on a page."""
        text = self.text(values[0])
        return mark_safe(shown(text)) if text else EMPTY

    def export(self, values: tuple) -> Any:
        """The value for a spreadsheet: number, date or text."""
        return self.text(values[0])

    def api(self, values: tuple) -> Any:
        """The value as JSON."""
        return values[0]

    # Asking

    def sort_paths(self) -> tuple:
        """By what a list is sorted."""
        return (self.paths[0],)

    def condition(self, op: str, values: list[str], lookups: Lookups) -> Q:
        """The rows a filter condition keeps. Raises ValidationError if the values make no sense."""
        path = self.filter_path
        if op == "empty":
            return Q(**{f"{path}__isnull": True}) | (
                Q(**{path: ""}) if self.empty == "" and not self.is_custom else Q()
            )
        if op == "filled":
            return ~self.condition("empty", values, lookups)
        if op == "is":
            return Q(**{f"{path}__in": [self.clean(v, lookups) for v in values]})
        raise ValidationError(_("This condition does not fit the field."))

    @property
    def filter_path(self) -> str:
        return self.name if self.is_custom else self.attname

    def words(self, values: list[str], lookups: Lookups) -> str:
        """The values of a condition in words, for its chip."""
        return _(", ").join(self._word(v, lookups) for v in values)

    def _word(self, value: str, lookups: Lookups) -> str:
        try:
            return self.text(self.clean(value, lookups))
        except ValidationError:
            return str(value)

    # Forms

    def widget(self, lookups: Lookups) -> forms.Widget:
        """The control of a form."""
        return forms.TextInput(attrs={"class": "inp", "maxlength": self.max_length or MAX_TEXT})

    def initial(self, value: Any) -> Any:
        """The value as the control shows it."""
        return value
