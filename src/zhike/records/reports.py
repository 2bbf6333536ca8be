"""Reports by name: a room declares what a report shows and how it is reckoned; pages and the API read it (INS-1).

    reports.add(Report("win_rate", _("Win rate"), _("Won ÷ (won + lost) …"), columns=[Column("won", _("Won")), …],
                       by={"owner": _("Salesperson"), …}, run=sales_reports.win_rate, kind=OPPORTUNITY))

`run(viewer, first, last, by, flt)` gives a `Table`; it counts only what the viewer sees.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.kit import dates, parse
from zhike.kit import format as fmt
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.tables.writer import Column as SheetColumn
from zhike.kit.viewer import Viewer
from zhike.records.filters import Filter
from zhike.records.kinds import RecordKind

Text = str | Promise


@dataclass(frozen=True)
class Column:
    """A figure of each row. `type` is text, count, money (yuan), ratio (0 to 1, four places), days or minutes."""

    name: str
    label: Text
    type: str = "count"

    def api(self, value: Any) -> Any:
        """The value in JSON: money as text with two decimals, ratios and days as numbers."""
        if self.type == "ratio" and value is not None:
            return float(value.quantize(Decimal("0.0001"), ROUND_HALF_UP))
        if isinstance(value, Decimal):
            return f"{value:.2f}" if self.type == "money" else float(value)
        return value

    def cell(self, value: Any) -> SafeString:
        """The value on a page."""
        if value is None or value == "":
            return SafeString('<span class="mut none">—</span>')
        if self.type == "ratio":
            return SafeString(f"{(value * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%")
        if self.type == "money":
            return fmt.money(value)
        return escape(value) if self.type == "text" else fmt.number(value)


@dataclass
class Table:
    """What a report found: rows with "key", "name" and a value for each column, and the same summed up."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    total: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A report by declaration.

    `definition` says in words how each figure is reckoned; `by` names what its rows may stand for, the first by
    default; `kind` lets the conditions of that kind's list narrow it; `verb` is what its reader needs (its kind's
    "view" if empty).
    """

    name: str
    label: Text
    definition: Text
    columns: tuple[Column, ...]
    by: Mapping[str, Text]
    run: Callable[[Viewer, date, date, str, Filter | None], Table]
    kind: RecordKind | None = None
    verb: str = ""
    order: int = 100
    # The address of the records behind a figure: `behind(asked, row or total, column name)`, empty where there is none.
    behind: Callable[["Asked", dict[str, Any], str], str] | None = None

    @property
    def export_verb(self) -> str:
        """The verb that lets its reader take it away: the export of its kind, else what reading it needs."""
        exports = self.kind is not None and "export" in self.kind.verbs
        return self.kind.verb("export") if exports else self.needs()

    def needs(self) -> str:
        """The verb its reader needs."""
        return self.verb or (self.kind.verb("view") if self.kind else "")


@dataclass(frozen=True)
class Asked:
    """Which report, for which days, by what, under which conditions."""

    report: Report
    first: date
    last: date
    by: str
    filter: Filter | None

    def table(self, viewer: Viewer) -> Table:
        """The report, run for a viewer."""
        return self.report.run(viewer, self.first, self.last, self.by, self.filter)


_reports: dict[str, Report] = {}


def add(report: Report) -> Report:
    """Make a report known to pages and the API."""
    _reports[report.name] = report
    return report


def everything(viewer: Viewer) -> list[Report]:
    """The reports this viewer may read, in order."""
    known = sorted(_reports.values(), key=lambda report: (report.order, report.name))
    return [report for report in known if not report.needs() or viewer.can(report.needs())]


def names() -> list[str]:
    """The names of all reports."""
    return sorted(_reports)


def find(viewer: Viewer, name: str) -> Report:
    """A report by name; raises NotVisible or Forbidden."""
    if (report := _reports.get(name)) is None:
        raise NotVisible
    if report.needs():
        require(viewer, report.needs())
    return report


def asked(report: Report, query: QueryDict) -> Asked:
    """What an address asks: `?from=2026-01-01&to=2026-12-31&by=owner` and conditions; this year if no days are given.

    Raises ValidationError at the parameter that makes no sense.
    """
    today = dates.today()
    first = _day(query, "from") or date(today.year, 1, 1)
    last = _day(query, "to") or max(today, first)
    if last < first:
        raise ValidationError({"to": [_("The last day lies before the first.")]})
    by = query.get("by") or next(iter(report.by))
    if by not in report.by:
        raise ValidationError({"by": [_("One of: %(names)s.") % {"names": ", ".join(report.by)}]})
    return Asked(report, first, last, by, Filter.from_query(report.kind, query) if report.kind else None)


def _day(query: QueryDict, name: str) -> date | None:
    if not query.get(name):
        return None
    try:
        return parse.day(query[name])
    except parse.ParseError as error:
        raise ValidationError({name: [str(error)]}) from error


def get(name: str) -> Report:
    """A report by name, for rooms that show it within pages of their own; raises KeyError."""
    return _reports[name]


def shown(table: Table, asked: Asked, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """A report as a table of a page: {"heads": columns, "rows": [(name, cells)], "total": cells, if any}."""
    without = (*without, "stage") if asked.by == "stage" else without
    columns = [c for c in asked.report.columns if c.name not in without]

    def cells(row: dict[str, Any]) -> list[tuple[Column, SafeString]]:
        return [(c, _linked(asked, row, c)) for c in columns]

    return {
        "heads": columns,
        "rows": [(row["name"], cells(row)) for row in table.rows],
        "total": cells(table.total) if table.total else [],
        "asked": asked,
    }


def _linked(asked: Asked, row: dict[str, Any], column: Column) -> SafeString:
    cell = column.cell(row.get(column.name))
    url = asked.report.behind(asked, row, column.name) if asked.report.behind and row.get(column.name) else ""
    return format_html('<a class="lk" href="{}">{}</a>', url, cell) if url else cell


def answer(asked: Asked, viewer: Viewer) -> dict[str, Any]:
    """A report as the API gives it (CONTRACT "API")."""
    report, table = asked.report, asked.table(viewer)
    by_name = {column.name: column for column in report.columns}

    def shown(row: dict[str, Any]) -> dict[str, Any]:
        return {name: by_name[name].api(value) if name in by_name else value for name, value in row.items()}

    return {
        "name": report.name, "from": asked.first.isoformat(), "to": asked.last.isoformat(), "by": asked.by,
        "columns": [{"name": c.name, "label": str(c.label), "type": c.type} for c in report.columns],
        "rows": [shown(row) for row in table.rows],
        "total": shown(table.total),
        "definition": str(report.definition),
    }  # fmt: skip


def sheet(asked: Asked, table: Table) -> tuple[list[SheetColumn], list[list[Any]]]:
    """A report as columns and rows of a workbook, the total last."""
    report, kinds = asked.report, {"money": "money", "ratio": "percent"}
    columns = [SheetColumn(str(report.by[asked.by]), width=28)]
    columns += [SheetColumn(str(c.label), kinds.get(c.type, ""), 16) for c in report.columns]
    rows = [[row["name"], *(row.get(c.name) for c in report.columns)] for row in table.rows]
    if table.total:
        rows.append([_("Total"), *(table.total.get(c.name) for c in report.columns)])
    return columns, rows


# Figures most reports need


def ratio(part: Any, whole: Any) -> Decimal | None:
    """A part of a whole, not rounded yet: a page and the API round it each in their way. None of nothing."""
    return Decimal(part) / Decimal(whole) if whole else None


def mean(values: Iterable[int]) -> Decimal | None:
    """The mean of whole numbers, rounded to one place."""
    values = list(values)
    return (Decimal(sum(values)) / len(values)).quantize(Decimal("0.1"), ROUND_HALF_UP) if values else None


def median(values: Iterable[int]) -> Decimal | None:
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    both = (ordered[half], ordered[half]) if len(ordered) % 2 else (ordered[half - 1], ordered[half])
    return Decimal(sum(both)) / 2


def p90(values: Iterable[int]) -> int | None:
    """The smallest value that at least nine in ten do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[ceil(len(ordered) * 0.9) - 1] if ordered else None
