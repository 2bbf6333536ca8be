"""Customers through their pages: who may do what, what is kept, what is refused."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import ClassChange, Contact, Customer
from zhike.customers.tests.conftest import said
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit.viewer import viewer_of
from zhike.org.tests.factories import RecordShareFactory
from zhike.records.actions import tag_record
from zhike.records.models import AuditEntry, StoredFile, Tag

pytestmark = pytest.mark.django_db


def typed(customer, **changed):
    """What the form of a customer sends, with some fields changed."""
    return {"name": customer.name, "city": customer.city, "phone": customer.phone, "uscc": customer.uscc,
            "tier": customer.tier, "lifecycle": customer.lifecycle, "version": customer.version, **changed}  # fmt: skip


def fresh(customer):
    return Customer.objects.whole_table("test").get(pk=customer.pk)


def test_CUS_1_creating_a_customer_gives_a_code_an_owner_and_a_card(company, sign_in):
    client = sign_in(company.li_na)
    page = client.post("/customers/new/", {
        "name": "  无锡远拓　新能源科技有限公司 ", "uscc": "９１３５０１００m000100y43",
        "phone": "０５１０－８８８８６６６６",
        "tier": "target", "lifecycle": "potential", "owner": company.li_na.pk, "registered_capital": "2100万",
        "founded_on": "2009年3月18日", "organisation_type": "joint", "legal_representative": "严明",
    })  # fmt: skip
    assert page.status_code == 302, said(page)
    made = Customer.objects.whole_table("test").get(name__contains="远拓")
    assert made.code == "KH-000001" and made.owner == company.li_na and made.uscc == "91350100M000100Y43"
    assert made.custom["registered_capital"] == 2_100_000_000 and made.custom["founded_on"] == "2009-03-18"
    assert made.phone == "0510-88886666"
    card = said(client.get(f"/customers/{made.pk}/card/"))
    assert "严明" in card and "2009-03-18" in card


@pytest.mark.parametrize("field, value", [
    ("name", ""), ("name", "长" * 201), ("uscc", "91350100M000100Y44"), ("tier", "huge"),
    ("founded_on", "yesterday-ish"), ("registered_capital", "many"), ("credit_days", "-3"),
    ("parent", "999999"), ("organisation_type", "guild"),
])  # fmt: skip
def test_CUS_1_bad_input_is_told_at_its_field_and_nothing_is_saved(company, sign_in, field, value):
    data = {"name": "甲公司", "tier": "target", "lifecycle": "potential", "owner": company.li_na.pk, field: value}
    page = sign_in(company.li_na).post("/customers/new/", data)
    assert page.status_code == 422
    assert f'id="id_{field}_error"' in said(page)
    assert not Customer.objects.whole_table("test").exists()


def test_CUS_1_strange_input_is_no_error(company, sign_in):
    data = {"name": "甲\x00公司🙂‮", "tier": "target", "lifecycle": "potential", "owner": company.li_na.pk,
            "note": "<script>alert(1)</script>", "short_name": "=cmd|' /C calc'!A0"}  # fmt: skip
    client = sign_in(company.li_na)
    assert client.post("/customers/new/", data).status_code == 302
    made = Customer.objects.whole_table("test").get()
    assert "\x00" not in made.name
    assert "<script>alert(1)" not in said(client.get(f"/customers/{made.pk}/card/"))


def test_CUS_1_html_in_a_name_is_shown_as_text(company, sign_in):
    evil = CustomerFactory(owner=company.li_na, name="<b onclick=x>恶意</b>", city="<i>城</i>")
    ContactFactory(customer=evil, name="<u>人</u>", title="<s>长</s>")
    for url in (f"/customers/{evil.pk}/", f"/customers/{evil.pk}/contacts/", f"/customers/{evil.pk}/card/print/",
                "/customers/", "/contacts/"):  # fmt: skip
        page = said(sign_in(company.li_na).get(url))
        assert "恶意" in page or "人" in page
        assert not any(tag in page for tag in ("<b onclick", "<i>城", "<u>人", "<s>长")), url


@pytest.mark.parametrize("person, seen, changes", [
    ("li_na", 200, True), ("lead_east", 200, True), ("manager_east", 200, True), ("gm", 200, True),
    ("admin", 200, True), ("reader", 200, False), ("service", 200, False),
    ("zhao_lei", 404, False), ("manager_west", 404, False),
])  # fmt: skip
def test_CUS_6_who_sees_a_customer_and_who_may_change_it(company, sign_in, customer, contact, person, seen, changes):
    client = sign_in(company.people[person])
    for url in ("", "contacts/", "card/", "files/", "changes/", "timeline/", "card/print/", "card/pdf/"):
        assert client.get(f"/customers/{customer.pk}/{url}").status_code == seen, url
    refused = 404 if seen == 404 else 403
    wanted = 200 if changes else refused
    for url in ("edit/", "next/", "relations/add/"):
        assert client.get(f"/customers/{customer.pk}/{url}").status_code == wanted, url
    page = client.post(f"/customers/{customer.pk}/edit/", typed(customer, city="无锡"))
    assert page.status_code == (302 if changes else refused)
    assert fresh(customer).city == ("无锡" if changes else "苏州")


def test_CUS_6_a_customer_that_does_not_exist_is_404(company, sign_in):
    client = sign_in(company.gm)
    for pk in (0, 987654, 2**63 - 1, 2**64):
        assert client.get(f"/customers/{pk}/").status_code == 404
    assert client.get("/customers/987654/card/pdf/").status_code == 404


def test_CUS_6_an_unknown_tab_is_404(company, sign_in, customer):
    assert sign_in(company.li_na).get(f"/customers/{customer.pk}/nonsense/").status_code == 404


def test_CUS_6_the_page_shows_head_people_relations_and_what_is_missing(company, sign_in, customer, contact, foreign):
    customer = CustomerFactory(owner=company.li_na, name="子公司", parent=customer, next_step="确认报价 V3")
    page = said(sign_in(company.li_na).get(f"/customers/{customer.pk}/"))
    assert "苏州恒旭精密机械有限公司" in page and "确认报价 V3" in page
    page = said(sign_in(company.li_na).get(f"/customers/{customer.parent_id}/"))
    assert "王建平" in page and "子公司" in page and "昆山瑞致" not in page


def test_CUS_6_the_number_of_queries_does_not_grow_with_the_data(
    company, sign_in, customer, django_assert_max_num_queries
):
    client = sign_in(company.li_na)
    client.get(f"/customers/{customer.pk}/")
    for n in range(12):
        ContactFactory(customer=customer, name=f"人{n}")
        CustomerFactory(owner=company.li_na, parent=customer)
    with django_assert_max_num_queries(21):
        assert client.get(f"/customers/{customer.pk}/").status_code == 200


def test_CUS_5_each_change_of_class_is_kept_with_author_and_owner(company, sign_in, customer):
    page = sign_in(company.lead_east).post(f"/customers/{customer.pk}/class/", {"tier": "key"})
    assert page.status_code == 302
    sign_in(company.li_na).post(f"/customers/{customer.pk}/class/", {"lifecycle": "won"})
    kept = ClassChange.objects.whole_table("test").order_by("id").values_list("field", "old", "new", "person", "owner")
    assert list(kept) == [
        ("tier", "potential", "key", company.lead_east.pk, company.li_na.pk),
        ("lifecycle", "potential", "won", company.li_na.pk, company.li_na.pk),
    ]
    assert sign_in(company.li_na).post(f"/customers/{customer.pk}/class/", {"tier": "huge"}).status_code == 302
    assert fresh(customer).tier == "key"
    assert sign_in(company.reader).post(f"/customers/{customer.pk}/class/", {"tier": "target"}).status_code == 403


def test_CUS_5_saving_without_a_change_of_class_keeps_nothing(company, sign_in, customer):
    sign_in(company.li_na).post(f"/customers/{customer.pk}/edit/", typed(customer, city="无锡"))
    assert not ClassChange.objects.whole_table("test").exists()


def test_CUS_6_the_second_of_two_writers_is_told_and_loses_nothing(company, sign_in, customer):
    first, second = sign_in(company.li_na), sign_in(company.lead_east)
    stale = typed(customer, city="常州", address="新区 1 号")
    assert first.post(f"/customers/{customer.pk}/edit/", typed(customer, city="无锡")).status_code == 302
    page = second.post(f"/customers/{customer.pk}/edit/", stale)
    assert page.status_code == 409
    assert "无锡" in said(page) and 'value="常州"' in said(page) and 'value="新区 1 号"' in said(page)
    assert fresh(customer).city == "无锡"
    again = second.post(f"/customers/{customer.pk}/edit/", {**stale, "version": fresh(customer).version})
    assert again.status_code == 302 and fresh(customer).city == "常州"


def test_ORG_6_the_credit_limit_is_set_by_the_general_manager_only(company, sign_in, customer):
    asked = typed(customer, credit_limit="500000", credit_grade="A")
    sign_in(company.li_na).post(f"/customers/{customer.pk}/edit/", asked)
    assert fresh(customer).credit_limit is None and fresh(customer).credit_grade == "A"
    assert "id_credit_limit" not in said(sign_in(company.manager_east).get(f"/customers/{customer.pk}/edit/"))
    sign_in(company.gm).post(f"/customers/{customer.pk}/edit/", {**asked, "version": fresh(customer).version})
    assert fresh(customer).credit_limit == 500_000


def test_CUS_8_customers_like_it_are_shown_before_saving_and_never_bar_it(company, sign_in, customer, foreign):
    client = sign_in(company.li_na)
    data = {
        "name": "另一家",
        "phone": customer.phone,
        "tier": "target",
        "lifecycle": "potential",
        "owner": company.li_na.pk,
    }
    page = client.post("/customers/new/", data)
    assert page.status_code == 422 and customer.name in said(page)
    assert client.post("/customers/new/", {**data, "another": "1"}).status_code == 302
    unseen = client.post("/customers/new/", {**data, "name": foreign.name, "phone": ""})
    assert unseen.status_code == 302


def test_CUS_9_handing_over_moves_the_contacts_and_tells_the_new_owner(company, sign_in, customer, contact):
    page = sign_in(company.lead_east).post(f"/customers/{customer.pk}/assign/", {"owner_id": company.wang_wei.pk})
    assert page.status_code == 302
    assert fresh(customer).owner == company.wang_wei
    assert Contact.objects.whole_table("test").get().owner == company.wang_wei
    assert sign_in(company.li_na).get(f"/customers/{customer.pk}/").status_code == 404
    assert sign_in(company.li_na).get(f"/contacts/{contact.pk}/").status_code == 404
    assert sign_in(company.wang_wei).get(f"/contacts/{contact.pk}/").status_code == 200
    assert sign_in(company.reader).post(f"/customers/{customer.pk}/assign/", {"owner_id": 1}).status_code == 403


def test_CUS_14_relations_show_on_both_sides_and_only_to_those_who_see_both(company, sign_in, customer, foreign):
    client = sign_in(company.gm)
    page = client.post(f"/customers/{foreign.pk}/relations/add/", {"kind": "referrer", "other": customer.pk})
    assert page.status_code == 302
    assert customer.name in said(client.get(f"/customers/{foreign.pk}/"))
    assert foreign.name in said(client.get(f"/customers/{customer.pk}/"))
    assert foreign.name not in said(sign_in(company.li_na).get(f"/customers/{customer.pk}/"))
    twice = client.post(f"/customers/{foreign.pk}/relations/add/", {"kind": "referrer", "other": customer.pk})
    itself = client.post(f"/customers/{foreign.pk}/relations/add/", {"kind": "dealer", "other": foreign.pk})
    assert twice.status_code == itself.status_code == 422
    unseen = sign_in(company.li_na).post(
        f"/customers/{customer.pk}/relations/add/", {"kind": "dealer", "other": foreign.pk}
    )
    assert unseen.status_code == 422


def test_CUS_14_a_relation_is_removed_by_those_who_may_change_the_customer(company, sign_in, customer):
    other = CustomerFactory(owner=company.li_na)
    sign_in(company.li_na).post(f"/customers/{customer.pk}/relations/add/", {"kind": "dealer", "other": other.pk})
    pk = customer.relations.model.objects.whole_table("test").get().pk
    assert sign_in(company.zhao_lei).post(f"/customers/relations/{pk}/remove/").status_code == 404
    assert sign_in(company.reader).post(f"/customers/relations/{pk}/remove/").status_code == 403
    assert sign_in(company.li_na).post(f"/customers/relations/{pk}/remove/").status_code == 302
    assert not customer.relations.model.objects.whole_table("test").exists()


def test_CUS_14_a_circle_of_parents_is_refused(company, sign_in, customer):
    below = CustomerFactory(owner=company.li_na, parent=customer)
    page = sign_in(company.li_na).post(f"/customers/{customer.pk}/edit/", typed(customer, parent=below.pk))
    assert page.status_code == 422 and 'id="id_parent_error"' in said(page)


def test_CUS_6_a_shared_customer_shows_its_contacts_and_may_be_changed_if_the_share_says_so(
    company, sign_in, customer, contact
):
    share = RecordShareFactory(
        kind="customers.customer", object_id=customer.pk, person=company.zhao_lei, granted_by=company.gm
    )
    client = sign_in(company.zhao_lei)
    assert "王建平" in said(client.get(f"/customers/{customer.pk}/contacts/"))
    assert client.get(f"/customers/{customer.pk}/edit/").status_code == 403
    new = {"customer": customer.pk, "name": "新人"}
    assert client.post("/contacts/new/", new).status_code == 422
    share.can_change = True
    share.save()
    assert client.get(f"/customers/{customer.pk}/edit/").status_code == 200
    assert client.post("/contacts/new/", new).status_code == 302


def test_CUS_6_deleting_needs_the_verb_and_nothing_that_depends_on_it(company, sign_in, customer, contact):
    assert sign_in(company.li_na).post(f"/customers/{customer.pk}/delete/").status_code == 403
    assert sign_in(company.gm).post(f"/customers/{customer.pk}/delete/").status_code == 422
    sign_in(company.gm).post(f"/contacts/{contact.pk}/delete/")
    assert sign_in(company.gm).post(f"/customers/{customer.pk}/delete/").status_code == 302
    gone = AuditEntry.objects.get(kind="customers.customer", verb=AuditEntry.Verb.DELETED)
    assert gone.title == customer.name


def test_CUS_6_files_are_kept_with_the_customer_and_seen_like_it(company, sign_in, customer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = sign_in(company.li_na)
    page = client.post(
        f"/customers/{customer.pk}/files/add/", {"file": SimpleUploadedFile("合同草案.pdf", b"%PDF-1.4 text")}
    )
    assert page.status_code == 302 and "合同草案.pdf" in said(client.get(f"/customers/{customer.pk}/files/"))
    pk = StoredFile.objects.get().pk
    got = client.get(f"/files/{pk}/")
    assert got.status_code == 200 and got["Content-Disposition"].startswith("attachment")
    assert sign_in(company.zhao_lei).get(f"/files/{pk}/").status_code == 404
    assert sign_in(company.reader).post(f"/files/{pk}/remove/").status_code == 403
    assert client.post(f"/files/{pk}/remove/").status_code == 302 and client.get(f"/files/{pk}/").status_code == 404


def test_CUS_6_tags_stand_in_the_head(company, sign_in, customer):
    tag_record(CUSTOMER, customer, by=viewer_of(company.li_na.pk), name="年度框架")
    assert Tag.objects.get().name in said(sign_in(company.li_na).get(f"/customers/{customer.pk}/"))
