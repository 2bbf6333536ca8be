"""CUS-7: what finds a record, in which order, and that the index follows each change."""

import pytest
from django.db import connection, transaction

from zhike.activities.tests.factories import ActivityFactory, TaskFactory
from zhike.customers.models import Contact
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.org.tests.factories import RecordShareFactory
from zhike.records import kinds, search
from zhike.records.actions import assign_record, change_record, create_record, delete_record
from zhike.records.search import store
from zhike.records.search.question import ask
from zhike.sales.tests.factories import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db
NAME = "苏州恒旭精密机械有限公司"


@pytest.fixture
def customer(company):
    """A customer of Li Na's with a contact."""
    made = CustomerFactory(
        name=NAME, code="KH-000123", uscc="91320500MA1XH8G35L", phone="0512-62721234", owner=company.li_na
    )
    ContactFactory(name="张伟", customer=made, mobile="13812345678", email="zhang.wei@hengxu.example")
    return made


@pytest.fixture
def found(company, viewer):
    """`found("恒旭")` gives the titles that Li Na, or somebody else, finds."""

    def titles(text, person=None, **more):
        return [hit.title for hit in search.find(viewer(person or company.li_na), text, **more)]

    return titles


def kind(slug):
    return kinds.get(slug)


@pytest.mark.parametrize(
    "text",
    ["恒旭", "精密机械", "苏州恒旭", NAME, "苏", "hengxu", "suzhouheng", "hengxujing", "hengx", "hxjm", "szhx",
     "HENGXU", "苏州 机械", "恒旭 张伟", "13812345678", "5678", "2345", "138-1234-5678", "+86 138 1234 5678",
     "62721234", "051262721234", "KH-000123", "kh-000123", "000123", "123", "91320500MA1XH8G35L", "91320500MA", "8g35l",
     "ＫＨ-０００１２３", "zhang.wei@hengxu.example"],
)  # fmt: skip
def test_CUS_7_a_customer_is_found(customer, found, text):
    assert NAME in found(text, kinds=[kind("customers")])


BY_NAME_OR_NUMBER = ["张伟", "zw", "zhangwei", "zhang wei", "zhangw", "5678", "1381234", "恒旭", "苏州 zw"]


@pytest.mark.parametrize("text", BY_NAME_OR_NUMBER)
def test_CUS_7_a_contact_is_found(customer, found, text):
    assert "张伟" in found(text, kinds=[kind("contacts")])


NOT_THERE = ["", " ", '"', "*", "😀", "\x00", "旭恒", "恒旭 无锡", "wz", "1382", "0005",
             "AND", "恒旭x"]  # fmt: skip


@pytest.mark.parametrize("text", NOT_THERE)
def test_CUS_7_nothing_else_is_found(customer, found, text):
    assert found(text) == []


@pytest.mark.parametrize("text", ["lvmeng", "lumeng", "dan", "shan", "shanxiong", "chongqing", "changan"])
def test_CUS_7_letters_with_several_readings_are_found_by_each(company, found, text):
    for name in ("吕蒙", "单雄", "重庆长安"):
        CustomerFactory(name=name, owner=company.li_na)
    assert len(found(text)) == 1


def test_CUS_7_best_first(company, found):
    for name in ("重庆恒旭电气有限公司", "恒旭", "恒旭精密机械有限公司", "恒兴徐记"):
        CustomerFactory(name=name, owner=company.li_na)
    assert found("恒旭") == ["恒旭", "恒旭精密机械有限公司", "重庆恒旭电气有限公司"]
    assert found("hx")[0] == "恒旭", "whole initials come first"


def test_CUS_7_a_person_of_this_name_comes_before_their_company(customer, found):
    assert found("zw") == ["张伟"]
    assert found("张伟") == ["张伟", NAME]


def test_CUS_7_names_come_before_what_was_said_of_them(customer, company, found):
    """Across kinds: who is called so, then who belongs to them, then texts that mention them, however new."""
    ActivityFactory(summary="张伟来电，恒旭要加急", customer=customer)
    assert found("恒旭") == [NAME, "张伟", "张伟来电，恒旭要加急"]
    assert found("张伟") == ["张伟", NAME, "张伟来电，恒旭要加急"]
    LeadFactory(name="张伟", owner=company.li_na)
    assert found("张伟")[:2] == ["张伟", "张伟"]


def test_CUS_7_a_beginning_comes_first_in_every_kind(customer, company, found):
    OpportunityFactory(name="恒旭二期产线", customer=customer, owner=company.li_na)
    assert found("恒旭") == ["恒旭二期产线", NAME, "张伟"]


