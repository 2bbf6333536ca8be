"""Fields the administrator adds are there at once, everywhere, on any kind (IMP-6, point 6 of the core)."""

import json

import pytest
from django.db import connection
from django.test import Client

from zhike.api.models import ApiToken
from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.records import kinds
from zhike.records.customising import build_index
from zhike.records.customvalues import index_name
from zhike.records.models import CustomField, PicklistOption

pytestmark = pytest.mark.django_db
TYPES = {
    "text": ("甲方代表", "contains", "代表"), "number": ("4.5", "gte", "4.5"), "money": ("12.5万", "between", "125000"),
    "date": ("2026-03-01", "is", "2026-03-01"), "choice": ("进口", "in", "c2"), "multi": ("国产、进口", "any", "c1"),
    "person": ("li_na", "in", "li_na"), "reference": ("参照客户", "in", "参照客户"),
}  # fmt: skip


def add(browser, type, name="新字段", **more):
    data = {"name": name, "type": type, "choices": "国产\n进口\n定制", "target": "customers", **more}
    answer = browser.post("/settings/fields/customers/add/", data)
    assert answer.status_code == 302, answer.content.decode()
    return CustomField.objects.get(name=name)


@pytest.mark.parametrize("type", TYPES)
def test_IMP_6_a_field_of_each_type_is_in_form_list_filter_and_api_at_once(company, sign_in, type):
    admin, (raw, op, asked) = sign_in(company.admin), TYPES[type]
    CustomerFactory(owner=company.gm, name="参照客户")
    field = add(admin, type)
    assert "新字段" in admin.get("/customers/new/").content.decode()
    value = raw.split("、") if type == "multi" else raw
    sent = {"name": "某某有限公司", "tier": "target", "lifecycle": "target", "owner": company.gm.pk, field.key: value}
    made = admin.post("/customers/new/", sent)
    assert made.status_code == 302, made.content.decode()[-3000:]
    customer = Customer.objects.whole_table("test").get(name="某某有限公司")
    assert field.key in customer.custom
    extra = f"{asked},999999999" if op == "between" else asked
    for sort in (field.key, f"-{field.key}"):
        page = admin.get(f"/customers/?{field.key}__{op}={extra}&cols=name,{field.key}&sort={sort}").content.decode()
        assert "某某有限公司" in page and 'note t-bad"' not in page, sort
    api = Client(headers={"authorization": f"Bearer {ApiToken.make(company.admin.pk)}"})
    shown = api.get(f"/api/v1/customers/{customer.pk}").json()["custom"][field.key]
    assert shown not in (None, "", [])
    again = api.patch(
        f"/api/v1/customers/{customer.pk}", json.dumps({"custom": {field.key: shown}}), content_type="application/json"
    )
    assert again.status_code == 200 and again.json()["version"] == customer.version, "what the API shows it takes back"


def test_IMP_6_a_required_field_is_asked_for_and_a_wrong_value_named(company, sign_in):
    admin = sign_in(company.admin)
    field = add(admin, "number", required="on")
    blank = admin.post("/customers/new/", {"name": "x", "owner": company.gm.pk})
    wrong = admin.post("/customers/new/", {"name": "x", field.key: "many", "owner": company.gm.pk})
    assert blank.status_code == wrong.status_code == 422
    assert f"id_{field.key}_error" in wrong.content.decode()


def test_IMP_6_values_outlive_archiving_renaming_and_removed_choices(company, sign_in):
    admin = sign_in(company.admin)
    field = add(admin, "choice")
    customer = CustomerFactory(owner=company.gm, custom={field.key: "c2"})
    admin.post(f"/settings/fields/customers/{field.pk}/", {"name": "产地", "choices": "国产\n定制\n合资"})
    field.refresh_from_db()
    assert {c["label"]: c["id"] for c in field.options["choices"]} == {
        "国产": "c1",
        "定制": "c3",
        "合资": "c4",
        "进口": "c2",
    }
    assert "进口" in admin.get(f"/customers/?cols=name,{field.key}").content.decode()
    admin.post(f"/settings/fields/{field.pk}/archive/")
    assert "产地" not in admin.get("/customers/new/").content.decode()
    admin.post(f"/settings/fields/{field.pk}/archive/", {"back": "1"})
    assert "进口" in admin.get(f"/customers/?cols=name,{field.key}").content.decode()
    assert Customer.objects.whole_table("test").get(pk=customer.pk).custom == {field.key: "c2"}


def test_IMP_6_an_indexed_field_uses_its_index(company, sign_in):
    field = add(sign_in(company.admin), "number", indexed="on")
    build_index(field.pk)
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "customers_customer")
        assert index_name(field.key) in found
        rows = (
            Customer.objects.whole_table("test").alias(v=kinds.get("customers").field(field.key).paths[0]).filter(v=3.0)
        )
        if connection.vendor == "sqlite":
            plan = rows.explain()
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")
            plan = rows.explain()
    assert index_name(field.key) in plan


def test_IMP_6_only_the_administrator_sets_up_fields(company, sign_in):
    for person in (company.li_na, company.manager_east, company.reader):
        assert sign_in(person).get("/settings/fields/").status_code == 403
        assert sign_in(person).post("/settings/fields/customers/add/", {"name": "x", "type": "text"}).status_code == 403


def test_IMP_6_picklists_grow_and_shrink_without_losing_what_records_say(company, sign_in):
    admin = sign_in(company.admin)
    admin.post("/settings/picklists/customers.source/add/", {"label": "行业协会"})
    option = PicklistOption.objects.get(label="行业协会")
    CustomerFactory(owner=company.gm, name="协会介绍的", source=option.code)
    assert admin.post("/settings/picklists/customers.source/add/", {"label": "行业协会"}).status_code == 422
    admin.post(f"/settings/picklists/entries/{option.pk}/archive/")
    assert "行业协会" in admin.get("/customers/?cols=name,source").content.decode()
    assert f'value="{option.code}"' not in admin.get("/customers/new/").content.decode()
    assert admin.get("/settings/picklists/no.such/").status_code == 404


def test_IMP_6_fields_change_places(company, sign_in):
    admin = sign_in(company.admin)
    first, second = add(admin, "text", "一"), add(admin, "text", "二")
    admin.post(f"/settings/fields/{second.pk}/move/", {"up": "1"})
    order = [f.name for f in kinds.custom_fields("customers.customer")]
    assert order == [second.key, first.key]
