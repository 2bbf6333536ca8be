"""Text tables: CSV with any delimiter, in any encoding Chinese files come in, read as a stream."""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from zhike.kit.tables import headers
from zhike.kit.tables.cells import (
    FORMULA_SIGNS,
    MAX_CELL_CHARS,
    CellError,
    Source,
    Table,
    UnreadableTable,
    filled_width,
    too_long,
)
from zhike.kit.tables.encodings import detect

USUAL = ",;\t|"
SELDOM = "^~\x1f\x01\uff0c\uff1b:"
MAX_FIELD = 16_000_000  # longer is a quote that was never closed; an overlong cell below that is an error of its row
SNIFF_CHARS = 50_000

csv.field_size_limit(MAX_FIELD)


class TextTable(Table):
    """A CSV file and its like."""

    format = "csv"

    def __init__(self, source: Source, encoding: str | None, delimiter: str | None, header_row: int | None):
        self.source = source
        with source.open() as file:
            self.reading = detect(file, encoding)
        self.encoding = self.reading.encoding
        head = "".join(islice(self._lines(), 5_000))[:SNIFF_CHARS]
        named = re.match(r"sep=(.)\r?\n", head)  # Excel's own way to say it, in a line before the titles
        self.skip = 1 if named else 0
        self.delimiter = _checked(delimiter) if delimiter else named.group(1) if named else sniff(head)
        top = list(islice(self._records(), max(headers.LOOK_AT, header_row or 0)))
        places = [n for n, (line, _cells) in enumerate(top) if line == header_row]
        if header_row and not places:
            raise UnreadableTable(_("Line %(line)s holds no titles.") % {"line": header_row})
        rows = [cells for _line, cells in top]
        if not rows:
            raise UnreadableTable(_("The file is empty."))
        first, last = headers.find_header(rows, given=places[0] if places else None)
        self.columns = headers.titles([rows[first][: filled_width(rows[first])]])
        self.header_row = top[first][0]
        self.top = top[: max(headers.LOOK_AT, last + 2)]
        self.below = last + 1
        self.total = max(self.reading.lines - self.header_row, 0)

    def raw_rows(self) -> Iterator[tuple[int, list[Any]]]:
        return islice(self._records(), self.below, None)

    def _records(self) -> Iterator[tuple[int, list[Any]]]:
        lines: Iterable[str] = self._lines()
        if self.reading.has_nul:
            lines = (line.replace("\0", "") for line in lines)
        lines = islice(lines, self.skip, None)
        reader = csv.reader(lines, delimiter=self.delimiter)
        before = self.skip
        damaged, guarded = self.reading.damaged, self.reading.has_apostrophe
        try:
            for cells in reader:
                line, before = before + 1, self.skip + reader.line_num
                if not cells:
                    continue
                if guarded:
                    cells = [cell[1:] if cell[:1] == "'" and _is_guard(cell) else cell for cell in cells]
                if damaged or max(map(len, cells)) > MAX_CELL_CHARS:
                    cells = [_sound(cell) for cell in cells]
                yield line, cells
        except csv.Error:
            raise UnreadableTable(
                _("From line %(line)s on the file is one endless cell: a quotation mark is not closed.")
                % {"line": before + 1}
            ) from None

    def _lines(self) -> Iterator[str]:
        with self.source.open() as file:
            text = io.TextIOWrapper(file, self.encoding, self.reading.errors, newline="")
            try:
                # "yield from" would close the file together with the generator.
                for line in text:  # noqa: UP028
                    yield line
            finally:
                if not file.closed:  # an upload stays open for its owner
                    text.detach()


def _sound(cell: str) -> str:
    if len(cell) > MAX_CELL_CHARS:
        return too_long(cell)
    return CellError(_("This cell holds characters that cannot be read."), cell) if "\ufffd" in cell else cell


def _is_guard(cell: str) -> bool:
    """An apostrophe that was written only to keep the rest from being run as a formula."""
    return len(cell) > 2 and cell[1] in FORMULA_SIGNS


def _checked(delimiter: str) -> str:
    mark = {"tab": "\t", "\\t": "\t"}.get(delimiter.casefold(), delimiter)
    if len(mark) != 1 or mark in '\r\n"':
        raise UnreadableTable(_("The delimiter is one character."))
    return mark


def sniff(head: str) -> str:
    """The delimiter of a text table: the mark that cuts most lines, the titles among them, into as many cells.

    Marks within quotes do not count. A table of one column gets a mark that it does not hold.
    """
    best, most = "", 0.0
    for mark in USUAL + SELDOM:
        if mark in head:
            score = _score(head, mark) * (1.0 if mark in USUAL else 0.6)
            if score > most:
                best, most = mark, score
    return best or next((mark for mark in USUAL if mark not in head), "\x1f")


def _score(head: str, mark: str) -> float:
    try:
        rows = list(csv.reader(io.StringIO(head, newline=""), delimiter=mark))
    except csv.Error:
        return 0.0
    if len(head) == SNIFF_CHARS:
        rows.pop()  # cut off
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    first = next(n for n, row in enumerate(rows) if len(row) == width)  # above it are notes
    top, below = rows[first], rows[first:]
    cut, alike = sum(widths.values()) / len(rows), count / len(below)
    if min(cut, sum(len(row) > 1 for row in below) / len(below)) < 0.6:
        return 0.0
    figures = sum(cell.strip() == "" or headers._is_figure(cell) for cell in top)
    whole = 2.0 if figures == 0 else 1.0
    return whole * cut * cut * (0.3 + 0.7 * alike) ** 2 * (1 + math.log2(width))
