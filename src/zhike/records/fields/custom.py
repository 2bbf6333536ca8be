"""Fields the administrator added: the same classes, their values in the record's `custom`."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import F, Q, Subquery
from django.utils.html import escape
from django.utils.translation import gettext as _

from zhike.kit import format as fmt
from zhike.kit import parse
from zhike.records.customvalues import CustomValue
from zhike.records.fields.base import EMPTY, Field
from zhike.records.fields.chosen import Choice, Person, Ref
from zhike.records.fields.plain import Day, Money, Number, Text


class _Custom:
    """Mixed into a field class: reads and writes `record.custom[key]` in the typed form the index understands."""

    def setup(self, row: Any) -> "_Custom":
        self.is_custom = True
        self.name = self.attname = row.key
        self.options = row.options or {}
        self.cast = {"number": "number", "money": "integer", "person": "integer", "reference": "integer"}.get(
            row.type, "text"
        )
        return self

    def bind(self, kind):
        self.kind = kind
        return self

    def read(self, record):
        return self.unpack(record.custom.get(self.name))

    def write(self, record, value):
        packed = self.pack(value)
        if packed in (None, "", []):
            record.custom.pop(self.name, None)
        else:
            record.custom[self.name] = packed

    def pack(self, value: Any) -> Any:
        """The JSON form of a value."""
        if isinstance(value, date | datetime):
            return value.isoformat()
        return float(value) if isinstance(value, Decimal) else value

    def unpack(self, stored: Any) -> Any:
        """The value of a JSON form, also as SQL gives it back."""
        return stored

    @property
    def paths(self):
        return (CustomValue(self.name, self.cast),)

    def values_of(self, record):
        return (record.custom.get(self.name),)

    def cell(self, values):
        return super().cell((self.unpack(values[0]), *values[1:]))

    def export(self, values):
        return super().export((self.unpack(values[0]), *values[1:]))

    def api(self, values):
        return super().api((self.unpack(values[0]), *values[1:]))


class CustomText(_Custom, Text):
    pass


class CustomNumber(_Custom, Number):
    def unpack(self, stored):
        return Decimal(str(stored)).normalize() if stored is not None else None


class CustomMoney(_Custom, Money):
    def pack(self, value):
        return None if value is None else int(value.scaleb(2))

    def unpack(self, stored):
        return None if stored is None else Decimal(int(stored)).scaleb(-2)

    def bound(self, raw, lookups):
        return self.pack(self.parse(raw, lookups))


class CustomDay(_Custom, Day):
    def unpack(self, stored):
        return date.fromisoformat(stored) if isinstance(stored, str) and stored else stored

    def limit(self, value, end):
        return value.isoformat()


class CustomChoice(_Custom, Choice):
    def choices(self):
        return [(c["id"], c["label"]) for c in self.options.get("choices", []) if not c.get("archived")]

    def labels(self):
        return {c["id"]: c["label"] for c in self.options.get("choices", [])}


class CustomMulti(CustomChoice):
    """Several of the choices; kept as a list, in SQL as its JSON text."""

    type = "multi"
    repeats = False  # lists
    operators = ("any", "empty", "filled")

    def words_in(self, raw):
        return raw if isinstance(raw, list | tuple) else parse.split_list(str(raw))

    def parse(self, raw, lookups):
        words = self.words_in(raw)
        return sorted({super(CustomMulti, self).parse(word, lookups) for word in words})

    def unpack(self, stored):
        if isinstance(stored, str):
            return json.loads(stored)
        return stored

    def text(self, value):
        labels = self.labels()
        return _(", ").join(str(labels.get(v, v)) for v in self.unpack(value) or [])

    def api(self, values):
        return self.unpack(values[0]) or []

    def condition(self, op, values, lookups):
        if op == "any":
            condition = Q()
            for value in values:
                condition |= Q(**{f"{self.filter_path}__contains": f'"{Choice.parse(self, value, lookups)}"'})
            return condition
        return Field.condition(self, op, values, lookups)

    def cell(self, values):
        shown = self.text(values[0])
        return escape(shown) if shown else EMPTY

    def widget(self, lookups):
        return forms.SelectMultiple(choices=self.choices(), attrs={"class": "inp", "size": 4})


class CustomPerson(_Custom, Person):
    pass


class CustomRef(_Custom, Ref):
    @property
    def paths(self):
        rows = self.target.model._base_manager.filter(pk=CustomValue(self.name, self.cast, of_outer_row=True))
        return (CustomValue(self.name, self.cast), Subquery(rows.values(self.target.title)[:1]))

    def values_of(self, record):
        value = record.custom.get(self.name)
        return (value, self.text(value))

    def cell(self, values):
        return fmt.record_link(self.target.page, values[0], values[1]) if values[0] else EMPTY

    def sort_paths(self):
        return (F(self.name),)


_custom_classes = {
    "text": CustomText, "number": CustomNumber, "money": CustomMoney, "date": CustomDay, "choice": CustomChoice,
    "multi": CustomMulti, "person": CustomPerson, "reference": CustomRef,
}  # fmt: skip


def custom_field(row: Any) -> Field:
    """The field of a row the administrator added."""
    more = {"to": row.options.get("kind", "")} if row.type == "reference" else {}
    field = _custom_classes[row.type](row.key, row.name, required=row.is_required, help=row.help, **more)
    return field.setup(row)
