"""Writing table files as a stream: CSV that Excel opens rightly and that runs nothing, and XLSX."""

import csv
import datetime as dt
import io
import math
import pickle
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import rustpy_xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.kit.tables.cells import FORMULA_SIGNS

MAX_SHEET_ROWS = 1_048_575  # Excel's, without the row of titles
MAX_CELL = 32_767
EXACT = 10**15  # Excel keeps fifteen digits
FIRST_DAY = dt.date(1900, 3, 1)  # Excel counts a 29 February 1900 that never was
FIRST_MOMENT = dt.datetime(1900, 3, 1)  # noqa: DTZ001 - cells have no zone
LOOK_AT = 200  # rows from which formats and widths of columns are taken

_UNSOUND = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FORMATS = {
    "money": "#,##0.00",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
    "percent": "0.0%",
}


class Column(NamedTuple):
    """A column to write. `kind` (money, date, moment, percent) is found from the values if it is left out."""

    title: str
    kind: str = ""
    width: int | None = None  # in characters


Columns = Sequence[Column | str]
Target = str | Path | IO[bytes]


def write_csv(target: Target, columns: Columns, rows: Iterable[Sequence[Any]], *, delimiter: str = ",") -> int:
    """Write rows as CSV in UTF-8 with a mark, by which Excel knows it; gives their number.

    Texts that a spreadsheet would run as a formula get an apostrophe before them; numbers stay numbers.
    """
    count = 0

    def lines() -> Iterator[list[Any]]:
        nonlocal count
        for row in rows:
            count += 1
            yield [_csv_text(cell) if cell.__class__ is str else _csv_value(cell) for cell in row]

    with _binary(target) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", "replace", newline="", write_through=False)
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow([_csv_text(column.title) for column in _columns(columns)])
        writer.writerows(lines())
        text.detach()
    return count


