"""A letter out of its bytes. Old-fashioned on purpose: Python's modern policy fails on what mailers get wrong."""

import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from zhike.kit import dates
from zhike.mail.parsing import machines, tnef
from zhike.mail.parsing.charsets import decode, header_text
from zhike.mail.parsing.html import text_of

ID = re.compile(r"<([^<>\s]{1,250})>")
META = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
ADDRESS = re.compile(r"[^\s@<>\"',;:]+@[^\s@<>\"',;:]+")
DEEPEST, MOST_PARTS = 12, 200


@dataclass(frozen=True)
class Part:
    """A file that came with a letter; `cid` where the HTML shows it as a picture."""

    name: str
    content: bytes
    content_type: str
    cid: str = ""


@dataclass
class Head:
    """What the headers say. Addresses are in small letters."""

    message_id: str
    subject: str
    sender: tuple[str, str]
    reply_to: list[tuple[str, str]]
    to: list[tuple[str, str]]
    cc: list[tuple[str, str]]
    in_reply_to: str
    references: list[str]
    at: datetime | None
    is_automatic: bool
    may_be_returned: bool = False

    @property
    def ancestors(self) -> list[str]:
        """The letters this one answers, nearest last."""
        return list(dict.fromkeys([*self.references, *([self.in_reply_to] if self.in_reply_to else [])]))

    @property
    def addresses(self) -> list[str]:
        """Everybody named, the sender first."""
        return list(dict.fromkeys(a for _name, a in (self.sender, *self.reply_to, *self.to, *self.cc) if a))


@dataclass
class Parsed:
    """A whole letter."""

    head: Head
    text: str
    html: str
    parts: list[Part] = field(default_factory=list)
    returned: machines.Returned | None = None  # where it says that a letter of ours did not arrive


def parse_head(raw: bytes) -> Head:
    """The headers of a letter, from its beginning or from its headers alone."""
    return _head(email.message_from_bytes(raw), raw)


def parse(raw: bytes) -> Parsed:
    """Everything in a letter. Never fails: what cannot be read is kept as a file or left out."""
    message = email.message_from_bytes(raw)
    plain: list[str] = []
    rich: list[str] = []
    parts: list[Part] = []
    for part in _leaves(message):
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and not _is_file(part):
            (plain if kind == "text/plain" else rich).append(_text(part, kind))
        elif found := _file(part, len(parts)):
            parts += found
    text, html = "\n".join(filter(None, plain)).strip(), "\n".join(filter(None, rich)).strip()
    if html:
        words = text_of(html)
        # Some mailers add a line of plain text to a letter that stands in HTML alone.
        text = words if len(text) < len(words) / 5 else text
    head = _head(message, raw)
    returned = machines.returned(message, head.subject, text) if head.may_be_returned else None
    return Parsed(head, text, html, parts, returned)


def _head(message: Message, raw: bytes) -> Head:
    headers: dict[str, str] = {}
    for name, value in message.raw_items():
        headers.setdefault(name.lower(), str(value))
    ids = ID.findall(headers.get("message-id", ""))
    senders = _people(headers.get("from", "") or headers.get("sender", ""))
    answers = ID.findall(headers.get("in-reply-to", ""))
    sender = senders[0] if senders else ("", "")
    subject = header_text(headers.get("subject", ""))[:300]
    return Head(
        message_id=ids[0] if ids else f"{hashlib.sha256(raw[:200_000]).hexdigest()[:40]}@no-id",
        subject=subject,
        sender=sender,
        reply_to=_people(headers.get("reply-to", "")),
        to=_people(headers.get("to", "")),
        cc=_people(headers.get("cc", "")),
        in_reply_to=answers[0] if answers else "",
        references=ID.findall(headers.get("references", ""))[-50:],
        at=_moment(headers.get("date", "")),
        is_automatic=machines.is_automatic(headers, sender[1], subject),
        may_be_returned=machines.may_be_returned(headers, sender[1]),
    )


def _people(raw: str) -> list[tuple[str, str]]:
    flat = re.sub(r"\s*[\r\n]+\s*", " ", raw)
    found = _addresses(flat)
    if not found and flat.strip():  # the whole header was encoded as one word
        found = _addresses(header_text(flat)) or [("", a.lower()[:254]) for a in ADDRESS.findall(flat) if a.isascii()]
    return found[:200]


