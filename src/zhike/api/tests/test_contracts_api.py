"""Contracts, receivables and payments as programs meet them (CONTRACT "API", SAL-6, SAL-7)."""

from decimal import Decimal

import pytest

from zhike.api.tests.test_sales_api import Caller
from zhike.contracts.actions.ledger import differences
from zhike.contracts.models import Payment
from zhike.contracts.tests.factories import (
    ContractFactory,
    CustomerFactory,
    ProductFactory,
    day,
    lines_of,
    paid,
    signed,
)

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, credit_days=45)


def test_SAL_7_a_contract_is_created_with_a_plan_signed_and_paid(company, customer):
    seller, finance = Caller(company.li_na), Caller(company.finance)
    body = {
        "name": "年度供货", "customer": customer.code, "amount": "1000.00",
        "plan": [{"due_on": day(10).isoformat(), "percent": 30}, {"due_on": day(40).isoformat()}],
    }  # fmt: skip
    made = seller.send("POST", "contracts", body)
    assert made.status_code == 201, made.content
    contract = made.json()
    assert contract["status"] == "draft" and [line["amount"] for line in contract["plan"]] == ["300.00", "700.00"]
    url = f"contracts/{contract['id']}"
    done = seller.send("POST", f"{url}/sign", {"signed_on": day(0).isoformat()})
    assert done.status_code == 200 and done.json()["status"] == "active" and done.json()["number"].startswith("HT-")
    assert seller.send("POST", f"{url}/sign", {"signed_on": day(0).isoformat()}).status_code == 422
    items = finance.get(f"/api/v1/receivables?contract={contract['id']}&sort=due_on").json()["items"]
    assert [(i["amount"], i["balance"], i["overdue_days"], i["owner"]) for i in items] == [
        ("300.00", "300.00", 0, "li_na"), ("700.00", "700.00", 0, "li_na"),
    ]  # fmt: skip
    paid_ = finance.send(
        "POST", "payments", {"customer": customer.pk, "amount": "350.50", "received_on": day(0).isoformat()}
    )
    assert paid_.status_code == 201, paid_.content
    payment = paid_.json()
    assert payment["allocations"] == [
        {"receivable": items[0]["id"], "amount": "300.00"}, {"receivable": items[1]["id"], "amount": "50.50"},
    ]  # fmt: skip
    assert payment["unallocated"] == "0.00"
    listed = finance.get("/api/v1/payments").json()["items"]
    assert listed == [finance.get(f"/api/v1/payments/{payment['id']}").json()]
    assert seller.get("/api/v1/contracts").json()["items"][0]["plan"][1]["due_on"] == day(40).isoformat()
    assert differences() == []


def test_SAL_7_allocations_are_given_by_receivable_and_checked(company, customer):
    contract, finance = ContractFactory(owner=company.li_na, customer=customer, amount=100), Caller(company.finance)
    signed(contract)
    (line,) = lines_of(contract)
    body = {"customer": customer.pk, "amount": "90", "received_on": day(0).isoformat()}
    wrong = finance.send("POST", "payments", {**body, "allocations": [{"receivable": line.pk, "amount": "100.01"}]})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "allocations"
    right = finance.send("POST", "payments", {**body, "allocations": [{"receivable": line.code, "amount": "40"}]})
    assert right.json()["unallocated"] == "50.00"
    none = finance.send("POST", "payments", {**body, "allocations": []})
    assert none.json()["unallocated"] == "90.00" and lines_of(contract)[0].balance == D(60)


