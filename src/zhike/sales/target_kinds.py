"""Targets as a kind: what a file of them holds, a row for each month or a column for each (SAL-10, IMP-2)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.kit import access, parse
from zhike.kit.tables.reader import Table
from zhike.org.kinds import DepartmentField
from zhike.records import kinds
from zhike.records.fields import Choice, Moment, Money, Number, Person
from zhike.records.imports.wide import Unfolded
from zhike.records.kinds import RecordKind
from zhike.sales import measures
from zhike.sales.actions.targets import check_target
from zhike.sales.kinds import known_as
from zhike.sales.models import Target
from zhike.sales.models.targets import WHOLE_YEAR
from zhike.sales.targets import YEARS

WORDS = Path(__file__).parent / "data" / "period_words.toml"


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


@cache
def _months() -> dict[str, int]:
    """The month each word for one means."""
    words = _words()
    found = {parse.fold(word): WHOLE_YEAR for word in words["whole_year"]}
    for month, names in enumerate(words["month_names"], 1):
        numbered = [form.format(n=n) for form in words["month_forms"] for n in (month, f"{month:02}")]
        found |= {parse.fold(word): month for word in (*names, *numbered)}
    return found


def month_in(text: str) -> int | None:
    """The month people mean by 3, March or what Chinese files write; 0 for the whole year, None for what is none."""
    return _months().get(parse.fold(text))


class MeasureField(Choice):
    """What is counted; rooms above bring measures of their own."""

    def choices(self):
        return [(measure.key, measure.label) for measure in measures.known()]


class YearField(Number):
    """A year, also with the word for it after the number."""

    def parse(self, raw, lookups):
        text = str(raw).strip()
        for mark in _words()["year_marks"]:
            text = text.removesuffix(mark).rstrip()
        return super().parse(text, lookups)

    def text(self, value):
        return "" if value is None else str(value)


class MonthField(Number):
    """A month by number or name; nothing, or a word for it, is the whole year."""

    def clean(self, raw, lookups):
        if raw is None or not str(raw).strip():
            return WHOLE_YEAR
        if (month := month_in(str(raw).removesuffix(".0"))) is None:
            raise ValidationError(_("A month is 1 to 12, or 0 for the whole year."))
        return month

    def text(self, value):
        return _("Whole year") if value == WHOLE_YEAR else str(value)

    def export(self, values):
        return self.text(values[0])


class Known(DepartmentField):
    """A department there is."""

    makes = False


def a_row_a_month(table: Table) -> Table:
    """The same table with one month in each row, where months have columns of their own; without months, the year's."""
    places = {place: month for place, title in enumerate(table.columns)
              if not title.strip().isdigit() and (month := month_in(title)) is not None}  # fmt: skip
    labels = [str(TARGET.field(name).label) for name in ("month", "value")]
    return Unfolded(table, places, labels) if places else table


TARGET = kinds.add(
    RecordKind(
        Target,
        slug="targets",
        list_page="sales:target_list",
        icon="target",
        title="",
        owner="",
        natural_keys=(),
        fields=known_as("sales.target", [
            MeasureField("measure"),
            YearField("year", integer=True, least=YEARS[0], most=YEARS[1]),
            MonthField("month", integer=True, help=gettext_lazy("Empty: the whole year.")),
            Person("person"),
            Known("department"),
            Money("value", least=0),
            Moment("updated_at", editable=False),
        ]),
        columns=["measure", "year", "month", "person", "department", "value"],
        prepare=check_target,
        verbs=["view", "change", "import", "export"],
        has_routes=False,
    )
)  # fmt: skip
TARGET.import_keys = [["measure", "year", "month", "person"], ["measure", "year", "month", "department"]]
TARGET.reshape = a_row_a_month

access.declare("sales.target.view", gettext_lazy("See targets and their attainment"), TARGET.plural)
access.declare("sales.target.change", gettext_lazy("Set targets of one's people"), TARGET.plural)


def file_rows(nodes: list[Any], own: Any, measure: measures.Measure, year: int) -> tuple[list[str], list[list[Any]]]:
    """Titles and rows of a file with a column for each month, as an import of targets reads it."""
    titles = [str(TARGET.field(name).label) for name in ("measure", "year", "department", "person")]
    titles += [_("Whole year"), *(_("month %(month)s") % {"month": month} for month in range(1, 13))]
    rows = []
    for node in nodes:
        named = TARGET.field(node.kind).export([node.pk])
        whose = [named, ""] if node.kind == "department" else ["", named]
        there = own.get(node.key, {})
        rows.append([str(measure.label), year, *whose, *(there.get(month) for month in range(13))])
    return titles, rows
