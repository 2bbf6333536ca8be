"""Quotes add up to the fen, whatever is quoted (SAL-5)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from cn2an import cn2an
from hypothesis import given
from hypothesis import strategies as st

from zhike.customers.models import Customer
from zhike.kit.money import in_words
from zhike.sales import pricing
from zhike.sales.models import PriceList, PriceListItem, Product
from zhike.sales.queries import price_lists_with
from zhike.sales.tests.factories import ProductFactory

FEN = Decimal("0.01")
MONEY = st.decimals(min_value=0, max_value=10**9, places=2)


@dataclass
class Line:
    quantity: Decimal
    price: Decimal
    discount: Decimal
    tax_rate: Decimal
    cost: Decimal | None
    list_price: Decimal | None

    def __post_init__(self):
        self.amount = pricing.line_amount(self.quantity, self.price, self.discount)


LINES = st.lists(
    st.builds(
        Line, quantity=st.decimals(min_value="0.001", max_value=10**4, places=3), price=MONEY,
        discount=st.decimals(min_value=0, max_value=100, places=2),
        tax_rate=st.sampled_from([Decimal(n) for n in (0, 1, 3, 6, 9, 13)]), cost=st.none() | MONEY,
        list_price=st.none() | MONEY,
    ),
    max_size=12,
)  # fmt: skip


@given(LINES, st.integers(0, 1000))
def test_SAL_5_lines_reduction_and_tax_add_up_exactly(lines, part):
    subtotal = sum((line.amount for line in lines), Decimal(0))
    reduction = (subtotal * part / 1000).quantize(FEN, rounding="ROUND_DOWN")
    sums = pricing.sums_of(lines, reduction)
    assert sums.subtotal == subtotal and sums.total == subtotal - reduction >= 0
    assert sums.tax == sum(sums.taxes, Decimal(0)) and 0 <= sums.tax <= max(sums.total, 0)
    for amount in (sums.total, sums.tax, *sums.taxes):
        assert amount == amount.quantize(FEN)
    assert 0 <= pricing.discount_of(lines, subtotal, reduction) <= 100


@given(MONEY, st.lists(MONEY, min_size=1, max_size=20))
def test_SAL_5_what_is_spread_comes_out_to_the_fen(amount, weights):
    shares = pricing.spread(amount, weights)
    if not sum(weights):
        assert not any(shares)
        return
    assert sum(shares) == amount
    assert all(abs(share - amount * weight / sum(weights)) < FEN for share, weight in zip(shares, weights, strict=True))


def test_SAL_5_rounding_is_half_up_a_line():
    assert pricing.line_amount(Decimal("1.5"), Decimal("0.03")) == Decimal("0.05")  # 0.045
    line = Line(Decimal(1), Decimal("113.00"), Decimal(0), Decimal(13), None, None)
    assert pricing.sums_of([line]).tax == Decimal("13.00")


def test_SAL_5_the_discount_counts_list_prices_and_what_is_taken_off():
    line = Line(Decimal(2), Decimal(90), Decimal(10), Decimal(13), None, Decimal(100))
    assert pricing.discount_of([line], line.amount, Decimal(0)) == Decimal("19.00")
    assert pricing.discount_of([line], line.amount, Decimal("16.20")) == Decimal("27.10")
    assert pricing.discount_of([], Decimal(0), Decimal(0)) == 0


@given(st.decimals(min_value=0, max_value=10**13, places=2))
def test_amounts_in_words_read_back_as_the_same_yuan(amount):
    words = in_words(amount)
    yuan, _sep, rest = words.partition("元")
    whole = cn2an(yuan, "smart") if _sep else 0
    assert whole == int(amount)
    cents = int(amount * 100) % 100
    assert ("角" in rest or "角" in yuan) == (cents >= 10) and ("分" in words) == bool(cents % 10)


@pytest.mark.django_db
def test_SAL_5_the_first_price_list_that_covers_the_customer_and_day_has_the_price():
    today = date(2026, 11, 23)
    product, other = ProductFactory(list_price=1000), ProductFactory(list_price=50)
    spring = PriceList.objects.create(name="春季", valid_until=today - timedelta(days=1), order=1)
    big = PriceList.objects.create(name="A 类", abc="A", order=2)
    every = PriceList.objects.create(name="通用", order=3)
    for price_list, price, quantity in ((spring, 1, 1), (big, 800, 1), (big, 700, 10), (every, 900, 1)):
        PriceListItem.objects.create(price_list=price_list, product=product, price=price, from_quantity=quantity)

    def price(customer, quantity=1, what=product):
        found = pricing.price_for(what, customer, Decimal(quantity), today, price_lists_with([what]))
        return found.amount, found.source

    large, small = Customer(abc="A"), Customer(abc="C")
    assert price(large) == (800, big) and price(large, 10) == (700, big) and price(large, 9.5) == (800, big)
    assert price(small) == (900, every) and price(None) == (900, every)
    assert price(small, what=other) == (50, None)
    assert isinstance(product, Product)
