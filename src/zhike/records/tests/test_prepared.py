"""Prepared questions give what their querysets give, to each viewer their own, and follow configuration and the day."""

from datetime import date

import pytest
from django.db.models import Count

from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Contact, Customer
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit import dates
from zhike.kit.viewer import viewer_of
from zhike.org import actions
from zhike.records import config
from zhike.records.prepared import (
    MARKS,
    AmongGiven,
    count_inside,
    counts_of,
    prepared,
    prepared_count,
    prepared_for_ids,
    that_have_rows,
)


def a_customer(viewer, pk):
    return Customer.objects.visible_to(viewer).filter(pk=pk).select_related("main_contact", "owner")


def by_tier(viewer, owner_id):
    rows = Customer.objects.visible_to(viewer).filter(owner_id=owner_id).order_by("tier")
    return rows.values_list("tier").annotate(n=Count("pk"))


def named(viewer, tier, pk):
    return Customer.objects.visible_to(viewer).filter(tier=tier, pk__lte=pk).order_by("-id")[:2]


@pytest.fixture
def some(company):
    """Customers of two people who do not see each other's."""
    made = [CustomerFactory(owner=company.li_na, tier=t) for t in ("key", "key", "target")]
    ContactFactory(customer=made[0])
    return [*made, CustomerFactory(owner=company.zhao_lei)]


def test_rows_are_those_of_the_queryset(company, some):
    for make, arguments in [
        (a_customer, (some[0].pk,)), (by_tier, (company.li_na.pk,)), (named, ("key", some[3].pk)),
        (named, ("target", some[3].pk)),
    ]:  # fmt: skip
        ask = prepared(make)
        for person in (company.li_na, company.zhao_lei, company.gm, company.li_na):
            with config.reading():
                viewer = viewer_of(person.pk)
                plain = list(make(viewer, *arguments))
                assert ask(viewer, *arguments) == plain
                assert prepared_count(make)(viewer, *arguments) == len(plain)


def test_records_are_whole_and_new_each_time(company, some, django_assert_num_queries):
    ask = prepared(a_customer)
    with config.reading():
        viewer = viewer_of(company.li_na.pk)
        first, second = ask(viewer, some[0].pk)[0], ask(viewer, some[0].pk)[0]
        with django_assert_num_queries(0):
            assert first is not second and first.owner == company.li_na and first.changes() == {}
            assert second.custom == {} and second.created_at == some[0].created_at


def test_ORG_3_a_stranger_finds_nothing_until_it_is_shared_and_after(company, some):
    ask, share = prepared(a_customer), {"by": viewer_of(company.li_na.pk), "people": [company.zhao_lei]}
    seen = []
    for step in ("before", "shared", "after"):
        if step == "shared":
            actions.share_record(CUSTOMER, some[0], **share)
        if step == "after":
            actions.unshare_record(CUSTOMER, some[0], company.zhao_lei.shares.get(), by=share["by"])
        with config.reading():
            seen.append(len(ask(viewer_of(company.zhao_lei.pk), some[0].pk)))
    assert seen == [0, 1, 0]


def test_ORG_4_what_is_lent_until_a_day_is_gone_the_day_after(company, some, monkeypatch):
    actions.share_record(
        CUSTOMER, some[0], by=viewer_of(company.li_na.pk), people=[company.zhao_lei], until=date(2066, 3, 2)
    )
    ask, seen = prepared(a_customer), []
    for today in (date(2066, 3, 2), date(2066, 3, 3)):
        monkeypatch.setattr(dates, "today", lambda today=today: today)
        with config.reading():
            seen.append(len(ask(viewer_of(company.zhao_lei.pk), some[0].pk)))
    assert seen == [1, 0]


def test_a_viewer_held_through_a_change_of_configuration_asks_anew(company, some):
    ask, viewer = prepared(a_customer), viewer_of(company.zhao_lei.pk)
    assert ask(viewer, some[0].pk) == []
    actions.share_record(CUSTOMER, some[0], by=viewer_of(company.li_na.pk), people=[company.zhao_lei])
    assert len(ask(viewer, some[0].pk)) == 1


def test_an_id_that_is_no_parameter_is_a_mistake_of_ours(company, viewer):
    with pytest.raises(ValueError, match="no parameter"):
        prepared(lambda viewer, pk: Contact.objects.visible_to(viewer))(viewer(company.gm), 7)
    with pytest.raises(ValueError, match="prefetch"):
        prepared(lambda viewer: Customer.objects.visible_to(viewer).prefetch_related("contacts"))(viewer(company.gm))
    assert prepared(a_customer)(viewer(company.gm), MARKS[0]) == []


