"""From an accepted quote to money in the bank: seller, supervisor, general manager and finance (SAL-5 to SAL-8)."""

import re
from datetime import timedelta

from tests.browser.demo_deals import PASSWORD, hand_in, make_deal, make_quote
from tests.browser.test_quotes import words_of
from zhike.kit import dates

NAME = "湖州景澜传动"


def test_SAL_6_SAL_7_a_contract_is_approved_signed_and_paid(open_page, demo, sign_in, assert_accessible, screenshot):
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

    finance = open_page(demo)
    sign_in(finance, "xuj", PASSWORD)
    half = amount * 3 // 10 // 2
    post_by_hand(finance, contract, half + 1000, [half, 1000])
    assert_accessible(finance)
    screenshot(finance, "payment-split")
    finance.goto(contract)
    assert f"¥ {half:,}.00" in finance.locator(".ladder").inner_text()
    assert finance.locator(".ladder > li.done").count() == 0
    screenshot(finance, "contract-part-paid")
    overpay(finance, contract, amount - half - 1000, 5000)
    finance.goto(contract)
    assert finance.locator(".ladder > li.done").count() == 2
    finance.goto(f"/receivables/account/?customer={customer}")
    assert_accessible(finance)
    screenshot(finance, "account-overpaid")
    assert "-¥ 5,000.00" in finance.locator("main").inner_text()
    with finance.expect_download() as download:
        finance.get_by_role("link", name="PDF").click()
    text = words_of(download.value.path().read_bytes())
    assert NAME in text and "-5,000.00" in text and f"{amount:,}.00" in text


# The line of a contract that a customer owes, and the end of that contract.
OWED = """
from zhike.contracts.models import Receivable
from zhike.org.viewers import the_system
line = Receivable.objects.visible_to(the_system()).filter(balance__gt=2000, contract__status="active").last()
print(line.pk, line.contract_id)
"""
ENDED = """
from zhike.contracts.actions import terminate_contract
from zhike.contracts.models import Contract
from zhike.kit import dates
from zhike.org.viewers import the_system
contract = Contract.objects.visible_to(the_system()).get(pk={pk})
terminate_contract(contract, by=the_system(), reason="客户停产", terminated_on=dates.today())
"""


def test_SAL_7_what_is_typed_for_a_contract_that_ends_meanwhile_stays_with_the_reason(
    open_page, demo, sign_in, assert_accessible, screenshot
):
    line, contract = demo.installation.python(OWED).split()
    page = sign_in(open_page(demo), "xuj", PASSWORD)
    start_payment(page, f"/contracts/{contract}/", 1500)
    page.locator("[name=by_hand]").check()
    box = page.locator(f"#part{line}")
    with page.expect_response(is_sent):
        box.fill("1500")
        box.press("Tab")
    demo.installation.python(ENDED.format(pk=contract))
    page.locator("main form footer button.primary").click()
    page.locator(f"#part{line}_error", has_text="已终止").wait_for()
    assert box.input_value() == "1500" and page.locator("#id_amount").input_value() == "1500"
    assert box.get_attribute("aria-describedby") == f"part{line}_error"
    assert_accessible(page)
    screenshot(page, "payment-for-an-ended-contract")
    box.fill("0")
    post(page)
    assert "¥ 1,500.00" in page.locator(".stats").inner_text()  # the money is there: the customer's credit


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


def is_sent(answer) -> bool:
    return answer.request.method == "POST"


def start_payment(page, contract: str, amount: int) -> None:
    """Open the form from the contract and type an amount; what it pays is shown by itself."""
    page.goto(contract)
    page.locator(".c-acts a", has_text="记回款").click()
    page.locator("#payment-preview table").wait_for()
    with page.expect_response(is_sent):
        page.locator("#id_amount").press_sequentially(str(amount))


def post(page) -> None:
    """Press the button of the form; the page of the payment comes."""
    page.locator("main form footer button.primary").click()
    page.wait_for_url(re.compile(r"/payments/\d+/$"))


def post_by_hand(page, contract: str, amount: int, parts: list[int]) -> None:
    """Post a payment split over the lines as one says; what is typed beside them stays while the amount is mended."""
    start_payment(page, contract, amount - 1)
    page.locator("[name=by_hand]").check()
    boxes = page.locator("#payment-preview input.num")
    boxes.nth(1).wait_for()
    for place, part in enumerate(parts):
        with page.expect_response(is_sent):
            boxes.nth(place).fill(str(part))
            boxes.nth(place).press("Tab")
    page.locator("#payment-left", has_text="¥ 1.00").wait_for()  # too much by one yuan
    with page.expect_response(is_sent):
        page.locator("#id_amount").fill(str(amount))
    assert [boxes.nth(place).input_value() for place in range(2)] == [str(part) for part in parts]
    post(page)
    assert page.locator("table tbody tr", has_text="核销").count() == 2


def overpay(page, contract: str, owed: int, more: int) -> None:
    """Pay what is still open, and more: that becomes credit."""
    start_payment(page, contract, owed + more)
    page.locator("#payment-left", has_text=f"¥ {more:,}.00").wait_for()
    post(page)
    assert f"¥ {more:,}.00" in page.locator(".stats").inner_text()
