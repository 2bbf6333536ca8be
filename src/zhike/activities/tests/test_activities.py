"""Follow-ups through their pages (ACT-1, ACT-2)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from zhike.activities.kinds import ACTIVITY
from zhike.activities.models import Activity, ActivityComment
from zhike.activities.tests.factories import ActivityFactory
from zhike.customers.models import Customer
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.org.tests.factories import RecordShareFactory
from zhike.records.actions import create_record
from zhike.records.models import InboxItem
from zhike.sales.tests.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
NOON = "2026-11-23 12:00+08:00"


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司")


def said(page):
    return page.content.decode()


def fresh(customer):
    return Customer.objects.whole_table("test").get(pk=customer.pk)


def log(client, about, **more):
    return client.post("/activities/log/", {"customer": about.pk, "kind": "visit", "summary": "谈妥范围", **more})


@time_machine.travel(NOON, tick=False)
def test_ACT_1_a_quick_log_updates_the_customer_and_its_next_step(company, sign_in, customer):
    contact = ContactFactory(customer=customer, name="王建平")
    page = log(
        sign_in(company.li_na), customer, contact=contact.pk, next_step="确认报价 V3", next_at="2026-11-24T10:00"
    )
    assert page.status_code == 302 and page["Location"] == f"/customers/{customer.pk}/"
    made = Activity.objects.whole_table("test").get()
    assert (made.kind, made.contact, made.author, made.owner) == ("visit", contact, company.li_na, company.li_na)
    now = fresh(customer)
    assert now.last_activity_at == datetime(2026, 11, 23, 4, 0, tzinfo=UTC) and now.last_activity_kind == "visit"
    assert now.next_step == "确认报价 V3" and now.next_at == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    assert now.version == customer.version
    assert "谈妥范围" in said(sign_in(company.li_na).get(f"/customers/{customer.pk}/"))


@time_machine.travel(NOON, tick=False)
def test_ACT_1_what_is_logged_late_does_not_hide_what_came_later(company, viewer, customer):
    by = viewer(company.li_na)
    moment = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    create_record(ACTIVITY, {"kind": "call", "customer": customer.pk, "summary": "新", "happened_at": moment}, by=by)
    earlier = {"kind": "email", "customer": customer.pk, "summary": "旧", "happened_at": moment - timedelta(days=9)}
    create_record(ACTIVITY, earlier, by=by)
    assert fresh(customer).last_activity_at == moment and fresh(customer).last_activity_kind == "call"


@pytest.mark.parametrize("more, field", [
    ({"summary": ""}, "summary"), ({"customer": ""}, "customer"), ({"kind": "shouting"}, "kind"),
    ({"next_at": "soon"}, "next_at"), ({"contact": "987654"}, "contact"),
])  # fmt: skip
def test_ACT_1_bad_input_is_told_and_nothing_is_kept(company, sign_in, customer, more, field):
    page = log(sign_in(company.li_na), customer, **more)
    assert page.status_code == 422
    assert f'href="#id_{field}' in said(page) or f"id_{field}_error" in said(page)
    assert not Activity.objects.whole_table("test").exists()


def test_ACT_1_a_person_of_another_customer_is_refused(company, sign_in, customer):
    other = ContactFactory(customer=CustomerFactory(owner=company.li_na))
    assert log(sign_in(company.li_na), customer, contact=other.pk).status_code == 422


def test_ACT_1_who_may_log_with_a_customer(company, sign_in, customer):
    assert log(sign_in(company.lead_east), customer).status_code == 302
    assert log(sign_in(company.service), customer).status_code == 302
    assert log(sign_in(company.zhao_lei), customer).status_code == 404
    assert log(sign_in(company.reader), customer).status_code == 403
    assert Activity.objects.whole_table("test").count() == 2


def test_ACT_1_a_follow_up_is_seen_where_the_customer_is_and_by_its_author(company, sign_in, customer):
    by_service = ActivityFactory(customer=customer, author=company.service, summary="上门检修")
    by_west = ActivityFactory(customer=customer, author=company.zhao_lei, summary="展会偶遇")
    seen = {"li_na": (200, 200), "gm": (200, 200), "reader": (200, 200), "zhao_lei": (404, 200),
            "manager_west": (404, 200), "wang_wei": (404, 404)}  # fmt: skip
    for person, statuses in seen.items():
        client = sign_in(company.people[person])
        found = tuple(client.get(f"/activities/{a.pk}/").status_code for a in (by_service, by_west))
        assert found == statuses, person
    RecordShareFactory(kind="customers.customer", object_id=customer.pk, person=company.wang_wei, granted_by=company.gm)
    assert sign_in(company.wang_wei).get(f"/activities/{by_service.pk}/").status_code == 200


def test_ACT_1_follow_ups_go_with_their_customer_and_keep_their_author(company, sign_in, customer):
    made = ActivityFactory(customer=customer)
    sign_in(company.lead_east).post(f"/customers/{customer.pk}/assign/", {"owner_id": company.wang_wei.pk})
    made = Activity.objects.whole_table("test").get()
    assert made.owner == company.wang_wei and made.author == company.li_na
    assert sign_in(company.wang_wei).get(f"/activities/{made.pk}/").status_code == 200


def test_ACT_1_a_stale_edit_is_told(company, sign_in, customer):
    made = ActivityFactory(customer=customer)
    data = {"kind": "call", "happened_at": "2026-11-20T10:00", "customer": customer.pk, "summary": "甲", "version": 1}
    assert sign_in(company.li_na).post(f"/activities/{made.pk}/edit/", data).status_code == 302
    page = sign_in(company.lead_east).post(f"/activities/{made.pk}/edit/", {**data, "summary": "乙"})
    assert page.status_code == 409 and "甲" in said(page) and "乙" in said(page)
    assert sign_in(company.reader).post(f"/activities/{made.pk}/edit/", data).status_code == 403
    assert sign_in(company.zhao_lei).post(f"/activities/{made.pk}/edit/", data).status_code == 404


def test_ACT_2_a_superior_guides_and_the_author_is_told(company, sign_in, customer):
    made = ActivityFactory(customer=customer)
    page = sign_in(company.lead_east).post(f"/activities/{made.pk}/comment/", {"text": "不要直接<b>降价</b>"})
    assert page.status_code == 302
    comment = ActivityComment.objects.whole_table("test").get()
    assert comment.is_guidance and comment.author == company.lead_east
    told = InboxItem.objects.get()
    assert told.person == company.li_na and told.url == f"/activities/{made.pk}/"
    shown = said(sign_in(company.li_na).get(f"/customers/{customer.pk}/"))
    assert "不要直接&lt;b&gt;降价" in shown and "指导" in shown
    sign_in(company.reader).post(f"/activities/{made.pk}/comment/", {"text": "我也看看"})
    assert not ActivityComment.objects.whole_table("test").latest("id").is_guidance
    assert sign_in(company.zhao_lei).post(f"/activities/{made.pk}/comment/", {"text": "x"}).status_code == 404


def test_ACT_2_an_empty_comment_is_refused(company, sign_in, customer):
    made = ActivityFactory(customer=customer)
    sign_in(company.lead_east).post(f"/activities/{made.pk}/comment/", {"text": "  "})
    assert not ActivityComment.objects.whole_table("test").exists()


def test_CUS_6_a_deal_with_a_customer_shows_it_and_its_people_and_not_what_colleagues_logged_there(
    company, sign_in, customer
):
    ContactFactory(customer=customer, name="李娜的人脉")
    ActivityFactory(customer=customer, summary="李娜的跟进")
    OpportunityFactory(customer=customer, owner=company.zhao_lei)
    client = sign_in(company.zhao_lei)
    pages = [said(client.get(f"/customers/{customer.pk}/{tab}")) for tab in ("", "contacts/", "?show=followups")]
    assert all(customer.name in page and "李娜的人脉" in page for page in pages)
    assert not any("李娜的跟进" in page for page in pages)
    RecordShareFactory(kind="customers.customer", object_id=customer.pk, person=company.zhao_lei, granted_by=company.gm)
    page = said(client.get(f"/customers/{customer.pk}/"))
    assert "李娜的人脉" in page and "李娜的跟进" in page


def test_CUS_6_the_timeline_pages_through_all_sources_without_doubles(company, sign_in, customer):
    client = sign_in(company.li_na)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for n in range(45):
        ActivityFactory(customer=customer, summary=f"第{n:02d}次", happened_at=start + timedelta(days=n // 3))
    ActivityFactory(customer=CustomerFactory(owner=company.li_na), summary="别家的")
    seen, url = "", f"/customers/{customer.pk}/timeline/"
    for _page in range(5):
        text = said(client.get(url))
        seen += text
        if "cursor=" not in text:
            break
        url = text.split('<li class="more"><a class="btn" href="')[1].split('"')[0].replace("&amp;", "&")
    assert all(seen.count(f"<p>第{n:02d}次") == 1 for n in range(45))
    assert "别家的" not in seen


@pytest.mark.parametrize(
    "query", ["show=followups", "show=deals", "show=changes", "cursor=nonsense", "cursor=followups%3Dx"]
)
def test_CUS_6_the_timeline_filters_and_survives_bad_cursors(company, sign_in, customer, query):
    ActivityFactory(customer=customer, summary="去过一次")
    page = sign_in(company.li_na).get(f"/customers/{customer.pk}/?{query}")
    assert page.status_code == 200
    assert ("去过一次" in said(page)) == (query not in ("show=deals", "show=changes"))


def test_CUS_6_an_unknown_filter_of_the_timeline_is_404(company, sign_in, customer):
    assert sign_in(company.li_na).get(f"/customers/{customer.pk}/?show=nonsense").status_code == 404


def test_CUS_6_dialogs_and_drawers_come_as_parts(company, sign_in, customer):
    contact, activity = ContactFactory(customer=customer), ActivityFactory(customer=customer)
    pages = ["edit/", "assign/", "next/", "delete/", "relations/add/", "contacts/", "?show=followups"]
    urls = [f"/customers/{customer.pk}/{page}" for page in pages]
    urls += [f"/contacts/{contact.pk}/{page}" for page in ("", "edit/", "delete/")]
    urls += [f"/activities/{activity.pk}/{page}" for page in ("", "edit/", "delete/")]
    urls += [f"/activities/log/?customer={customer.pk}", f"/activities/of/{customer.pk}/"]
    client = sign_in(company.lead_east)
    for url in urls:
        part, page = client.get(url, headers={"HX-Request": "true"}), client.get(url)
        assert part.status_code == page.status_code == 200, url
        assert "<html" not in said(part) and "<html" in said(page), url
        assert "HX-Request" in part["Vary"], url
