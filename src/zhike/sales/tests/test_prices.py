"""Price lists, categories, bundles, material; products in use stay (SAL-5)."""

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.records.models import AuditEntry
from zhike.sales import actions, pricing, queries
from zhike.sales.models import BundlePart, PriceList, PriceListItem, Product, ProductCategory, Quote, QuoteLine
from zhike.sales.tests.factories import ProductFactory, QuoteFactory

pytestmark = pytest.mark.django_db


def fresh(product):
    return Product.objects.whole_table("test").get(pk=product.pk)


@pytest.fixture
def boss(company, viewer):
    return viewer(company.gm)


@pytest.fixture
def list_a(boss):
    return actions.save_price_list(PriceList(), by=boss, name="A 类客户价", abc="A")


def category(boss, name, parent=None):
    return actions.save_category(ProductCategory(), by=boss, name=name, parent=parent)


def price_for(product, customer, quantity, day):
    return pricing.price_for(product, customer, quantity, day, queries.price_lists_with([product]))


def test_SAL_5_a_price_list_is_made_filled_and_ordered_by_pages(company, sign_in):
    boss, product = sign_in(company.gm), ProductFactory(name="工业相机", list_price=1000)
    made = boss.post("/settings/prices/new/", {"name": "老客户价", "tier": "key", "is_active": "on"})
    price_list = PriceList.objects.get()
    assert made.status_code == 302 and price_list.tier == "key"
    page = boss.post(
        f"/settings/prices/{price_list.pk}/add/", {"product": product.pk, "price": "880", "from_quantity": "10"}
    )
    assert page.status_code == 302
    shown = boss.get(f"/settings/prices/{price_list.pk}/").content.decode()
    assert "工业相机" in shown and "880.00" in shown and "1,000.00" in shown
    assert "老客户价" in boss.get("/settings/prices/").content.decode()
    assert "880.00" in sign_in(company.li_na).get(f"/products/{product.pk}/").content.decode()
    item = PriceListItem.objects.get()
    assert boss.post(f"/settings/prices/{price_list.pk}/{item.pk}/remove/").status_code == 302
    assert not PriceListItem.objects.exists()
    said = [entry.changes["prices"] for entry in AuditEntry.objects.filter(changes__has_key="prices").order_by("id")]
    assert said == [[None, "老客户价 (≥ 10): 880.00"], ["老客户价 (≥ 10): 880.00", None]]


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "-1"), ("price", "1.234"), ("price", "1e15"), ("price", "便宜"), ("price", ""),
     ("from_quantity", "0"), ("from_quantity", "-2"), ("from_quantity", "1.2345"), ("product", "")],
)  # fmt: skip
def test_SAL_5_bad_prices_are_refused_at_the_field(company, sign_in, list_a, field, value):
    product = ProductFactory()
    data = {"product": product.pk, "price": "880", "from_quantity": "1", field: value}
    page = sign_in(company.gm).post(f"/settings/prices/{list_a.pk}/add/", data)
    assert page.status_code == 422 and f"id_{field}_error" in page.content.decode()
    assert not PriceListItem.objects.exists()


def test_SAL_5_a_list_does_not_end_before_it_begins(company, sign_in):
    data = {"name": "夏季", "valid_from": "2026-08-01", "valid_until": "2026-07-01", "is_active": "on"}
    page = sign_in(company.gm).post("/settings/prices/new/", data)
    assert page.status_code == 422 and not PriceList.objects.exists()


def test_SAL_5_the_first_list_that_fits_decides_the_price(company, boss, list_a):
    product, customer = ProductFactory(list_price=1000), CustomerFactory(owner=company.li_na, abc="A")
    everyone = actions.save_price_list(PriceList(), by=boss, name="促销价")
    actions.set_price(list_a, by=boss, product=product, price=Decimal(900))
    actions.set_price(everyone, by=boss, product=product, price=Decimal(800))
    assert price_for(product, customer, Decimal(1), dates.today()).amount == 900
    actions.order_price_lists(by=boss, order=[everyone.pk, list_a.pk])
    price = price_for(product, customer, Decimal(1), dates.today())
    assert (price.amount, price.source) == (800, everyone)
    other = CustomerFactory(owner=company.li_na, abc="B")
    actions.delete_price_list(everyone, by=boss)
    assert price_for(product, other, Decimal(1), dates.today()).source is None


@pytest.mark.parametrize("url", ["prices/", "prices/new/", "categories/", "categories/new/"])
def test_SAL_5_selling_people_do_not_set_prices(company, sign_in, url):
    assert sign_in(company.li_na).get(f"/settings/{url}").status_code == 403


def test_SAL_5_a_category_filters_with_all_below_it(company, sign_in, boss):
    sensors = category(boss, "传感器")
    cameras = category(boss, "相机", sensors)
    ProductFactory(name="面阵相机", category=cameras)
    ProductFactory(name="年度维保", category=category(boss, "服务"))
    page = sign_in(company.gm).get(f"/products/?category={sensors.pk}").content.decode()
    assert "面阵相机" in page and "年度维保" not in page and "传感器 / 相机" in page
    tree = sign_in(company.gm).get("/settings/categories/").content.decode()
    assert tree.index("传感器") < tree.index("相机") and 'data-depth="1"' in tree


