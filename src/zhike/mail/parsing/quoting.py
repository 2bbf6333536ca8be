"""What is new in a letter, what it quotes, and the signature between them."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
LOOK_AHEAD = 6  # lines below "From:" in which a date or a subject says that it is a quotation


@dataclass(frozen=True)
class Said:
    """The three parts of a letter's text."""

    fresh: str
    signature: str
    quoted: str


@cache
def _marks(name: str) -> list[re.Pattern]:
    lines = (DATA / f"{name}.txt").read_text("utf-8").splitlines()
    return [re.compile(rf"\s*(?:{line})") for line in lines if line and not line.startswith("#")]


def split(text: str) -> Said:
    """The fresh part, the signature and the quotation. A letter that is nothing but a quotation stays whole."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cut = next((n for n in range(len(lines)) if _begins_quote(lines, n)), len(lines))
    fresh, quoted = lines[:cut], lines[cut:]
    sign = next(
        (n for n, line in enumerate(fresh) if n and any(m.match(line) for m in _marks("signature_marks"))), None
    )
    signature = fresh[sign:] if sign is not None else []
    fresh = fresh[:sign] if sign is not None else fresh
    if not "".join(fresh).strip():
        return Said(text.strip(), "", "")
    return Said(*("\n".join(part).strip() for part in (fresh, signature, quoted)))


def _begins_quote(lines: list[str], number: int) -> bool:
    line = lines[number]
    *marks, header = _marks("quote_marks")
    if any(mark.match(line) for mark in marks):
        return True
    return bool(header.match(line)) and _is_header_block(lines[number + 1 : number + 1 + LOOK_AHEAD])


def _is_header_block(below: list[str]) -> bool:
    found = sum(
        any(re.match(rf"\s*\*?{mark.pattern}\*?\s*[:\uff1a]", line) for line in below)
        for mark in _marks("header_words")
    )
    return found >= 2


def forwarded_sender(text: str) -> str:
    """The address of whoever wrote the letter that this one passes on, or ""."""
    lines = text.replace("\r\n", "\n").split("\n")
    header = _marks("quote_marks")[-1]
    for number, line in enumerate(lines):
        if header.match(line) and _is_header_block(lines[number + 1 : number + 1 + LOOK_AHEAD]):
            found = ADDRESS.search(line) or ADDRESS.search(lines[number + 1] if number + 1 < len(lines) else "")
            return found[0].lower() if found else ""
    return ""
