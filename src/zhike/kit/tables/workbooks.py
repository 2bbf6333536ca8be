"""What an XLSX file holds, looked at before any library opens it: size, sheets, merged cells, formulas, errors.

A workbook is a zip of XML written by anybody. A few kilobytes may unpack to gigabytes, and two cells in opposite
corners make a reader that keeps the whole sheet ask for more memory than there is.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join, normpath
from typing import IO
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from zhike.kit.tables.cells import MAX_COLUMNS, CellError, UnreadableTable
from zhike.kit.tables.headers import Span

MAX_MEMBERS = 5_000
MAX_UNPACKED = 1 << 30  # a sheet of a million rows and ten columns is about half of it
MAX_RATIO = 200  # sheets of repeated words reach 50; only looked at above RATIO_FROM
RATIO_FROM = 50 << 20
MAX_PART = 16 << 20  # workbook, relations: small parts that are read whole
MAX_MERGED = 10_000
MAX_MARKED = 200_000  # cells with errors or formulas without a value
CHUNK = 1 << 20
MAX_CELL_BYTES = 40 << 20

# What the zip module raises on damaged, encrypted or strangely packed members (NotImplementedError is a RuntimeError).
BROKEN = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError)


@dataclass
class Sheet:
    """A sheet as the scan found it. Rows and columns count from 0."""

    name: str
    part: str
    hidden: bool = False
    size: int = 0  # bytes of XML
    rows: int = 0
    columns: int = 0
    merged: list[Span] = field(default_factory=list)
    marked: dict[tuple[int, int], CellError] = field(default_factory=dict)


def look_into(file: IO[bytes]) -> tuple[zipfile.ZipFile, list[Sheet]]:
    """The archive, once its size is known to be sane, and its sheets in order; raises UnreadableTable."""
    try:
        archive = zipfile.ZipFile(file)
        _check_size(archive)
        return archive, _sheets(archive)
    except UnreadableTable:
        raise
    except (*BROKEN, KeyError, XmlError, DefusedXmlException, ValueError) as error:
        raise _damaged() from error


def _damaged() -> UnreadableTable:
    return UnreadableTable(_("This is not a sound XLSX file. Open it in Excel and save it again."))


def _check_size(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED:
        raise UnreadableTable(
            _("The workbook unpacks to %(size)s MB; at most %(limit)s MB. Split it, or save it as CSV.")
            % {"size": f"{unpacked >> 20:,}", "limit": f"{MAX_UNPACKED >> 20:,}"}
        )
    if unpacked > RATIO_FROM and unpacked / packed > MAX_RATIO:
        raise UnreadableTable(_("The workbook is packed so tightly that it may be an attack. Save it as CSV."))


def _sheets(archive: zipfile.ZipFile) -> list[Sheet]:
    names = set(archive.namelist())
    root = _relations(archive, "_rels/.rels", "")
    book = next((part for kind, part in root.values() if kind == "officeDocument"), "xl/workbook.xml")
    if book not in names:
        raise UnreadableTable(_("This is no XLSX workbook. Save the table as XLSX or CSV."))
    folder, _slash, name = book.rpartition("/")
    relations = _relations(archive, join(folder, "_rels", f"{name}.rels"), folder)
    found = []
    for element in _xml(archive, book).iter():
        if _plain(element.tag) != "sheet":
            continue
        relation = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
        kind, part = relations.get(relation, ("", ""))
        if kind == "worksheet" and part in names:
            hidden = element.get("state", "visible") != "visible"
            found.append(Sheet(element.get("name", ""), part, hidden, archive.getinfo(part).file_size))
    if not found:
        raise UnreadableTable(_("The workbook has no sheet with cells."))
    for part in names:  # what the libraries read as well: its check sum holds, and no entities are declared
        if part.endswith((".xml", ".rels")) and not any(part == sheet.part for sheet in found):
            for _chunk in _bytes(archive, part):
                pass
    return found


def _relations(archive: zipfile.ZipFile, part: str, folder: str) -> dict[str, tuple[str, str]]:
    """Relation id → (kind, part) from a .rels part."""
    if part not in archive.namelist():
        return {}
    found = {}
    for element in _xml(archive, part):
        target = element.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))
        found[element.get("Id", "")] = (element.get("Type", "").rpartition("/")[2], path)
    return found


def _xml(archive: zipfile.ZipFile, part: str):
    if archive.getinfo(part).file_size > MAX_PART:
        raise _damaged()
    return fromstring(archive.read(part), forbid_dtd=True)


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]


def _bytes(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The bytes of a part; the zip module stops at the size and check sum the directory names."""
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            if b"<!DOCTYPE" in tail + chunk or b"<!ENTITY" in tail + chunk:
                raise _damaged()
            tail = chunk[-16:]
            yield chunk


