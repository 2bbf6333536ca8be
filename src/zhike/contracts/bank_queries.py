"""Reads of bank statements, viewer first: statements, their lines, and whose money each line may be (SAL-7)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.contracts import matching
from zhike.contracts.matching import Due, Money, Party
from zhike.contracts.models import BankLine, BankStatement, Contract, Invoice, PayerAlias, Receivable
from zhike.customers.models import Customer
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.keys import LARGEST_KEY
from zhike.kit.viewer import Viewer

MATCH = "contracts.statement.match"
PAGE = 50
Status = BankLine.Status


@dataclass
class Shown:
    """A suggestion in words: customer and lines as records."""

    line: int
    suggestion: matching.Suggestion
    customer: Customer
    pays: list[tuple[Receivable, Decimal]] = field(default_factory=list)
    left: Decimal = Decimal(0)

    @property
    def reasons(self) -> list[str]:
        """Why, in words; who has the very name need not be told to be alike."""
        who = [w for w in self.suggestion.who if not (w in LESS and "name" in self.suggestion.who)]
        return [*(str(WHO_WORDS[w]()) for w in who), str(FOR_WORDS[self.suggestion.what]())]

    @property
    def sure(self) -> str:
        """How sure, in percent."""
        return f"{self.suggestion.confidence} %"

    @property
    def url(self) -> str:
        """Where the line is posted."""
        return reverse("contracts:line_post", args=[self.line])

    @property
    def tone(self) -> str:
        """How sure."""
        return "ok" if self.suggestion.is_certain else "info" if self.suggestion.confidence >= 60 else "mute"


LESS = {"core", "alias", "title", "short", "alike"}
WHO_WORDS = {
    "contract": lambda: _("contract number in the memo"), "invoice": lambda: _("invoice number in the memo"),
    "account": lambda: _("account on the data card"), "name": lambda: _("same name"),
    "alias": lambda: _("paid under this name before"), "title": lambda: _("invoice title"),
    "short": lambda: pgettext("match", "short name"), "core": lambda: _("same name but for place and form"),
    "cut": lambda: _("name cut off by the bank"), "person": lambda: _("a person at the customer"),
    "alike": lambda: _("name looks alike"), "amount": lambda: _("only the amount fits"),
}  # fmt: skip
FOR_WORDS = {
    "line_of_contract": lambda: _("exactly a line of this contract"), "line": lambda: _("exactly one due line"),
    "whole_contract": lambda: _("all that is open on this contract"), "oldest": lambda: _("exactly the oldest lines"),
    "whole": lambda: _("all that is open"), "one_of": lambda: _("exactly one of several equal lines"),
    "sum": lambda: _("the sum of some lines"), "one_of_sums": lambda: _("may be the sum of some lines"),
    "part": lambda: _("a part, oldest first"), "part_of_contract": lambda: _("a part of this contract"),
    "more": lambda: _("more than is open; the rest is credit"), "advance": lambda: _("nothing is open; all is credit"),
}  # fmt: skip


def statements(viewer: Viewer) -> list[BankStatement]:
    """The latest statements with how many of their lines are open. Raises Forbidden without the verb."""
    require(viewer, MATCH)
    rows = BankStatement.objects.visible_to(viewer).select_related("owner")
    opened = Count("lines", filter=Q(lines__status=Status.OPEN))
    return list(rows.annotate(open_lines=opened, all_lines=Count("lines")).order_by("-id")[:PAGE])


def statement(viewer: Viewer, pk: int) -> BankStatement:
    """A statement; raises NotVisible, and Forbidden without the verb."""
    require(viewer, MATCH)
    found = BankStatement.objects.visible_to(viewer).filter(pk=min(pk, LARGEST_KEY)).first()
    if found is None:
        raise NotVisible
    return found


def line(viewer: Viewer, pk: int) -> BankLine:
    """A line of a statement the viewer sees; raises NotVisible."""
    require(viewer, MATCH)
    rows = BankLine.objects.visible_to(viewer).select_related("statement", "payment__customer")
    if (found := rows.filter(pk=min(pk, LARGEST_KEY)).first()) is None:
        raise NotVisible
    return found


def lines(viewer: Viewer, statement: BankStatement | None, status: str, start: int = 0) -> list[BankLine]:
    """Lines of one statement or of all, the latest first; one more than a page tells that there is a next."""
    rows = BankLine.objects.visible_to(viewer).select_related("payment__customer", "person")
    rows = rows.filter(statement=statement) if statement else rows
    rows = rows.filter(status=status) if status else rows
    return list(rows.order_by("-booked_on", "id")[start : start + PAGE + 1])


def open_lines(viewer: Viewer, statement: BankStatement | None = None) -> Iterable[BankLine]:
    """All open lines, for a job."""
    rows = BankLine.objects.visible_to(viewer).filter(status=Status.OPEN)
    return list((rows.filter(statement=statement) if statement else rows).order_by("booked_on", "id"))


def figures(viewer: Viewer, statement: BankStatement | None = None) -> dict[str, tuple[int, Decimal]]:
    """Number and sum of the lines by status."""
    rows = BankLine.objects.visible_to(viewer)
    rows = rows.filter(statement=statement) if statement else rows
    sums = rows.order_by().values_list("status").annotate(n=Count("pk"), total=Sum("amount"))
    found = dict.fromkeys(Status.values, (0, Decimal(0)))
    return found | {status: (n, total or Decimal(0)) for status, n, total in sums}


def suggestions(viewer: Viewer, some: Iterable[BankLine], most: int = 3) -> dict[int, list[Shown]]:
    """For each line whose money it may be, best first, among the customers and receivables the viewer sees.

    A fixed number of queries, however many lines.
    """
    amounts = [Money(row.pk, row.amount, row.payer, row.account, row.memo) for row in some]
    if not amounts:
        return {}
    book = book_for(viewer, amounts)
    found = {money.pk: matching.suggest(money, book, most) for money in amounts}
    return _as_records(viewer, found, {money.pk: money.amount for money in amounts})


def book_for(viewer: Viewer, amounts: list[Money]) -> matching.Book:
    """What is known about customers, as far as these amounts may be theirs."""
    tokens = sorted({token for money in amounts for token in matching.tokens(money.memo)})[:2000]
    contracts, invoices = _numbers(viewer, tokens)
    book = matching.Book(_parties(viewer, amounts), contracts=contracts, invoices=invoices)
    wanted = set().union(*(book.candidates(money) for money in amounts))
    rows = Receivable.objects.visible_to(viewer).filter(balance__gt=0)
    rows = rows.filter(Q(customer__in=wanted) | Q(balance__in={money.amount for money in amounts}))
    book.take(Due(*row) for row in rows.values_list("pk", "customer_id", "contract_id", "due_on", "balance"))
    return book


def _numbers(viewer: Viewer, tokens: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Contracts and invoices by the numbers that stand in the memos."""
    contracts = Contract.objects.visible_to(viewer).filter(number__in=tokens) if tokens else ()
    invoices = Invoice.objects.visible_to(viewer).filter(number__in=_digits(tokens)) if tokens else ()
    return (
        {row.number.upper(): (row.customer_id, row.pk) for row in contracts},
        {row.number: (row.customer_id, row.contract_id) for row in invoices},
    )


