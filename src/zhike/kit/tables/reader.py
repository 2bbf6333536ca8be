"""Reading table files: CSV in any encoding and with any delimiter, XLSX, XLS, and contact cards (VCF)."""

from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from zhike.kit.tables.cells import CellError, Source, Table, UnreadableTable
from zhike.kit.tables.sheets import open_xls, open_xlsx
from zhike.kit.tables.texts import TextTable
from zhike.kit.tables.vcards import CardTable

__all__ = ["CellError", "Table", "UnreadableTable", "open_table"]

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_FOREIGN = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"PK\x05\x06",
    b"SQLite",
)


def open_table(
    path_or_file: str | Path | IO[bytes],
    *,
    filename: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | int | None = None,
    header_row: int | None = None,
) -> Table:
    """Open a table file by what is in it, not by its name.

    Encoding, delimiter, sheet (name, or number from 1) and the line of the titles (from 1) are found unless given.
    Raises UnreadableTable with a message for the user.
    """
    source = Source(path_or_file)
    if header_row is not None and not 1 <= header_row <= 1000:
        raise UnreadableTable(_("The titles stand in one of the first 1,000 lines."))
    with source.open() as file:
        head = file.read(4096)
    if head.startswith(_ZIP):
        return open_xlsx(source, sheet, header_row)
    if head.startswith(_OLE):
        return open_xls(source, sheet, header_row)
    if b"BEGIN:VCARD" in head.replace(b"\0", b"")[:200].upper():
        return CardTable(source, encoding)
    if head.startswith(_FOREIGN):
        raise UnreadableTable(_("This is not a table. Save it as XLSX or CSV."))
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:200].lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise UnreadableTable(_("This is a web page, whatever its name says. Open it in Excel and save it as XLSX."))
    return TextTable(source, encoding, delimiter, header_row)
