"""Contact cards (vCard 2.1, 3.0, 4.0) as a table: one row a card. Telephones in China still write 2.1 in GBK."""

import io
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import vobject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from vobject.base import VObjectError

from zhike.kit.tables.cells import MAX_CELL_CHARS, CellError, Source, Table, UnreadableTable, is_blank
from zhike.kit.tables.encodings import detect

logging.getLogger("vobject.base").setLevel(logging.CRITICAL + 1)  # it would write people's data into the log

MAX_CARD = 1_000_000  # characters without pictures; what is beyond is lost, and with its end missing the card fails
_NEVER = {"PHOTO", "LOGO", "SOUND", "KEY", "X-MS-CARDPICTURE"}  # long and of no use here


class CardTable(Table):
    """A file of contact cards."""

    format = "vcf"

    def __init__(self, source: Source, encoding: str | None = None):
        self.source = source
        with source.open() as file:
            self.reading = detect(file, encoding)
        self.encoding = self.reading.encoding
        self.columns = [
            pgettext("contact card", "Name"),
            pgettext("contact card", "Company"),
            pgettext("contact card", "Department"),
            pgettext("contact card", "Title"),
            pgettext("contact card", "Mobile"),
            pgettext("contact card", "Phone"),
            pgettext("contact card", "Email"),
            pgettext("contact card", "Birthday"),
            pgettext("contact card", "Address"),
            pgettext("contact card", "Note"),
        ]
        self.header_row = 0
        self.total = None
        if not any(self._cards()):
            raise UnreadableTable(_("The file holds no contact card."))

    def raw_rows(self) -> Iterator[tuple[int, list[Any]]]:
        for line, text in self._cards():
            try:
                row = _row(vobject.readOne(text, allowQP=True, ignoreUnreadable=True))
            except (VObjectError, ValueError, LookupError, AttributeError, TypeError):
                row = [CellError(_("This contact card cannot be read."), text)]
            yield line, row if not is_blank(row) else [CellError(_("This contact card is blank."), text)]

    def _cards(self) -> Iterator[tuple[int, str]]:
        """(line, text) of each card, without pictures."""
        with self.source.open() as file:
            text = io.TextIOWrapper(file, self.encoding, self.reading.errors)
            try:
                yield from _cut(text)
            finally:
                if not file.closed:  # an upload stays open for its owner
                    text.detach()


def _cut(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    card: list[str] = []
    begin = size = 0
    leaving = False
    for number, line in enumerate(lines, 1):
        word = line.strip().upper()
        if word == "BEGIN:VCARD":
            card, begin, size = [], number, 0
        if not begin:
            continue
        name = word.partition(":")[0].partition(";")[0].rpartition(".")[2]
        continued = line[:1] in " \t" or ":" not in line
        leaving = name in _NEVER or (leaving and continued)
        if not leaving:
            size += len(line)
            if size <= MAX_CARD:
                card.append(line)
        if word == "END:VCARD":
            yield begin, "".join(card)
            begin = 0


def _row(card: Any) -> list[Any]:
    numbers = _numbers(card)
    organisation = [
        word for part in _as_list(_first(card, "org")) if (word := ",".join(map(str, _as_list(part))).strip())
    ]
    cells = [
        _name(card),
        organisation[0] if organisation else "",
        " ".join(organisation[1:]),
        _text(card, "title"),
        numbers[0],
        numbers[1],
        _text(card, "email").removeprefix("mailto:"),
        _birthday(card),
        _address(card),
        "\n".join(str(line.value) for line in card.contents.get("note", [])),
    ]
    return [cell.replace("\0", "").replace("\\:", ":").strip()[:MAX_CELL_CHARS] for cell in cells]


def _name(card: Any) -> str:
    """The name as shown; without one, family name and given name, in Chinese without a space between."""
    if shown := _text(card, "fn").strip():
        return shown
    name = _first(card, "n")
    parts = [" ".join(map(str, _as_list(getattr(name, part, "")))).strip() for part in ("family", "given")]
    if any(not part.isascii() for part in parts):
        return "".join(parts)
    return " ".join(part for part in reversed(parts) if part)


def _numbers(card: Any) -> tuple[str, str]:
    """The mobile and the other telephone number; fax and pager are left out."""
    mobile, other = [], []
    for line in card.contents.get("tel", []):
        kinds = {str(word).upper() for word in (*line.params.get("TYPE", ()), *line.singletonparams)}
        number = str(line.value).removeprefix("tel:").strip()
        if not number or kinds & {"FAX", "PAGER"}:
            continue
        digits = "".join(c for c in number if c.isdigit())[-11:]
        is_mobile = "CELL" in kinds or (len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789")
        (mobile if is_mobile else other).append((not kinds & {"PREF", "WORK"}, number))
    mobile.sort(key=lambda pair: pair[0])
    other.sort(key=lambda pair: pair[0])
    found = [number for _less, number in (*mobile[1:2], *other) if number]
    return (mobile[0][1] if mobile else ""), (other[0][1] if other else found[0] if found else "")


def _birthday(card: Any) -> str:
    """The day as written; one without a year (as telephones write 1604 or --) is left out."""
    line = next(iter(card.contents.get("bday", [])), None)
    if line is None or "X-APPLE-OMIT-YEAR" in line.params:
        return ""
    day = str(line.value).strip().partition("T")[0]
    return "" if day.startswith(("--", "1604")) else day


def _address(card: Any) -> str:
    address = _first(card, "adr")
    if address is None:
        return ""
    words = {
        part: " ".join(map(str, _as_list(getattr(address, part, "")))).strip()
        for part in ("country", "region", "city", "street", "extended", "box", "code")
    }
    if any(not word.isascii() for word in words.values()):  # from the large to the small, as addresses in China are
        return "".join(words[part] for part in ("region", "city", "street", "extended", "box"))
    return ", ".join(
        word for part in ("box", "extended", "street", "city", "region", "code", "country") if (word := words[part])
    ).replace("\n", ", ")


def _first(card: Any, name: str) -> Any:
    """The value of the preferred line of that name, or the first."""
    lines = card.contents.get(name, [])
    best = next((line for line in lines if "PREF" in _words(line)), lines[0] if lines else None)
    return best.value if best is not None else None


def _words(line: Any) -> set[str]:
    return {str(word).upper() for word in (*line.params.get("TYPE", ()), *line.params, *line.singletonparams)}


def _text(card: Any, name: str) -> str:
    return " ".join(map(str, _as_list(_first(card, name) or "")))


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
