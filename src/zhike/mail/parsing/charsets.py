"""Bytes to text where what is declared is often not what was used: GB2312 that is GBK, Latin-1 that is GB18030."""

import base64
import binascii
import codecs
import re

from charset_normalizer import from_bytes

# What mailers say, and the wider set they mean by it.
WIDER = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "csgb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "cp936": "gb18030", "ms936": "gb18030", "windows-936": "gb18030", "euc-cn": "gb18030", "x-euc-cn": "gb18030",
    "gb18030": "gb18030", "chinese": "gb18030", "hz-gb-2312": "hz", "big5": "cp950", "x-big5": "cp950",
    "big5-hkscs": "big5hkscs", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932",
    "shift-jis": "cp932", "x-sjis": "cp932", "iso-2022-jp": "iso2022_jp_2", "utf8": "utf-8", "utf-8": "utf-8",
    "utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8", "unicode-1-1-utf-7": "utf-7",
}  # fmt: skip
# Said by mailers that do not know better: the bytes themselves are asked.
VAGUE = {
    "", "us-ascii", "ascii", "iso-8859-1", "latin1", "iso8859-1", "windows-1252", "cp1252", "unknown-8bit", "unknown",
    "default", "8bit", "binary", "none", "x-unknown",
}  # fmt: skip
WORD = re.compile(rb"=\?([A-Za-z0-9_.:\-]+)(?:\*[A-Za-z\-]*)?\?([BbQq])\?(.*?)\?=", re.DOTALL)
PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
# Nothing but ASCII and words of two letters or more in daily use (GB2312, level 1).
COMMON = re.compile(rb"(?:(?:[\xb0-\xd7][\xa1-\xfe]){2,}+|[\x00-\x7f]++)*+")
BETWEEN = re.compile(rb"\s*\Z")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def decode(data: bytes, charset: str = "") -> str:
    """The text of some bytes; never fails. Control characters no database holds are left out."""
    return CONTROL.sub("", _decode(data, charset.strip().strip("\"'").lower().lstrip("=")))


def _decode(data: bytes, charset: str) -> str:
    if charset in VAGUE:
        return _guess(data)
    codec = WIDER.get(charset, charset)
    if codec == "gb18030" and _is_utf8_chinese(data):
        return data.decode()
    try:
        codec = codecs.lookup(codec).name
        return data.decode(codec)
    except (LookupError, ValueError):
        pass
    if codec in ("hz", "utf-7", "iso2022_jp_2") and (data.isascii() or not _known(codec)):
        return data.decode("ascii", "replace")
    guessed = _strictly(data)
    if guessed is not None:
        return guessed
    try:
        return data.decode(codec, "replace")  # a byte or two were lost: the rest still reads
    except (LookupError, ValueError):
        return _guess(data)


def _known(codec: str) -> bool:
    try:
        codecs.lookup(codec)
    except LookupError:
        return False
    return True


def _is_utf8_chinese(data: bytes) -> bool:
    """Whether bytes are UTF-8 beyond chance: GBK text is almost never valid UTF-8 with letters of three bytes."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return any(letter > "\u07ff" for letter in text)


def _strictly(data: bytes) -> str | None:
    for codec in ("utf-8", "gb18030", "cp950"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def _guess(data: bytes) -> str:
    """Text of bytes about which nothing is known: Chinese first, then what the library makes of it."""
    if data.isascii():
        return data.decode("ascii")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        pass
    else:
        # A few Chinese words in GBK are valid UTF-8 by chance, but then of letters of two bytes alone.
        by_chance = all(letter <= "\u07ff" for letter in text) and COMMON.fullmatch(data)
        return data.decode("gb18030") if by_chance else text
    high = sum(byte > 127 for byte in data)
    if 2 * len(PAIR.findall(data)) >= 0.8 * high and (text := _strictly(data)) is not None:
        return text
    if len(data) > 64 and (best := from_bytes(data).best()):
        return str(best)
    return data.decode("cp1252", "replace")


def header_text(raw: str) -> str:
    """A header in words: encoded words (RFC 2047) joined before decoding, as mailers cut letters in two."""
    data = _bytes(raw)
    pieces: list[tuple[str, bytes]] = []  # (charset or "" for what stood there unencoded, bytes)
    end = 0
    for found in WORD.finditer(data):
        between = data[end : found.start()]
        if between and not (pieces and pieces[-1][0] and BETWEEN.match(between)):
            pieces.append(("", between))
        charset = found[1].decode("ascii").lower()
        word = _word(found[2].upper(), found[3])
        if pieces and pieces[-1][0] == charset and WIDER.get(charset) != "hz":
            pieces[-1] = (charset, pieces[-1][1] + word)
        else:
            pieces.append((charset, word))
        end = found.end()
    if data[end:]:
        pieces.append(("", data[end:]))
    text = "".join(decode(piece, charset) for charset, piece in pieces)
    return " ".join(text.split())


def _bytes(raw: str) -> bytes:
    return raw.encode("utf-8", "surrogateescape")


def _word(encoding: bytes, text: bytes) -> bytes:
    if encoding == b"Q":
        return binascii.a2b_qp(text.replace(b"_", b" "), header=False)
    plain = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    if len(plain) % 4 == 1:  # a letter too many was cut off
        plain = plain[:-1]
    return base64.b64decode(plain + b"=" * (-len(plain) % 4))
