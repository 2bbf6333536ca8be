"""The rules about days that come with the product tell the right person on the right day, and not before (ACT-6)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from zhike.activities.models import Reminder, ReminderRule
from zhike.activities.reminding import remind
from zhike.activities.setup import install_reminders
from zhike.contracts.models import Contract
from zhike.contracts.tests.factories import ContractFactory, signed
from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.sales.tests.factories import OpportunityFactory, shipped

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


def ending_contract(owner):
    """A contract in force that ends thirty days from now."""
    contract = signed(ContractFactory(owner=owner), on=-1)
    write(Contract, contract, ends_on=TODAY + timedelta(days=30))
    return contract


def passed_opportunity(owner):
    """An open deal that was expected yesterday."""
    return OpportunityFactory(owner=owner, expected_on=TODAY - timedelta(days=1))


def stale_card(owner):
    """A customer nobody has changed for 180 days."""
    customer = CustomerFactory(owner=owner)
    write(Customer, customer, updated_at=NOW - timedelta(days=180))
    return customer


def write(model, record, **values):
    with acting(the_system(), "test"):
        model.objects.whole_table("test").filter(pk=record.pk).update(**values)


@pytest.mark.parametrize(
    ("key", "made"),
    [("contract_ending", ending_contract), ("expected_passed", passed_opportunity), ("card_stale", stale_card)],
)
def test_ACT_6_a_shipped_rule_tells_the_owner_on_its_day_once(company, key, made):
    with time_machine.travel(NOW, tick=False):
        shipped()
        install_reminders()
        ReminderRule.objects.exclude(key=key).update(is_active=False)
        record = made(company.li_na)
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        assert remind() == 0
    with time_machine.travel(NOW, tick=False):
        assert remind() == 1 and remind() == 0
    reminder = Reminder.objects.get()
    assert (reminder.person_id, reminder.object_id) == (company.li_na.pk, record.pk)
    assert str(record) in reminder.text and reminder.url == record.get_absolute_url()
