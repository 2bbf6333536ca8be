"""Targets down the tree, and what a signing does to them at once (SAL-10)."""

import re
from decimal import Decimal

from tests.browser.demo_deals import PASSWORD, make_deal
from zhike.kit import dates
from zhike.kit.tables.reader import open_table
from zhike.kit.tables.writer import write_xlsx

DRAFT = """
from decimal import Decimal
from zhike.contracts.models import Contract
from zhike.customers.models import Customer
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.records import kinds
from zhike.records.actions import save_record
by = the_system()
with acting(by, "test"):
    customer = Customer.objects.whole_table("test").get(pk={customer})
    contract = Contract(name="嵊州恒泰产线合同", customer=customer, owner=customer.owner, amount=Decimal(300000))
    save_record(kinds.get("contracts.contract"), contract, by=by, created=True)
print(contract.pk, customer.owner.name)
"""


def test_SAL_10_a_year_set_down_the_tree_and_reached_live(open_page, demo, sign_in, assert_accessible, screenshot):
    seller, _deal, customer, boss, above = make_deal(demo, "嵊州恒泰", 4)
    contract, name = demo.installation.python(DRAFT.format(customer=customer)).split()
    year = dates.today().year
    manager = open_page(demo)
    for who, whose, amount in (("chengw", "华东大区", "1.5亿"), (above, "销售一部", "6000万"), (boss, name, "1200万")):
        page = open_page(demo) if who != boss else manager
        sign_in(page, who, PASSWORD)
        page.goto(f"/targets/set/?measure=signed&year={year}")
        row = page.locator("tbody tr", has=page.locator("th", has_text=re.compile(f"^{whose}$")))
        boxes = row.locator("input")
        for month in range(1, 13):
            boxes.nth(month).fill("")
        boxes.nth(0).fill(amount)
        assert_accessible(page)
        page.get_by_role("button", name="保存").click()
        page.locator("#toasts").get_by_text("目标").wait_for()
        assert boxes.nth(0).input_value().isdigit()
    screenshot(manager, "targets-set")

    address = f"/targets/?measure=signed&period={year}"
    manager.goto(address)
    assert cells(manager, name)[1] == "1,200.0 万" and cells(manager, "销售一部")[1] == "6,000.0 万"
    before = {whose: reached(manager, whose) for whose in (name, "销售一部")}
    assert_accessible(manager)
    page = open_page(demo)
    sign_in(page, seller, PASSWORD)
    page.goto(f"/contracts/{contract}/")
    page.get_by_role("link", name="签订", exact=True).click()
    page.locator("#dialog button.primary").click()
    page.locator(".c-head .badge", has_text="执行中").wait_for()
    manager.goto(address)
    after = {whose: reached(manager, whose) for whose in before}
    assert after == {whose: figure + Decimal("30.0") for whose, figure in before.items()}
    screenshot(manager, "targets-after")


def test_SAL_10_the_table_of_a_year_is_taken_away_filled_in_and_brought_back(
    open_page, demo, sign_in, assert_accessible, screenshot, tmp_path
):
    page, year = open_page(demo), dates.today().year
    sign_in(page, "chengw", PASSWORD)
    page.goto(f"/targets/set/?measure=received&year={year}")
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载表格").click()
    table = open_table(saved.value.path(), filename=saved.value.suggested_filename)
    rows = [row for _line, row in table.rows()]
    south = next(row for row in rows if row[2] == "华南大区")
    south[4:] = [None, "100万", *[None] * 10, 250_000]
    path = tmp_path / "回款目标.xlsx"
    write_xlsx(path, table.columns, rows)

    page.get_by_role("link", name="导入", exact=True).last.click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/columns/")
    assert_accessible(page)
    page.get_by_role("button", name="核对文件").click()
    page.get_by_role("button", name="开始导入").wait_for()
    screenshot(page, "targets-import")
    page.get_by_role("button", name="开始导入").click()
    page.locator("a.btn.primary[href='/targets/']").click()
    page.goto(f"/targets/set/?measure=received&year={year}")
    row = page.locator("tbody tr", has=page.locator("th", has_text=re.compile("^华南大区$")))
    assert [row.locator("input").nth(month).input_value() for month in (0, 1, 12)] == ["", "1000000", "250000"]


def cells(page, whose: str) -> list[str]:
    """The cells of somebody's row of the attainment."""
    row = page.locator("tbody tr", has=page.locator("td.lead", has_text=whose)).first
    return [text.strip() for text in row.locator("td").all_inner_texts()]


def reached(page, whose: str) -> Decimal:
    """What was reached, in ten thousand yuan."""
    return Decimal(cells(page, whose)[2].removesuffix("万").strip().replace(",", ""))
