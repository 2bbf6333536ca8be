"""Which customer sent this money, and for what: rules over names, numbers and amounts, without a database (SAL-7).

Each suggestion adds up evidence of two sorts: who paid (at most 60 points) and for which lines (at most 40). It says
why, so that a person can judge it in a second. `is_certain` asks for strong evidence of both sorts and no rival.
"""

import functools
import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

CERTAIN, LEAD = 88, 15
MOST_LINES = 12  # of a customer's due lines, tried in sums
MOST_TERMS = 4
ALIKE = 0.75

WHO = {
    "contract": 60, "invoice": 60, "account": 58, "name": 56, "alias": 54, "title": 54, "short": 42, "core": 42,
    "cut": 38, "person": 32, "alike": 26, "amount": 10,
}  # fmt: skip
STRONG = {"account", "name", "alias", "title", "short", "core", "cut"}
FOR = {
    "line_of_contract": 40, "line": 38, "whole_contract": 36, "oldest": 34, "whole": 34, "one_of": 32,
    "part_of_contract": 28, "sum": 26,
    "one_of_sums": 16, "part": 12, "more": 8, "advance": 5,
}  # fmt: skip


@functools.cache
def words() -> dict[str, Any]:
    """The words of `data/names.toml`."""
    return tomllib.loads((Path(__file__).parent / "data" / "names.toml").read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=65_536)
def key(name: str) -> str:
    """A name for comparing: half width, lower case, without spaces, marks, and an account number at its end."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(c for c in text if unicodedata.category(c)[0] in "LN")
    return re.sub(r"(?<=\D)\d{6,}$", "", text)


@functools.lru_cache(maxsize=65_536)
def core(name: str) -> str:
    """What is peculiar in a company's name: without place and legal form. A branch keeps its own name."""
    text = key(name)
    if any(text.endswith(branch) for branch in words()["branches"]):
        return text
    for suffix in words()["suffixes"]:
        suffix = key(suffix)
        if text.endswith(suffix) and len(text) > len(suffix) + 1:
            text = text.removesuffix(suffix)
            break
    for place in words()["places"]:
        if text.startswith(place) and len(text) >= len(place) + 2:
            text = text.removeprefix(place)
            for end in words()["place_ends"]:
                if text.startswith(end) and len(text) >= len(end) + 2:
                    text = text.removeprefix(end)
                    break
            break
    return text


def tokens(memo: str) -> set[str]:
    """What in a memo may be the number of a contract or an invoice: with its signs, and bare."""
    text = unicodedata.normalize("NFKC", memo).upper()
    found = set(re.findall(r"[A-Z0-9][A-Z0-9\-_/.]{3,38}[A-Z0-9]", text))
    return {t for t in found if re.search(r"\d{3}", t)}


@dataclass(frozen=True)
class Money:
    """An amount that came in, in yuan."""

    pk: int
    amount: Decimal
    payer: str = ""
    account: str = ""
    memo: str = ""


@dataclass(frozen=True)
class Due:
    """An open line of a customer."""

    pk: int
    customer: int
    contract: int
    due_on: date
    balance: Decimal


@dataclass(frozen=True)
class Party:
    """A customer by all the names its money may come in under."""

    pk: int
    name: str
    short_name: str = ""
    account: str = ""
    aliases: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass
class Suggestion:
    """Whose money it may be and what it pays: {receivable: amount}. What is left over stays the customer's credit."""

    customer: int
    who: list[str]
    what: str
    allocations: dict[int, Decimal]
    confidence: int
    is_certain: bool = False
    contract: int | None = None


