"""Pages by key give every visible row once and in order, whatever the scope, sort, filter and page size (ORG-3)."""

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.org.tests.factories import RecordShareFactory
from zhike.records import config, kinds, lookups, paging, search
from zhike.records.actions import delete_record
from zhike.records.filters import Condition, Filter
from zhike.records.paging import BadCursor, count_capped, read_page
from zhike.sales.tests.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
SORTS = [
    "name",
    "-name",
    "updated_at",
    "-updated_at",
    "last_activity_at",
    "-last_activity_at",
    "credit_limit",
    "-city",
    "owner",
]


@pytest.fixture
def world(company):
    """Thirty customers of several owners, some with the same values, some with none; two shared across the line."""
    owners = [company.li_na, company.wang_wei, company.zhao_lei, company.lead_east, company.leaver]
    now = dates.now()
    made = [
        CustomerFactory(
            owner=owners[n % 5], name=f"客户{n % 7}", city=["苏州", "", "无锡"][n % 3], tier=["key", "target"][n % 2],
            credit_limit=None if n % 4 else n * 100, last_activity_at=None if n % 3 else now - timedelta(days=n % 6),
        )
        for n in range(30)
    ]  # fmt: skip
    for person in (company.li_na, company.manager_west):
        for n in (2, 12, 22):
            RecordShareFactory(kind="customers.customer", object_id=made[n].pk, person=person, granted_by=company.gm)
    return company


def in_order(kind, viewer, flt, sort):
    """The plain truth: everything visible, sorted in Python, empty values last."""
    field, falling = sort.lstrip("-"), sort.startswith("-")
    field = f"{field}_id" if field == "owner" else field
    rows = list(flt.apply(kind.rows(viewer), viewer))
    filled = sorted(
        (r for r in rows if getattr(r, field) is not None), key=lambda r: (getattr(r, field), r.pk), reverse=falling
    )
    empty = sorted((r for r in rows if getattr(r, field) is None), key=lambda r: r.pk, reverse=falling)
    return [r.pk for r in [*filled, *empty]]


def walked(kind, viewer, flt, sort, size, *, back=False):
    """All pages, one after the other; going back from the end when asked."""
    found, cursor = [], ""
    while True:
        page = read_page(kind, viewer, flt, sort=sort, size=size, cursor=cursor, back=back and bool(cursor))
        found = page.ids + found if back and cursor else found + page.ids
        cursor = page.previous if back and cursor else page.next
        if not cursor:
            return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    who=st.sampled_from(["li_na", "lead_east", "manager_west", "gm", "zhao_lei"]),
    sort=st.sampled_from(SORTS),
    size=st.integers(1, 9),
    tier=st.sampled_from(["", "key"]),
    wide=st.booleans(),
    few=st.sampled_from([500, 1]),
)
def test_ORG_3_pages_follow_each_other_without_gap_or_double(world, viewer, who, sort, size, tier, wide, few):
    if connection.vendor == "postgresql" and sort.lstrip("-") in ("name", "city"):
        sort = "-updated_at"  # the database's own order of Chinese is not Python's
    kind, seer = kinds.get("customers"), viewer(getattr(world, who))
    flt = Filter(kind, [Condition("tier", "in", (tier,))] if tier else [])
    before = lookups.WIDE_SHARE, paging.FEW_OTHERS
    lookups.WIDE_SHARE, paging.FEW_OTHERS = 0.0 if wide else 1.1, few
    try:
        expected = in_order(kind, seer, flt, sort)
        assert walked(kind, seer, flt, sort, size) == expected
        assert count_capped(kind, seer, flt) == len(expected)
        first = read_page(kind, seer, flt, sort=sort, size=size)
        if first.next:
            second = read_page(kind, seer, flt, sort=sort, size=size, cursor=first.next)
            again = read_page(kind, seer, flt, sort=sort, size=size, cursor=second.previous, back=True)
            assert again.ids == first.ids
        with config.reading():
            for _again in range(2):  # the second time as it was put into SQL the first time
                page = read_page(kind, seer, flt, sort=sort, size=size, paths=["code", "main_contact__name"])
                assert page.ids == first.ids and page.next == first.next
                codes = dict(kind.rows(seer).values_list("pk", "code"))
                assert page.rows == [(pk, codes[pk], None) for pk in page.ids]
    finally:
        lookups.WIDE_SHARE, paging.FEW_OTHERS = before


def test_ORG_2_a_customer_one_gets_a_deal_with_is_in_the_list_at_once(world, viewer, sign_in, monkeypatch):
    """Also after the list was put into SQL, for somebody who sees little; and gone from it with the deal."""
    monkeypatch.setattr(lookups, "WIDE_SHARE", 1.1)
    client = sign_in(world.zhao_lei)
    customer = CustomerFactory(name="苏州恒旭精密机械有限公司", owner=world.li_na)
    assert customer.name not in client.get("/customers/").content.decode()
    deal = OpportunityFactory(customer=customer, owner=world.zhao_lei)
    for address in ("/customers/", "/customers/?tier__in=potential", "/customers/?sort=-last_activity_at"):
        assert customer.name in client.get(address).content.decode(), address
    delete_record(kinds.get("opportunities"), deal, by=viewer(world.gm))
    assert customer.name not in client.get("/customers/").content.decode()


def test_CUS_7_search_and_filter_and_sort_go_together(world, viewer):
    kind, seer = kinds.get("customers"), viewer(world.gm)
    search.reindex(kind)
    flt = Filter(kind, [Condition("tier", "in", ("key",))], search="客户3")
    found = walked(kind, seer, flt, "-updated_at", 2)
    rows = Customer.objects.whole_table("test").filter(name="客户3", tier="key").order_by("-updated_at", "-pk")
    assert found == [row.pk for row in rows] and found


@pytest.mark.parametrize(
    "cursor", ["nonsense", "W10", "WzEsMl0", "eyJhIjoxfQ", "WyJcdTAwMDAiLDFd", "%00", "W251bGwsLTFd", "9" * 500]
)
def test_a_cursor_that_is_not_ours_is_refused(world, viewer, cursor):
    kind = kinds.get("customers")
    with pytest.raises(BadCursor):
        read_page(kind, viewer(world.gm), Filter(kind), sort="-updated_at", size=5, cursor=cursor)


def test_counts_stop_at_the_cap(world, viewer):
    kind, seer = kinds.get("customers"), viewer(world.gm)
    assert count_capped(kind, seer, Filter(kind), most=10) is None
    assert count_capped(kind, seer, Filter(kind), most=10, exact=True) == 30