def test_the_counts_of_badges_come_in_one_query(company, some, django_assert_num_queries):
    keys = prepared_count(lambda viewer: Customer.objects.visible_to(viewer).filter(tier="key"))
    none = prepared_count(lambda viewer: Customer.objects.visible_to(viewer).none())
    everything = prepared_count(lambda viewer: Customer.objects.visible_to(viewer))
    with config.reading():
        viewer = viewer_of(company.li_na.pk)
        assert keys(viewer) == 2  # reads the configuration
        with django_assert_num_queries(1):
            assert counts_of(viewer, [keys, none, lambda viewer: 7, everything]) == [2, 0, 7, 3]
        assert counts_of(viewer, []) == []


def test_ORG_2_what_a_record_holds_is_counted_for_each_viewer_in_one_query(company, some, django_assert_num_queries):
    CustomerFactory(owner=company.li_na, parent=some[0])
    counts = [count_inside(Contact), count_inside(Customer, "parent"), lambda *_: 7]
    expected = {company.li_na: [1, 1, 7], company.gm: [1, 1, 7], company.zhao_lei: [0, 0, 7]}
    for step in ("before", "shared"):
        for person, seen in expected.items():
            with config.reading():
                viewer = viewer_of(person.pk)
                counts_of(viewer, counts, some[0])  # reads the configuration
                with django_assert_num_queries(1):
                    assert counts_of(viewer, counts, some[0]) == seen
                assert [count(viewer, some[0]) for count in counts] == seen, step
        actions.share_record(CUSTOMER, some[0], by=viewer_of(company.li_na.pk), people=[company.zhao_lei])
        expected[company.zhao_lei] = [1, 0, 7]


def test_what_stays_the_same_in_a_question_keeps_its_meaning(company, some):
    odd = CustomerFactory(owner=company.li_na, name="50% \\ it's %s", tier="key")

    def same(viewer, name, pk):
        mine = Customer.objects.visible_to(viewer).filter(name=name, pk__lte=pk, tier__in=["key", "target"])
        return mine.filter(owner_id=company.li_na.pk, main_contact=None, created_at__gte=odd.created_at).order_by("id")

    ask = prepared(same)
    for person, expected in [(company.li_na, [odd]), (company.zhao_lei, []), (company.gm, [odd])]:
        with config.reading():
            viewer = viewer_of(person.pk)
            for _time in range(12):  # a connection plans it once, from the sixth time on
                assert ask(viewer, odd.name, odd.pk) == list(same(viewer, odd.name, odd.pk)) == expected
                assert ask(viewer, odd.name, odd.pk - 1) == [] == ask(viewer, "50%", odd.pk)


def test_rows_within_some_records_are_those_of_these(company, some):
    people = prepared_for_ids(lambda viewer: Contact.objects.visible_to(viewer).filter(AmongGiven("customer_id")))
    with config.reading():
        for _time in range(8):
            assert [one.customer for one in people(viewer_of(company.li_na.pk), [c.pk for c in some])] == some[:1]
            assert people(viewer_of(company.li_na.pk), [some[1].pk]) == people(viewer_of(company.li_na.pk), []) == []
            assert people(viewer_of(company.zhao_lei.pk), [c.pk for c in some]) == []


def test_which_questions_have_rows_is_asked_in_one(company, some, django_assert_num_queries):
    one, tier = prepared(a_customer), prepared(named)
    nothing = prepared(lambda viewer, pk: Customer.objects.visible_to(viewer).filter(pk=pk).none())
    questions = {
        "seen": (one, some[0].pk), "unseen": (one, some[3].pk), "key": (tier, "key", some[3].pk),
        "none": (nothing, 7), "before": (tier, "key", some[0].pk - 1),
    }  # fmt: skip
    with config.reading():
        viewer = viewer_of(company.li_na.pk)
        assert that_have_rows(viewer, questions) == {"seen", "key"}
        with django_assert_num_queries(1):
            assert that_have_rows(viewer, questions) == {"seen", "key"}
        assert that_have_rows(viewer_of(company.zhao_lei.pk), questions) == {"unseen"}
        assert that_have_rows(viewer, {"none": (nothing, 7)}) == that_have_rows(viewer, {}) == set()
