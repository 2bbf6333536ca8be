"""A customer of 李娜 with its people, and one of 赵磊 whom she does not see."""

import pytest

from zhike.customers.tests.factories import ContactFactory, CustomerFactory


@pytest.fixture
def customer(company):
    return CustomerFactory(
        owner=company.li_na,
        name="苏州恒旭精密机械有限公司",
        city="苏州",
        phone="0512-63458812",
        uscc="91350100M000100Y43",
    )  # fmt: skip


@pytest.fixture
def contact(customer):
    return ContactFactory(customer=customer, name="王建平", title="总经理", role="decider", mobile="13800138000")


@pytest.fixture
def foreign(company):
    return CustomerFactory(owner=company.zhao_lei, name="昆山瑞致光电有限公司")


def said(page):
    """What a page says, as text."""
    return page.content.decode()
