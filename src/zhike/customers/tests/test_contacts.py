"""Contacts through their pages."""

from datetime import date

import pytest
import time_machine

from zhike.customers.models import Contact, Customer
from zhike.customers.tests.conftest import said
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.records.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_CUS_4_a_contact_keeps_what_a_host_remembers(company, sign_in, customer):
    client = sign_in(company.li_na)
    page = client.post("/contacts/new/", {
        "customer": customer.pk, "name": "王建平", "title": "总经理", "role": "decider", "attitude": "supports",
        "mobile": "138 0013 8000", "birthday": "1978-11-24", "character": "直爽", "interests": "龙井、钓鱼",
        "family": "女儿在南京读大三", "education": "合肥工大", "religion": "无", "memberships": "吴江商会副会长",
    })  # fmt: skip
    assert page.status_code == 302, said(page)
    made = Contact.objects.whole_table("test").get()
    assert made.owner == company.li_na and made.birthday_md == 1124
    shown = said(client.get(f"/contacts/{made.pk}/"))
    for word in ("王建平", "决策", "直爽", "龙井、钓鱼", "女儿在南京读大三", "吴江商会副会长"):
        assert word in shown


def test_CUS_4_the_form_presets_the_customer_given(company, sign_in, customer, foreign):
    client = sign_in(company.li_na)
    assert customer.name in said(client.get(f"/contacts/new/?customer={customer.pk}"))
    assert foreign.name not in said(client.get(f"/contacts/new/?customer={foreign.pk}"))
    assert client.post("/contacts/new/", {"customer": foreign.pk, "name": "某人"}).status_code == 422


@pytest.mark.parametrize("person, seen, change, delete", [
    ("li_na", 200, 200, 403), ("lead_east", 200, 200, 200), ("gm", 200, 200, 200), ("service", 200, 200, 403),
    ("reader", 200, 403, 403), ("zhao_lei", 404, 404, 404),
])  # fmt: skip
def test_CUS_4_who_may_do_what_with_a_contact(company, sign_in, contact, person, seen, change, delete):
    client = sign_in(company.people[person])
    assert client.get(f"/contacts/{contact.pk}/").status_code == seen
    assert client.get(f"/contacts/{contact.pk}/edit/").status_code == change
    assert client.get(f"/contacts/{contact.pk}/delete/").status_code == delete


def test_CUS_4_a_stale_edit_is_told(company, sign_in, contact):
    data = {"customer": contact.customer_id, "name": "王建平", "title": "董事长", "version": 1}
    assert sign_in(company.li_na).post(f"/contacts/{contact.pk}/edit/", data).status_code == 302
    page = sign_in(company.lead_east).post(f"/contacts/{contact.pk}/edit/", {**data, "title": "厂长"})
    assert page.status_code == 409 and "董事长" in said(page) and 'value="厂长"' in said(page)


def test_CUS_4_the_first_contact_becomes_the_main_one_and_another_may_take_its_place(company, sign_in, customer):
    client = sign_in(company.li_na)
    for name in ("甲", "乙"):
        client.post("/contacts/new/", {"customer": customer.pk, "name": name})
    first, second = Contact.objects.whole_table("test").order_by("id")
    assert main_of(customer) == first
    client.post(f"/contacts/{second.pk}/edit/", {"customer": customer.pk, "name": "乙", "is_primary": "yes"})
    assert main_of(customer) == second
    assert [c.is_primary for c in Contact.objects.whole_table("test").order_by("id")] == [False, True]


def main_of(customer):
    return Customer.objects.whole_table("test").get(pk=customer.pk).main_contact


@time_machine.travel("2026-12-20 10:00+08:00")
def test_CUS_4_birthdays_of_the_next_month_come_in_order_over_the_turn_of_the_year(company, sign_in, customer, foreign):
    for name, day in [("正月", "1980-01-05"), ("今天", "1990-12-20"), ("昨天", "1990-12-19"), ("三月", "1970-03-01")]:
        ContactFactory(customer=customer, name=name, birthday=date.fromisoformat(day))
    ContactFactory(customer=foreign, name="外人", birthday=date.fromisoformat("1980-12-25"))
    page = said(sign_in(company.li_na).get("/contacts/birthdays/"))
    assert page.index("今天</a>") < page.index("正月</a>")
    assert not any(f"{name}</a>" in page for name in ("昨天", "三月", "外人"))


def test_CUS_4_a_contact_that_moves_to_another_customer_takes_its_owner(company, sign_in, contact):
    other = CustomerFactory(owner=company.wang_wei)
    data = {"customer": other.pk, "name": contact.name}
    assert sign_in(company.lead_east).post(f"/contacts/{contact.pk}/edit/", data).status_code == 302
    moved = Contact.objects.whole_table("test").get(pk=contact.pk)
    assert moved.owner == company.wang_wei
    changes = AuditEntry.objects.filter(kind="customers.contact", verb="changed").latest("id").changes
    assert changes["customer"] == [contact.customer_id, other.pk]


def test_CUS_7_a_contact_is_suggested_by_part_of_its_name_only_to_those_who_see_it(company, sign_in, client):
    customer = CustomerFactory(owner=company.li_na, name="恒旭")
    li_na, zhao_lei = sign_in(company.li_na), sign_in(company.zhao_lei)
    li_na.post("/contacts/new/", {"customer": customer.pk, "name": "王建平"})
    assert [i["title"] for i in li_na.get("/pick/contacts/?q=建平").json()["items"]] == ["王建平"]
    assert zhao_lei.get("/pick/contacts/?q=建平").json()["items"] == []
    assert li_na.get("/pick/nothing/?q=x").status_code == 404
