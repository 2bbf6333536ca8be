"""Several passes over the reminder rules at the same moment, with real commits (ACT-6)."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.concurrency.test_deals import at_once
from zhike.activities.models import Reminder, ReminderRule
from zhike.activities.reminding import remind
from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.records.models import InboxItem

pytestmark = pytest.mark.django_db(transaction=True)


def test_ACT_6_of_passes_at_once_everybody_is_told_once(company, monkeypatch):
    monkeypatch.setattr("zhike.activities.reminding.CHUNK", 3)
    ReminderRule.objects.create(
        name="久未跟进", kind="customers.customer", clock="last_activity_at", offset=7, recipients=["owner", "supervisor"],
        text="{record}",
    )  # fmt: skip
    for n in range(10):
        CustomerFactory(owner=company.li_na if n < 8 else company.wang_wei, name=f"客户{n}")
    with acting(the_system(), "test"):
        Customer.objects.whole_table("test").update(last_activity_at=dates.now() - timedelta(days=8))
    written = at_once(*[remind] * 4)
    assert sum(written) == Reminder.objects.count() == 20, written
    assert not Reminder.objects.filter(is_untold=True).exists()
    told = Counter(InboxItem.objects.values_list("person_id", flat=True))
    for person, reminded in ((company.li_na, 8), (company.wang_wei, 2), (company.lead_east, 10)):
        assert Reminder.objects.filter(person=person).count() == reminded
        # A pass may come to tell while another is still writing: then there is a message for each part, no record twice.
        said = InboxItem.objects.filter(person=person).values_list("text", flat=True)
        counted = [int(text.split("：")[1].split()[0]) if text.startswith("久未跟进") else 1 for text in said]
        assert sum(counted) == reminded and told[person.pk] <= reminded, list(said)
