"""Quotes through their pages: lines, approval of discounts, versions, PDF, sending, what may not be (SAL-5)."""

import re
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from pypdf import PdfReader

from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.org import actions as org
from zhike.org.flows import install_flows
from zhike.org.queries import open_approval
from zhike.sales import actions
from zhike.sales.models import Quote, QuoteLine
from zhike.sales.tests.factories import OpportunityFactory, ProductFactory, QuoteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="无锡远拓新能源有限公司")


@pytest.fixture
def quote(company, customer):
    install_flows()
    return QuoteFactory(owner=company.li_na, customer=customer, title="软包线检测")


def fresh(quote):
    return Quote.objects.whole_table("test").get(pk=quote.pk)


def lines(quote):
    return list(QuoteLine.objects.whole_table("test").filter(quote=quote))


def row(n=0, **more):
    values = {"name": "相机", "quantity": "2", "price": "1000", "discount": "", "tax_rate": "13", **more}
    return {f"l{n}-{name}": value for name, value in values.items()}


def save(client, quote, *rows, **more):
    data = {"what": "save", "count": len(rows), "version": fresh(quote).version, "reduction": "", **more}
    for values in rows:
        data |= values
    return client.post(f"/quotes/{quote.pk}/lines/", data)


def offered(company, viewer, quote, price=1000, discount=0):
    """The quote with one line, submitted by its owner."""
    by = viewer(company.li_na)
    line = {
        "name": "相机",
        "quantity": Decimal(2),
        "price": Decimal(price),
        "discount": Decimal(discount),
        "list_price": Decimal(1000),
    }
    actions.set_quote_lines(quote, by=by, lines=[line])
    return actions.submit_quote(quote, by=by)


def test_SAL_5_a_quote_for_a_deal_begins_with_its_products(company, sign_in, viewer, customer):
    deal = OpportunityFactory(owner=company.li_na, customer=customer, name="二期")
    actions.add_line(
        deal,
        by=viewer(company.li_na),
        product=ProductFactory(name="光源", list_price=300),
        quantity=Decimal(4),
        price=Decimal(280),
    )
    page = sign_in(company.li_na).post(
        "/quotes/new/",
        {"opportunity": deal.pk, "customer": customer.pk, "quoted_on": "2026-11-23", "owner": company.li_na.pk},
    )
    assert page.status_code == 302
    made = Quote.objects.whole_table("test").get()
    assert (made.title, made.customer, made.number, made.total) == ("二期", customer, "", Decimal(1120))
    assert [(line.name, line.quantity, line.price, line.list_price) for line in lines(made)] == [("光源", 4, 280, 300)]
    assert "光源" in sign_in(company.li_na).get(f"/quotes/{made.pk}/").content.decode()


def test_SAL_5_lines_are_saved_with_sums_to_the_fen(company, sign_in, quote):
    client = sign_in(company.li_na)
    page = save(
        client,
        quote,
        row(0),
        row(1, name="安装", quantity="1.5", price="0.03", tax_rate="6"),
        row(2, name="", price=""),
        reduction="100",
    )
    assert page.status_code == 302
    now = fresh(quote)
    assert (now.subtotal, now.reduction, now.total) == (Decimal("2000.05"), 100, Decimal("1900.05"))
    assert now.tax == Decimal("218.58") and len(lines(quote)) == 2


def test_SAL_5_choosing_a_product_fills_in_its_words_price_and_tax(company, sign_in, quote):
    product = ProductFactory(name="工业相机", list_price=8600, spec="500 万像素", tax_rate=6)
    page = sign_in(company.li_na).post(
        f"/quotes/{quote.pk}/lines/",
        {"what": "count", "count": 1, "l0-product": product.pk, "l0-quantity": "2"},
        headers={"hx-request": "true"},
    )
    text = page.content.decode()
    assert (
        page.status_code == 200
        and "工业相机" in text
        and "8600.00" in text
        and "500 万像素" in text
        and "17,200.00" in text
    )
    assert not lines(quote)


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "1.005"), ("price", "-1"), ("price", "1e15"), ("price", "贵"), ("quantity", "0"), ("quantity", "-2"),
     ("quantity", "1.0001"), ("discount", "101"), ("discount", "-1"), ("tax_rate", "200")],
)  # fmt: skip
def test_SAL_5_bad_amounts_are_refused_at_their_field_and_nothing_changes(company, sign_in, quote, field, value):
    page = save(sign_in(company.li_na), quote, row(**{field: value}))
    assert page.status_code == 422 and 'aria-invalid="true"' in page.content.decode()
    assert not lines(quote) and fresh(quote).total == 0


