"""SAL-4 by API: buying centre, competitors, team, resources and score of a deal, with the rights of the pages."""

from decimal import Decimal

import pytest

from zhike.api.tests.test_api import Caller, errors
from zhike.customers.tests.factories import ContactFactory
from zhike.sales import actions
from zhike.sales.tests.factories import OpportunityFactory
from zhike.sales.tests.project_factories import CompetitorFactory, workdays

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(company):
    return OpportunityFactory(owner=company.li_na, name="恒旭检测线二期")


def got(caller, path):
    answer = caller.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_SAL_4_the_buying_centre_by_api(company, deal):
    caller, boss = Caller(company.li_na), ContactFactory(customer=deal.customer, name="王总")
    url, engineer = f"opportunities/{deal.pk}/buying-centre", ContactFactory(customer=deal.customer)
    body = {"contact": "王总", "role": "decider", "stance": "supports", "influence": 3, "covered_by": "li_na"}
    first = caller.send("POST", url, body).json()
    assert (first["contact"], first["covered_by"]) == (boss.pk, "li_na")
    assert caller.send("POST", url, body).json()["id"] == first["id"]
    caller.send("POST", url, {"contact": engineer.pk, "role": "user", "reports_to": boss.pk})
    assert [row["reports_to"] for row in got(caller, url)["items"]] == [None, boss.pk]
    for wrong, field in [({"contact": "没有这人"}, "contact"), ({"role": "emperor"}, "role"), ({"influence": 9}, "influence"),
                         ({"covered_by": "nobody"}, "covered_by"), ({"reports_to": boss.pk}, "reports_to")]:  # fmt: skip
        answer = caller.send("POST", url, {**body, **wrong})
        assert answer.status_code == 422 and any(field in name for name in errors(answer)), wrong
    assert caller.send("DELETE", f"{url}/{first['id']}").status_code == 204
    assert caller.send("DELETE", f"{url}/{first['id']}").status_code == 404


def test_SAL_4_competitors_and_score_by_api(company, deal):
    caller, rival = Caller(company.li_na), CompetitorFactory(name="海川自控")
    url = f"opportunities/{deal.pk}/competitors"
    made = caller.send("POST", url, {"competitor": "海川自控", "price": "99.50", "standing": "ahead"}).json()
    assert (made["competitor"], made["price"]) == (rival.pk, "99.50")
    for price in ("1.005", "-1", "x", "1e15"):
        assert "price" in errors(caller.send("POST", url, {"competitor": rival.pk, "price": price})), price
    assert got(caller, url)["items"][0]["lost"] == 0
    actions.refresh_scores([deal.pk])
    score = got(caller, f"opportunities/{deal.pk}/score")
    assert score["score"] == sum(part["points"] for part in score["parts"])
    assert got(caller, f"opportunities/{deal.pk}")["score"] == score["score"]
    assert got(caller, "opportunities?sort=-score")["items"][0]["score"] == score["score"]
    assert got(caller, "competitors")["items"][0]["name"] == "海川自控"
    assert caller.send("DELETE", f"{url}/{made['id']}").status_code == 204


def test_SAL_4_the_team_by_api_lets_in_and_out(company, deal):
    caller, guest = Caller(company.li_na), Caller(company.zhao_lei)
    url = f"opportunities/{deal.pk}"
    assert guest.get(f"/api/v1/{url}").status_code == 404
    made = caller.send("POST", f"{url}/team", {"person": "zhao_lei", "role": "technical"}).json()
    assert (made["person"], made["can_change"]) == ("zhao_lei", False)
    assert guest.get(f"/api/v1/{url}").status_code == 200
    assert guest.send("PATCH", url, {"next_step": "报价"}).status_code == 403
    caller.send("POST", f"{url}/team", {"person": "zhao_lei", "can_change": True})
    assert guest.send("PATCH", url, {"next_step": "报价"}).status_code == 200
    assert guest.send("POST", f"{url}/team", {"person": "wang_wei"}).status_code == 403
    assert caller.send("DELETE", f"{url}/team/{made['id']}").status_code == 204
    assert guest.get(f"/api/v1/{url}").status_code == 404


def test_SAL_4_resources_by_api(company, deal):
    caller, manager, (day,) = Caller(company.li_na), Caller(company.manager_west), workdays(1)
    url = f"opportunities/{deal.pk}/resource-requests"
    body = {"kind": "presales", "asked_person": "zhao_lei", "first_on": str(day), "last_on": str(day), "hours": "5",
            "reason": "演示"}  # fmt: skip
    first = caller.send("POST", url, body, **{"Idempotency-Key": "ask"}).json()
    assert caller.send("POST", url, body, **{"Idempotency-Key": "ask"}).json() == first
    assert (first["status"], first["asked_person"], Decimal(str(first["hours"]))) == ("asked", "zhao_lei", 5)
    assert caller.send("POST", f"resource-requests/{first['id']}/grant", {}).status_code == 403
    assert Caller(company.wang_wei).send("POST", f"resource-requests/{first['id']}/grant", {}).status_code == 404
    assert manager.send("POST", f"resource-requests/{first['id']}/grant", {}).json()["person"] == "zhao_lei"
    second = caller.send("POST", url, body).json()
    assert "person" in errors(manager.send("POST", f"resource-requests/{second['id']}/grant", {}))
    assert "answer" in errors(manager.send("POST", f"resource-requests/{second['id']}/decline", {}))
    assert caller.send("POST", f"resource-requests/{second['id']}/cancel", {}).json()["status"] == "cancelled"
    for wrong in ({"hours": "9"}, {"first_on": "x"}, {"asked_department": 1}, {"asked_person": None},
                  {"asked_person": None, "asked_department": 999999}, {"reason": ""}, {"kind": "x"}):  # fmt: skip
        assert caller.send("POST", url, {**body, **wrong}).status_code == 422, wrong
    assert {row["status"] for row in got(caller, "resource-requests")["items"]} == {"granted", "cancelled"}
    assert got(Caller(company.wang_wei), "resource-requests")["items"] == []