def write_xlsx(
    target: Target, columns: Columns, rows: Iterable[Sequence[Any]], *, sheet: str = "", count: int | None = None
) -> int:
    """Write rows as an XLSX workbook with titles that stay in view; gives their number.

    Texts stay texts, never formulas or links. More rows than a sheet holds go on in further sheets; for that the
    number of rows is needed first: `count`, or else the rows are laid down in a temporary file and counted.
    """
    titled = _columns(columns)
    cells = ([_cell(cell) for cell in row] for row in rows)
    top = list(islice(cells, LOOK_AT))
    described = [_described(column, place, top) for place, column in enumerate(titled)]
    names = _unique([column.title for column in described])
    written = 0

    def records(some: Iterable[list[Any]]) -> Iterator[dict[str, Any]]:
        nonlocal written
        for row in some:
            written += 1
            yield dict(zip(names, row, strict=False))

    with tempfile.TemporaryFile() as spool, _path(target) as path:
        stream: Iterator[list[Any]] = chain(top, cells)
        if count is None and len(top) == LOOK_AT:
            count, stream = _lay_down(stream, spool)
        sheets = max(1, -(-(count or len(top)) // MAX_SHEET_ROWS))
        title = re.sub(r"[\[\]:*?/\\']", " ", sheet).strip()[:25] or _("Sheet")
        empty = dict.fromkeys(names)
        parts = [
            (title if number == 0 else f"{title} {number + 1}", records(islice(stream, MAX_SHEET_ROWS)))
            for number in range(sheets)
        ]
        if not top:
            parts = [(title, [empty])]  # the titles are written with the first row
        widths = [float(column.width or 12) for column in described]
        formats = {
            name: rustpy_xlsxwriter.Format().set_num_format(_FORMATS[column.kind])
            for name, column in zip(names, described, strict=True)
            if column.kind in _FORMATS
        }
        rustpy_xlsxwriter.write_worksheets(
            parts,
            str(path),
            freeze_panes={"general": {"row": 1, "col": 0}},
            bold_headers=True,
            column_widths={name: widths for name, _rows in parts},
            column_formats={name: formats for name, _rows in parts},
            datetime_format=_FORMATS["date"],
        )
    return written


# CSV


def _csv_text(text: str) -> str:
    if text[:1] in FORMULA_SIGNS and len(text) > 1:
        return f"'{text}"
    return text


def _csv_value(cell: Any) -> Any:
    if cell.__class__ is dt.datetime:
        return (cell if cell.tzinfo is None else _local(cell)).isoformat(" ", "seconds")
    if cell is None or isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return "" if isinstance(cell, float) and not math.isfinite(cell) else cell
    if isinstance(cell, bool):
        return _("Yes") if cell else _("No")
    if isinstance(cell, dt.datetime):
        return _local(cell).isoformat(" ", "seconds")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return _csv_text(str(cell))


@contextmanager
def _binary(target: Target) -> Iterator[IO[bytes]]:
    if not isinstance(target, str | Path):
        yield target
        return
    with Path(target).open("wb") as file:
        yield file


# XLSX


def _cell(cell: Any) -> Any:
    """A value as the XLSX writer takes it."""
    if cell.__class__ is str:
        if not cell.isprintable():
            cell = _UNSOUND.sub("", cell)
        return cell if len(cell) <= MAX_CELL else cell[: MAX_CELL - 1] + "\u2026"
    if cell is None or cell.__class__ is Decimal:
        return cell
    if cell.__class__ is dt.datetime and cell.tzinfo is None:
        cell = cell.replace(microsecond=0)
        return cell if cell >= FIRST_MOMENT else cell.isoformat(" ")
    if isinstance(cell, bool):
        return _("Yes") if cell else _("No")
    if isinstance(cell, int):
        return cell if abs(cell) < EXACT else str(cell)
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, dt.datetime):
        cell = _local(cell).replace(microsecond=0)
        return cell if cell.date() >= FIRST_DAY else cell.isoformat(" ")
    if isinstance(cell, dt.date):
        return cell if cell >= FIRST_DAY else cell.isoformat()
    return _cell(str(cell))


def _local(moment: dt.datetime) -> dt.datetime:
    return timezone.make_naive(moment, timezone.get_default_timezone()) if timezone.is_aware(moment) else moment


def _columns(columns: Columns) -> list[Column]:
    return [column if isinstance(column, Column) else Column(str(column)) for column in columns]


def _described(column: Column, place: int, top: list[list[Any]]) -> Column:
    """With format and width from the first rows, where they are not given."""
    values = [row[place] for row in top if place < len(row) and row[place] is not None]
    kinds = {value.__class__ for value in values}
    found = {Decimal: "money", dt.date: "date", dt.datetime: "moment"}.get(*kinds, "") if len(kinds) == 1 else ""
    widest = max((_width(str(value)) for value in values), default=0)
    width = column.width or min(max(_width(column.title) + 2, widest + 2, 8), 50)
    return column._replace(title=_cell(str(column.title)), kind=column.kind or found, width=width)


def _width(text: str) -> int:
    """In half-width characters; of several lines the longest."""
    return max(sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line[:60]) for line in text.split("\n"))


def _unique(titles: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for title in titles:
        again, name = 2, title
        while name in found:
            name, again = f"{title} ({again})", again + 1
        found[name] = None
    return list(found)


def _lay_down(rows: Iterable[list[Any]], spool: IO[bytes]) -> tuple[int, Iterator[list[Any]]]:
    """Their number, and the same rows read back. The file is ours alone and has no name."""
    count = 0
    while chunk := list(islice(rows, 1_000)):
        count += len(chunk)
        pickle.dump(chunk, spool, pickle.HIGHEST_PROTOCOL)
    spool.seek(0)

    def back() -> Iterator[list[Any]]:
        left = count
        while left:
            chunk = pickle.load(spool)  # noqa: S301
            left -= len(chunk)
            yield from chunk

    return count, back()


@contextmanager
def _path(target: Target) -> Iterator[Path]:
    if isinstance(target, str | Path):
        yield Path(target)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        yield path
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                target.write(chunk)
