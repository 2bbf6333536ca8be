"""Quotes and products as programs meet them (CONTRACT "API", SAL-5)."""

from decimal import Decimal

import pytest

from zhike.api.tests.test_api import Caller, errors
from zhike.customers.tests.factories import CustomerFactory
from zhike.records.models import AuditEntry
from zhike.sales import actions
from zhike.sales.models import PriceList, ProductCategory, Quote, QuoteLine
from zhike.sales.tests.factories import ProductFactory, QuoteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, abc="A")


def test_SAL_5_a_quote_is_created_with_lines_and_counted(company, customer, viewer):
    boss, camera = viewer(company.gm), ProductFactory(name="相机", list_price=1000, tax_rate=13)
    prices = actions.save_price_list(PriceList(), by=boss, name="A 类", abc="A")
    actions.set_price(prices, by=boss, product=camera, price=Decimal(900))
    caller = Caller(company.li_na)
    lines = [{"product": "相机", "quantity": "2"}, {"name": "运费", "price": "50.5", "tax_rate": 9, "discount": "10"}]
    answer = caller.send("POST", "quotes", {"customer": customer.pk, "title": "新线", "lines": lines})
    assert answer.status_code == 201, answer.content
    quote = answer.json()
    assert [(line["name"], line["quantity"], line["price"], line["amount"]) for line in quote["lines"]] == [
        ("相机", "2", "900.00", "1800.00"), ("运费", "1", "50.50", "45.45")]  # fmt: skip
    assert (quote["total"], quote["status"], quote["version"]) == ("1845.45", "draft", 1)
    assert quote["discount"] and "cost" not in quote
    assert caller.get(f"/api/v1/quotes/{quote['id']}").json() == quote
    assert caller.get("/api/v1/quotes").json()["items"] == [quote]

    same = caller.send("PATCH", f"quotes/{quote['id']}", {"lines": quote["lines"]}).json()
    assert same["lines"] == quote["lines"]
    changed = caller.send("PATCH", f"quotes/{quote['id']}", {"lines": [{"name": "培训", "price": 100}]}).json()
    assert changed["total"] == "100.00" and changed["tax"] == "11.50"
    said = [e.changes["lines"] for e in AuditEntry.objects.filter(changes__has_key="lines").order_by("id")]
    assert said[-1] == ["相机 × 2 @ 900.00; 运费 × 1 @ 50.50 −10%", "培训 × 1 @ 100.00"]


@pytest.mark.parametrize(
    "line",
    [{"price": 1}, {"name": "a", "price": "1.234"}, {"name": "a", "price": -1}, {"name": "a", "price": "1e15"},
     {"name": "a", "price": "便宜"}, {"name": "a", "quantity": "1.2345"}, {"name": "a", "quantity": 0},
     {"name": "a", "discount": 101}, {"name": "a", "discount": -1}, {"name": "a", "tax_rate": "x"},
     {"product": "没有的产品"}, {"name": "a", "colour": "red"}, "a", {"name": "长" * 201}],
)  # fmt: skip
def test_SAL_5_bad_lines_are_refused_by_number(company, customer, line):
    lines = [{"name": "好的", "price": 1}, line]
    answer = Caller(company.li_na).send("POST", "quotes", {"customer": customer.pk, "lines": lines})
    assert answer.status_code == 422 and "lines" in errors(answer)
    assert "2" in str(answer.json()["errors"]) and not Quote.objects.whole_table("test").exists()


def test_SAL_5_a_product_off_sale_is_not_offered(company, customer):
    old = ProductFactory(is_active=False)
    answer = Caller(company.li_na).send("POST", "quotes", {"customer": customer.pk, "lines": [{"product": old.pk}]})
    assert answer.status_code == 422 and "lines" in errors(answer)