def _digits(tokens: list[str]) -> list[str]:
    return [token for token in tokens if re.fullmatch(r"[0-9]{8}|[0-9]{20}", token)]


def _parties(viewer: Viewer, amounts: list[Money]) -> list[Party]:
    """Customers who have a contract with us, or are named in full, with the names they paid under before."""
    payers = sorted({money.payer for money in amounts if money.payer})
    keys = sorted({matching.key(payer) for payer in payers})
    aliases: dict[int, list[str]] = {}
    learnt = PayerAlias.objects.visible_to(viewer).filter(key__in=keys)
    for customer, name in learnt.values_list("customer_id", "name"):
        aliases.setdefault(customer, []).append(name)
    titles: dict[int, list[str]] = {}
    titled = Invoice.objects.visible_to(viewer).filter(title__in=payers).exclude(title=F("customer__name"))
    for customer, title in titled.order_by().values_list("customer_id", "title").distinct():
        titles.setdefault(customer, []).append(title)
    dealt = Contract.objects.visible_to(viewer).order_by().values("customer_id")
    rows = Customer.objects.visible_to(viewer).filter(
        Q(pk__in=dealt) | Q(name__in=payers) | Q(pk__in=[*aliases, *titles])
    )
    columns = ("pk", "name", "short_name", "custom__bank_account", "custom__legal_representative", "main_contact__name")
    return [
        Party(pk, name, short, str(account or ""), tuple(aliases.get(pk, ())), tuple(titles.get(pk, ())),
              tuple(str(person) for person in (boss, contact) if person))
        for pk, name, short, account, boss, contact in rows.values_list(*columns)
    ]  # fmt: skip


def _as_records(
    viewer: Viewer, found: dict[int, list[matching.Suggestion]], amounts: dict[int, Decimal]
) -> dict[int, list[Shown]]:
    customers = Customer.objects.visible_to(viewer).in_bulk({s.customer for some in found.values() for s in some})
    ids = {pk for some in found.values() for s in some for pk in s.allocations}
    receivables = Receivable.objects.visible_to(viewer).select_related("contract").in_bulk(ids)
    shown: dict[int, list[Shown]] = {}
    for pk, some in found.items():
        shown[pk] = [
            Shown(
                pk, s, customers[s.customer], [(receivables[r], part) for r, part in s.allocations.items()],
                amounts[pk] - sum(s.allocations.values(), Decimal(0)),
            )
            for s in some if s.customer in customers
        ]  # fmt: skip
    return shown
