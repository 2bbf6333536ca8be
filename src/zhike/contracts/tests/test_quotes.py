"""SAL-5, SAL-6: a quote the customer took becomes a contract that comes to the same."""

import re
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from zhike.api.tests.test_sales_api import Caller
from zhike.contracts.models import Contract
from zhike.contracts.tests.factories import ContractFactory, ProductFactory
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


def test_SAL_5_what_is_exempt_or_at_zero_rate_stays_so_in_the_contract(company, sign_in, quote):
    with acting(the_system(), "test"):
        for n, treatment in enumerate(["zero", "exempt", "none"]):
            QuoteLine(quote=quote, name=f"项{n}", quantity=D(1), price=D(50), tax_rate=0, tax_treatment=treatment,
                      amount=D(50), position=9 + n).save()  # fmt: skip
        quote.subtotal, quote.total = quote.subtotal + 150, quote.total + 150
        quote.save()
    client = sign_in(company.li_na)
    text = "".join(p.extract_text() for p in PdfReader(BytesIO(client.get(f"/quotes/{quote.pk}/pdf/").content)).pages)
    assert all(word in text.replace("\x00", "") for word in ("零税率", "免税", "不征税"))
    assert client.post(f"/contracts/from-quote/?quote={quote.pk}").status_code == 302
    contract = Contract._base_manager.get(quote=quote)
    assert [line.taxation.code for line in contract.known_lines()] == ["13", "6", "zero", "exempt", "none", "13"]
    page = client.get(contract.get_absolute_url()).content.decode()
    assert all(re.search(rf"{word}: <[^>]*>[^<]*50\.00<", page) for word in ("零税率", "免税", "不征税"))
    caller = Caller(company.li_na)
    lines = caller.send("GET", f"contracts/{contract.pk}").json()["lines"]
    assert [line["tax_treatment"] for line in lines] == ["taxed", "taxed", "zero", "exempt", "none", "taxed"]
    assert lines[-1]["amount"] == "-9.99"
    sent_back = caller.send("PATCH", f"contracts/{contract.pk}", {"lines": lines})
    assert sent_back.status_code == 200 and sent_back.json()["lines"] == lines
    lines[2]["tax_rate"] = "13"
    assert caller.send("PATCH", f"contracts/{contract.pk}", {"lines": lines}).status_code == 422
    last = contract.known_lines()[3]
    edit = f"/contracts/{contract.pk}/lines/{last.pk}/"
    assert '<option value="exempt" selected>' in client.get(edit).content.decode()
    given = {"name": last.name, "quantity": "1", "price": "50", "discount": "0", "tax_rate": "none"}
    assert client.post(edit, given).status_code == 302
    fresh = Contract._base_manager.get(pk=contract.pk)
    assert [line.taxation.code for line in fresh.known_lines()][2:5] == ["zero", "none", "none"]


def test_SAL_6_what_the_api_gives_of_a_contract_it_takes_again_with_what_is_taken_off(company, sign_in, quote):
    product, caller = ProductFactory(cost=D(20)), Caller(company.li_na)
    with acting(the_system(), "test"):
        QuoteLine.objects.whole_table("test").filter(quote=quote, name="相机").update(product=product, cost=D(15))
    contract = caller.send("POST", f"quotes/{quote.pk}/accept").json()
    url = f"contracts/{contract['id']}"
    kept = [line.cost for line in Contract._base_manager.get(pk=contract["id"]).known_lines()]
    assert [line["amount"] for line in contract["lines"]] == ["89.99", "100.00", "-9.99"] and kept == [
        D(15),
        None,
        None,
    ]
    again = caller.send("PATCH", url, {"lines": contract["lines"]})
    assert again.status_code == 200, again.content
    assert (again.json()["lines"], again.json()["amount"]) == (contract["lines"], "180.00")
    lines = Contract._base_manager.get(pk=contract["id"]).known_lines()
    assert [line.cost for line in lines] == kept  # the margin is judged by the cost of the quote
    edit = f"/contracts/{contract['id']}/lines/{lines[-1].pk}/"
    page = sign_in(company.li_na)
    assert 'value="-9.99"' in page.get(edit).content.decode()
    given = {"name": "整单优惠", "quantity": "1", "price": "-9.99", "discount": "0", "tax_rate": "13"}
    assert page.post(edit, given).status_code == 302
    assert Contract._base_manager.get(pk=contract["id"]).amount == D(180)


def test_SAL_6_one_line_takes_off_no_more_than_the_others_come_to(company, sign_in):
    contract, caller = ContractFactory(owner=company.li_na), Caller(company.li_na)
    url, add = f"contracts/{contract.pk}", f"/contracts/{contract.pk}/lines/add/"
    sold, off = {"name": "相机", "price": "100"}, {"name": "老客户优惠", "price": "-100"}
    assert caller.send("PATCH", url, {"lines": [sold, off]}).json()["amount"] == "0.00"
    for wrong in (
        [sold, {**off, "price": "-100.01"}],
        [sold, {**off, "price": "-1"}, {**off, "price": "-2"}],
        [off],
        [sold, {"product": ProductFactory().pk, "price": "-1"}],
    ):
        answer = caller.send("PATCH", url, {"lines": wrong})
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "lines", answer.content
    client, line = sign_in(company.li_na), {"name": "再优惠", "quantity": "1", "price": "-1", "tax_rate": "13"}
    refused = client.post(add, line)
    assert refused.status_code == 422 and refused.context["form"].errors["price"] == ["一份合同只有一行可以冲减总额。"]
    caller.send("PATCH", url, {"lines": [sold]})
    too_much = client.post(add, {**line, "price": "-100.01"})
    assert too_much.status_code == 422 and too_much.context["form"].errors["price"] == ["优惠不能超过明细合计。"]
    assert client.post(add, line).status_code == 302
    fresh = Contract._base_manager.get(pk=contract.pk)
    assert fresh.amount == D(99) and [line.price for line in fresh.known_lines()] == [D(100), D(-1)]


def test_SAL_6_a_line_of_a_product_costs_what_the_product_does(company):
    contract, product = ContractFactory(owner=company.li_na), ProductFactory(cost=D(60))
    Caller(company.li_na).send(
        "PATCH", f"contracts/{contract.pk}", {"lines": [{"product": product.pk, "price": "100"}]}
    )
    assert [line.cost for line in contract.known_lines()] == [D(60)]


def test_SAL_5_a_quote_is_accepted_by_the_api_once(company, quote):
    seller = Caller(company.li_na)
    answer = seller.send("POST", f"quotes/{quote.pk}/accept", **{"Idempotency-Key": "q1"})
    assert answer.status_code == 201 and answer.json()["amount"] == "180.00"
    assert seller.send("POST", f"quotes/{quote.pk}/accept", **{"Idempotency-Key": "q1"}).json() == answer.json()
    assert seller.send("POST", f"quotes/{quote.pk}/accept").status_code == 422
    assert Caller(company.zhao_lei).send("POST", f"quotes/{quote.pk}/accept").status_code == 404
    assert Caller(company.reader).send("POST", f"quotes/{quote.pk}/accept").status_code == 403
