"""Selling as programs meet it: pipelines, moves, lines, leads (CONTRACT "API", SAL-1…5)."""

from decimal import Decimal

import pytest

from zhike.api.tests.test_api import Caller, errors
from zhike.sales.models import Opportunity
from zhike.sales.tests.factories import (
    CustomerFactory,
    LeadFactory,
    OpportunityFactory,
    ProductFactory,
    shipped,
    stage_at,
)

pytestmark = pytest.mark.django_db


def test_SAL_2_pipelines_are_listed_with_their_stages(company):
    shipped()
    answer = Caller(company.li_na).get("/api/v1/pipelines").json()
    assert [p["name"] for p in answer["items"]] == ["四阶段", "七阶段", "项目型"] and answer["count"] == 3
    four = answer["items"][0]
    assert four["evaluated_by"] == "result"
    assert [(s["name"], s["kind"]) for s in four["stages"]] == [
        ("意向", "open"), ("售前跟踪", "open"), ("商务谈判", "open"), ("签单", "won"), ("输单", "lost")]  # fmt: skip
    assert Caller(company.li_na).get(f"/api/v1/pipelines/{four['id']}").json() == four
    assert Caller(company.li_na).get("/api/v1/pipelines/999999").status_code == 404


def test_SAL_4_a_deal_is_created_with_lines_read_and_moved(company):
    shipped()
    caller, customer = Caller(company.li_na), CustomerFactory(owner=company.li_na)
    cheap, dear = ProductFactory(list_price=Decimal("10")), ProductFactory(list_price=Decimal("99.99"))
    lines = [{"product": dear.name, "quantity": "2", "price": "90"}, {"product": cheap.pk}]
    answer = caller.send(
        "POST", "opportunities", {"name": "新线", "customer": customer.pk, "amount": "5000.5", "lines": lines}
    )
    assert answer.status_code == 201, answer.content
    deal = answer.json()
    assert (deal["amount"], deal["status"], deal["owner"], deal["customer"]) == (
        "5000.50",
        "open",
        "li_na",
        customer.pk,
    )
    assert deal["stage"] == stage_at(0).pk and deal["pipeline"] == shipped().pk and deal["code"].startswith("CO-")
    assert [(line["product"], line["quantity"], line["amount"]) for line in deal["lines"]] == [
        (dear.pk, "2", "180.00"), (cheap.pk, "1", "10.00")]  # fmt: skip
    assert deal["product"] == dear.pk
    assert caller.get(f"/api/v1/opportunities/{deal['id']}").json() == deal
    url = f"opportunities/{deal['id']}"
    changed = caller.send("PATCH", url, {"lines": [{"product": cheap.pk, "quantity": 3}]}).json()
    assert [line["amount"] for line in changed["lines"]] == ["30.00"] and changed["product"] == cheap.pk

    assert caller.send("POST", f"{url}/move", {"stage": "商务谈判"}).json()["stage"] == stage_at(2).pk
    assert "reason" in errors(caller.send("POST", f"{url}/move", {"stage": stage_at(0).pk}))
    assert caller.send("POST", f"{url}/move", {"stage": stage_at(0).pk, "reason": "改方案"}).json()["probability"] == 10
    won = caller.send("POST", f"{url}/move", {"stage": "won", "closed_on": "2026-03-01"})
    assert won.status_code == 422  # decided before it was opened
    won = caller.send("POST", f"{url}/move", {"stage": "won"}).json()
    assert (won["status"], won["probability"]) == ("won", 100) and won["closed_on"]
    assert "reason" in errors(caller.send("POST", f"{url}/move", {"stage": "意向"}))


def test_SAL_4_losing_needs_a_reason_and_gates_hold(company):
    caller = Caller(company.li_na)
    deal = OpportunityFactory(owner=company.li_na, customer=None, amount=None)
    url = f"opportunities/{deal.pk}/move"
    assert "stage" in errors(caller.send("POST", url, {"stage": "won"}))
    assert "reason" in errors(caller.send("POST", url, {"stage": "lost"}))
    assert caller.send("POST", url, {"stage": "lost", "reason": "budget"}).json()["loss_reason"] == "budget"
    for body in ({"stage": "不存在"}, {"stage": 99999999}, {"stage": stage_at(0, "seven").pk}, {"stage": ""}, {},
                 {"stage": "won", "closed_on": "x"}, {"stage": None}):  # fmt: skip
        assert caller.send("POST", url, body).status_code == 422, body


