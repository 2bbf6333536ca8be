"""How the columns of a file become fields: guessed from their titles, or said by a mapping file."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from zhike.kit import parse
from zhike.kit.errors import Refused
from zhike.records.fields import Field
from zhike.records.imports.joins import Join
from zhike.records.kinds import RecordKind

OPTIONS = {"encoding", "delimiter", "sheet", "header_row", "on_duplicate", "month_first"}
TABLE_OPTIONS = ("encoding", "delimiter", "sheet", "header_row")
ON_DUPLICATE = ("update", "skip", "create", "error")
PARTS = ("key", "columns", "join", "values", "defaults", "options")


@dataclass
class Mapping:
    """A mapping file: which column is which field, what values mean, what fills blanks, by what a row is known."""

    columns: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    join: dict[str, Join] = field(default_factory=dict)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path) -> "Mapping":
        """Read a mapping file; raises Refused with what is wrong in it."""
        try:
            return cls.from_json(json.loads(Path(path).read_text("utf-8-sig")))
        except (OSError, ValueError) as error:
            raise Refused(_("The mapping file cannot be read: %(error)s") % {"error": error}) from error

    @classmethod
    def from_json(cls, data: Any) -> "Mapping":
        """Check the shape of a mapping; raises Refused naming the part that does not fit."""
        if not isinstance(data, dict) or (unknown := data.keys() - set(PARTS)):
            names = ", ".join(sorted(unknown)) if isinstance(data, dict) else ""
            raise Refused(_("The mapping has parts nobody knows: %(names)s") % {"names": names})
        parts = {name: data.get(name) or {} for name in PARTS if name != "key"}
        words = parts["values"]
        if wrong := [name for name, part in parts.items() if not isinstance(part, dict)] or [
            name for name in words if not isinstance(words[name], dict)
        ]:
            raise Refused(_("This part of the mapping is not written rightly: %(names)s") % {"names": ", ".join(wrong)})
        key = data.get("key") or []
        mapping = cls(
            columns={str(title): str(name or "") for title, name in parts["columns"].items()},
            key=[key] if isinstance(key, str) else list(key),
            join={name: Join.from_json(name, how) for name, how in parts["join"].items()},
            values={name: {parse.fold(str(k)): v for k, v in meant.items()} for name, meant in words.items()},
            defaults=dict(parts["defaults"]),
            options=dict(parts["options"]),
        )
        if unknown := mapping.options.keys() - OPTIONS:
            raise Refused(_("The mapping has options nobody knows: %(names)s") % {"names": ", ".join(sorted(unknown))})
        if mapping.options.get("on_duplicate", "update") not in ON_DUPLICATE:
            raise Refused(_("on_duplicate is one of: %(names)s") % {"names": ", ".join(ON_DUPLICATE)})
        return mapping

    def as_json(self) -> dict[str, Any]:
        """The same, as kept with a batch."""
        return {
            "key": self.key,
            "columns": self.columns,
            "join": {name: join.as_json() for name, join in self.join.items()},
            "values": self.values,
            "defaults": self.defaults,
            "options": self.options,
        }

    def check(self, kind: RecordKind) -> None:
        """Raise Refused if it names fields the kind does not have."""
        wanted = [*self.key, *self.join, *self.values, *self.defaults, *(f for f in self.columns.values() if f)]
        fields = kind.fields
        unknown = sorted({name for name in wanted if name not in fields and not name.startswith("custom:")})
        if unknown:
            raise Refused(
                _("%(kind)s have no field called: %(names)s") % {"kind": kind.plural, "names": ", ".join(unknown)}
            )

    def table_options(self) -> dict[str, Any]:
        """What the table reader is told."""
        return {k: v for k, v in self.options.items() if k in TABLE_OPTIONS}


def guess(kind: RecordKind, titles: Iterable[str]) -> dict[str, str]:
    """The field of each column by its title, in Chinese or English or a synonym; "" where none fits.

    No field twice, but for a person's name in two columns.
    """
    words, titles = _titles_of(kind), list(titles)
    found: dict[str, str] = {}
    for title in titles:
        name = words.get(fold_title(title), "")
        found[title] = name if name not in found.values() else ""
    in_two = {part: title for title in titles if (part := name_part(title))}
    if kind.person_name and len(in_two) == 2:
        whole = [t for t, name in found.items() if name == kind.person_name and t not in in_two.values()]
        for title in in_two.values():
            found[title] = "" if whole else kind.person_name
    return found


def name_part(title: str) -> str:
    """ "family" or "given" if a column holds that part of a name, else ""."""
    word = fold_title(title)
    return next((part for part in ("family", "given") if word in parse.words()["names"][part]), "")


def default_join(kind: RecordKind, name: str, titles: list[str]) -> Join:
    """How these columns of one field are joined unless the mapping says: as a name, or in their order."""
    parts = {name_part(title): title for title in titles}
    if name == kind.person_name and parts.keys() == {"family", "given"}:
        return Join([parts["family"], parts["given"]], is_name=True)
    return Join(titles)


def default_keys(kind: RecordKind, fields: Iterable[str]) -> list[list[str]]:
    """By which fields a row is the same record unless the mapping says: the kind's keys that the file has, in order."""
    given = set(fields)
    keys = getattr(kind, "import_keys", None) or [[name] for name in kind.natural_keys]
    return [list(key) for key in keys if given.issuperset(key)]


def fold_title(title: str) -> str:
    """A column title without case, width, spaces and marks such as "*" for required."""
    return "".join(c for c in parse.fold(title) if c.isalnum())


def fields_of(kind: RecordKind) -> list[Field]:
    """The fields a file may bring."""
    return [f for f in kind.fields.values() if f.editable or f.name == "code"]


def _titles_of(kind: RecordKind) -> dict[str, str]:
    words: dict[str, str] = {}
    fields = fields_of(kind)
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for f in fields:
                words.setdefault(fold_title(str(f.label)), f.name)
    for f in fields:
        for word in (f.name, *f.synonyms):
            words.setdefault(fold_title(str(word)), f.name)
    return words
