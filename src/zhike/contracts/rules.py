"""Sums of lines and plans, in which order debts are paid, credit: pure functions of this room (SAL-6/7, CUS-13).

How money is rounded, everywhere in this room: prices include tax; a line is quantity × unit price less its discount,
rounded to fen half up; the tax in it is amount × rate ÷ (100 + rate), rounded the same way; totals are sums of rounded
lines, never rounded again. Of a payment plan every percentage is rounded half up, and the balance line takes the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from zhike.kit.errors import Refused
from zhike.kit.money import round_fen
from zhike.sales.models.taxes import Tax

NOTHING = Decimal(0)


def line_amount(quantity: Decimal, price: Decimal, discount: Decimal = NOTHING) -> Decimal:
    """Quantity × unit price less a discount in percent, in yuan with tax, to the fen."""
    return round_fen(quantity * price * (100 - discount) / 100)


def tax_in(amount: Decimal, rate: Decimal) -> Decimal:
    """The tax a tax-included amount holds at a rate in percent."""
    return round_fen(amount * rate / (100 + rate))


def check_reduction(lines: Sequence[Any]) -> None:
    """At most one line of a contract takes something off, and no more than the others come to. Raises Refused."""
    taken_off = [line for line in lines if line.price < 0]
    if len(taken_off) > 1:
        raise Refused({"lines": [_("Only one line takes something off the sum.")]})
    if taken_off and sum(line.amount for line in lines) < 0:
        raise Refused({"lines": [_("More is taken off than the lines come to.")]})


def tax_by_rate(lines: Iterable[Any]) -> list[tuple[Tax, Decimal, Decimal]]:
    """For each rate, exempt and so on apart, what the lines come to, and the tax in it; the highest rate first."""
    found: dict[Tax, list[Decimal]] = {}
    for line in lines:
        sums = found.setdefault(line.taxation, [NOTHING, NOTHING])
        sums[0] += line.amount
        sums[1] += line.tax
    by_rate = sorted(found.items(), key=lambda item: (-item[0].rate, item[0].code))
    return [(rate, amount, tax) for rate, (amount, tax) in by_rate]


@dataclass(frozen=True)
class Instalment:
    """A line of a payment plan as asked for: an amount, or a percentage, or (neither) the balance."""

    due_on: date
    amount: Decimal | None = None
    percent: Decimal | None = None
    label: str = ""

    def said(self) -> list[str]:
        """The line as the history keeps it; a percentage is worked out before the contract is saved."""
        return [self.due_on.isoformat(), "" if self.amount is None else f"{self.amount:.2f}", self.label]


def plan_amounts(total: Decimal, plan: Sequence[Instalment]) -> list[Decimal]:
    """What each line of a plan comes to. Raises Refused at `plan` unless they are positive and add up to `total`."""
    if sum(line.amount is None and line.percent is None for line in plan) > 1:
        raise Refused({"plan": _("Only one line takes the balance.")})
    fixed = [
        line.amount if line.amount is not None
        else round_fen(total * line.percent / 100) if line.percent is not None
        else None
        for line in plan
    ]  # fmt: skip
    rest = total - sum(amount for amount in fixed if amount is not None)
    amounts = [rest if amount is None else amount for amount in fixed]
    if any(amount <= 0 for amount in amounts):
        raise Refused({"plan": _("Every instalment is more than 0.")})
    if sum(amounts) != total:
        raise Refused(
            {"plan": _("The instalments add up to %(sum)s, the contract is %(total)s.")
             % {"sum": f"{sum(amounts):,.2f}", "total": f"{total:,.2f}"}}
        )  # fmt: skip
    return amounts


def spread(amount: Decimal, open_lines: Iterable[Any]) -> list[tuple[Any, Decimal]]:
    """How a payment is put against what is owed: the earliest due first, as far as it goes. (receivable, amount)."""
    found = []
    for line in sorted(open_lines, key=lambda line: (line.due_on, line.pk)):
        if amount <= 0:
            break
        if (part := min(amount, line.balance)) > 0:
            found.append((line, part))
            amount -= part
    return found


def nothing_owed(contract: Any) -> str:
    """Why a terminated contract takes no payment."""
    return _("Contract %(contract)s was terminated; nothing is owed on it.") % {"contract": contract}


@dataclass(frozen=True)
class Credit:
    """How a customer stands: its limit (None: none set), what it owes, and how much of that is overdue, in yuan."""

    limit: Decimal | None
    owed: Decimal
    overdue: Decimal

    def concerns(self, more: Decimal) -> list[str]:
        """What speaks against owing `more` besides; empty where nothing does."""
        found = []
        if self.limit is not None and self.owed + more > self.limit:
            found.append(
                _("With this contract the customer owes %(sum)s, above its credit limit of %(limit)s.")
                % {"sum": f"{self.owed + more:,.2f}", "limit": f"{self.limit:,.2f}"}
            )
        if self.overdue > 0:
            found.append(_("The customer is overdue with %(sum)s.") % {"sum": f"{self.overdue:,.2f}"})
        return found


def margin_of(contract: Any, lines: list[Any]) -> tuple[Decimal, Decimal] | None:
    """What is left of a contract without tax after its cost, and the share in percent; None where no cost is known."""
    costs = [line.cost * line.quantity for line in lines if line.cost is not None]
    cost = contract.cost if contract.cost is not None else round_fen(sum(costs)) if costs else None
    net = contract.amount - contract.tax
    return None if cost is None or not net else (net - cost, 100 * (net - cost) / net)
