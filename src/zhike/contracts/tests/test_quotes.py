"""SAL-5, SAL-6: a quote the customer took becomes a contract that comes to the same."""

from decimal import Decimal

import pytest

from zhike.api.tests.test_sales_api import Caller
from zhike.contracts.models import Contract
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.sales.models import Quote, QuoteLine
from zhike.sales.tests.factories import QuoteFactory

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def quote(company):
    quote = QuoteFactory(owner=company.li_na, title="检测线报价")
    with acting(the_system(), "test"):
        QuoteLine(
            quote=quote, name="相机", quantity=D(3), price=D("33.33"), discount=D(10), tax_rate=D(13), amount=D("89.99")
        ).save()
        QuoteLine(
            quote=quote, name="安装", quantity=D(1), price=D(100), tax_rate=D(6), amount=D(100), position=2
        ).save()
        quote.status, quote.reduction = Quote.Status.APPROVED, D("9.99")
        quote.subtotal, quote.total = D("189.99"), D(180)
        quote.save()
    return quote


def test_SAL_5_an_accepted_quote_is_a_draft_contract_of_the_same_sum(company, sign_in, quote):
    client, url = sign_in(company.li_na), f"/contracts/from-quote/?quote={quote.pk}"
    assert "contracts/from-quote" in client.get(quote.get_absolute_url()).content.decode()
    assert client.post(url).status_code == 302
    contract = Contract._base_manager.get(quote=quote)
    assert (contract.amount, contract.status, contract.customer, contract.owner) == (
        D(180),
        "draft",
        quote.customer,
        company.li_na,
    )
    assert [line.amount for line in contract.known_lines()] == [D("89.99"), D(100), D("-9.99")]
    assert Quote._base_manager.get(pk=quote.pk).status == "accepted"
    assert client.post(url).status_code == 422 and Contract._base_manager.count() == 1


def test_SAL_5_a_quote_is_accepted_by_the_api_once(company, quote):
    seller = Caller(company.li_na)
    answer = seller.send("POST", f"quotes/{quote.pk}/accept", **{"Idempotency-Key": "q1"})
    assert answer.status_code == 201 and answer.json()["amount"] == "180.00"
    assert seller.send("POST", f"quotes/{quote.pk}/accept", **{"Idempotency-Key": "q1"}).json() == answer.json()
    assert seller.send("POST", f"quotes/{quote.pk}/accept").status_code == 422
    assert Caller(company.zhao_lei).send("POST", f"quotes/{quote.pk}/accept").status_code == 404
    assert Caller(company.reader).send("POST", f"quotes/{quote.pk}/accept").status_code == 403
