"""Money in the browser: a statement of the bank taken in, matched and posted; the balance falls; the account as PDF (SAL-7, SAL-8)."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from zhike.kit import dates

NAME = "苏州恒旭精密机械有限公司"
MADE = """
from datetime import timedelta
from decimal import Decimal
from zhike.contracts.actions import sign_contract
from zhike.contracts.models import Contract
from zhike.contracts.rules import Instalment
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.records import kinds
from zhike.records.actions import save_record
by, today, owner = the_system(), dates.today(), Person.objects.visible_to(the_system()).first()
with acting(by, "test"):
    customer = Customer(name="苏州恒旭精密机械有限公司", owner=owner)
    save_record(kinds.get("customers.customer"), customer, by=by, created=True)
    contract = Contract(name="三期检测线", customer=customer, owner=owner, amount=Decimal(280000))
    contract.promise_plan([Instalment(today - timedelta(days=12), Decimal(185000), label="到货款"),
                           Instalment(today + timedelta(days=30), Decimal(95000), label="质保金")])
    save_record(kinds.get("contracts.contract"), contract, by=by, created=True)
    sign_contract(contract, by=by, signed_on=today - timedelta(days=40))
print(customer.pk)
"""


@pytest.fixture(scope="module")
def customer(product):
    """The id of a customer with a contract signed forty days ago, one line overdue."""
    return product.installation.python(MADE).split()[-1]


def test_SAL_7_from_the_bank_s_file_to_the_statement_of_account(
    page, customer, sign_in, assert_accessible, screenshot, tmp_path
):
    sign_in(page)
    page.goto("/receivables/")
    assert "28.0 万" in page.locator(".stats").inner_text()
    assert_accessible(page)
    page.locator(".card.hot").get_by_role("link", name="催收").click()
    page.locator("#dialog textarea[name=said]").fill("财务答复本月排款")
    page.locator("#dialog button[type=submit]").click()
    page.locator(".card.hot").get_by_text("电话").wait_for()

    file = tmp_path / "工行流水.csv"
    day = dates.today() - timedelta(days=1)
    rows = f"交易日期,收入金额,支出金额,对方户名,摘要,流水号\n{day},185000.00,,{NAME},货款,L1\n{day},,88.50,国家电网,电费,L2\n"
    file.write_bytes(rows.encode("gb18030"))
    page.goto("/bank-statements/")
    assert_accessible(page)
    page.locator("a.btn.primary").first.click()
    take_in(page, file, check=assert_accessible)
    page.get_by_text("185,000.00").first.wait_for()
    assert_accessible(page)
    page.get_by_role("button", name="导入 1 笔").click()
    page.locator(".guess").get_by_text("户名一致 · 等于一笔应收").wait_for()
    assert_accessible(page)
    screenshot(page, "bank-lines")
    page.locator(".guess").filter(has_text="等于一笔应收").get_by_role("button").click()
    page.locator("li[id^=line-]").get_by_text("已入账").wait_for()

    page.goto("/bank-statements/new/")
    take_in(page, file)
    page.get_by_role("button", name="导入 0 笔").click()  # the same file again has nothing new
    page.get_by_text("这里没有流水").wait_for()
    page.goto("/payments/")
    assert page.locator("tbody tr", has_text=NAME).count() == 1

    page.goto("/receivables/")
    assert "9.5 万" in page.locator(".stats").inner_text()
    page.goto(f"/customers/{customer}/dunning/")
    page.locator(".tl").get_by_text("财务答复本月排款").wait_for()
    assert_accessible(page)
    page.goto(f"/receivables/account/?customer={customer}")
    assert_accessible(page)
    screenshot(page, "account")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    text = PdfReader(BytesIO(download.value.path().read_bytes())).pages[0].extract_text().replace("\0", "")
    assert NAME in text and "95,000.00" in text


def take_in(page, file, check=lambda page: None):
    """Upload a statement; what it holds is shown."""
    page.locator("input[type=file]").set_input_files(file)
    check(page)
    page.locator("form button.primary").click()
    page.wait_for_url(re.compile(r"/bank-statements/\d+/$"))


def test_SAL_9_an_invoice_from_application_to_red_letter(page, customer, sign_in, assert_accessible, screenshot):
    sign_in(page)
    page.goto("/contracts/")
    page.get_by_role("link", name="三期检测线").first.click()
    page.get_by_role("link", name="申请开票").first.click()
    assert_accessible(page)
    page.locator("#id_kind").select_option("digital_ordinary")
    page.locator("#record-form button.primary").click()
    page.get_by_role("link", name="批准").click()
    page.locator("#dialog button[type=submit]").click()
    page.get_by_role("link", name="开票", exact=True).click()
    page.locator("#dialog [name=number]").fill("123")
    page.locator("#dialog button[type=submit]").click()
    page.locator("#dialog #id_number_error").wait_for()
    page.locator("#dialog [name=number]").fill("26322000000012345678")
    page.locator("#dialog button[type=submit]").click()
    page.locator("h1").get_by_text("26322000000012345678").wait_for()
    assert_accessible(page)
    screenshot(page, "invoice")
    page.get_by_role("link", name="红冲").click()
    page.locator("#dialog [name=amount]").fill("1000")
    page.locator("#dialog [name=reason]").fill("部分退货")
    page.locator("#dialog [name=number]").fill("26322000000012345679")
    page.locator("#dialog button[type=submit]").click()
    page.get_by_text("红字发票").first.wait_for()
    for address in ("/invoices/", "/invoices/differences/", "/dunning/"):
        page.goto(address)
        assert_accessible(page)