def test_SAL_5_what_left_the_draft_keeps_its_lines(company, customer, viewer):
    quote = QuoteFactory(owner=company.li_na, customer=customer)
    by = viewer(company.li_na)
    actions.set_quote_lines(quote, by=by, lines=[{"name": "a", "price": Decimal(1), "quantity": Decimal(1)}])
    actions.submit_quote(quote, by=by)
    caller = Caller(company.li_na)
    answer = caller.send("PATCH", f"quotes/{quote.pk}", {"lines": [{"name": "b", "price": 2}]})
    assert answer.status_code == 422
    assert QuoteLine.objects.whole_table("test").get(quote=quote).name == "a"
    assert Caller(company.zhao_lei).get(f"/api/v1/quotes/{quote.pk}").status_code == 404


def test_SAL_5_editing_the_head_leaves_the_lines(company, customer, viewer, sign_in):
    quote = QuoteFactory(owner=company.li_na, customer=customer, title="甲")
    line = {"name": "a", "price": Decimal(1), "quantity": Decimal(1)}
    actions.set_quote_lines(quote, by=viewer(company.li_na), lines=[line])
    data = {"title": "乙", "customer": customer.pk, "quoted_on": "2026-11-28"}
    assert sign_in(company.li_na).post(f"/quotes/{quote.pk}/edit/", data).status_code == 302
    assert QuoteLine.objects.whole_table("test").filter(quote=quote).count() == 1
    assert Quote.objects.whole_table("test").get(pk=quote.pk).title == "乙"


def test_SAL_5_a_category_is_given_by_its_way_from_the_top(company, viewer):
    boss = viewer(company.gm)
    top = actions.save_category(ProductCategory(), by=boss, name="传感器")
    actions.save_category(ProductCategory(), by=boss, name="相机", parent=top)
    other = actions.save_category(ProductCategory(), by=boss, name="办公")
    actions.save_category(ProductCategory(), by=boss, name="相机", parent=other)
    caller = Caller(company.gm)
    made = caller.send("POST", "products", {"name": "面阵", "category": "传感器 / 相机"})
    assert made.status_code == 201, made.content
    assert "category" in errors(caller.send("POST", "products", {"name": "线阵", "category": "相机"}))
    assert "category" in errors(caller.send("POST", "products", {"name": "线阵", "category": "没有"}))


def test_SAL_5_the_api_takes_something_off_the_sum_and_counts_anew(company, customer):
    caller = Caller(company.li_na)
    lines = [{"name": "相机", "price": "1000", "quantity": 2}]
    quote = caller.send("POST", "quotes", {"customer": customer.pk, "lines": lines, "reduction": "100"}).json()
    assert (quote["subtotal"], quote["reduction"], quote["total"], quote["tax"]) == (
        "2000.00",
        "100.00",
        "1900.00",
        "218.58",
    )
    where, stamp = f"quotes/{quote['id']}", quote["revision"]
    changed = caller.send("PATCH", where, {"reduction": "300", "revision": stamp}).json()
    assert (changed["total"], changed["tax"], changed["version"]) == ("1700.00", "195.58", 1)
    assert caller.send("PATCH", where, {"reduction": "1", "revision": stamp}).status_code == 409
    too_much = caller.send("PATCH", where, {"reduction": "2000.01"})
    assert too_much.status_code == 422 and "reduction" in errors(too_much)
    both = caller.send("PATCH", where, {"lines": [{"name": "b", "price": 500}], "reduction": "500"}).json()
    assert (both["total"], both["subtotal"]) == ("0.00", "500.00")
    again = caller.send("PATCH", where, {"title": "只改标题"}).json()
    assert (again["total"], again["reduction"], again["title"]) == ("0.00", "500.00", "只改标题")
    nothing = caller.send("POST", "quotes", {"customer": customer.pk, "reduction": "1"})
    assert nothing.status_code == 422 and "reduction" in errors(nothing)


@pytest.mark.parametrize("sent", [{"status": "accepted"}, {"number": "BJ-1"}])
def test_SAL_5_the_api_writes_neither_states_nor_numbers(company, customer, sent):
    caller = Caller(company.li_na)
    answer = caller.send("POST", "quotes", {"customer": customer.pk, **sent})
    assert answer.status_code == 422 and set(sent) <= set(errors(answer))
