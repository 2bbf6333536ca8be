"""Zero-rated, exempt and not taxable are different things on everything that says a tax rate (SAL-5, SAL-9)."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.api.tests.test_api import Caller
from zhike.kit.actions import acting
from zhike.kit.errors import Refused
from zhike.kit.parse import ParseError
from zhike.org.viewers import the_system
from zhike.records.filters import Filter
from zhike.sales.kinds import PRODUCT
from zhike.sales.models import Product, Quote, QuoteLine
from zhike.sales.models.taxes import UNTAXED, Tax
from zhike.sales.tests.factories import ProductFactory, QuoteFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "rate", "treatment"),
    [("13", 13, "taxed"), ("9%", 9, "taxed"), ("0.5", D("0.5"), "taxed"), ("零税率", 0, "zero"), ("免税", 0, "exempt"),
     ("不征税", 0, "none"), ("Exempt", 0, "exempt"), ("zero", 0, "zero"), ("0", 0, "exempt"), ("0%", 0, "exempt")],
)  # fmt: skip
def test_SAL_9_a_tax_is_read_as_people_write_it(text, rate, treatment):
    tax = Tax.read(text)
    assert (tax.rate, tax.treatment) == (rate, treatment) and Tax.read(tax.code) == tax == Tax.read(tax.said)


@given(rate=st.decimals("0.01", 99, places=2))
def test_SAL_9_a_rate_is_said_and_read_without_loss(rate):
    assert Tax.read(Tax(rate).code) == Tax(rate) == Tax.read(Tax(rate).said)


@pytest.mark.parametrize("given", [{"tax_rate": "x"}, {"tax_treatment": "zero", "tax_rate": "13"},
                                   {"tax_treatment": "never"}, {"tax_treatment": "13"}])  # fmt: skip
def test_bad_input_a_line_that_is_taxed_and_not(given):
    with pytest.raises(ParseError):
        Tax.of_line(given)


def test_SAL_5_a_product_is_exempt_or_at_zero_rate_by_the_same_list_of_rates(company, sign_in):
    client = sign_in(company.admin)
    page = client.get("/products/new/").content.decode()
    assert all(f'<option value="{code}"' in page for code in ("13", "zero", "exempt", "none"))
    assert '<option value="13" selected>' in page
    for code, said in [("zero", "零税率"), ("exempt", "免税"), ("none", "不征税")]:
        values = {"name": f"产品{code}", "list_price": "100", "tax_rate": code, "is_active": "on"}
        assert client.post("/products/new/", values).status_code == 302
        product = Product._base_manager.get(name=values["name"])
        assert (product.tax_rate, product.tax_treatment) == (0, code)
        assert said in client.get(product.get_absolute_url()).content.decode()
        assert f'<option value="{code}" selected>' in client.get(f"/products/{product.pk}/edit/").content.decode()
    wanted = Filter.from_json(PRODUCT, [["tax_treatment", "in", ["exempt"]]])
    found = wanted.apply(Product.objects.visible_to(the_system()), the_system())
    assert [p.name for p in found] == ["产品exempt"]


def test_SAL_5_the_api_tells_and_keeps_what_an_untaxed_product_is(company):
    boss = Caller(company.admin)
    made = boss.send("POST", "products", {"name": "出口件", "list_price": "5", "tax_rate": "zero"})
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["tax_rate"], said["tax_treatment"]) == (0, "zero")
    sent_back = boss.send("PATCH", f"products/{said['id']}", {"tax_rate": 0})
    assert sent_back.json()["tax_treatment"] == "zero"
    assert boss.send("PATCH", f"products/{said['id']}", {"tax_rate": 13}).json()["tax_treatment"] == "taxed"


def test_SAL_5_a_quote_keeps_the_treatment_of_each_line_and_says_it(company, sign_in):
    products = [ProductFactory(name=f"品{t}", list_price=100, tax_rate=0, tax_treatment=t) for t in UNTAXED]
    quote = QuoteFactory(owner=company.li_na)
    client = sign_in(company.li_na)
    data = {"what": "save", "count": 4, "version": Quote._base_manager.get(pk=quote.pk).version, "reduction": ""}
    for n, product in enumerate(products):
        data |= {f"l{n}-product": product.pk, f"l{n}-quantity": "1"}
    data |= {"l3-name": "安装", "l3-quantity": "1", "l3-price": "113", "l3-tax_rate": "13"}
    assert client.post(f"/quotes/{quote.pk}/lines/", data).status_code == 302
    lines = list(QuoteLine._base_manager.filter(quote=quote).order_by("position"))
    assert [line.taxation.code for line in lines] == ["zero", "exempt", "none", "13"]
    assert Quote._base_manager.get(pk=quote.pk).tax == 13 and [line.tax for line in lines[:3]] == [0, 0, 0]
    page = client.get(quote.get_absolute_url()).content.decode()
    assert all(word in page for word in ("零税率", "免税", "不征税", "13%"))


def test_SAL_5_lines_of_the_api_name_the_treatment_both_ways(company):
    quote = QuoteFactory(owner=company.li_na)
    lines = [{"name": "a", "price": "10", "tax_treatment": "zero"}, {"name": "b", "price": "10", "tax_rate": "免税"}]
    caller = Caller(company.li_na)
    answer = caller.send("PATCH", f"quotes/{quote.pk}", {"lines": lines})
    assert [(line["tax_rate"], line["tax_treatment"]) for line in answer.json()["lines"]] == [
        ("0", "zero"),
        ("0", "exempt"),
    ]
    back = caller.send("PATCH", f"quotes/{quote.pk}", {"lines": answer.json()["lines"]})
    assert back.json()["lines"] == answer.json()["lines"]
    wrong = caller.send("PATCH", f"quotes/{quote.pk}", {"lines": [{**lines[0], "tax_rate": "13"}]})
    assert wrong.status_code == 422


def test_SAL_9_the_database_lets_nothing_untaxed_have_a_rate(company):
    product = ProductFactory(name="轴承")
    with pytest.raises(Refused, match="0"), acting(the_system(), "test"):
        product.tax_rate, product.tax_treatment = D(13), "exempt"
        product.save()
