"""The verbs of invoices as programs meet them: approve, send back, issue, void, red-letter (SAL-9)."""

from decimal import Decimal

import pytest

from zhike.api.tests.test_api import Caller, errors
from zhike.contracts.models import Contract, Invoice
from zhike.contracts.tests.factories import ContractFactory, day, signed
from zhike.customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
NUMBER = "26942000000012660001"


@pytest.fixture
def contract(company):
    customer = CustomerFactory(owner=company.li_na, uscc="91350100M000100Y43")
    return signed(ContractFactory(owner=company.li_na, customer=customer))


@pytest.fixture
def invoice(company, contract):
    body = {"kind": "digital_special", "customer": contract.customer_id, "contract": contract.pk, "amount": "1130.00"}
    made = Caller(company.li_na).send("POST", "invoices", body)
    assert made.status_code == 201, made.content
    return made.json()


def fresh(contract):
    return Contract.objects.whole_table("test").get(pk=contract.pk)


def test_SAL_9_an_invoice_is_approved_issued_and_taken_back_by_a_red_one(company, contract, invoice):
    finance, url = Caller(company.finance), f"invoices/{invoice['id']}"
    for _twice in range(2):
        assert finance.send("POST", f"{url}/approve", {}).json()["status"] == "approved"
    wrong = finance.send("POST", f"{url}/issue", {"number": "12"})
    assert wrong.status_code == 422 and "number" in errors(wrong)
    for _twice in range(2):
        issued = finance.send("POST", f"{url}/issue", {"number": NUMBER, "issued_on": day(0).isoformat()})
        assert (issued.status_code, issued.json()["status"], issued.json()["number"]) == (200, "issued", NUMBER)
    assert fresh(contract).invoiced == Decimal("1130.00")
    assert finance.send("POST", f"{url}/void", {"reason": "开错"}).status_code == 422  # digital ones are red-lettered
    red = {"number": NUMBER[:-1] + "2", "amount": "130.00", "reason": "退货"}
    part = finance.send("POST", f"{url}/red-letter", red)
    assert part.status_code == 201 and part.json()["amount"] == "-130.00"
    assert finance.send("POST", f"{url}/red-letter", red).json()["id"] == part.json()["id"]
    rest = finance.send("POST", f"{url}/red-letter", {"number": NUMBER[:-1] + "3", "reason": "退货"})
    assert rest.json()["amount"] == "-1000.00" and fresh(contract).invoiced == 0
    assert finance.get(f"/api/v1/{url}").json()["status"] == "red"


def test_SAL_9_an_application_is_sent_back_with_a_reason(company, invoice):
    finance, url = Caller(company.finance), f"invoices/{invoice['id']}/reject"
    assert "reason" in errors(finance.send("POST", url, {}))
    assert finance.send("POST", url, {"reason": "抬头不对"}).json()["status"] == "rejected"


@pytest.mark.parametrize("word", ["approve", "reject", "issue", "void", "red-letter"])
def test_SAL_9_who_may_not_is_told_so_and_who_does_not_see_it_finds_nothing(company, invoice, word):
    body = {"number": NUMBER, "reason": "x"}
    assert Caller(company.li_na).send("POST", f"invoices/{invoice['id']}/{word}", body).status_code == 403
    assert Caller(company.zhao_lei).send("POST", f"invoices/{invoice['id']}/{word}", body).status_code == 404
    assert Invoice.objects.whole_table("test").get(pk=invoice["id"]).status == "requested"


@pytest.mark.parametrize("amount", ["1.005", "-1", "1e15", "abc", "1130.01"])
def test_bad_input_no_more_is_taken_back_than_stands(company, contract, invoice, amount):
    finance, url = Caller(company.finance), f"invoices/{invoice['id']}"
    finance.send("POST", f"{url}/approve", {})
    finance.send("POST", f"{url}/issue", {"number": NUMBER})
    answer = finance.send("POST", f"{url}/red-letter", {"number": NUMBER[:-1] + "2", "amount": amount, "reason": "退"})
    assert answer.status_code == 422 and "amount" in errors(answer) and fresh(contract).invoiced == Decimal(1130)
