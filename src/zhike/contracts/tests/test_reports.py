"""INS-2, SAL-8: what is owed by age and what was signed, as reports of pages and API."""

import pytest

from zhike.api.tests.test_sales_api import Caller
from zhike.contracts.tests.factories import ContractFactory, day, paid, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def contracts(company):
    one = ContractFactory(owner=company.li_na)
    signed(one, plan=[(-40, 3000), (20, 7000)], on=-60)
    paid(one.customer, 1000)
    signed(ContractFactory(owner=company.zhao_lei, amount=500), on=0)


def test_SAL_8_receivables_by_age_per_salesperson(company, contracts):
    found = Caller(company.finance).get(f"/api/v1/reports/receivables?to={day(0)}&by=owner").json()
    first = found["rows"][0]
    assert (first["name"], first["outstanding"], first["overdue"], first["d31_60"]) == (
        "李娜",
        "9000.00",
        "2000.00",
        "2000.00",
    )
    assert found["total"]["outstanding"] == "9500.00"
    own = Caller(company.li_na).get(f"/api/v1/reports/receivables?to={day(0)}&by=customer").json()
    assert len(own["rows"]) == 1 and own["total"]["outstanding"] == "9000.00"


def test_INS_2_contracts_signed_per_person_and_month(company, contracts):
    caller, period = Caller(company.gm), f"from={day(-90)}&to={day(0)}"
    found = caller.get(f"/api/v1/reports/contracts_signed?{period}&by=owner").json()
    assert [(r["name"], r["contracts"], r["amount"]) for r in found["rows"]] == [
        ("李娜", 1, "10000.00"),
        ("赵磊", 1, "500.00"),
    ]
    months = caller.get(f"/api/v1/reports/contracts_signed?{period}&by=month").json()
    assert [r["key"] for r in months["rows"]] == [f"{day(-60):%Y-%m}", f"{day(0):%Y-%m}"]
    assert months["total"] == {**months["total"], "contracts": 2, "amount": "10500.00", "received": "1000.00"}
