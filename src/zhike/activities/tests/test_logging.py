"""The quick log in full: once, with minutes, photos, mentions, questions (ACT-1, ACT-2, ACT-8)."""

import re
from html import escape, unescape
from io import BytesIO

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from zhike.activities.mentions import mentioned
from zhike.activities.models import Activity, Task
from zhike.activities.setup import install_templates
from zhike.activities.tests.factories import ActivityFactory
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit.viewer import viewer_of
from zhike.records import search
from zhike.records.models import InboxItem, StoredFile
from zhike.sales.tests.factories import LeadFactory, OpportunityFactory, shipped

pytestmark = pytest.mark.django_db
NOON = "2026-11-20 12:00+08:00"  # a Friday


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司")


def logged():
    return list(Activity.objects.whole_table("test").order_by("id"))


def log(client, about, **more):
    return client.post("/activities/log/", {"customer": about.pk, "kind": "visit", "summary": "谈妥范围", **more})


def inbox(person):
    return list(InboxItem.objects.filter(person=person).order_by("id").values_list("text", flat=True))


def photo(place=True):
    picture = Image.new("RGB", (3200, 1600), "navy")
    exif = picture.getexif()
    if place:
        exif.get_ifd(0x8825)[1] = "N"  # GPS
        exif[0x0110] = "Phone 9"
    out = BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("IMG_1.jpg", out.getvalue(), "image/jpeg")


def test_ACT_1_the_same_form_sent_twice_logs_once(company, sign_in, customer):
    client = sign_in(company.li_na)
    answers = [log(client, customer, key="4f1b", summary="谈妥范围") for _n in range(2)]
    assert [a.status_code for a in answers] == [302, 302] and len(logged()) == 1
    log(sign_in(company.lead_east), customer, key="4f1b")
    assert len(logged()) == 2  # another person's key is another form


def test_ACT_1_minutes_are_written_under_the_headings_of_the_kind_and_found_again(company, sign_in, customer):
    install_templates()
    client = sign_in(company.li_na)
    page = client.get(f"/activities/log/?customer={customer.pk}").content.decode()
    assert "竞争对手动态" in page
    log(client, customer, **{"d-visit-0": "王建平、李工", "d-visit-2": "海康报了 38 万", "d-meeting-1": "不算"})
    (made,) = logged()
    assert made.details == [["参加人", "王建平、李工"], ["竞争对手动态", "海康报了 38 万"]]
    assert "海康报了 38 万" in client.get(f"/customers/{customer.pk}/").content.decode()
    assert [hit.object_id for hit in search.find(viewer_of(company.li_na.pk), "海康报了")] == [made.pk]
    edit = client.get(f"/activities/{made.pk}/edit/").content.decode()
    assert "参加人：王建平、李工" in edit


def test_ACT_1_photos_come_without_what_they_tell_and_with_a_small_picture(company, sign_in, customer):
    client = sign_in(company.li_na)
    log(client, customer, file=[photo(), SimpleUploadedFile("方案.pdf", b"%PDF-1.4 x")])
    first, second = StoredFile.objects.order_by("id")
    with Image.open(first.content) as kept:
        assert max(kept.size) == 2400 and not dict(kept.getexif())
    assert second.name == "方案.pdf"
    small = client.get(f"/activities/photos/{first.pk}/")
    assert small.status_code == 200 and len(small.content) < 20_000
    assert client.get(f"/activities/photos/{second.pk}/").status_code == 404
    assert sign_in(company.zhao_lei).get(f"/activities/photos/{first.pk}/").status_code == 404
    assert f"/activities/photos/{first.pk}/" in client.get(f"/customers/{customer.pk}/").content.decode()


def test_ACT_1_a_file_that_cannot_be_kept_leaves_nothing_half_logged(company, sign_in, customer):
    page = log(sign_in(company.li_na), customer, file=[photo(), SimpleUploadedFile("x.exe", b"MZ")])
    assert page.status_code == 422 and not logged() and not StoredFile.objects.exists()
    assert "谈妥范围" in page.content.decode()


