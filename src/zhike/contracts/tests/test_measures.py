"""SAL-10: what contracts and payments count towards targets."""

from decimal import Decimal

import pytest

from zhike.activities import measures as followed
from zhike.activities.tests.factories import ActivityFactory
from zhike.contracts import measures
from zhike.contracts.actions import refund_payment, reverse_payment, terminate_contract
from zhike.contracts.tests.factories import ContractFactory, CustomerFactory, day, paid, signed
from zhike.kit import dates
from zhike.org.viewers import the_system

pytestmark = pytest.mark.django_db


def test_SAL_10_signed_counts_contracts_in_force_and_what_stays_of_terminated_ones(company, viewer):
    signed(ContractFactory(owner=company.li_na, amount=Decimal("1000.50")), on=-2)
    ended = signed(ContractFactory(owner=company.li_na, amount=Decimal(500)), on=-2)
    terminate_contract(ended, by=the_system(), reason="test")
    signed(ContractFactory(owner=company.li_na, amount=Decimal(70)), on=-40)  # before
    ContractFactory(owner=company.li_na, amount=Decimal(9))  # a draft
    signed(ContractFactory(owner=company.zhao_lei, amount=Decimal(30)), on=-1)
    assert measures.signed_amount(viewer(company.gm), None, day(-5), day(0)) == {
        company.li_na.pk: Decimal("1000.50"), company.zhao_lei.pk: Decimal(30)}  # fmt: skip
    assert set(measures.signed_amount(viewer(company.manager_east), None, day(-5), day(0))) == {company.li_na.pk}


def test_SAL_10_received_is_net_of_refunds_and_reversals(company, viewer):
    customer = CustomerFactory(owner=company.li_na)
    paid(customer, 300, on=-1)
    wrong = paid(customer, 50, on=-1)
    reverse_payment(wrong, by=the_system(), reason="test")
    kept = paid(customer, 100, on=-1)
    refund_payment(kept, by=the_system(), amount=Decimal(40), reason="test")
    paid(customer, 7, on=-40)
    counted = measures.received_amount(viewer(company.gm), {company.li_na.pk}, day(-5), dates.today())
    assert counted == {company.li_na.pk: Decimal(360)}


def test_SAL_10_visits_and_follow_ups_are_counted_by_author(company, viewer):
    customer = CustomerFactory(owner=company.li_na)
    ActivityFactory(customer=customer, author=company.li_na, kind="visit", summary="看了现场")
    ActivityFactory(customer=customer, author=company.li_na, kind="call", summary="打了电话")
    gm, today = viewer(company.gm), dates.today()
    assert followed.visits(gm, None, today, today) == {company.li_na.pk: 1}
    assert followed.follow_ups(gm, None, today, today) == {company.li_na.pk: 2}
