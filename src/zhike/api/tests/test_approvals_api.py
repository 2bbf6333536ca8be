"""Approvals as programs meet them: the trace, passing on what waits for the absent, facts only some may be told (ORG-6)."""

from decimal import Decimal

import pytest

from zhike.api.tests.test_api import Caller, errors
from zhike.contracts.actions import submit_contract
from zhike.contracts.models import Contract
from zhike.contracts.tests.factories import ContractFactory
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.actions import acting
from zhike.org.models import Approval
from zhike.org.tests.approving import ask, flow, waiting
from zhike.org.viewers import the_system

pytestmark = pytest.mark.django_db


@pytest.fixture
def approval(company, viewer):
    flow({"approver": "supervisor"})
    return ask(CustomerFactory(owner=company.li_na), company.li_na, viewer)


def test_ORG_6_what_waits_for_the_absent_is_passed_on(company, approval):
    admin = Caller(company.admin)
    (row,) = admin.send("GET", "approvals/waiting").json()["items"]
    assert row["person"] == "lead_east" and row["approvals"][0]["id"] == approval.pk
    body = {"person": "lead_east", "to": "finance", "comment": "休假"}
    url = f"approvals/{approval.pk}/reassign"
    assert "to" in errors(admin.send("POST", url, {**body, "to": "nobody"}))
    answer = admin.send("POST", url, body)
    assert answer.status_code == 200, answer.content
    old, new = answer.json()["steps"][0]["people"]
    assert (old["status"], old["comment"], old["passed_on_by"]) == ("delegated", "休假", "admin")
    assert (new["person"], new["status"], new["instead_of"]) == ("finance", "waiting", "lead_east")
    assert admin.send("POST", url, body).status_code == 422 and waiting(approval) == {"finance"}
    answer = admin.send("POST", "approvals/reassign", {"person": "finance", "to": "wang_wei"})
    assert answer.json() == {"passed_on": 1, "stayed": 0} and waiting(approval) == {"wang_wei"}


def test_ORG_6_nobody_else_passes_on(company, approval):
    body = {"person": "lead_east", "to": "finance"}
    for name, code in (("li_na", 403), ("lead_east", 403), ("zhao_lei", 404)):
        caller = Caller(getattr(company, name))
        assert caller.send("POST", f"approvals/{approval.pk}/reassign", body).status_code == code
        assert caller.send("POST", "approvals/reassign", body).status_code == 403
        assert caller.send("GET", "approvals/waiting").status_code == 403
    assert waiting(approval) == {"lead_east"}


def test_ORG_6_a_margin_is_told_to_those_who_see_costs_and_asked_of_everybody(company, viewer, sign_in):
    made = flow({"approver": "supervisor"}, order=20)
    made.subject, made.conditions = "contracts.contract", [["margin", "lt", "50"]]
    made.save()
    contract = ContractFactory(owner=company.li_na, amount=Decimal(113000))
    with acting(the_system(), "test"):
        contract = Contract.objects.whole_table("test").get(pk=contract.pk)
        contract.cost = Decimal(90000)
        contract.save()
    submit_contract(contract, by=viewer(company.li_na))
    approval = Approval.objects.whole_table("test").get(subject="contracts.contract")
    assert "margin" in approval.facts
    told = Caller(company.lead_east).send("GET", f"approvals/{approval.pk}").json()
    assert "margin" in told["facts"]
    told = Caller(company.li_na).send("GET", f"approvals/{approval.pk}").json()
    assert "margin" not in told["facts"] and told["facts"]["amount"] == "113000.00"
    assert "毛利率" in sign_in(company.lead_east).get(f"/approvals/{approval.pk}/").content.decode()
    assert "毛利率" not in sign_in(company.li_na).get(f"/approvals/{approval.pk}/").content.decode()