def test_ACT_1_where_one_is_is_kept_only_when_it_makes_sense(company, sign_in, customer):
    client = sign_in(company.li_na)
    log(client, customer, position="31.29834,120.58531,25")
    log(client, customer, position="<script>")
    assert [made.position for made in logged()] == ["31.29834,120.58531,25", ""]


@time_machine.travel(NOON, tick=False)
def test_ACT_1_the_form_begins_with_what_is_usual_there(company, sign_in, customer):
    shipped()
    person = ContactFactory(customer=customer, name="王建平", is_primary=True)
    deal = OpportunityFactory(owner=company.li_na, customer=customer, name="二期")
    client = sign_in(company.li_na)
    log(client, customer, kind="wechat")
    from_deal = client.get(f"/activities/log/?opportunity={deal.pk}").content.decode()
    assert customer.name in from_deal and 'value="wechat" checked' in from_deal
    assert f'name="opportunity" value="{deal.pk}"' in from_deal
    assert 'value="2026-11-23T09:00"' in from_deal  # next Monday, one press away
    from_person = client.get(f"/activities/log/?contact={person.pk}").content.decode()
    assert f'<option value="{person.pk}" selected>' in from_person
    log(client, customer, opportunity=deal.pk, summary="二期的事")
    assert logged()[-1].opportunity_id == deal.pk
    assert sign_in(company.zhao_lei).get(f"/activities/log/?opportunity={deal.pk}").status_code == 404


def test_ACT_1_the_palette_takes_the_order_and_then_the_name(company, sign_in, customer):
    found = sign_in(company.li_na).get("/palette/", {"q": "记跟进 恒旭"}).content.decode()
    assert f"/activities/log/?customer={customer.pk}" in found
    assert (
        f"?customer={customer.pk}"
        not in sign_in(company.zhao_lei).get("/palette/", {"q": "记跟进 恒旭"}).content.decode()
    )


@pytest.mark.parametrize("text, names", [
    ("@王伟 请跟进", ["wang_wei"]), ("请 @wang_wei看一下，@李娜、@李娜", ["wang_wei", "li_na"]), ("邮箱 a@b.com", []),
    ("@不存在的人", []), ("＠陈国栋", ["gm"]), ("@韩雪 已离职", []),
])  # fmt: skip
def test_ACT_8_colleagues_named_in_a_text(company, text, names):
    assert mentioned(text) == [company.people[name].pk for name in names]


def test_ACT_8_who_is_mentioned_is_told_once_if_they_may_see_it(company, sign_in, customer):
    client = sign_in(company.li_na)
    log(client, customer, summary="@孙丽 请看报价，@赵磊 也来")
    (made,) = logged()
    assert len(inbox(company.lead_east)) == 1 and "请看报价" in inbox(company.lead_east)[0]
    assert inbox(company.zhao_lei) == []  # not theirs to see
    client.post(f"/activities/{made.pk}/edit/", {
        "kind": "visit", "customer": customer.pk, "summary": "@孙丽 请看报价 V2", "happened_at": "2026-11-20T09:00",
        "version": made.version, "author": company.li_na.pk,
    })  # fmt: skip
    assert len(inbox(company.lead_east)) == 1


def test_ACT_8_names_are_suggested_by_name_pinyin_and_initials(company, sign_in):
    client = sign_in(company.li_na)
    for word in ("王", "wangw", "ww", "wang_w"):
        assert "王伟" in {item["title"] for item in client.get("/activities/mentions/", {"q": word}).json()["items"]}, (
            word
        )


def test_ACT_2_a_question_becomes_a_to_do_until_it_is_answered(company, sign_in, customer):
    made = ActivityFactory(customer=customer, author=company.li_na, summary="客户嫌贵")
    boss = sign_in(company.lead_east)
    boss.post(f"/activities/{made.pk}/comment/", {"text": "对方预算多少？", "ask": "1"})
    task = Task.objects.whole_table("test").get()
    assert (task.assignee, task.assigned_by, task.status) == (company.li_na, company.lead_east, "open")
    assert "对方预算多少" in task.title and task.customer_id == customer.pk
    sign_in(company.li_na).post(f"/activities/{made.pk}/comment/", {"text": "35 万"})
    task = Task.objects.whole_table("test").get()
    assert task.status == "done" and task.closed_at
    refused = sign_in(company.li_na).post(f"/activities/{made.pk}/comment/", {"text": "问上级？", "ask": "1"})
    assert refused.status_code == 302 and Task.objects.whole_table("test").count() == 1