@pytest.mark.parametrize("text", ["zw", "zhangwei", "zhangw"])
def test_CUS_7_no_long_text_is_found_by_pinyin(customer, company, found, text):
    ActivityFactory(summary="张伟来电", customer=customer)
    TaskFactory(title="给张伟回电", customer=customer, assignee=company.li_na)
    assert "张伟" in found(text) and not {"张伟来电", "给张伟回电"} & set(found(text))
    assert {"张伟来电", "给张伟回电"} <= set(found("张伟"))


def test_CUS_7_newest_first_among_equals(company, found):
    for number in range(30):
        CustomerFactory(name=f"同名{number}公司", owner=company.li_na)
    assert found("同名", limit=3) == ["同名29公司", "同名28公司", "同名27公司"]


def test_CUS_7_the_index_follows_a_change(customer, company, viewer, found):
    li_na = viewer(company.li_na)
    change_record(kind("customers"), customer, {"name": "无锡天工阀门有限公司", "phone": ""}, by=li_na)
    assert found("恒旭") == [] and found("62721234") == []
    assert found("天工") == ["无锡天工阀门有限公司", "张伟"], "a contact is found by the company's new name"


def test_CUS_7_a_company_is_found_by_its_contacts_as_they_are_now(customer, company, viewer, found):
    li_na, contact = viewer(company.li_na), Contact.objects.visible_to(viewer(company.li_na)).get()
    other = CustomerFactory(name="另一家公司", owner=company.li_na)
    change_record(kind("contacts"), contact, {"mobile": "13700009999"}, by=li_na)
    assert found("13812345678") == [] and NAME in found("9999")
    contact.refresh_from_db()
    change_record(kind("contacts"), contact, {"customer": other.pk}, by=li_na)
    assert found("9999", kinds=[kind("customers")]) == ["另一家公司"]
    contact.refresh_from_db()
    delete_record(kind("contacts"), contact, by=viewer(company.admin))
    assert found("9999") == []


def test_CUS_7_what_is_deleted_is_forgotten(company, viewer, found):
    made = create_record(kind("customers"), {"name": "即将删除公司"}, by=viewer(company.li_na))
    assert found("即将删除") == ["即将删除公司"]
    delete_record(kind("customers"), made, by=viewer(company.admin))
    assert found("即将删除") == []


def test_ORG_3_search_shows_only_what_one_sees(customer, company, viewer, found):
    assert found("恒旭", company.zhao_lei) == []
    for person in (company.li_na, company.lead_east, company.manager_east, company.gm):
        assert found("恒旭", person) == [NAME, "张伟"]
    RecordShareFactory(
        kind="customers.customer", object_id=customer.pk, person=company.zhao_lei, granted_by=company.li_na
    )
    assert found("恒旭", company.zhao_lei) == [NAME, "张伟"]


def test_ORG_3_search_follows_the_owner(customer, company, viewer, found):
    assign_record(kind("customers"), customer, by=viewer(company.manager_east), owner_id=company.wang_wei.pk)
    assert found("恒旭") == []
    assert found("恒旭", company.wang_wei) == [NAME, "张伟"]


def test_CUS_7_a_list_is_narrowed(customer, company, viewer):
    CustomerFactory(name="上海恒旭贸易", owner=company.zhao_lei)
    li_na, customers = viewer(company.li_na), kind("customers")
    rows = customers.rows(li_na)
    assert list(search.narrow(rows, customers, li_na, "恒旭")) == [customer]
    assert list(search.narrow(rows, customers, li_na, " ")) == list(rows)
    assert list(search.narrow(rows, customers, li_na, "？！")) == []


def test_CUS_7_rebuilding_gives_the_same_index(customer, company, found):
    before = {text: found(text) for text in ("恒旭", "zw", "5678", "KH-000123")}
    assert search.rebuild() >= 2
    assert before == {text: found(text) for text in before} and all(before.values())


def test_CUS_7_no_save_merges_the_whole_index_and_tidying_does():
    """A save that merged all segments at once took seconds; now they stay apart until the background merges them."""
    search.rebuild()
    for number in range(40):
        with transaction.atomic():
            store.put("customers.customer", [(10**6 + number, {f"w{number}"})])
    apart = _segments()
    assert search.tidy(20)
    if connection.vendor == "sqlite":
        assert apart >= 40 and _segments() < apart / 2
    assert store.newest(ask("w7"), "customers.customer", 5) == [10**6 + 7]


def _segments():
    """How many segments FTS5 has; the upper bits of its pages' keys name them (its file format)."""
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(DISTINCT id >> 37) FROM {store.TABLE}_data WHERE id > 10")
        return cursor.fetchone()[0]