def test_SAL_5_more_than_the_sum_cannot_be_taken_off(company, sign_in, quote):
    assert save(sign_in(company.li_na), quote, row(), reduction="2000.01").status_code == 422
    assert save(sign_in(company.li_na), quote, row(), reduction="-1").status_code == 422
    assert not lines(quote)


def test_SAL_5_the_second_of_two_editors_is_told_and_loses_nothing(company, sign_in, quote):
    client, before = sign_in(company.li_na), fresh(quote).version
    save(client, quote, row())
    page = save(client, quote, row(name="我写的"), version=before)
    assert page.status_code == 409 and "我写的" in page.content.decode()
    assert [line.name for line in lines(quote)] == ["相机"]


def test_SAL_5_a_small_discount_goes_through_at_once_and_gets_a_number(company, viewer, quote):
    done = offered(company, viewer, quote, discount=10)
    assert done.status == "approved" and done.number == f"BJ-{dates.today():%Y%m}-0001" and done.discount == 10


def test_ORG_6_a_discount_beyond_ten_percent_needs_the_supervisor(company, viewer, sign_in, quote):
    asked = offered(company, viewer, quote, discount=15)
    assert asked.status == "approving"
    approval = open_approval("sales.quote", quote)
    assert {p.person.username for p in approval.trace} == {"lead_east"}
    assert save(sign_in(company.li_na), quote, row()).status_code == 422
    org.decide_approval(approval, by=viewer(company.lead_east), approve=True)
    assert fresh(quote).status == "approved"


def test_ORG_6_beyond_twenty_percent_the_general_manager_too_and_a_rejection_gives_the_draft_back(
    company, viewer, quote
):
    number = offered(company, viewer, quote, price=700).number
    approval = open_approval("sales.quote", quote)
    org.decide_approval(approval, by=viewer(company.lead_east), approve=True)
    assert fresh(quote).status == "approving"
    org.decide_approval(approval, by=viewer(company.gm), approve=False, comment="毛利太低")
    assert (fresh(quote).status, fresh(quote).number) == ("draft", number)


def test_SAL_5_a_new_version_copies_and_supersedes_and_the_old_one_stays_readable(company, viewer, sign_in, quote):
    offered(company, viewer, quote)
    client = sign_in(company.li_na)
    client.post(f"/quotes/{quote.pk}/revise/")
    new = Quote.objects.whole_table("test").get(previous=quote)
    assert (new.version_no, new.number, new.status, new.total) == (2, fresh(quote).number, "draft", 2000)
    assert fresh(quote).status == "superseded" and len(lines(quote)) == len(lines(new)) == 1
    assert "V2" in client.get(f"/quotes/{quote.pk}/").content.decode()
    assert client.post(f"/quotes/{quote.pk}/revise/").status_code == 422


def test_SAL_5_what_left_the_draft_is_not_edited(company, viewer, sign_in, quote):
    offered(company, viewer, quote)
    page = sign_in(company.li_na).post(
        f"/quotes/{quote.pk}/edit/",
        {"title": "改", "customer": quote.customer_id, "quoted_on": quote.quoted_on, "version": fresh(quote).version},
    )
    assert page.status_code == 422 and fresh(quote).title == "软包线检测"