def test_ACT_2_superiors_mark_what_needs_attention_and_the_author_is_told(company, sign_in, customer):
    made = ActivityFactory(customer=customer, author=company.li_na, summary="客户嫌贵")
    url = f"/activities/{made.pk}/attention/"
    for _n in range(2):
        assert sign_in(company.lead_east).post(url, {"on": "1"}).status_code == 302
    assert len(inbox(company.li_na)) == 1 and logged()[0].needs_attention
    assert sign_in(company.zhao_lei).post(url, {"on": "0"}).status_code == 404
    assert sign_in(company.service).post(url, {"on": "0"}, HTTP_HX_REQUEST="true").status_code == 422
    assert "客户嫌贵" in sign_in(company.li_na).get("/activities/?needs_attention=yes").content.decode()
    sign_in(company.li_na).post(url, {"on": "0"})
    assert not logged()[0].needs_attention


def test_ACT_1_the_headings_are_the_companys_own(company, sign_in):
    client = sign_in(company.admin)
    assert client.post("/settings/minutes/", {"visit": "参加人\n 参加人 \n预算\n"}).status_code == 302
    assert "预算" in client.get("/settings/minutes/").content.decode()
    assert client.post("/settings/minutes/", {"visit": "\n".join(f"题{n}" for n in range(11))}).status_code == 422
    assert sign_in(company.li_na).post("/settings/minutes/", {"visit": "x"}).status_code == 403


@pytest.mark.parametrize("kind", ["customers", "opportunities", "contacts", "leads"])
def test_ACT_1_a_row_of_a_list_logs_a_follow_up_and_the_list_stays(company, sign_in, customer, kind):
    rows = {
        "customers": lambda: customer, "contacts": lambda: ContactFactory(customer=customer),
        "opportunities": lambda: OpportunityFactory(owner=company.li_na, customer=customer, stage=shipped().stages.first()),
        "leads": lambda: LeadFactory(owner=company.li_na),
    }  # fmt: skip
    record, client = rows[kind](), sign_in(company.li_na)
    shown = client.get(f"/{kind}/").content.decode()
    (url,) = re.findall(r'<td role="cell" class="row-acts"><span class="acts"><a [^>]*hx-get="([^"]+)"', shown)
    url = unescape(url)
    assert str(record.pk) in url and f'aria-label="记跟进 {record.name}"' in shown
    htmx = {"HX-Request": "true"}
    dialog = client.get(url, headers=htmx).content.decode()
    assert f'hx-post="{escape(url)}"' in dialog
    about = {} if kind == "leads" else {"customer": customer.pk}
    assert client.post(url, {"kind": "call", **about}, headers=htmx).status_code == 422
    done = client.post(url, {"kind": "call", "summary": "列表里记的", **about}, headers=htmx)
    assert done.status_code == 204 and "zk:close" in done["HX-Trigger"]
    (made,) = logged()
    assert made.summary == "列表里记的" and (
        made.lead_id == record.pk if kind == "leads" else made.customer == customer
    )


def test_ACT_1_rows_offer_it_only_to_who_may_and_cost_no_query_more(
    company, sign_in, customer, django_assert_num_queries
):
    assert "row-acts" not in sign_in(company.reader).get("/customers/").content.decode()
    client = sign_in(company.li_na)
    client.get("/customers/")
    with CaptureQueriesContext(connection) as one:
        client.get("/customers/")
    for _n in range(5):
        CustomerFactory(owner=company.li_na)
    with django_assert_num_queries(len(one)):
        assert client.get("/customers/").content.decode().count('class="acts"') == 6