def test_SAL_2_who_may_move_by_the_api(company):
    deal = OpportunityFactory(owner=company.li_na)
    for person, status in [("reader", 403), ("finance", 403), ("zhao_lei", 404), ("wang_wei", 404), ("lead_east", 200)]:
        answer = Caller(company.people[person]).send("POST", f"opportunities/{deal.pk}/move", {"stage": "售前跟踪"})
        assert answer.status_code == status, person


def test_SAL_2_a_retried_move_with_its_key_is_done_once(company):
    deal, caller = OpportunityFactory(owner=company.li_na), Caller(company.li_na)
    first = caller.send("POST", f"opportunities/{deal.pk}/move", {"stage": "售前跟踪"}, **{"Idempotency-Key": "k1"})
    again = caller.send("POST", f"opportunities/{deal.pk}/move", {"stage": "售前跟踪"}, **{"Idempotency-Key": "k1"})
    assert first.json() == again.json()
    assert Opportunity._base_manager.get(pk=deal.pk).version == 2


@pytest.mark.parametrize(
    "lines",
    ["x;y", [1], [{"product": "没有这个"}], [{}], {"a": 1}, [{"product": 1, "quantity": "-1"}],
     [{"product": 1, "price": "1.005"}], [{"product": 1, "quantity": "1e99"}], [{"product": None}], [{"product": [1]}]],
)  # fmt: skip
def test_SAL_4_bad_lines_are_refused_at_the_field(company, lines):
    shipped()
    ProductFactory(pk=1)
    answer = Caller(company.li_na).send("POST", "opportunities", {"name": "坏", "lines": lines})
    assert answer.status_code == 422 and "lines" in errors(answer)


def test_SAL_1_a_lead_is_converted_once(company):
    shipped()
    caller = Caller(company.li_na)
    lead = caller.send("POST", "leads", {"name": "范海峰", "company": "瑞致光电", "mobile": "13800138000"}).json()
    assert lead["status"] == "new" and lead["owner"] == "li_na" and lead["responded_at"] is None
    answer = caller.send("POST", f"leads/{lead['id']}/convert", {"opportunity": {"amount": "88"}}).json()
    assert answer["status"] == "converted" and answer["customer"] and answer["contact"]
    deal = caller.get(f"/api/v1/opportunities/{answer['opportunity']}").json()
    assert (deal["amount"], deal["customer"], deal["name"]) == ("88.00", answer["customer"], "瑞致光电")
    assert caller.send("POST", f"leads/{lead['id']}/convert", {}).status_code == 422
    other = LeadFactory(owner=company.li_na)
    into = caller.send(
        "POST", f"leads/{other.pk}/convert", {"customer": answer["customer"], "opportunity": False}
    ).json()
    assert (into["customer"], into["opportunity"]) == (answer["customer"], None)
    assert Caller(company.zhao_lei).send("POST", f"leads/{other.pk}/convert", {}).status_code == 404


def test_SAL_5_cost_is_shown_only_to_those_who_may_see_it(company, sign_in):
    product = ProductFactory(cost=Decimal("777.77"))
    for person, sees in [("gm", True), ("li_na", False), ("reader", False)]:
        client, caller = sign_in(company.people[person]), Caller(company.people[person])
        for page in (
            client.get("/products/?cols=name,cost"),
            caller.get(f"/api/v1/products/{product.pk}"),
            caller.get("/api/v1/products"),
            caller.get(f"/api/v1/audit?object=products/{product.pk}"),
        ):
            assert ("777.77" in page.content.decode()) == sees, (person, page.request["PATH_INFO"])
        # A condition on what one may not see keeps everything, and so says nothing.
        found = product.name in client.get("/products/?cost__gte=1000").content.decode()
        assert found != sees
