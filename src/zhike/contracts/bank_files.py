"""Reading a statement of any Chinese bank: which column is which, what came in, what is left aside (SAL-7)."""

import csv
import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from zhike.kit import parse
from zhike.kit.money import check_money
from zhike.kit.tables.cells import CellError, Table

FIELDS = {
    "booked_on": gettext_lazy("Booked on"), "credit": gettext_lazy("Money in"), "debit": gettext_lazy("Money out"),
    "amount": gettext_lazy("Amount"), "direction": gettext_lazy("In or out"), "payer": gettext_lazy("Payer"),
    "account": gettext_lazy("Payer's account"), "reference": gettext_lazy("Bank reference"),
    "memo": gettext_lazy("Memo"),
}  # fmt: skip
SEVERAL = {"memo"}  # many banks have a summary, a purpose and a postscript
MOST_ERRORS = 200


@dataclass(frozen=True)
class Row:
    """An amount that came in, with the digest that makes it known again."""

    line: int
    digest: str
    booked_on: date
    amount: Decimal
    payer: str
    account: str
    reference: str
    memo: str


@dataclass
class Reading:
    """What a file holds: rows that came in, how many went out, and lines that could not be read."""

    rows: list[Row] = field(default_factory=list)
    debits: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)
    read: int = 0


@cache
def titles() -> dict[str, list[str]]:
    """Known titles by field, folded, best first."""
    with (Path(__file__).parent / "data" / "statement_titles.csv").open(encoding="utf-8", newline="") as file:
        return {row["field"]: [fold(word) for word in row["words"].split("|")] for row in csv.DictReader(file)}


@cache
def _directions() -> dict[str, set[str]]:
    text = (Path(__file__).parent / "data" / "statement_words.toml").read_text(encoding="utf-8")
    return {name: set(words) for name, words in tomllib.loads(text).items()}


def fold(title: str) -> str:
    """A title for comparing: half width, without spaces, and without what English banks put behind in brackets."""
    text = re.sub(r"\s+", "", parse.fold(title)) if not title.isascii() else parse.fold(title)
    return re.sub(r"\[.*?\]|\(?[a-z ]{6,}\)?$", "", text) if not text.isascii() else text


def guess(columns: list[str]) -> dict[str, list[str]]:
    """Which titles of a file are which field; {field: [titles]}, most files need no help."""
    folded, found, taken = {title: fold(title) for title in columns}, {}, set()
    for name, words in titles().items():
        for word in words:
            hits = [title for title in columns if folded[title] == word and title not in taken]
            if hits and (name in SEVERAL or name not in found):
                found.setdefault(name, []).append(hits[0])
                taken.add(hits[0])
    for name, words in titles().items():
        if name in found or name == "direction":
            continue
        long = [w for w in words if len(w) >= 4]
        hit = next((t for w in long for t in columns if t not in taken and folded[t].startswith(w)), None)
        if hit:
            found[name] = [hit]
            taken.add(hit)
    return found


def missing(columns: dict[str, list[str]]) -> list[str]:
    """Labels of what a mapping still lacks before a file can be read."""
    lacks = [] if columns.get("booked_on") else [str(FIELDS["booked_on"])]
    return lacks if columns.get("credit") or columns.get("amount") else [*lacks, str(FIELDS["credit"])]


def read(table: Table, columns: dict[str, list[str]]) -> Reading:
    """Read a statement by a mapping: what came in becomes rows, what went out is counted."""
    places = {name: [table.columns.index(t) for t in wanted if t in table.columns] for name, wanted in columns.items()}
    reading, seen = Reading(), Counter()
    for line, cells in table.rows():
        taken = {name: [cells[n] for n in there if n < len(cells)] for name, there in places.items()}
        try:
            amount = _amount(taken)
            if amount is None:
                continue  # a total or a note below the table
            reading.read += 1
            if amount <= 0:
                reading.debits += 1
                continue
            reading.rows.append(_row(line, amount, taken, seen))
        except (parse.ParseError, ValidationError) as error:
            reading.read += 1
            said = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            reading.errors.append((line, said))
    return reading


def _amount(taken: dict[str, list[Any]]) -> Decimal | None:
    """What came in; zero or less for what went out; None for a line without a day or any figure."""
    if not _text(taken, "booked_on"):
        return None
    credit, debit = _money(taken, "credit"), _money(taken, "debit")
    if credit:
        return credit
    if debit:
        return -abs(debit)
    if (plain := _money(taken, "amount")) is not None:
        word = parse.fold(_text(taken, "direction"))
        if word in _directions()["debit"]:
            return -abs(plain)
        return abs(plain) if word in _directions()["credit"] else plain
    return Decimal(0) if credit is not None or debit is not None else None


def _money(taken: dict[str, list[Any]], name: str) -> Decimal | None:
    raw = next((cell for cell in taken.get(name, ()) if str(cell).strip() not in ("", "-", "--", "—")), None)
    if raw is None:
        return None
    if isinstance(raw, CellError):
        raise parse.ParseError(str(raw))
    return check_money(parse.decimal_amount(raw))


def _row(line: int, amount: Decimal, taken: dict[str, list[Any]], seen: Counter) -> Row:
    raw = next((cell for cell in taken["booked_on"] if str(cell).strip()), "")
    text = str(raw).strip()
    booked_on = parse.day(text[:8] if re.fullmatch(r"\d{14}", text) else raw)
    said = {name: _text(taken, name) for name in ("payer", "account", "reference", "memo")}
    what = (booked_on.isoformat(), f"{amount:.2f}", *said.values())
    seen[what] += 1
    # Two payments alike on one day are two; the same file again brings them in the same order.
    digest = hashlib.sha256("\x1f".join((*what, str(seen[what]))).encode()).hexdigest()
    return Row(line, digest, booked_on, amount, said["payer"][:200], said["account"][:60], said["reference"][:80],
               said["memo"][:300])  # fmt: skip


def _text(taken: dict[str, list[Any]], name: str) -> str:
    parts = [_plain(cell) for cell in taken.get(name, ())]
    return " ".join(dict.fromkeys(part for part in parts if part))


def _plain(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = parse.clean_text(str(cell)).strip("\t'` ")
    return "" if text in ("-", "--", "/", "null") else text


def known_digests(rows: Iterable[Row], some: Iterable[str]) -> Iterator[Row]:
    """The rows whose digest is not among some."""
    taken = set(some)
    return (row for row in rows if row.digest not in taken)
