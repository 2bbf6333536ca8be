"""The pages of customers, through the outside."""

import pytest

from zhike.customers.tests.factories import ContactFactory, CustomerFactory


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司", city="苏州", phone="0512-63458812")


def test_CUS_6_the_page_opens_for_owner_and_supervisors_and_not_for_strangers(company, sign_in, customer):
    for person, status in [("li_na", 200), ("lead_east", 200), ("gm", 200), ("reader", 200), ("zhao_lei", 404)]:
        page = sign_in(company.people[person]).get(f"/customers/{customer.pk}/")
        assert page.status_code == status, person
        assert ("恒旭" in page.content.decode()) == (status == 200)


@pytest.mark.parametrize("tab", ["contacts", "card", "files", "changes"])
def test_CUS_6_each_tab_opens(company, sign_in, customer, tab):
    ContactFactory(customer=customer, name="王建平", role="decider")
    page = sign_in(company.li_na).get(f"/customers/{customer.pk}/{tab}/")
    assert page.status_code == 200 and "恒旭" in page.content.decode()
