"""Letters that machines write: who says so (RFC 3834), and reports that a letter could not be delivered (RFC 3464)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from functools import cache
from pathlib import Path

from zhike.mail.parsing.charsets import header_text

# Headers that only machines set; "no" says of the first that a person wrote it.
MARKS = ("auto-submitted", "list-id", "list-unsubscribe", "x-auto-response-suppress", "x-autoreply", "x-autorespond",
         "x-failed-recipients")  # fmt: skip
BULK = ("bulk", "list", "junk", "auto_reply")
POSTMASTER = re.compile(r"(?:mailer-daemon|mail-daemon|postmaster|mail\.?delivery[\w.-]*|mdaemon)@", re.IGNORECASE)
ID = re.compile(r"<([^<>\s]{1,250})>")
ADDRESS = re.compile(r"[^\s@<>\"',;:()\[\]]+@[^\s@<>\"',;:()\[\]]+")
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
LONGEST = 160  # characters kept of what a server says


@dataclass(frozen=True)
class Failed:
    """A recipient a letter did not reach: the address, the status of RFC 3463 ("5.1.1"), and what the server said."""

    address: str
    status: str
    said: str


@dataclass(frozen=True)
class Returned:
    """A report that a letter could not be delivered: what it may be known by, and whom it did not reach."""

    message_ids: tuple[str, ...]
    failed: tuple[Failed, ...]


@cache
def _words(name: str) -> re.Pattern:
    lines = (Path(__file__).parents[1] / "data" / f"{name}.txt").read_text("utf-8").splitlines()
    return re.compile("|".join(line for line in lines if line and not line.startswith("#")), re.IGNORECASE)


def is_automatic(headers: dict[str, str], sender: str, subject: str) -> bool:
    """Whether a machine wrote a letter: nobody waits for an answer, and no machine of ours answers it."""
    if headers.get("precedence", "").strip().lower() in BULK or may_be_returned(headers, sender):
        return True
    if headers.get("return-path", "").strip() == "<>" or "multipart/report" in headers.get("content-type", "").lower():
        return True
    if any(headers.get(name, "no").strip().lower() != "no" for name in MARKS):
        return True
    return bool(_words("automatic_subjects").match(subject))


def may_be_returned(headers: dict[str, str], sender: str) -> bool:
    """Whether the headers look as if mail servers report about a letter of ours."""
    kind = headers.get("content-type", "").lower()
    report = "multipart/report" in kind and "disposition-notification" not in kind
    return report or "x-failed-recipients" in headers or bool(POSTMASTER.match(sender))


def returned(message: Message, subject: str, text: str) -> Returned | None:
    """What a report says, or None where no recipient has failed for good. `text` is what it tells people."""
    blocks = [block for part in message.walk() if part.get_content_type() == "message/delivery-status"
              for block in _blocks(part)]  # fmt: skip
    if blocks:
        failed = [_failed(block) for block in blocks if _value(block, "action").lower() == "failed"]
    elif _words("returned_subjects").search(subject) or message.get("X-Failed-Recipients"):
        failed = _told(message, text)
    else:
        failed = []
    ids = tuple(dict.fromkeys(_ids(message, text)))
    return Returned(ids, tuple(failed)) if ids and failed else None


def _blocks(part: Message) -> list[Message]:
    inside = part.get_payload()
    return [block for block in inside if isinstance(block, Message)] if isinstance(inside, list) else []


def _value(block: Message, name: str) -> str:
    raw = next((str(value) for key, value in block.raw_items() if key.lower() == name), "")
    return header_text(raw).strip()


def _failed(block: Message) -> Failed:
    """One recipient: "rfc822; wang@x.cn", "smtp; 550 5.1.1 no such user"."""
    recipient = _value(block, "original-recipient") or _value(block, "final-recipient")
    said = _value(block, "diagnostic-code")
    said = said.partition(";")[2].strip() if ";" in said[:20] else said
    status = STATUS.search(said) or STATUS.search(_value(block, "status"))
    return Failed(_address(recipient), status[1] if status else "", said[:LONGEST])


def _told(message: Message, text: str) -> list[Failed]:
    """Servers that know no standard: one reason for all they name."""
    named = ADDRESS.findall(_value(message, "x-failed-recipients")) or [""]
    status = STATUS.search(text)
    said = next((line.strip() for line in text.splitlines() if re.search(r"\b[45]\d\d\b", line)), "") or text.strip()
    said = " ".join(said.split())[:LONGEST]
    return [Failed(address.lower(), status[1] if status else "", said) for address in named]


def _address(text: str) -> str:
    found = ADDRESS.search(text.partition(";")[2] or text)
    return found[0].lower()[:254] if found else ""


def _ids(message: Message, text: str) -> Iterable[str]:
    """Message-IDs a report names: of the letter that came back, of what it answers, in its text."""
    for part in message.walk():
        kind = part.get_content_type()
        if part is not message and (found := ID.findall(_value(part, "message-id"))):
            yield found[0]
        elif kind == "text/rfc822-headers":
            data = part.get_payload(decode=True) or b""
            headers = re.sub(r"\r?\n[ \t]+", " ", data.decode("utf-8", "replace"))
            yield from re.findall(r"(?im)^message-id:\s*<([^<>\s]{1,250})>", headers)
    for name in ("in-reply-to", "references"):
        yield from reversed(ID.findall(_value(message, name)))
    yield from ID.findall(text)
