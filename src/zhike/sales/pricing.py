"""What a quote comes to, and which price applies: pure functions (SAL-5).

How money is rounded: prices include tax; a line is quantity × unit price less its discount, rounded to fen half up.
What is taken off the sum is spread over the lines by their amounts to the fen, so that the shares add up exactly. The
tax in a line is (amount − share) × rate ÷ (100 + rate), rounded half up. Totals are sums of rounded lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from zhike.customers.models import Customer
from zhike.kit.money import FEN, round_fen
from zhike.sales.models.products import Product
from zhike.sales.models.quotes import PriceList

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Sums:
    """What lines come to, in yuan: their sum, the total after what is taken off, the tax in it, the cost."""

    subtotal: Decimal
    total: Decimal
    tax: Decimal
    taxes: list[Decimal]
    cost: Decimal | None


def line_amount(quantity: Decimal, price: Decimal, discount: Decimal = NOTHING) -> Decimal:
    """Quantity × unit price less a discount in percent, to the fen."""
    return round_fen(quantity * price * (100 - discount) / 100)


def spread(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """An amount divided by weights to the fen: the shares add up to it exactly, each within a fen of its part."""
    whole = sum(weights)
    if not whole:
        return [NOTHING for _weight in weights]
    exact = [amount * weight / whole for weight in weights]
    shares = [share // FEN * FEN for share in exact]
    left = int((amount - sum(shares)) / FEN)
    for place in sorted(range(len(weights)), key=lambda n: shares[n] - exact[n])[:left]:
        shares[place] += FEN
    return shares


def sums_of(lines: Sequence[Any], reduction: Decimal = NOTHING) -> Sums:
    """Sums of lines that have `amount`, `tax_rate`, `quantity` and `cost`; the reduction is at most their sum."""
    amounts = [line.amount for line in lines]
    subtotal = sum(amounts, NOTHING)
    shares = spread(reduction, amounts)
    taxes = [
        round_fen((line.amount - share) * line.tax_rate / (100 + line.tax_rate))
        for line, share in zip(lines, shares, strict=True)
    ]
    costs = [round_fen(line.cost * line.quantity) for line in lines if line.cost is not None]
    cost = sum(costs, NOTHING) if lines and len(costs) == len(lines) else None
    return Sums(subtotal, subtotal - reduction, sum(taxes, NOTHING), taxes, cost)


def discount_of(lines: Iterable[Any], subtotal: Decimal, reduction: Decimal) -> Decimal:
    """The largest discount against list prices in percent, what is taken off the sum included; 0 to 100."""
    kept = (subtotal - reduction) / subtotal if subtotal else Decimal(1)
    largest = NOTHING if kept >= 1 else (1 - kept) * 100
    for line in lines:
        listed = (line.list_price if line.list_price is not None else line.price) * line.quantity
        if listed > 0:
            largest = max(largest, (1 - line.amount * kept / listed) * 100)
    return min(largest, Decimal(100)).quantize(FEN)


@dataclass(frozen=True)
class Price:
    """The price of a product for a customer, and where it comes from: a price list, or None for the list price."""

    amount: Decimal | None
    source: PriceList | None


def price_for(
    product: Product, customer: Customer | None, quantity: Decimal, day: date, lists: Sequence[PriceList]
) -> Price:
    """Of the price lists that cover the customer on this day the first that has the product; else the list price.

    Within a list the largest quantity step that is reached counts. `lists` come in order, with their items at hand.
    """
    for price_list in lists:
        if not price_list.covers(customer, day):
            continue
        steps = [i for i in price_list.items.all() if i.product_id == product.pk and i.from_quantity <= quantity]
        if steps:
            return Price(max(steps, key=lambda item: item.from_quantity).price, price_list)
    return Price(product.list_price, None)
