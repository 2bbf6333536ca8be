"""Quotes: letters of one's own sent once, where prices come from, import, what is past its last day (SAL-5)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping
from zhike.sales import actions, queries
from zhike.sales.kinds import QUOTE
from zhike.sales.models import PriceList, Quote, QuoteLine, QuoteRules
from zhike.sales.models.quote_rules import quote_rules
from zhike.sales.tests.factories import ProductFactory, QuoteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="无锡远拓新能源有限公司", abc="A")


@pytest.fixture
def sent(company, customer, viewer):
    """A quote handed over, without its letter."""
    contact = ContactFactory(customer=customer, owner=company.li_na, name="孙工", email="sun@example.cn")
    quote = QuoteFactory(owner=company.li_na, customer=customer, contact=contact, title="软包线")
    by = viewer(company.li_na)
    actions.set_quote_lines(quote, by=by, lines=[{"name": "相机", "price": Decimal(1000), "quantity": Decimal(2)}])
    return actions.submit_quote(quote, by=by)


def rows(model, **wanted):
    return list(model.objects.whole_table("test").filter(**wanted).order_by("pk"))


def test_SAL_5_the_letter_and_new_quotes_begin_with_the_company_s_own_words(company, sent, sign_in, viewer):
    text = "{name}您好：\n\n附上{title}的报价 {number}，合计 {total}，有效期至 {valid_until}。\n\n{person} {mobile}"
    actions.save_quote_rules(by=viewer(company.admin), letter_subject="{company}报价 {number}", letter_text=text,
                             valid_days=15, payment_terms="款到发货", delivery="")  # fmt: skip
    subject, text = queries.quote_letter(viewer(company.li_na), sent)
    assert text.startswith("孙工您好：") and f"附上软包线的报价 {sent.number}，合计 ¥ 2,000.00，有效期至 —。" in text
    assert sent.number in subject and "{" not in subject + text
    new = sign_in(company.li_na).get("/quotes/new/").content.decode()
    assert "款到发货" in new and (dates.today() + timedelta(days=15)).isoformat() in new


def test_SAL_5_a_letter_names_only_places_that_are_filled_in(company, sign_in):
    browser = sign_in(company.admin)
    wrong = browser.post("/settings/quotes/", {"letter_subject": "{nobody}", "letter_text": "", "valid_days": 30})
    assert wrong.status_code == 422 and "{valid_until}" in wrong.content.decode()
    assert not QuoteRules.objects.exists()
    shipped = quote_rules()
    kept = {"letter_subject": shipped.subject_template, "letter_text": shipped.text_template.replace("\n", "\r\n")}
    assert browser.post("/settings/quotes/", {**kept, "valid_days": 20}).status_code == 302
    row = QuoteRules.objects.get()
    assert (row.letter_subject, row.letter_text, row.valid_days) == ("", "", 20)
    assert sign_in(company.li_na).get("/settings/quotes/").status_code == 403


def test_SAL_5_the_editor_says_where_each_price_comes_from(company, customer, viewer, sign_in):
    boss = viewer(company.gm)
    camera, cable = ProductFactory(name="相机", list_price=1000), ProductFactory(name="线缆", list_price=20)
    prices = actions.save_price_list(PriceList(), by=boss, name="A 类客户价", abc="A")
    actions.set_price(prices, by=boss, product=camera, price=Decimal(900))
    quote = QuoteFactory(owner=company.li_na, customer=customer)
    browser = sign_in(company.li_na)

    def editor(what="count", **more):
        data = {"what": what, "count": 3, "version": rows(Quote, pk=quote.pk)[0].version, "reduction": ""}
        for n, product in enumerate((camera, cable, camera)):
            data |= {f"l{n}-product": product.pk, f"l{n}-quantity": "1"}
        return browser.post(f"/quotes/{quote.pk}/lines/", data | more)

    page = editor(**{"l2-known": camera.pk, "l2-price": "880", "l2-name": "相机"}).content.decode()
    assert ">A 类客户价<" in page and ">标准价<" in page and "手工填写 · 通常 900.00" in page
    filled = {"l0-known": camera.pk, "l0-price": "900.00", "l0-name": "相机", "l1-known": cable.pk, "l1-price": "20",
              "l1-name": "线缆", "l2-known": camera.pk, "l2-price": "880", "l2-name": "相机"}  # fmt: skip
    assert editor("save", **filled).status_code == 302
    assert [line.price_source for line in rows(QuoteLine)] == ["A 类客户价", "list", ""]
    actions.delete_price_list(prices, by=boss)
    editor("save", **filled)  # saved anew: what a line says of its price stays
    assert [line.price_source for line in rows(QuoteLine)] == ["A 类客户价", "list", ""]


def test_SAL_5_past_its_last_day_is_seen_and_filtered(company, sent, sign_in):
    browser = sign_in(company.li_na)
    assert "软包线" not in browser.get("/quotes/?status__in=expired").content.decode()
    yesterday = dates.today() - timedelta(days=1)
    rows_of = Quote.objects.whole_table("test").filter(pk=sent.pk)
    with acting(the_system(), "test"):
        rows_of.update(valid_until=yesterday, quoted_on=yesterday)
    page = browser.get("/quotes/?status__in=expired").content.decode()
    assert "软包线" in page and "已过期" in page
    assert "软包线" not in browser.get("/quotes/?status__not_in=expired").content.decode()
    assert "软包线" in browser.get("/quotes/?status__in=approved").content.decode()
    with acting(the_system(), "test"):
        rows_of.update(status="accepted")
    assert "软包线" not in browser.get("/quotes/?status__in=expired").content.decode()


TITLES = {"编号": "number", "标题": "title", "客户": "customer", "状态": "status", "日期": "quoted_on", "明细": "lines",
          "优惠": "reduction"}  # fmt: skip


def brought(viewer, tmp_path, *lines, dry_run=False):
    file = tmp_path / "报价.csv"
    file.write_text("\n".join(["编号,标题,客户,状态,日期,明细,优惠", *lines]), "utf-8")
    run = Import(QUOTE, Mapping(columns=TITLES), viewer, dry_run=dry_run)
    return run.run(file), run


def test_SAL_5_quotes_are_imported_with_their_lines_once(company, customer, viewer, tmp_path):
    ProductFactory(name="工业相机 X100", list_price=8600)
    lines = [
        "B-1,一期,无锡远拓新能源有限公司,已发送,2026-03-01,工业相机 X100 × 2 −10%；运费 @ 200,80",
        ",草稿,无锡远拓新能源有限公司,,2026-03-02,工业相机 X100,",
    ]
    by = viewer(company.gm)
    counts, _run = brought(by, tmp_path, *lines, dry_run=True)
    assert counts["created"] == 2 and not rows(Quote)
    counts, run = brought(by, tmp_path, *lines)
    assert (counts["created"], counts["failed"]) == (2, 0), run.first_errors
    first, draft = rows(Quote)
    assert (first.number, first.status, first.subtotal, first.total) == (
        "B-1",
        "sent",
        Decimal("15680"),
        Decimal("15600"),
    )
    assert (draft.number, draft.status, draft.total) == ("", "draft", Decimal(8600))
    assert [str(line) for line in first.known_lines()] == ["工业相机 X100 × 2 @ 8600.00 −10%", "运费 × 1 @ 200.00"]
    assert QUOTE.field("lines").text(first.known_lines()) == "工业相机 X100 × 2 @ 8600.00 −10%; 运费 × 1 @ 200.00"
    counts, run = brought(by, tmp_path, lines[0])
    assert (counts["skipped"], counts["failed"]) == (1, 0), run.first_errors


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("B-2,a,无锡远拓新能源有限公司,已发送,2026-03-01,,", "没有明细"),
        (",a,无锡远拓新能源有限公司,已发送,2026-03-01,运费 @ 1,", "编号"),
        ("B-2,a,无锡远拓新能源有限公司,审批中,2026-03-01,运费 @ 1,", "状态"),
        ("B-2,a,无锡远拓新能源有限公司,已过期,2026-03-01,运费 @ 1,", "状态"),
        ("B-2,a,无锡远拓新能源有限公司,,2026-03-01,没有的产品,", "明细"),
        ("B-2,a,无锡远拓新能源有限公司,,2026-03-01,运费 @ 1,2", "优惠"),
        ("B-2,a,没有的客户,,2026-03-01,运费 @ 1,", "客户"),
    ],
)
def test_SAL_5_a_quote_that_cannot_be_is_not_imported(company, customer, viewer, tmp_path, line, said):
    counts, run = brought(viewer(company.gm), tmp_path, line)
    assert (counts["created"], counts["failed"]) == (0, 1) and not rows(Quote)
    assert run.first_errors


def test_SAL_5_an_import_does_not_change_what_was_sent(company, sent, viewer, tmp_path):
    line = f"{sent.number},软包线,无锡远拓新能源有限公司,,2026-03-01,别的 @ 1,"
    counts, run = brought(viewer(company.gm), tmp_path, line)
    assert counts["failed"] == 1 and [str(row) for row in sent.known_lines()] == ["相机 × 2 @ 1000.00"]