def test_SAL_5_a_category_never_lies_below_itself_nor_goes_while_in_use(company, sign_in, boss):
    sensors = category(boss, "传感器")
    cameras = category(boss, "相机", sensors)
    with pytest.raises(Refused) as refusal:
        actions.save_category(sensors, by=boss, name="传感器", parent=cameras)
    assert "parent" in refusal.value.messages
    product = ProductFactory(category=cameras)
    client = sign_in(company.gm)
    client.post(f"/settings/categories/{cameras.pk}/delete/")
    client.post(f"/settings/categories/{sensors.pk}/delete/")
    assert ProductCategory.objects.count() == 2 and fresh(product).category_id == cameras.pk


def test_SAL_5_categories_go_five_levels_deep(boss):
    parent = None
    for name in "一二三四五":
        parent = category(boss, name, parent)
    with pytest.raises(Refused) as refusal:
        category(boss, "六", parent)
    assert "parent" in refusal.value.messages


@pytest.fixture
def kit(company, sign_in):
    """A bundle of a camera and two cables, 10 % off."""
    ProductFactory(name="相机", code="XJ-1", list_price=Decimal("999.99"))
    ProductFactory(name="线缆", code="XL-1", list_price=Decimal("33.33"))
    bundle = ProductFactory(name="相机套装", list_price=None)
    page = sign_in(company.gm).post(f"/products/{bundle.pk}/parts/", {"parts": "XJ-1\n线缆 × 2\n", "discount": "10"})
    assert page.status_code == 302
    return fresh(bundle)


def choose(client, quote, bundle, quantity="3", **more):
    row = {"l0-product": bundle.pk, "l0-known": "", "l0-quantity": quantity, "l0-price": "", "l0-name": ""}
    after = {"l1-name": "运费", "l1-quantity": "1", "l1-price": "50", "l1-tax_rate": "9"}
    data = {**row, **after, "count": 2, "version": quote.version, "reduction": "", "what": "save", **more}
    return client.post(f"/quotes/{quote.pk}/lines/", data)


def test_SAL_5_a_bundle_becomes_lines_of_its_parts(company, sign_in, kit):
    quote = QuoteFactory(owner=company.li_na)
    assert choose(sign_in(company.li_na), quote, kit).status_code in (200, 302)
    rows = QuoteLine.objects.whole_table("test").filter(quote=quote).order_by("position")
    assert [(r.name, r.quantity, r.discount, r.amount) for r in rows] == [
        ("相机", 3, 10, Decimal("2699.97")), ("线缆", 6, 10, Decimal("179.98")), ("运费", 1, 0, Decimal("50.00")),
    ]  # fmt: skip
    assert Quote.objects.whole_table("test").get(pk=quote.pk).total == Decimal("2929.95")


def test_SAL_5_a_bundle_with_a_price_is_one_line_that_names_its_parts(company, sign_in, viewer, kit):
    from zhike.records.actions import change_record
    from zhike.sales.kinds import PRODUCT

    change_record(PRODUCT, kit, {"list_price": Decimal(888)}, by=viewer(company.gm))
    quote = QuoteFactory(owner=company.li_na)
    choose(sign_in(company.li_na), quote, kit)
    first = QuoteLine.objects.whole_table("test").filter(quote=quote).order_by("position").first()
    assert (first.name, first.amount) == ("相机套装", 2664) and "线缆 × 2" in first.spec


@pytest.mark.parametrize("parts", ["不存在的产品", "XJ-1 × 0", "XJ-1 × -1", "XJ-1 × 1.2345", "XJ-1\nXJ-1", "相机套装"])
def test_SAL_5_bad_parts_are_refused_and_nothing_changes(company, sign_in, kit, parts):
    page = sign_in(company.gm).post(f"/products/{kit.pk}/parts/", {"parts": parts, "discount": ""})
    assert page.status_code == 422
    assert BundlePart.objects.whole_table("test").filter(bundle=kit).count() == 2


def test_SAL_5_bundles_do_not_nest(company, sign_in, kit):
    other = ProductFactory(name="大套装")
    page = sign_in(company.gm).post(f"/products/{other.pk}/parts/", {"parts": "相机套装", "discount": ""})
    assert page.status_code == 422 and not BundlePart.objects.whole_table("test").filter(bundle=other).exists()


def test_SAL_5_a_product_in_a_quote_is_taken_off_sale_not_deleted(company, sign_in, viewer):
    product, client = ProductFactory(name="已报价产品"), sign_in(company.gm)
    quote = QuoteFactory(owner=company.li_na)
    line = {"product": product, "name": "已报价产品", "quantity": Decimal(1), "price": Decimal(5)}
    actions.set_quote_lines(quote, by=viewer(company.li_na), lines=[line])
    page = client.post(f"/products/{product.pk}/delete/", follow=True).content.decode()
    assert "报价明细" in page or "quote line" in page
    assert fresh(product).is_active
    assert client.post(f"/products/{product.pk}/off-sale/").status_code == 302
    assert not fresh(product).is_active
    assert not queries.products_on_sale(viewer(company.li_na), [product.pk])


def test_SAL_5_the_newest_material_is_marked_and_everybody_may_fetch_it(company, sign_in):
    product, boss = ProductFactory(), sign_in(company.gm)
    for name in ("样本 2025.pdf", "样本 2026.pdf"):
        upload = SimpleUploadedFile(name, b"%PDF-1.4 sample", "application/pdf")
        answer = boss.post(reverse("records:file_add", args=["products", product.pk]), {"file": upload})
        assert answer.status_code in (204, 302)
    page = sign_in(company.li_na).get(f"/products/{product.pk}/files/").content.decode()
    marked = re.search("latest|最新", page)
    assert page.index("样本 2026.pdf") < marked.start() < page.index("样本 2025.pdf")