def test_SAL_5_numbers_have_no_gaps_whatever_becomes_of_drafts(company, viewer, sign_in, customer):
    for n in range(3):
        draft = QuoteFactory(owner=company.li_na, customer=customer)
        if n == 1:
            assert sign_in(company.li_na).post(f"/quotes/{draft.pk}/delete/").status_code == 403
            actions.delete_quote(draft, by=viewer(company.manager_east))
        else:
            offered(company, viewer, draft)
    numbers = list(Quote.objects.whole_table("test").order_by("id").values_list("number", flat=True))
    assert [number[-4:] for number in numbers] == ["0001", "0002"]


def test_SAL_5_the_pdf_is_a_business_form_over_as_many_pages_as_it_takes(company, viewer, sign_in, quote):
    many = [
        {
            "name": f"第{n}项 很长很长很长很长很长的名称",
            "spec": "规格" * 20,
            "quantity": Decimal(1),
            "price": Decimal("1234.05"),
        }
        for n in range(60)
    ]
    actions.set_quote_lines(quote, by=viewer(company.li_na), lines=many)
    answer = sign_in(company.li_na).get(f"/quotes/{quote.pk}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    pages = PdfReader(BytesIO(answer.content)).pages
    texts = [page.extract_text().replace("\x00", "") for page in pages]
    text = "".join(texts)
    assert (
        len(pages) >= 3 and "柒万肆仟零肆拾叁元整" in text and "74,043.00" in text and "无锡远拓新能源有限公司" in text
    )
    assert all("Amount" in one or "金额" in one for one in texts[:-1])
    assert "金额大写：柒万" in text and "供方：" in text and "签字：李娜" in text
    assert not re.search("[A-Za-z]{3}", text.replace("BJ-", "")), "a text without a translation"


def test_SAL_5_an_expired_quote_is_neither_sent_nor_accepted(company, viewer, customer):
    quote = QuoteFactory(owner=company.li_na, customer=customer, valid_until=dates.today())
    offered(company, viewer, quote)
    with time_machine.travel(dates.now() + timedelta(days=2)):
        for act in (actions.check_sending, lambda quote, by: actions.mark_accepted(quote, by=by)):
            with pytest.raises(Refused):
                act(fresh(quote), by=viewer(company.li_na))
        assert fresh(quote).is_expired(dates.today()) and not fresh(quote).is_expired(date(2020, 1, 1))


def test_ORG_3_who_may_what_with_a_quote(company, sign_in, quote):
    seen = {
        name: sign_in(getattr(company, name)).get(f"/quotes/{quote.pk}/").status_code
        for name in ("li_na", "lead_east", "finance", "wang_wei")
    }
    assert seen == {"li_na": 200, "lead_east": 200, "finance": 200, "wang_wei": 404}
    assert save(sign_in(company.wang_wei), quote, row()).status_code == 404
    assert save(sign_in(company.finance), quote, row()).status_code == 403
    assert save(sign_in(company.lead_east), quote, row()).status_code == 302


def test_SAL_5_quotes_are_on_the_pages_of_customer_and_deal_and_in_the_list(company, sign_in, quote, customer):
    client = sign_in(company.li_na)
    assert "软包线检测" in client.get("/quotes/").content.decode()
    assert "软包线检测" in client.get(f"/customers/{customer.pk}/quotes/").content.decode()


def test_SAL_5_a_page_of_a_quote_asks_as_often_for_many_lines_as_for_one(
    company, viewer, sign_in, quote, django_assert_max_num_queries
):
    offered(company, viewer, quote)
    client = sign_in(company.li_na)
    client.get(f"/quotes/{quote.pk}/")
    with django_assert_max_num_queries(24) as one:
        client.get(f"/quotes/{quote.pk}/")
    before = len(one)
    client.post(f"/quotes/{quote.pk}/revise/")
    new = Quote.objects.whole_table("test").get(previous=quote)
    actions.set_quote_lines(
        new,
        by=viewer(company.li_na),
        lines=[{"name": f"{n}", "quantity": Decimal(1), "price": Decimal(1)} for n in range(30)],
    )
    actions.submit_quote(new, by=viewer(company.li_na))
    with django_assert_max_num_queries(before + 2):
        client.get(f"/quotes/{new.pk}/")