@dataclass
class Book:
    """All that is known when a statement is looked at: parties, open lines, numbers of contracts and invoices."""

    parties: Iterable[Party]
    dues: Iterable[Due] = ()
    contracts: dict[str, tuple[int, int]] = field(default_factory=dict)  # number: (customer, contract)
    invoices: dict[str, tuple[int, int | None]] = field(default_factory=dict)

    def __post_init__(self):
        self.index: dict[str, dict[str, set[int]]] = {name: defaultdict(set) for name in WHO}
        self.grams: dict[str, set[int]] = defaultdict(set)
        self.cores: dict[int, str] = {}
        for party in self.parties:
            self._add(party)
        self.take(self.dues)

    def take(self, dues: Iterable[Due]) -> None:
        """Put the open lines in; they may come later, when it is known whose are wanted."""
        self.of: dict[int, list[Due]] = defaultdict(list)
        self.sums: dict[Decimal, set[int]] = defaultdict(set)
        for due in sorted(dues, key=lambda d: (d.due_on, d.pk)):
            self.of[due.customer].append(due)
            self.sums[due.balance].add(due.customer)

    def candidates(self, money: "Money") -> set[int]:
        """Whose money it may be by names and numbers alone."""
        return set(_who(money, self)[0])

    def _add(self, party: Party) -> None:
        known = {
            "name": [key(party.name)], "short": [key(party.short_name)], "core": [core(party.name)],
            "alias": map(key, party.aliases), "title": map(key, party.titles), "person": map(key, party.people),
            "account": [_digits(party.account)],
        }  # fmt: skip
        for sort, names in known.items():
            for name in names:
                if len(name) > 1:
                    self.index[sort][name].add(party.pk)
        self.cores[party.pk] = core(party.name)
        for gram in _grams(core(party.name)):
            self.grams[gram].add(party.pk)


def suggest(money: Money, book: Book, most: int = 3) -> list[Suggestion]:
    """The best suggestions for an amount, best first; none where nothing speaks for anybody."""
    evidence, contract = _who(money, book)
    if not evidence and len(some := book.sums.get(money.amount, ())) == 1:
        evidence = {next(iter(some)): {"amount": WHO["amount"]}}
    found = []
    for customer, reasons in evidence.items():
        named = contract if contract and contract[0] == customer else None
        what, allocations, points = _what(money.amount, book.of.get(customer, []), named[1] if named else None)
        strength = min(max(reasons.values()) + 3 * (len(reasons) - 1), 60)
        who = sorted(reasons, key=reasons.__getitem__, reverse=True)
        found.append(
            Suggestion(customer, who, what, allocations, round(strength + points), contract=named and named[1])
        )
    found.sort(key=lambda s: (-s.confidence, s.customer))
    if found:
        second = found[1].confidence if len(found) > 1 else 0
        found[0].is_certain = found[0].confidence >= CERTAIN and found[0].confidence - second >= LEAD
    return found[:most]


def _who(money: Money, book: Book) -> tuple[dict[int, dict[str, float]], tuple[int, int | None] | None]:
    """Points by customer and reason, and the contract the memo names."""
    points: dict[int, dict[str, float]] = defaultdict(dict)
    contract = None
    for token in sorted(tokens(money.memo), key=len, reverse=True):
        for sort, known in (("contract", book.contracts), ("invoice", book.invoices)):
            if token in known:
                customer, named = known[token]
                points[customer][sort] = WHO[sort]
                contract = contract or ((customer, named) if named else None)
    name, peculiar = key(money.payer), core(money.payer)
    wanted = {
        "account": _digits(money.account), "name": name, "alias": name, "title": name, "short": name,
        "core": peculiar, "person": name,
    }  # fmt: skip
    by_name: set[int] = set()
    for sort, word in wanted.items():
        if len(word) < 2:
            continue
        some = book.index[sort].get(word, set())
        for customer in some:
            # A name several customers bear says less.
            points[customer][sort] = WHO[sort] if len(some) == 1 else WHO[sort] * 0.6
            by_name.add(customer)
    if not by_name:
        _short_is_core(peculiar, book, points, by_name)
    if not by_name:
        by_name = _nearly(name, peculiar, book, points)
    if contract and (money.payer and (contract[0] not in by_name or not STRONG & points[contract[0]].keys())):
        # Somebody else pays the contract named, or somebody alike: likely right, never certain.
        points[contract[0]] = {sort: min(value, 44) for sort, value in points[contract[0]].items()}
    return points, contract


