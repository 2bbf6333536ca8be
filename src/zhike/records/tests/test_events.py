"""Events: who hears of what, what led to it, and what is never told."""

import pytest

from zhike.customers.kinds import CUSTOMER
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.viewer import viewer_of
from zhike.records import events
from zhike.records.actions import assign_record, change_record, create_record, delete_record
from zhike.records.models import OutboxEvent
from zhike.sales.kinds import OPPORTUNITY

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    """Names of the events of customers, as a watcher hears them that wants all of these."""
    monkeypatch.setattr(events, "_watchers", [])
    events.watch(lambda name: name.startswith("customers.customer."), lambda event: None)
    return lambda: list(OutboxEvent.objects.order_by("id").values_list("name", flat=True))


def test_ACT_6_whoever_watches_hears_of_each_write_of_a_record_once(company, heard):
    gm = viewer_of(company.gm.pk)
    made = create_record(CUSTOMER, {"name": "无锡远拓"}, by=gm)
    change_record(CUSTOMER, made, {"city": "无锡"}, by=gm)
    change_record(CUSTOMER, made, {"city": "无锡"}, by=gm)  # nothing changed, nothing happened
    assign_record(CUSTOMER, made, by=gm, owner_id=company.li_na.pk)
    delete_record(CUSTOMER, made, by=gm)
    words = [name.rpartition(".")[2] for name in heard()]
    assert words == ["created", "changed", "assigned", "changed", "deleted"]
    gone = OutboxEvent.objects.get(name="customers.customer.deleted")
    assert gone.object_id and gone.payload == {"title": "无锡远拓", "owner": company.li_na.pk}


def test_ACT_6_nobody_listening_writes_no_event(company, monkeypatch):
    monkeypatch.setattr(events, "_watchers", [])
    CustomerFactory(owner=company.li_na)
    create_record(CUSTOMER, {"name": "无锡远拓"}, by=viewer_of(company.li_na.pk))
    assert not OutboxEvent.objects.filter(name__startswith="customers.customer").exists()


def test_ACT_6_an_event_remembers_what_led_to_it(company, heard):
    by = viewer_of(company.li_na.pk)
    made = create_record(CUSTOMER, {"name": "无锡远拓"}, by=by)
    first = OutboxEvent.objects.get()
    with events.caused_by("rule:1", first):
        change_record(CUSTOMER, made, {"city": "无锡"}, by=by)
    second = OutboxEvent.objects.order_by("id").last()
    with events.caused_by("rule:2", second):
        change_record(CUSTOMER, made, {"city": "苏州"}, by=by)
    third = OutboxEvent.objects.order_by("id").last()
    assert [e.payload.get("chain") for e in (first, second, third)] == [None, ["rule:1"], ["rule:1", "rule:2"]]


def test_ACT_6_each_kind_says_what_happens_to_its_records():
    names = events.names_of(OPPORTUNITY)
    assert {"created", "changed", "assigned", "deleted", "moved"} == {name.rpartition(".")[2] for name in names}
    assert all(str(label) for label in names.values())
