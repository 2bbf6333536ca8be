"""What every table file becomes: titled columns and rows of cells, read as a stream."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

MAX_COLUMNS = 1_000  # used columns of a sheet; more is a slip or an attack
MAX_CELL_CHARS = 100_000  # Excel itself stops at 32,767

# A cell that begins with one of these is run as a formula when the file is opened (the wide ones in Asian settings).
# We write an apostrophe before it, and take it off again.
FORMULA_SIGNS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"


class UnreadableTable(Exception):
    """The file is no table we can read; the message tells a user why and what to do."""


class CellError(str):
    """Stands in a row where a value should be: the text is the reason, `raw` what the file holds (cut to 100 signs)."""

    raw: str

    def __new__(cls, message: str, raw: object = "") -> "CellError":
        error = super().__new__(cls, message)
        error.raw = str(raw)[:100]
        return error


class Source:
    """A file by its path, opened anew for each reading, or an open one (an upload), rewound each time."""

    def __init__(self, path_or_file: str | Path | IO[bytes]):
        while hasattr(path_or_file, "file") and not isinstance(path_or_file, str | Path):
            path_or_file = path_or_file.file  # what an upload wraps
        self.origin = Path(path_or_file) if isinstance(path_or_file, str | Path) else path_or_file

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The file from its beginning; raises UnreadableTable if it cannot be opened."""
        if not isinstance(self.origin, Path):
            self.origin.seek(0)
            yield self.origin
            return
        try:
            file = self.origin.open("rb")
        except OSError as error:
            raise UnreadableTable(_("The file cannot be opened: %(error)s") % {"error": error.strerror}) from error
        with file:
            yield file


class Table:
    """A table file, opened: what its columns are called, and its rows as often as they are asked for.

    `total` is the number of rows where the file says it cheaply (blank ones may be counted), for progress only.
    """

    format = ""
    columns: list[str]
    header_row: int = 1  # the line the titles begin on, counted from 1
    total: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheet_names: list[str] = []
    # (line, cells) of the first lines as they stand, what is above the titles too; for choosing where the titles are.
    top: list[tuple[int, list[Any]]] = []

    def raw_rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Every row below the titles with its line, as the file has it; given by the subclass for its format."""
        raise UnreadableTable(_("This kind of file is not a table."))

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """(line in the file, cells) of each row that holds anything; read as a stream, may be asked for again.

        There are at least as many cells as columns, "" where nothing stands. Cells right of the last title come only
        if they hold something: the row is then longer than `columns`, mostly for a delimiter that was not quoted.
        """
        width = len(self.columns)
        for line, cells in self.raw_rows():
            if is_blank(cells):
                continue
            if len(cells) < width:
                cells = cells + [""] * (width - len(cells))
            elif len(cells) > width:
                cells = cells[: max(width, filled_width(cells))]
            yield line, cells

    def sample(self, count: int = 20) -> list[tuple[int, list[Any]]]:
        """The first rows, for a preview."""
        return list(islice(self.rows(), count))


def is_blank(cells: list[Any]) -> bool:
    """Nothing in it but white space."""
    return not any(cell != "" and (not isinstance(cell, str) or cell.strip()) for cell in cells)


def filled_width(cells: list[Any]) -> int:
    """Up to which cell the row holds something."""
    return next((n for n in range(len(cells), 0, -1) if not is_blank(cells[n - 1 : n])), 0)


def too_long(text: str) -> CellError:
    """The error that replaces an overlong cell."""
    return CellError(
        _("This cell holds %(count)s characters; at most %(limit)s fit.")
        % {"count": f"{len(text):,}", "limit": f"{MAX_CELL_CHARS:,}"},
        text,
    )
