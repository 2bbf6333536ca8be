"""Choices, colleagues, other records: fields whose value points at something."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from zhike.kit import format as fmt
from zhike.kit import parse
from zhike.kit.keys import key_or_word
from zhike.kit.rowwise import asked_by_row
from zhike.records import lookups as look
from zhike.records.fields.base import EMPTY, Field
from zhike.records.widgets import ChoiceInput, PersonInput, RecordInput


class Choice(Field):
    """One of fixed words, from the model's choices or given here."""

    type = "choice"
    repeats = True
    worded = True
    operators = ("in", "not_in", "empty", "filled")

    def __init__(self, name, label=None, *, choices: Iterable | None = None, show: Any = None, **more):
        """`show(value, label)` makes the cell."""
        super().__init__(name, label, **more)
        self._choices, self.show = list(choices) if choices is not None else None, show

    def choices(self) -> list[tuple[Any, Any]]:
        """What may be chosen now."""
        if self._choices is None:
            self._choices = [(k, v) for k, v in self.column.choices if k not in ("", None)]
        return self._choices

    def labels(self) -> dict[Any, Any]:
        """Labels by value, also of entries no longer offered."""
        return dict(self.choices())

    def parse(self, raw, lookups):
        word = parse.fold(str(raw))
        for value, label in self.labels().items():
            if word in (parse.fold(str(value)), parse.fold(str(label))):
                return value
        raise ValidationError(_("“%(word)s” is not one of: %(choices)s."), params={
            "word": str(raw)[:40], "choices": _(", ").join(str(label) for _value, label in self.choices()[:12]),
        })  # fmt: skip

    def text(self, value):
        return "" if value in (None, "") else str(self.labels().get(value, value))

    def cell(self, values):
        if values[0] in (None, ""):
            return EMPTY
        text = self.text(values[0])
        return self.show(values[0], text) if self.show else mark_safe(fmt.shown(text))

    def condition(self, op, values, lookups):
        if op in ("in", "not_in"):
            wanted = Q(**{f"{self.filter_path}__in": [self.parse(v, lookups) for v in values]})
            return wanted if op == "in" else ~wanted
        return super().condition(op, values, lookups)

    def widget(self, lookups):
        return ChoiceInput(self.choices, required=self.required)


class Picklist(Choice):
    """One entry of a list the administrator edits."""

    type = "picklist"

    def __init__(self, name, label=None, *, picklist: str, **more):
        super().__init__(name, label, **more)
        self.picklist = picklist

    def choices(self):
        return look.picklist_open(self.picklist)

    def labels(self):
        return look.picklist(self.picklist)


class Person(Field):
    """A colleague."""

    type = "person"
    repeats = True
    worded = True
    operators = ("in", "not_in", "me", "team", "empty", "filled")
    empty = None

    def parse(self, raw, lookups):
        return lookups.person(raw)

    def text(self, value):
        return look.person_names().get(value, "") if value else ""

    def cell(self, values):
        return fmt.who(values[0], self.text(values[0])) if values[0] else EMPTY

    def export(self, values):
        return look.name_in_files(values[0])

    def api(self, values):
        return look.usernames().get(values[0]) if values[0] else None

    def condition(self, op, values, lookups):
        viewer, path = lookups.viewer, self.filter_path
        if op == "me":
            return Q(**{path: viewer.person_id})
        if op == "team":
            theirs = sorted({viewer.person_id, *viewer.subordinates})
            mine = Q(**{f"{path}__in": theirs})
            return asked_by_row(mine) if look.is_wide(theirs) else mine
        if op in ("in", "not_in"):
            wanted = Q(**{f"{path}__in": [self.parse(v, lookups) for v in values]})
            return wanted if op == "in" else ~wanted
        return super().condition(op, values, lookups)

    def widget(self, lookups):
        return PersonInput(required=self.required)


class Ref(Field):
    """Another record, named by its kind's label."""

    type = "ref"
    worded = True
    operators = ("in", "empty", "filled")
    empty = None

    def __init__(self, name, label=None, *, to: str, **more):
        super().__init__(name, label, **more)
        self.to = to

    @property
    def target(self) -> Any:
        from zhike.records import kinds

        return kinds.get(self.to)

    @property
    def paths(self):
        return (self.attname, f"{self.name}__{self.target.title}")

    def values_of(self, record):
        other = getattr(record, self.name)
        return (self.read(record), str(getattr(other, self.target.title)) if other else None)

    def parse(self, raw, lookups):
        return lookups.record(self.target, raw)

    def text(self, value):
        if not value:
            return ""
        found = self.target.model._base_manager.filter(pk=value).values_list(self.target.title, flat=True).first()
        return str(found or f"#{value}")

    def cell(self, values):
        if not values[0]:
            return EMPTY
        return fmt.record_link(self.target.page, values[0], values[1])

    def export(self, values):
        return values[1] or ""

    def sort_paths(self):
        return (self.paths[1],)

    def condition(self, op, values, lookups):
        if op == "in":
            wanted = [lookups.record(self.target, key_or_word(v)) for v in values]
            return Q(**{f"{self.filter_path}__in": wanted})
        return super().condition(op, values, lookups)

    def _word(self, value, lookups):
        try:
            return self.text(lookups.record(self.target, key_or_word(value)))
        except ValidationError:
            return str(value)

    def widget(self, lookups):
        return RecordInput(self.target, lookups)
