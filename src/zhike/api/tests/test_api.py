"""The API as programs meet it: tokens, shapes, errors, retries (PLT-2, CONTRACT "API")."""

import json

import pytest
from django.test import Client

from zhike.api.models import ApiToken
from zhike.customers.models import Customer
from zhike.records.models import CustomField

pytestmark = pytest.mark.django_db


class Caller(Client):
    """A program with a token."""

    def __init__(self, person):
        super().__init__(headers={"authorization": f"Bearer {ApiToken.make(person.pk)}"})

    def send(self, method, path, body=None, **headers):
        return self.generic(
            method, f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json", headers=headers
        )


@pytest.fixture
def call():
    return Caller


def errors(answer):
    assert answer["Content-Type"] == "application/problem+json", answer.content
    return {e["field"]: e["message"] for e in answer.json()["errors"]}


def made(caller, **fields):
    answer = caller.send("POST", "customers", {"name": "苏州恒旭精密机械有限公司", **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_PLT_2_without_a_token_nothing_is_said(company):
    answer = Client().get("/api/v1/customers")
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"
    assert Client(headers={"authorization": "Bearer zk_wrong"}).get("/api/v1/customers").status_code == 401


def test_PLT_2_the_token_of_a_leaver_is_dead(company, call):
    assert call(company.leaver).get("/api/v1/customers").status_code == 401


def test_PLT_2_a_customer_is_created_read_changed_and_deleted(company, call):
    caller = call(company.admin)
    customer = made(caller, credit_limit="1250000.5", owner="li_na", tier="key")
    assert customer["owner"] == "li_na" and customer["code"].startswith("KH-")
    assert customer["credit_limit"] == "1250000.50"
    read = caller.get(f"/api/v1/customers/{customer['id']}").json()
    assert read == customer
    changed = caller.send("PATCH", f"customers/{customer['id']}", {"city": "苏州", "version": 1}).json()
    assert changed["city"] == "苏州" and changed["version"] == 2 and changed["name"] == customer["name"]
    assert caller.delete(f"/api/v1/customers/{customer['id']}").status_code == 204
    assert caller.get(f"/api/v1/customers/{customer['id']}").status_code == 404


def test_PLT_2_the_second_of_two_writers_is_told(company, call):
    caller = call(company.admin)
    customer = made(caller)
    assert caller.send("PATCH", f"customers/{customer['id']}", {"city": "苏州", "version": 1}).status_code == 200
    late = caller.send("PATCH", f"customers/{customer['id']}", {"city": "无锡", "version": 1})
    assert late.status_code == 409 and late.json()["version"] == 2
    assert caller.get(f"/api/v1/customers/{customer['id']}").json()["city"] == "苏州"


def test_PLT_2_a_retried_post_creates_once(company, call):
    caller = call(company.li_na)
    body = {"name": "无锡远拓新能源科技有限公司"}
    first = caller.send("POST", "customers", body, **{"idempotency-key": "k1"})
    again = caller.send("POST", "customers", body, **{"idempotency-key": "k1"})
    other = caller.send("POST", "customers", {"name": "另一家"}, **{"idempotency-key": "k1"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.json() == again.json() and again["Idempotency-Replayed"] == "true"
    assert Customer.objects.whole_table("test").count() == 1


def test_PLT_2_a_refused_post_is_remembered_as_refused(company, call):
    caller = call(company.li_na)
    for _attempt in range(2):
        answer = caller.send("POST", "customers", {"name": ""}, **{"idempotency-key": "k2"})
        assert answer.status_code == 422 and "name" in errors(answer)


@pytest.mark.parametrize(
    ("field", "value"),
    [("uscc", "91350100M000100Y44"), ("credit_limit", "12.345"), ("credit_limit", "-1"), ("credit_days", "x"),
     ("tier", "gold"), ("owner", "nobody"), ("parent", 999999), ("name", "x" * 10_000), ("next_at", "soon"),
     ("bogus", 1)],
)  # fmt: skip
def test_PLT_2_a_bad_value_is_named_at_its_field(company, call, field, value):
    answer = call(company.admin).send("POST", "customers", {"name": "某某有限公司", field: value})
    assert answer.status_code == 422 and field in errors(answer)
    assert not Customer.objects.whole_table("test").exists()


def test_ORG_3_unseen_is_404_and_seen_but_forbidden_403(company, call):
    customer = made(call(company.li_na))
    path = f"customers/{customer['id']}"
    assert call(company.zhao_lei).get(f"/api/v1/{path}").status_code == 404
    assert call(company.zhao_lei).send("PATCH", path, {"city": "x"}).status_code == 404
    assert call(company.manager_east).send("PATCH", path, {"city": "x"}).status_code == 200
    assert call(company.reader).get(f"/api/v1/{path}").status_code == 200
    assert call(company.reader).send("PATCH", path, {"city": "y"}).status_code == 403
    assert call(company.reader).send("POST", "customers", {"name": "y"}).status_code == 403


def test_ORG_6_only_the_general_manager_sets_a_credit_limit(company, call):
    refused = call(company.li_na).send("POST", "customers", {"name": "某某有限公司", "credit_limit": "1000"})
    assert refused.status_code == 422 and "credit_limit" in errors(refused)
    assert made(call(company.gm), credit_limit="1000")["credit_limit"] == "1000.00"


def test_PLT_2_lists_page_filter_sort_and_count(company, call):
    caller = call(company.li_na)
    for n in range(7):
        made(caller, name=f"客户{n}", tier="key" if n % 2 else "target")
    made(call(company.zhao_lei), name="西区的客户")
    seen, cursor = [], ""
    while True:
        page = caller.get("/api/v1/customers", {"page_size": 3, "sort": "name", "cursor": cursor}).json()
        seen += [item["name"] for item in page["items"]]
        assert page["count"] == 7
        if not (cursor := page["next"]):
            break
    assert seen == [f"客户{n}" for n in range(7)]
    keys = caller.get("/api/v1/customers", {"tier": "key"}).json()
    assert {item["tier"] for item in keys["items"]} == {"key"} and keys["count"] == 3
    assert caller.get("/api/v1/customers", {"sort": "nonsense"}).status_code == 422
    assert caller.get("/api/v1/customers", {"cursor": "nonsense"}).status_code == 422


def test_IMP_6_custom_fields_are_there_at_once(company, call):
    field = CustomField.objects.create(kind="customers.customer", name="产线数", type="number")
    caller = call(company.li_na)
    customer = made(caller, custom={"产线数": 4})
    assert customer["custom"] == {field.key: 4.0}
    found = caller.get("/api/v1/customers", {f"{field.key}__gte": "4"}).json()
    assert [item["id"] for item in found["items"]] == [customer["id"]]
    assert caller.send("POST", "customers", {"name": "x", "custom": {"没有": 1}}).status_code == 422


def test_ORG_7_the_audit_tells_who_changed_what(company, call):
    caller = call(company.li_na)
    customer = made(caller)
    caller.send("PATCH", f"customers/{customer['id']}", {"city": "苏州"})
    lines = caller.get("/api/v1/audit", {"object": f"customers/{customer['id']}"}).json()["items"]
    assert {"who": "li_na", "field": "city", "before": "", "after": "苏州"}.items() <= lines[0].items()
    assert call(company.zhao_lei).get("/api/v1/audit", {"object": f"customers/{customer['id']}"}).status_code == 404


def test_PLT_2_the_openapi_document_names_every_kind(company):
    document = Client().get("/api/v1/openapi.json").json()
    for slug in ("customers", "contacts", "users"):
        assert f"/api/v1/{slug}" in document["paths"] and f"/api/v1/{slug}/{{pk}}" in document["paths"]


@pytest.mark.parametrize("pk", ["0", "99999999999999999999999", "9223372036854775808"])
def test_PLT_2_absurd_ids_are_not_found(company, call, pk):
    assert call(company.admin).get(f"/api/v1/customers/{pk}").status_code == 404
