"""The filter as an object: it hashes, says itself in words, drops one chip; lists, bulk, export, API share it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from zhike.kit.parse import ParseError
from zhike.kit.viewer import Viewer
from zhike.records.customvalues import CustomValue
from zhike.records.fields import OPERATOR_LABELS, Field
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups

NO_VALUES = {"me", "team", "empty", "filled"}
MOST_CONDITIONS = 20
MOST_VALUES = 200


@dataclass(frozen=True)
class Condition:
    """One chip: a field, an operator, and its values as they stand in the address."""

    field: str
    op: str
    values: tuple[str, ...] = ()

    def as_json(self) -> list:
        return [self.field, self.op, list(self.values)]


class Filter:
    """What a list keeps. Conditions are joined by "and", the values of one by "or"."""

    def __init__(self, kind: RecordKind, conditions: Iterable[Condition] = (), search: str = ""):
        self.kind = kind
        self.conditions = tuple(sorted(set(conditions), key=lambda c: (c.field, c.op)))[:MOST_CONDITIONS]
        self.search = " ".join(search.replace("\x00", "").split())[:100]

    @classmethod
    def from_query(cls, kind: RecordKind, query: QueryDict) -> "Filter":
        """From an address: `tier=key,target&created_at__last=30&q=…`; unknown names are left to others."""
        conditions = []
        for name in query:
            field_name, _sep, op = name.partition("__")
            field = kind.fields.get(field_name)
            if field is None or not field.filterable:
                continue
            op = op or (
                "in" if "in" in field.operators else field.operators[0] if "is" not in field.operators else "is"
            )
            if op not in field.operators:
                continue
            values = tuple(dict.fromkeys(v for text in query.getlist(name) for v in _split(text) if v != ""))
            if values or op in NO_VALUES:
                conditions.append(Condition(field_name, op, () if op in NO_VALUES else values[:MOST_VALUES]))
        return cls(kind, conditions, query.get("q", ""))

    @classmethod
    def from_json(cls, kind: RecordKind, stored: Iterable, search: str = "") -> "Filter":
        """From a saved view or job; conditions on fields that are gone are dropped."""
        conditions = [Condition(name, op, tuple(str(v) for v in values)) for name, op, values in stored]
        return cls(kind, [c for c in conditions if c.field in kind.fields], search)

    def as_json(self) -> list:
        """For saved views and jobs."""
        return [c.as_json() for c in self.conditions]

    def as_query(self) -> dict[str, str]:
        """The parameters of an address that means this filter."""
        query = {f"{c.field}__{c.op}": ",".join(v.replace(",", "\\,") for v in c.values) for c in self.conditions}
        return {**query, "q": self.search} if self.search else query

    def without(self, condition: Condition) -> "Filter":
        """The same filter with one chip dropped."""
        return Filter(self.kind, [c for c in self.conditions if c != condition], self.search)

    def plus(self, condition: Condition) -> "Filter":
        """The same filter with one more condition; one on the same field and operator is replaced."""
        kept = [c for c in self.conditions if (c.field, c.op) != (condition.field, condition.op)]
        return Filter(self.kind, [*kept, condition], self.search)

    def hash(self) -> str:
        """A short name of this filter; equal filters have equal names."""
        text = json.dumps([self.kind.label, self.as_json(), self.search], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def chips(self, viewer: Viewer) -> list[dict[str, Any]]:
        """Each condition in words: {"condition", "label", "op", "words"}."""
        lookups = Lookups(viewer)
        return [
            {
                "condition": c,
                "label": self.kind.field(c.field).label,
                "op": OPERATOR_LABELS[c.op],
                "words": self.kind.field(c.field).words(list(c.values), lookups) if c.values else "",
            }
            for c in self.conditions
        ]

    def words(self, viewer: Viewer) -> str:
        """The whole filter as a sentence."""
        said = [f"{chip['label']} {chip['op']} {chip['words']}".strip() for chip in self.chips(viewer)]
        if self.search:
            said.append(f"“{self.search}”")
        return _("; ").join(said) or str(_("all"))

    def apply(self, rows: Any, viewer: Viewer) -> Any:
        """The rows kept (search apart, which is the search index's). Raises ValidationError {field: message}."""
        lookups, hidden = Lookups(viewer), self.kind.hidden_from(viewer)
        for condition in self.conditions:
            if condition.field in hidden:
                continue
            field = self.kind.field(condition.field)
            rows = with_values(rows, field)
            try:
                rows = rows.filter(field.condition(condition.op, list(condition.values), lookups))
            except ValidationError as error:
                raise ValidationError({condition.field: error.messages}) from error
            except ParseError as error:
                raise ValidationError({condition.field: [str(error)]}) from error
        return rows

    def __eq__(self, other):
        return isinstance(other, Filter) and self.hash() == other.hash()

    def __hash__(self):
        return hash(self.hash())


def with_values(rows: Any, field: Field) -> Any:
    """The rows with a custom field's value at hand under its key; others need nothing."""
    if field.is_custom and isinstance(field.paths[0], CustomValue):
        return rows.alias(**{field.name: field.paths[0]})
    return rows


def _split(text: str) -> list[str]:
    parts, now, escaped = [], "", False
    for letter in text.replace("\x00", ""):
        if escaped or letter not in ",\\":
            now, escaped = now + letter, False
        elif letter == "\\":
            escaped = True
        else:
            parts.append(now)
            now = ""
    return [*parts, now]
