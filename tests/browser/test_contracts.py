"""From an accepted quote to a signed contract: seller, supervisor and general manager (SAL-5, SAL-6)."""

import re
from datetime import timedelta

from tests.browser.demo_deals import PASSWORD, hand_in, make_deal, make_quote
from zhike.kit import dates

NAME = "湖州景澜传动"


def test_SAL_6_a_contract_is_approved_and_signed(
    open_page, demo, sign_in, assert_accessible, screenshot
):  # fmt: skip
    seller, deal, customer, boss, above = make_deal(demo, NAME, 1)
    page = open_page(demo)
    sign_in(page, seller, PASSWORD)
    make_quote(page, deal, f"{NAME}产线改造", "焊缝视觉检测系统", 3)
    hand_in(page)
    page.locator(".bar .badge", has_text="已批准").wait_for()
    page.get_by_role("link", name="生成合同").click()
    page.locator("main form button.primary").click()
    page.wait_for_url(re.compile(r"/contracts/\d+/$"))
    contract = page.url
    amount = figure(page.locator(".card", has_text="合同明细").locator("b.tnum").last.inner_text())
    assert amount > 500_000  # so that the shipped flow applies
    plan_in_two(page)
    assert_accessible(page)
    screenshot(page, "contract-draft")
    page.get_by_role("link", name="提交", exact=True).click()
    page.locator("#dialog button.primary").click()
    page.locator(".c-head .badge", has_text="审批中").wait_for()
    assert page.get_by_role("link", name="签订").count() == 0

    for who in (boss, "chengw"):
        approver = open_page(demo)
        sign_in(approver, who, PASSWORD)
        approver.goto("/approvals/")
        approver.locator(".rows a", has_text=NAME).first.click()
        assert_accessible(approver)
        approver.get_by_role("button", name="同意").click()
        approver.locator(".rows .badge", has_text="同意").first.wait_for()

    page.goto(contract)
    page.get_by_role("link", name="签订", exact=True).click()
    page.locator("#dialog [name=signed_on]").wait_for()
    assert_accessible(page)
    page.locator("#dialog button.primary").click()
    page.locator(".c-head .badge", has_text="执行中").wait_for()
    assert page.locator(".ladder > li").count() == 2
    assert_accessible(page)
    page.goto(f"/opportunities/{deal}/")
    assert page.locator(".c-acts a", has_text="赢单").count() == 0  # won with the signature
    page.locator(".path", has_text="签单").wait_for()


def figure(text: str) -> int:
    """The whole yuan of the last amount in a text."""
    return int(re.findall(r"[\d,]+(?=\.\d\d)", text)[-1].replace(",", ""))


def plan_in_two(page) -> None:
    """Three tenths in a month, the rest in three."""
    page.locator(".card", has_text="回款计划").get_by_role("link", name="编辑").click()
    page.locator("#dialog [name=due_on0]").fill(str(dates.today() + timedelta(days=30)))
    page.locator("#dialog [name=much0]").fill("30%")
    page.locator("#dialog [name=label0]").fill("预付款")
    page.locator("#dialog [name=due_on1]").fill(str(dates.today() + timedelta(days=90)))
    page.locator("#dialog [name=label1]").fill("到货款")
    page.locator("#dialog [name=label1]").press("Tab")
    page.locator("#plan-preview dd").nth(1).wait_for()
    page.locator("#dialog button.primary").click()
    page.locator(".ladder > li").nth(1).wait_for()
