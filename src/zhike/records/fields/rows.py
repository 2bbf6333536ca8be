"""Rows that belong to a record, such as the lines of a quote: objects in the API, parts of a cell in a file."""

import re
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.kit import parse
from zhike.kit.money import check_money
from zhike.records.fields.base import Field
from zhike.records.lookups import Lookups

BETWEEN = re.compile(r"[;；\n]+")


class RowsField(Field, ABC):
    """A list of objects with `keys`; of a file's cell the parts between ";" or on lines of their own.

    Reading also gives what is in `shown`; sending it back changes nothing. Writing replaces all rows.
    """

    type = "rows"
    operators = ()
    empty = ()
    keys: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    most = 200

    def __init__(self, name, label=None, **more):
        super().__init__(name, label, **{"sortable": False, "filterable": False, "listed": False, **more})

    def bind(self, kind):
        self.kind, self.required = kind, False  # the name is that of the rows, not of a column
        return self

    def parse(self, raw, lookups):
        if isinstance(raw, str):
            raw = [self.words(part.strip(), lookups) for part in BETWEEN.split(raw) if part.strip()]
        if not isinstance(raw, list) or len(raw) > self.most:
            raise ValidationError(_("A list of at most %(limit)s lines."), params={"limit": self.most})
        return [self._numbered(number, row, lookups) for number, row in enumerate(raw, 1)]

    def _numbered(self, number: int, given: Any, lookups: Lookups) -> Any:
        try:
            return self.one(given, lookups)
        except ValidationError as error:
            said = " ".join(error.messages)
            raise ValidationError(_("Line %(n)s: %(said)s") % {"n": number, "said": said}) from error

    def one(self, given: Any, lookups: Lookups) -> Any:
        """The row an object means. Raises ValidationError."""
        if not isinstance(given, dict) or given.keys() - self.keys - self.shown:
            names = ", ".join(sorted(self.keys))
            raise ValidationError(_("A line is an object with: %(names)s."), params={"names": names})
        try:
            return self.row(given, lookups)
        except parse.ParseError as error:
            raise ValidationError(str(error)) from error

    @abstractmethod
    def words(self, part: str, lookups: Lookups) -> dict[str, Any]:
        """The object a part of a cell means."""

    @abstractmethod
    def row(self, given: dict[str, Any], lookups: Lookups) -> Any:
        """A row as the action takes it. Raises ValidationError or ParseError."""

    @property
    def paths(self):
        return ("pk",)

    def values_of(self, record):
        return (self.read(record),)

    def export(self, values):
        return ""

    def text(self, value):
        return "; ".join(map(_said, value)) if isinstance(value, list) else str(value or "")


def _said(row: Any) -> str:
    return " ".join(map(str, row)) if isinstance(row, tuple) else str(row)


class PromisedLines(RowsField):
    """The lines of a `model` that promises them to the action which saves it: `promise_lines`, `known_lines`."""

    model: type

    def write(self, record, value):
        record.promise_lines(list(value or ()))

    def read(self, record):
        return record.known_lines()

    def gather(self, ids):
        return self.model.lines_of_all(ids)


def number_in(given: dict[str, Any], name: str, default: Any = None) -> Any:
    """The number a row has under a name. Raises ParseError."""
    raw = given.get(name)
    return default if raw in (None, "") else parse.number(str(raw))


def money_in(given: dict[str, Any], name: str) -> Decimal | None:
    """The amount a row has under a name, in yuan. Raises ParseError, ValidationError."""
    raw = given.get(name)
    return None if raw in (None, "") else check_money(parse.decimal_amount(str(raw)))


def check_quantity(quantity: Decimal | None) -> None:
    """Raises ValidationError for a quantity nobody sells."""
    if quantity is not None and not 0 < quantity < 10**9:
        raise ValidationError(_("The quantity is more than 0."))
