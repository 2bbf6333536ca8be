"""How often customers of a tier are followed up: the list and the words agree on who is late (ACT-6, CUS-5)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer
from zhike.customers.rhythm import days_left, state
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.actions import acting
from zhike.org.tests.factories import build_company
from zhike.org.viewers import the_system
from zhike.records.filters import Condition, Filter

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


class TheListAndTheWordsAgree(TestCase):
    def setUp(self):
        self.company = build_company()

    @given(
        tier=st.sampled_from(Customer.Tier.values), lifecycle=st.sampled_from(["target", "won", "lost"]),
        hours=st.one_of(st.none(), st.integers(0, 24 * 70)), known_for=st.integers(0, 24 * 70),
    )  # fmt: skip
    def test_ACT_6_a_customer_is_in_exactly_the_state_its_days_say(self, tier, lifecycle, hours, known_for):
        with time_machine.travel(NOW, tick=False):
            customer = CustomerFactory(owner=self.company.li_na, tier=tier, lifecycle=lifecycle)
            since = None if hours is None else NOW - timedelta(hours=hours)
            made = NOW - timedelta(hours=known_for)
            rows = Customer.objects.whole_table("test")
            with acting(the_system(), "test"):
                rows.filter(pk=customer.pk).update(last_activity_at=since, created_at=made)
            left = days_left(tier, lifecycle, since, made, NOW)
            expected = [] if left is None else [state(left)]
            found = [
                word for word in ("late", "soon", "fine")
                if Filter(CUSTOMER, [Condition("rhythm", "in", (word,))]).apply(rows, the_system())
                .filter(pk=customer.pk).exists()
            ]  # fmt: skip
            assert found == expected


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_ACT_6_the_list_and_the_page_say_who_is_late(company, sign_in):
    customer = CustomerFactory(owner=company.li_na, tier="key", name="苏州恒旭")
    with acting(the_system(), "test"):
        rows = Customer.objects.whole_table("test").filter(pk=customer.pk)
        rows.update(last_activity_at=NOW - timedelta(days=10))
    client = sign_in(company.li_na)
    listed = client.get("/customers/?rhythm=late&cols=name,rhythm").content.decode()
    assert "苏州恒旭" in listed and "逾期 3 天" in listed
    assert "苏州恒旭" not in client.get("/customers/?rhythm=fine").content.decode()
    assert "逾期 3 天" in client.get(f"/customers/{customer.pk}/").content.decode()