def _short_is_core(peculiar: str, book: Book, points: dict, by_name: set[int]) -> None:
    some = book.index["short"].get(peculiar, set()) if len(peculiar) > 2 else set()
    for customer in some:
        points[customer]["short"] = WHO["short"] if len(some) == 1 else WHO["short"] * 0.6
        by_name.add(customer)


def _nearly(name: str, peculiar: str, book: Book, points: dict) -> set[int]:
    """Names the bank cut off, and names that look alike."""
    if len(name) >= 8:
        cut = {pk for known, pks in book.index["name"].items() if known.startswith(name) for pk in pks}
        for customer in cut:
            points[customer]["cut"] = WHO["cut"] if len(cut) == 1 else WHO["cut"] * 0.6
        if cut:
            return cut
    grams = _grams(peculiar)
    shared: dict[int, int] = defaultdict(int)
    for gram in grams:
        for customer in book.grams.get(gram, ()):
            shared[customer] += 1
    alike = {
        customer for customer, count in shared.items()
        if count >= 2 and 2 * count / (len(grams) + len(_grams(book.cores[customer]))) >= ALIKE
    }  # fmt: skip
    for customer in alike:
        points[customer]["alike"] = WHO["alike"] / len(alike)
    return alike


def _what(amount: Decimal, dues: list[Due], contract: int | None) -> tuple[str, dict[int, Decimal], int]:
    """Which lines an amount pays, oldest first where nothing fits, and the points for it."""
    of_contract = [due for due in dues if due.contract == contract] if contract else []
    if of_contract:
        if line := next((due for due in of_contract if due.balance == amount), None):
            return _paid("line_of_contract", [line])
        if sum(due.balance for due in of_contract) == amount:
            return _paid("whole_contract", of_contract)
    same = [due for due in dues if due.balance == amount]
    if same:
        return _paid("line" if len(same) == 1 else "one_of", same[:1])
    total = sum((due.balance for due in dues), Decimal(0))
    if not dues:
        return "advance", {}, FOR["advance"]
    if amount == total:
        return _paid("whole", dues)
    running = Decimal(0)
    for count, due in enumerate(dues, 1):
        running += due.balance
        if running == amount:
            return _paid("oldest", dues[:count])
    if sums := _sums(amount, dues[:MOST_LINES]):
        return _paid("sum" if len(sums) == 1 else "one_of_sums", sums[0])
    what = "more" if amount > total else "part"
    if what == "part" and amount < sum(due.balance for due in of_contract):
        what = "part_of_contract"
    return _in_order(amount, [*of_contract, *(due for due in dues if due not in of_contract)], what)


def _paid(what: str, dues: list[Due]) -> tuple[str, dict[int, Decimal], int]:
    return what, {due.pk: due.balance for due in dues}, FOR[what]


def _sums(amount: Decimal, dues: list[Due]) -> list[list[Due]]:
    """Up to two ways to make an amount out of two to four lines."""
    found = []
    for count in range(2, MOST_TERMS + 1):
        for some in combinations(dues, count):
            if sum(due.balance for due in some) == amount:
                found.append(list(some))
                if len(found) == 2:
                    return found
    return found


def _in_order(amount: Decimal, dues: list[Due], what: str) -> tuple[str, dict[int, Decimal], int]:
    left, allocations = amount, {}
    for due in dues:
        if not left:
            break
        allocations[due.pk] = min(left, due.balance)
        left -= allocations[due.pk]
    return what, allocations, FOR[what]


def _digits(account: str) -> str:
    digits = "".join(c for c in unicodedata.normalize("NFKC", account) if c.isalnum())
    return digits if len(digits) >= 8 and "*" not in account else ""


def _grams(text: str) -> set[str]:
    return {text[n : n + 2] for n in range(len(text) - 1)}