_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_WIDE = re.compile(rb'\br="([A-Z]{2,3})\d')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,7})"')
_FILLED = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
_MARKED = re.compile(rb't="e"|<(?:\w+:)?f[ >/]')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_CELL = re.compile(rb"<(?:\w+:)?c[ >]")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")


def scan(archive: zipfile.ZipFile, sheet: Sheet, keep: int) -> Sheet:
    """Fill in how large the sheet is, which cells are merged, and which hold an error; raises UnreadableTable.

    The size is an upper bound; where it is beyond `keep` cells, styled but blank cells are told from filled ones.
    """
    for part in _parts(archive, sheet):
        _scan_part(part, sheet)
    if sheet.rows * sheet.columns > keep:
        rows = columns = 0
        for part in _parts(archive, sheet):
            for letters, number in _FILLED.findall(part):
                rows, columns = max(rows, int(number)), max(columns, column_number(letters) + 1)
        sheet.rows, sheet.columns = rows, columns
    if sheet.columns > MAX_COLUMNS:
        raise UnreadableTable(
            _("The sheet uses %(count)s columns; at most %(limit)s.")
            % {"count": f"{sheet.columns:,}", "limit": f"{MAX_COLUMNS:,}"}
        )
    return sheet


def _parts(archive: zipfile.ZipFile, sheet: Sheet) -> Iterator[bytes]:
    """The XML of a sheet in pieces that end with a whole cell."""
    rest = b""
    try:
        for chunk in _bytes(archive, sheet.part):
            text = rest + chunk
            cut = max(text.rfind(b"c>") + 2, text.rfind(b"row>") + 4, text.rfind(b"/>") + 2)
            if cut < 5:
                if len(text) > MAX_CELL_BYTES:
                    raise _damaged()
                rest = text
                continue
            yield text[:cut]
            rest = text[cut:]
        yield rest
    except BROKEN as error:
        raise _damaged() from error


def _scan_part(text: bytes, sheet: Sheet) -> None:
    for number in range(26, min(sheet.columns, 26), -1):  # far quicker than looking at each cell
        if b'r="' + bytes([64 + number]) in text:
            sheet.columns = number
            break
    if wide := set(_WIDE.findall(text)):
        sheet.columns = max(sheet.columns, *(column_number(letters) + 1 for letters in wide))
    if numbers := _ROW.findall(text):
        sheet.rows = max(sheet.rows, max(map(int, numbers)))
    if b"mergeCell" in text:
        for left, top, right, bottom in _MERGED.findall(text):
            if len(sheet.merged) < MAX_MERGED:
                sheet.merged.append((int(top) - 1, column_number(left), int(bottom) - 1, column_number(right)))
    if b't="e"' in text or b"<f" in text or b":f" in text:
        for found in _MARKED.finditer(text):
            _mark(text, found.start(), sheet)


def _mark(text: bytes, at: int, sheet: Sheet) -> None:
    """Note a cell that has an error, or a formula that nobody has worked out."""
    begin = max((found.start() for found in _CELL.finditer(text, max(0, at - 4_000), at)), default=-1)
    if begin < 0:
        return
    end = text.find(b"c>", at)
    cell = text[begin : end + 2 if end > 0 else len(text)]
    tag = cell[: cell.find(b">")]
    place = _PLACE.search(tag)
    value = _VALUE.search(cell)
    is_error = b't="e"' in tag
    if place is None or (not is_error and (value or b't="str"' in tag or b"<is>" in cell)):
        return
    if len(sheet.marked) >= MAX_MARKED:
        raise UnreadableTable(_("The sheet has too many cells with errors. Correct the formulas, or save it as CSV."))
    raw = value.group(1).decode("utf-8", "replace") if value else "="
    message = (
        _("This cell holds the error %(error)s.") % {"error": raw}
        if is_error
        else _("This formula has no result yet. Open the file in Excel and save it again.")
    )
    sheet.marked[int(place.group(2)) - 1, column_number(place.group(1))] = CellError(message, raw)


def column_number(letters: bytes) -> int:
    """The place of a column from 0: A, B … Z, AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
