"""Sheets of workbooks: XLSX and XLS through calamine, very large XLSX row by row through openpyxl.

Calamine is ten times faster but keeps the sheet, about 1 KB a row; so beyond a size the slower way is taken, whose
memory does not grow. Both lose errors such as #N/A; those come from the scan.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from zhike.kit.tables import headers
from zhike.kit.tables.cells import (
    MAX_CELL_CHARS,
    MAX_COLUMNS,
    Source,
    Table,
    UnreadableTable,
    filled_width,
    is_blank,
    too_long,
)
from zhike.kit.tables.workbooks import Sheet, look_into, scan

KEEP_CELLS = 3_000_000  # rows × columns that calamine may hold: 200 MB with ten columns
KEEP_BYTES = 160 << 20  # of XML
MAX_XLS = 100 << 20


class SheetTable(Table):
    """A sheet of a workbook."""

    def __init__(self, format: str, names: list[str], sheet: Sheet, header_row: int | None):
        self.format, self.sheet_names, self.sheet, self.found = format, names, sheet.name, sheet
        top = list(islice(self._lines(), max(headers.LOOK_AT, header_row or 0)))
        if header_row and header_row > len(top):
            raise UnreadableTable(_("Line %(line)s holds no titles.") % {"line": header_row})
        if not any(not is_blank(row) for row in top):
            raise UnreadableTable(_("The sheet %(name)s is empty.") % {"name": sheet.name})
        first, last = headers.find_header(top, sheet.merged, header_row - 1 if header_row else None)
        merged = [
            (up - first, left, low - first, right) for up, left, low, right in sheet.merged if first <= up <= last
        ]
        width = max(map(filled_width, top))
        self.columns = headers.titles(top[first : last + 1], merged, width)
        self.header_row, self.below = first + 1, last + 1
        self.top = list(enumerate(top, 1))
        self.total = max(sheet.rows - self.below, 0)

    def raw_rows(self) -> Iterator[tuple[int, list[Any]]]:
        return enumerate(islice(self._lines(), self.below, None), self.below + 1)

    def _cells(self) -> Iterator[list[Any]]:
        """The rows from the first line of the sheet on."""
        raise AssertionError("each kind of sheet reads its own rows")

    def _lines(self) -> Iterator[list[Any]]:
        """The same with values as the rest of the program knows them, and errors in their places."""
        by_row: dict[int, list[tuple[int, Any]]] = {}
        for (row, column), error in self.found.marked.items():
            by_row.setdefault(row, []).append((column, error))
        for number, row in enumerate(self._cells()):
            cells = [cell if cell.__class__ is str and len(cell) < MAX_CELL_CHARS else _value(cell) for cell in row]
            for column, error in by_row.get(number, ()):
                cells += [""] * (column + 1 - len(cells))
                cells[column] = error
            yield cells


class KeptSheet(SheetTable):
    """A sheet that calamine holds in memory."""

    def __init__(self, format: str, names: list[str], sheet: Sheet, header_row: int | None, kept: CalamineSheet):
        self.kept = kept
        super().__init__(format, names, sheet, header_row)

    def _cells(self):
        return self.kept.iter_rows()


class StreamedSheet(SheetTable):
    """A sheet too large to keep, read row by row."""

    def __init__(self, format: str, names: list[str], sheet: Sheet, header_row: int | None, source: Source):
        self.source = source
        super().__init__(format, names, sheet, header_row)

    def _cells(self):
        from openpyxl import load_workbook  # only for very large files

        with self.source.open() as file:
            book = load_workbook(file, read_only=True, data_only=True)
            page = book[self.sheet]
            page.reset_dimensions()
            for row in page.iter_rows(values_only=True, max_col=self.found.columns or MAX_COLUMNS):
                yield ["" if cell is None else cell for cell in row]


def open_xlsx(source: Source, wanted: str | int | None, header_row: int | None) -> Table:
    """A sheet of an XLSX workbook: the one that is wanted, or else the first with anything in it."""
    with source.open() as file:
        archive, sheets = look_into(file)
        with archive:
            names = [sheet.name for sheet in sheets]
            sheet = scan(archive, sheets[_place(names, wanted, [sheet.hidden for sheet in sheets])], KEEP_CELLS)
            if wanted is None:
                others = (other for other in sheets if not other.hidden and other is not sheet)
                while not sheet.rows and (other := next(others, None)):
                    sheet = scan(archive, other, KEEP_CELLS)
        if sheet.rows * sheet.columns > KEEP_CELLS or sheet.size > KEEP_BYTES:
            return _guarded(lambda: StreamedSheet("xlsx", names, sheet, header_row, source))
        file.seek(0)
        kept = _guarded(lambda: _calamine(file).get_sheet_by_name(sheet.name))
        return KeptSheet("xlsx", names, sheet, header_row, kept)


def open_xls(source: Source, wanted: str | int | None, header_row: int | None) -> Table:
    """A sheet of an old XLS workbook; such files are small by nature."""
    with source.open() as file:
        if file.seek(0, 2) > MAX_XLS:
            raise UnreadableTable(_("The file is too large for an XLS workbook. Save it as XLSX or CSV."))
        file.seek(0)
        book = _guarded(lambda: _calamine(file))
        hidden = [data.visible != SheetVisibleEnum.Visible for data in book.sheets_metadata]
        place = _place(book.sheet_names, wanted, hidden)
        kept = _guarded(lambda: book.get_sheet_by_index(place))
        sheet = Sheet(book.sheet_names[place], "", rows=kept.end[0] + 1 if kept.end else 0)
        sheet.merged = [(*start, *end) for start, end in kept.merged_cell_ranges or ()]
        return KeptSheet("xls", book.sheet_names, sheet, header_row, kept)


def _calamine(file: IO[bytes]) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(file)


def _guarded(step):
    """Run a step of a library; whatever a broken file makes of it, the answer is UnreadableTable."""
    try:
        return step()
    except UnreadableTable:
        raise
    except PasswordError as error:
        raise UnreadableTable(_("The workbook is protected by a password. Save it without one.")) from error
    except (CalamineError, OSError, ValueError, KeyError, TypeError, IndexError, EOFError, AttributeError) as error:
        raise UnreadableTable(_("This workbook cannot be read. Open it in Excel and save it as XLSX.")) from error


def _place(names: list[str], wanted: str | int | None, hidden: list[bool]) -> int:
    if wanted is None or wanted == "":
        return hidden.index(False) if False in hidden else 0
    if isinstance(wanted, str) and wanted in names:
        return names.index(wanted)
    if str(wanted).isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise UnreadableTable(
        _("There is no sheet %(name)s; there are: %(names)s")
        % {"name": str(wanted)[:40], "names": ", ".join(names)[:300]}
    )


def _value(cell: Any) -> Any:
    """Whole numbers without a fraction, days without a time, spans of time as text."""
    if cell.__class__ is float:
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, dt.datetime):
        return cell.date() if cell.time() == dt.time() else cell
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(int(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(cell, str) and len(cell) >= MAX_CELL_CHARS:
        return too_long(cell)
    return cell
