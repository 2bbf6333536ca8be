"""What was signed, paid, changed and ended stands on the customer's timeline (SAL-6, SAL-7, ACT-1)."""

from decimal import Decimal

import pytest

from zhike.activities import timeline
from zhike.activities.tests.factories import ActivityFactory
from zhike.contracts.actions import change_contract, reverse_payment, terminate_contract
from zhike.contracts.tests.factories import ContractFactory, day, paid, signed
from zhike.customers.tests.factories import CustomerFactory
from zhike.org.viewers import the_system

pytestmark = pytest.mark.django_db
D = Decimal


def texts(viewer, customer, **more):
    return [event.text for event in timeline.events(viewer, customer, **more)[0]]


def test_SAL_6_signing_payment_change_and_end_are_events_in_their_order(company, viewer, sign_in):
    contract = signed(ContractFactory(owner=company.li_na, name="检测线"), on=-40)
    by, customer = the_system(), contract.customer
    payment = paid(customer, 3000, on=-20)
    wrong = paid(customer, 40, on=-10)
    change_contract(contract, by=by, delta=D(-500), reason="减配")
    reverse_payment(wrong, by=by, reason="退票")
    terminate_contract(type(contract).objects.whole_table("test").get(pk=contract.pk), by=by, reason="客户停产")
    found = texts(viewer(company.li_na), customer, show="money")
    assert len(found) == 5
    assert found[-1].startswith("签订合同") and payment.number in found[-2] and "检测线" in found[-1]
    assert "¥ 3,000.00" in found[-2] and not any("<" in text for text in found)
    assert any("减配" in text for text in found[:2]) and any("客户停产" in text for text in found[:2])
    assert wrong.number in found[2] and "撤回" in found[2]
    page = sign_in(company.li_na).get(f"/customers/{customer.pk}/").content.decode()
    assert all(text in page for text in (payment.number, "减配", "客户停产"))
    assert texts(viewer(company.li_na), customer, show="deals") == []


def test_SAL_7_older_money_comes_page_by_page_each_once(company, viewer):
    contract = signed(ContractFactory(owner=company.li_na), on=-60)
    for n in range(50):
        paid(contract.customer, 10, on=-(n % 20) - 1)
    by, found, cursor = viewer(company.li_na), [], ""
    for _page in range(9):
        page, cursor = timeline.events(by, contract.customer, show="money", cursor=cursor)
        found += page
        if not cursor:
            break
    assert len(found) == len({(event.source, event.place) for event in found}) == 51
    assert [event.at for event in found] == sorted((event.at for event in found), reverse=True)


def test_ACT_1_a_stream_asks_only_the_sources_that_have_something(company, sign_in, django_assert_max_num_queries):
    customer = CustomerFactory(owner=company.li_na)
    ActivityFactory(customer=customer, summary="电话沟通")
    client, url = sign_in(company.lead_east), f"/activities/of/{customer.pk}/"
    client.get(url)
    with django_assert_max_num_queries(9):
        assert "电话沟通" in client.get(url).content.decode()
    payment = paid(signed(ContractFactory(customer=customer, owner=company.li_na, name="检测线")).customer, 20)
    assert all(text in client.get(url).content.decode() for text in ("检测线", payment.number, "电话沟通"))
    with django_assert_max_num_queries(11):
        client.get(url)


def test_ORG_3_who_does_not_see_the_money_does_not_read_of_it(company, viewer):
    contract = signed(ContractFactory(owner=company.li_na))
    paid(contract.customer, 10)
    assert texts(viewer(company.zhao_lei), contract.customer, show="money") == []


def test_SAL_6_a_customer_page_starts_anew_where_the_cursor_makes_no_sense(company, viewer):
    contract = signed(ContractFactory(owner=company.li_na))
    for cursor in ("signed=nonsense", "paid=2026-13-01|7", "paid=2026-01-01|x;ended=|"):
        assert len(texts(viewer(company.li_na), contract.customer, show="money", cursor=cursor)) == 1
    assert day(0)