def _addresses(raw: str) -> list[tuple[str, str]]:
    found = []
    for name, address in getaddresses([raw.replace("\uff1b", ",").replace(";", ",")]):
        if not ADDRESS.fullmatch(address) and (inside := ADDRESS.search(f"{name} {address}")):
            address = inside[0]
        if ADDRESS.fullmatch(address) and address.isascii():
            said = header_text(name).strip(" '\"")
            found.append(("" if said.lower() == address.lower() else said[:120], address.lower()[:254]))
    return found


def _moment(raw: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(raw)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if datetime(1990, 1, 1, tzinfo=UTC) < at < dates.now() + timedelta(days=1) else None


def _leaves(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts that hold something, outer ones first; a letter inside a letter is one part."""
    inside = message.get_payload() if message.is_multipart() else None
    if isinstance(inside, list) and message.get_content_type() != "message/rfc822" and depth < DEEPEST:
        for part in inside[:MOST_PARTS]:
            yield from _leaves(part, depth + 1)
    else:
        yield message


def _is_file(part: Message) -> bool:
    return _disposition(part) == "attachment" or bool(_name(part))


def _disposition(part: Message) -> str:
    return _raw(part, "content-disposition").partition(";")[0].strip().lower()


def _raw(part: Message, wanted: str) -> str:
    return next((str(value) for name, value in part.raw_items() if name.lower() == wanted), "")


def _text(part: Message, kind: str) -> str:
    data = part.get_payload(decode=True) or b""
    charset = part.get_param("charset") or ""
    charset = charset[2] if isinstance(charset, tuple) else str(charset)
    if kind == "text/html" and not charset and (found := META.search(data[:4096])):
        charset = found[1].decode("ascii", "replace")
    return decode(data, charset).replace("\r\n", "\n")


def _file(part: Message, number: int) -> list[Part]:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        inside = part.get_payload()
        inner = inside[0] if isinstance(inside, list) and inside else None
        if inner is None:
            return []
        title = header_text(_raw(inner, "subject"))[:80] or f"letter-{number + 1}"
        return [Part(f"{title}.eml", inner.as_bytes(), kind)]
    data = part.get_payload(decode=True) or b""
    name = _name(part)
    if (name.lower() in tnef.NAMES or kind in tnef.TYPES) and (files := tnef.unpacked(data)) is not None:
        return [Part(n or f"file-{number + 1}", content, "application/octet-stream") for n, content in files]
    if not data:
        return []
    ids = ID.findall(_raw(part, "content-id"))
    if not name:
        ending = {"text/calendar": "ics", "text/plain": "txt", "text/html": "html", "application/pdf": "pdf"}
        name = f"file-{number + 1}.{ending.get(kind) or kind.rpartition('/')[2].replace('jpeg', 'jpg')[:8]}"
    shown = bool(ids) and kind.startswith("image/")
    return [Part(name, data, kind, ids[0] if shown else "")]


def _name(part: Message) -> str:
    """The name of a file: RFC 2231 with its pieces, RFC 2047 where it does not belong, or raw bytes."""
    for header, key in (("content-disposition", "filename"), ("content-type", "name")):
        parameters = _parameters(_raw(part, header))
        if name := _parameter(parameters, key):
            return name.replace("\\", "/").rpartition("/")[2].strip()[:180]
    return ""


PARAMETER = re.compile(r""";\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)""", re.DOTALL)


def _parameters(raw: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in PARAMETER.findall(re.sub(r"[\r\n]+", "", raw)):
        value = value.strip()
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        found.setdefault(key.lower(), value)
    return found


def _parameter(parameters: dict[str, str], key: str) -> str:
    if f"{key}*" in parameters:
        return _extended([(parameters[f"{key}*"], True)])
    pieces = []
    for number in range(MOST_PARTS):
        if (value := parameters.get(f"{key}*{number}*")) is not None:
            pieces.append((value, True))
        elif (value := parameters.get(f"{key}*{number}")) is not None:
            pieces.append((value, False))
        else:
            break
    if pieces:
        return _extended(pieces)
    return header_text(parameters.get(key, ""))


def _extended(pieces: list[tuple[str, bool]]) -> str:
    charset, data = "", b""
    for number, (value, is_encoded) in enumerate(pieces):
        if number == 0 and is_encoded and value.count("'") >= 2:
            charset, _language, value = value.split("'", 2)
        plain = value.encode("utf-8", "surrogateescape")
        data += unquote_to_bytes(plain) if is_encoded else plain
    return decode(data, charset).strip()
