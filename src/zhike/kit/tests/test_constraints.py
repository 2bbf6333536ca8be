"""What a record plainly meets is what the database says too; what is not certain is left to it."""

from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db.models import DecimalField, F, Q, Value
from hypothesis import given
from hypothesis import strategies as st

from zhike.kit.constraints import plainly_holds

LOOKUPS = ["", "__gt", "__gte", "__lt", "__lte", "__exact"]
numbers = st.integers(-3, 3) | st.decimals(-3, 3, places=2)
conditions = st.recursive(
    st.builds(
        lambda name, lookup, value: Q(**{name + lookup: value}),
        st.sampled_from("ab"),
        st.sampled_from(LOOKUPS),
        numbers,
    ),
    lambda inner: st.builds(lambda one, other, both: one & other if both else one | other, inner, inner, st.booleans()),
    max_leaves=6,
)


@pytest.mark.django_db
@given(a=numbers | st.none(), b=numbers, condition=conditions)
def test_what_plainly_holds_holds_for_the_database_too(a, b, condition):
    record = SimpleNamespace(a=a, b=b)
    if plainly_holds(record, condition):
        assert condition.check({name: Value(value, DecimalField()) for name, value in (("a", a), ("b", b))})


@pytest.mark.parametrize(
    ("own", "condition"),
    [
        (None, Q(a__gte=0)), ("5", Q(a__gte=0)), (5.0, Q(a__gte=0)), (True, Q(a=1)), (5, ~Q(a=6)), (5, Q(a=6) ^ Q(a=5)),
        (5, Q(a__in=[5])), (5, Q(a__gte=F("a"))), (5, Q(a__isnull=False)), (5, Q(other__a=5)), (5, Q()),
        (datetime(2026, 1, 2, 3), Q(a__gt=date(2026, 1, 1))),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_what_is_not_certain_is_left_to_the_database(own, condition):
    assert not plainly_holds(SimpleNamespace(a=own), condition)


def test_numbers_and_days_are_compared():
    record = SimpleNamespace(amount=Decimal("0.01"), count=0, day=date(2026, 1, 2))
    assert plainly_holds(record, Q(amount__gt=0) & (Q(count__gt=5) | Q(day__gt=date(2026, 1, 1))))
    assert not plainly_holds(record, Q(amount__gt=1) | Q(count__lt=0))
