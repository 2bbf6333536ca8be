"""From the cells of a row to the values of fields: columns joined, words understood, blanks filled."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.kit import parse
from zhike.kit.errors import Refused
from zhike.kit.tables.cells import CellError
from zhike.records.fields import Field, Ref
from zhike.records.imports.joins import Join
from zhike.records.imports.mapping import Mapping
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups


@dataclass(eq=False)
class Row:
    """A line of the file on its way: raw cells, cleaned values, and what is wrong with it."""

    number: int
    cells: list[Any]
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    # Words nobody knows, by field: those that another word may be given for.
    unknown: list[tuple[str, str]] = field(default_factory=list)
    changed: dict[str, list[Any]] = field(default_factory=dict)
    record: Any = None


@dataclass
class Source:
    """A field and the columns it comes from: the place of one, or of several and how they are joined."""

    field: Field
    places: list[int]
    join: Join | None = None

    def joined(self, cells: list[Any]) -> Any:
        """What a row holds for a field of several columns."""
        return self.join([cells[place] if place < len(cells) else None for place in self.places])


class Cells:
    """What the cells of a file mean, for one import."""

    def __init__(self, kind: RecordKind, sources: list[Source], mapping: Mapping, lookups: Lookups):
        self.kind, self.sources, self.lookups, self.meanings = kind, sources, lookups, mapping.values
        self.defaults = {kind.fields[name]: raw for name, raw in mapping.defaults.items()}
        self._check_defaults()
        # Words that come again and again, such as choices and colleagues, are understood once.
        self._known: dict[tuple[str, str] | None, Any] = {}

    def _check_defaults(self) -> None:
        for f, raw in self.defaults.items():
            try:
                f.clean(raw, self.lookups)
            except ValidationError as error:
                said = _("%(field)s for all rows: %(reason)s")
                raise Refused(said % {"field": f.label, "reason": " ".join(error.messages)}) from error

    def prime(self, rows: Iterable[Row]) -> None:
        """Look up with few queries which other records these rows name."""
        for source in self.sources:
            f = source.field
            if isinstance(f, Ref) and not f.is_custom:
                words = {self._raw(source, row.cells) for row in rows}
                self.lookups.prime(f.target, [w for w in words if isinstance(w, str | int)])

    def read(self, row: Row) -> bool:
        """Fill `values` and `errors`; False if the row waits for a record of this file that has not come yet."""
        row.values, row.errors, row.unknown = {}, [], []
        missing_here = False
        for source in self.sources:
            f = source.field
            raw = self._raw(source, row.cells)
            if isinstance(raw, CellError):
                row.errors.append(f"{f.label}: {raw}")
                continue
            if raw in (None, "") and f in self.defaults:
                raw = self.defaults[f]
            if raw in (None, "") and f.name == self.kind.owner:
                continue  # it stays who it is; a new record's is found by its room, or is who imports it
            known = (f.name, raw) if f.repeats and isinstance(raw, str) else None
            if known in self._known:
                row.values[f.name] = self._known[known]
                continue
            try:
                row.values[f.name] = value = f.clean(raw, self.lookups)
                if known and value is not None:
                    self._known[known] = value
            except ValidationError as error:
                missing_here = missing_here or (isinstance(f, Ref) and f.to == self.kind.label)
                row.errors.append(f"{f.label}: {' '.join(error.messages)}")
                row.unknown += [(f.name, word) for word in self._unknown(f, raw)]
        for f, raw in self.defaults.items():
            if f.name not in row.values and not row.errors:
                row.values[f.name] = f.clean(raw, self.lookups)
        return not (missing_here and len(row.errors) == 1)

    def _raw(self, source: Source, cells: list[Any]) -> Any:
        place = source.places[0]
        cell = source.joined(cells) if source.join else cells[place] if place < len(cells) else None
        if cell.__class__ is str:
            cell = cell.strip()
        if (meanings := self.meanings.get(source.field.name)) and cell not in (None, ""):
            words = [meanings.get(parse.fold(str(word)), word) for word in source.field.words_in(cell)]
            return words[0] if len(words) == 1 else ";".join(str(word) for word in words if word not in (None, ""))
        return cell

    def _unknown(self, f: Field, raw: Any) -> list[str]:
        if not f.worded or raw in (None, ""):
            return []
        words = []
        for word in f.words_in(raw):
            try:
                f.clean(word, self.lookups)
            except ValidationError:
                words.append(str(word)[:80])
        return words