@pytest.mark.parametrize("amount", ["1.005", "-1", "0", "1e15", "abc", None])
def test_SAL_7_a_bad_amount_is_named(company, customer, amount):
    body = {"customer": customer.pk, "amount": amount, "received_on": day(0).isoformat()}
    answer = Caller(company.finance).send("POST", "payments", body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "amount"
    assert not Payment.objects.whole_table("test").exists()


def test_SAL_7_a_retried_post_pays_once(company, customer):
    finance = Caller(company.finance)
    body = {"customer": customer.pk, "amount": "5", "received_on": day(0).isoformat()}
    first, second = (finance.send("POST", "payments", body, **{"Idempotency-Key": "once-1"}) for _n in range(2))
    assert first.json() == second.json() and Payment.objects.whole_table("test").count() == 1


def test_SAL_7_refund_reverse_and_write_off(company, customer):
    finance, payment = Caller(company.finance), paid(customer, 100)
    assert finance.send("POST", f"payments/{payment.pk}/refund", {"amount": "100.01", "reason": "x"}).status_code == 422
    done = finance.send("POST", f"payments/{payment.pk}/refund", {"amount": "40", "reason": "多付"})
    assert (done.json()["refunded"], done.json()["unallocated"]) == ("40.00", "60.00")
    assert finance.send("POST", f"payments/{payment.pk}/reverse", {"reason": "x"}).status_code == 422
    assert Caller(company.li_na).send("POST", f"payments/{payment.pk}/refund", {"amount": "1"}).status_code == 403
    assert Caller(company.zhao_lei).send("POST", f"payments/{payment.pk}/refund", {"amount": "1"}).status_code == 404
    contract = ContractFactory(owner=company.li_na, customer=customer, amount=10)
    signed(contract)
    (line,) = lines_of(contract)
    assert (
        finance.send("POST", f"receivables/{line.pk}/write-off", {"amount": "10", "reason": "尾差"}).json()["balance"]
        == "0.00"
    )


def test_SAL_8_the_summary_adds_up_by_age_as_of_any_day(company, customer):
    contract = ContractFactory(owner=company.li_na, customer=customer)
    signed(contract, plan=[(-50, 1000), (-10, 2000), (20, 7000)])
    paid(customer, 500, on=-5)
    finance = Caller(company.finance)
    now = finance.get("/api/v1/receivables/summary?by=owner").json()
    assert now["total"]["outstanding"] == "9500.00" and now["total"]["overdue"] == "2500.00"
    (row,) = now["rows"]
    assert row["key"] == company.li_na.pk and row["name"] == "李娜"
    assert row["ageing"] == {
        "not_due": "7000.00",
        "d1_30": "2000.00",
        "d31_60": "500.00",
        "d61_90": "0.00",
        "over_90": "0.00",
    }
    before = finance.get(f"/api/v1/receivables/summary?by=customer&as_of={day(-20).isoformat()}").json()
    assert before["rows"][0]["name"] == customer.name and before["total"]["outstanding"] == "10000.00"
    assert finance.get(f"/api/v1/receivables/summary?as_of={day(-100).isoformat()}").json()["rows"] == []
    assert finance.get("/api/v1/receivables/summary?by=moon").status_code == 422
    assert finance.get("/api/v1/receivables/summary?as_of=soon").status_code == 422
    assert Caller(company.zhao_lei).get("/api/v1/receivables/summary").json()["rows"] == []


def test_SAL_6_lines_and_state_through_the_api(company, customer):
    seller = Caller(company.li_na)
    product = ProductFactory(list_price=100)
    lines = [{"product": product.name, "quantity": 2}, {"name": "服务", "price": "50.55", "tax_rate": 6}]
    contract = seller.send("POST", "contracts", {"name": "带明细", "customer": customer.pk, "lines": lines}).json()
    assert contract["amount"] == "250.55" and contract["tax"] == "25.87"
    url = f"contracts/{contract['id']}"
    assert seller.send("PATCH", url, {"status": "active"}).status_code == 422
    seller.send("POST", f"{url}/sign", {})
    assert seller.send("PATCH", url, {"amount": "1"}).status_code == 422
    boss = Caller(company.manager_east)
    changed = boss.send("POST", f"{url}/change", {"delta": "-50.55", "reason": "不要服务"})
    assert changed.json()["amount"] == "200.00"
    assert boss.send("POST", f"{url}/terminate", {"reason": "停产"}).json()["status"] == "terminated"
    assert boss.send("DELETE", url).status_code == 422
