"""In which encoding a text file is written. Chinese files are short and say nothing, so the whole file is tried."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from zhike.kit.tables.cells import UnreadableTable

CHUNK = 1 << 20
SAMPLE = 1 << 16
MOST_DAMAGE = 0.001  # share of characters that may be unreadable in a file that is otherwise sound

# The longer mark first: UTF-32 begins like UTF-16.
_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]


@dataclass
class Reading:
    """How a text file is to be decoded, and what one pass over it has shown."""

    encoding: str
    lines: int = 0
    has_nul: bool = False
    has_apostrophe: bool = False
    damaged: int = 0  # characters that do not fit the encoding; their cells are reported, the rest is read

    @property
    def errors(self) -> str:
        """The error handler for decoding it."""
        return "replace" if self.damaged else "strict"


def detect(file: IO[bytes], encoding: str | None = None) -> Reading:
    """Find the encoding of a text file, or check the one that was named; raises UnreadableTable."""
    file.seek(0)
    head = file.read(SAMPLE)
    if not head.strip():
        raise UnreadableTable(_("The file is empty."))
    if encoding:
        return _named(file, encoding, head)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return _tolerant(file, [name])
    if b"\0" in head and (name := _utf16(head)):
        return _tolerant(file, [name])
    if head.count(b"\0") > len(head) * (0.5 if _is_utf8(head) else 0.01):
        raise UnreadableTable(_("This is not a text file. Save the table as XLSX or CSV."))
    names = ["gb18030", "utf-8"] if _rather_gb(head) else ["utf-8", "gb18030"]
    for name in names:
        if reading := _try(file, name):
            return reading
        if name == "utf-8" and _almost_utf8(head):
            return _tolerant(file, ["utf-8"])
    guess = from_bytes(head).best()  # Western and other encodings
    if guess and (reading := _try(file, guess.encoding)):
        return reading
    return _tolerant(file, ["utf-8", "gb18030"])


def _named(file: IO[bytes], encoding: str, head: bytes) -> Reading:
    try:
        name = codecs.lookup(encoding.strip()).name
        "".encode(name)
    except (LookupError, AttributeError):
        raise UnreadableTable(_("No such encoding: %(name)s") % {"name": encoding[:40]}) from None
    if name in ("gbk", "gb2312"):
        name = "gb18030"  # the same characters and more: files said to be GBK use them
    if name == "utf-8" and head.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    if name in ("utf-16-le", "utf-16-be") and head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    return _tolerant(file, [name])


def _try(file: IO[bytes], encoding: str, errors: str = "strict") -> Reading | None:
    """Decode the whole file as a stream; None at the first character that does not fit."""
    reading = Reading(encoding)
    returns = 0
    try:
        for text in decoded(file, encoding, errors):
            reading.lines += text.count("\n")
            returns += text.count("\r")
            reading.has_nul = reading.has_nul or "\0" in text
            reading.has_apostrophe = reading.has_apostrophe or "'" in text
            if errors == "replace":
                reading.damaged += text.count("\ufffd")
    except UnicodeError:
        return None
    reading.lines = reading.lines or returns
    return reading


def _tolerant(file: IO[bytes], names: list[str]) -> Reading:
    """Read with the encoding that does the least damage, if that is little; raises UnreadableTable otherwise."""
    readings = [reading for name in names if (reading := _try(file, name) or _try(file, name, "replace"))]
    best = min(readings, key=lambda reading: reading.damaged, default=None)
    size = file.seek(0, 2)
    if best is None or best.damaged > max(2, size * MOST_DAMAGE) or (best.damaged and size < 4 * best.damaged + 200):
        raise UnreadableTable(_("The encoding of this file is unknown. Save it as UTF-8, or choose the encoding."))
    return best


def decoded(file: IO[bytes], encoding: str, errors: str = "strict") -> Iterator[str]:
    """The text of a file, chunk by chunk."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    while chunk := file.read(CHUNK):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _utf16(head: bytes) -> str:
    """Which UTF-16 these bytes with zeros among them are, or "": text has ASCII marks and Chinese, not odd letters."""
    head = head[: len(head) // 2 * 2]
    if head.count(b"\0") < len(head) / 5 and _is_utf8(head):
        return ""  # a sound text with some zeros in it
    best, most = "", 0.5
    for name in ("utf-16-le", "utf-16-be"):
        text = head.decode(name, "replace")
        if "\0" in text or not any(mark in text for mark in "\r\n,;\t|"):
            continue
        score = sum(_likely(ord(letter)) for letter in text) / len(text)
        if score > most:
            best, most = name, score
    return best


def _likely(code: int) -> float:
    if 0x20 <= code < 0x7F or code in (9, 10, 13):
        return 2.0
    return 1.0 if 0x4E00 <= code <= 0x9FFF or 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFFEF else -1.0


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeError:
        return False
    return True


def _almost_utf8(head: bytes) -> bool:
    """UTF-8 with a few broken characters; nearly any bytes would pass as GB 18030."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    strange = sum(letter > "\x7f" for letter in text)
    return strange > 50 and text.count("\ufffd") < strange / 100


def _rather_gb(head: bytes) -> bool:
    """Valid UTF-8, yet more likely GB 2312: a few hanzi such as the one for hair (C3 AB) look like accented letters.

    Letters with accents stand in words beside plain letters; hanzi stand alone.
    """
    if not _is_utf8(head):
        return False
    text = codecs.getincrementaldecoder("utf-8")().decode(head)
    strange = [place for place, letter in enumerate(text) if ord(letter) > 0x7F]
    if not strange or any(ord(text[place]) > 0x7FF for place in strange):
        return False
    for place in strange:
        if any(letter.isascii() and letter.isalpha() for letter in text[max(place - 1, 0) : place + 2]):
            return False
    try:
        head.decode("gb2312")
    except UnicodeError:
        return False
    return True
