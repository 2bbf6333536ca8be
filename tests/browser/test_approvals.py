"""Approvals from the rule to the last word: a flow of one's own, passed on, recalled, reminded of, taken over (ORG-6)."""

from tests.browser.demo_deals import PASSWORD, hand_in, make_deal, make_quote

LATE = """
from datetime import timedelta
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.org.actions import remind_of_approvals
from zhike.org.models import ApprovalPlace
from zhike.org.viewers import the_system
rows = ApprovalPlace.objects.whole_table("test").filter(approval__url="{url}", status="waiting")
with acting(the_system(), "test"):
    changed = rows.update(created_at=dates.now() - timedelta(hours=3))
print(changed, remind_of_approvals())
"""


def test_ORG_6_a_flow_with_conditions_through_all_its_turns(open_page, demo, sign_in, assert_accessible, screenshot):
    seller, deal, _customer, boss, above = make_deal(demo, "舟山海晟装备", 3)
    admin, page, approver = open_page(demo), open_page(demo), open_page(demo)
    sign_in(admin)
    admin.goto("/settings/approvals/")
    assert_accessible(admin)
    admin.locator("section.card, .card", has=admin.locator("header", has_text="报价")).first.get_by_role(
        "link", name="流程"
    ).click()
    admin.locator("[name=name]").fill("特大报价")
    admin.locator("[name=order]").fill("1")
    admin.locator("[name=is_active]").check()
    admin.locator("[name=usual-amount]").fill("1亿")
    admin.locator("[name=usual-margin]").fill("八成")
    admin.locator("[name=s0-approver]").select_option("supervisor")
    admin.locator("[name=s0-timeout_hours]").fill("2")
    admin.get_by_role("button", name="保存").click()
    admin.locator("#id_usual-margin_error").wait_for()
    assert_accessible(admin)
    screenshot(admin, "flow-form")
    admin.locator("[name=usual-margin]").fill("")
    admin.get_by_role("button", name="保存").click()
    admin.locator(".rows li", has_text="特大报价").get_by_text("¥ 100,000,000.00").wait_for()

    sign_in(page, seller, PASSWORD)
    quote = make_quote(page, deal, "全厂改造", "焊缝视觉检测系统", 999)
    hand_in(page)
    page.locator(".bar .badge", has_text="审批中").wait_for()

    # The supervisor lets a colleague decide; whoever asked sees it in the trace and takes it back.
    sign_in(approver, boss, PASSWORD)
    approver.goto("/approvals/")
    approver.locator(".rows a", has_text="舟山海晟装备").first.click()
    approval = approver.url
    approver.get_by_role("link", name="转交").click()
    approver.locator("#dialog [name=to]").select_option(label="许静")
    assert_accessible(approver)
    approver.locator("#dialog button.primary").click()
    approver.wait_for_url("**/approvals/")
    page.goto(approval)
    page.locator(".rows li", has_text="许静").get_by_text("待审批").wait_for()
    page.locator(".rows li", has_text="已转交").wait_for()
    page.get_by_role("button", name="撤回").click()
    page.wait_for_url(quote)
    page.locator(".bar .badge", has_text="草稿").wait_for()

    # Asked again, it waits too long: reminded of. The administrator passes it on.
    hand_in(page)
    page.locator(".bar .badge", has_text="审批中").wait_for()
    url = page.evaluate("location.pathname")
    assert demo.installation.python(LATE.format(url=url)) == "1 1"
    approver.goto("/inbox/")
    approver.get_by_text("舟山海晟装备").first.wait_for()
    approver.goto("/approvals/")
    approver.locator(".rows a", has_text="舟山海晟装备").first.click()
    approver.locator(".rows li", has_text="已提醒").wait_for()
    screenshot(approver, "approval-reminded")
    approval = approver.url
    admin.goto("/settings/approvers/")
    assert_accessible(admin)
    screenshot(admin, "approvers")
    admin.locator(f'li a[href^="{approval.removeprefix(demo.url)}reassign/"]').click()
    admin.locator("#dialog [name=to]").select_option(label="程文涛")
    admin.locator("#dialog [name=comment]").fill("出差无法处理")
    assert_accessible(admin)
    admin.locator("#dialog button.primary").click()
    admin.wait_for_url(approval)

    manager = open_page(demo)
    sign_in(manager, "chengw", PASSWORD)
    manager.goto(approval)
    manager.get_by_role("button", name="同意").click()
    manager.locator(".bar .badge", has_text="已通过").or_(manager.locator(".bar .badge", has_text="已批准")).wait_for()
    page.goto(approval)
    trace = page.locator(".rows").last.inner_text()
    assert "由 管理员 转交" in trace and "出差无法处理" in trace and "程文涛" in trace
    assert_accessible(page)
    screenshot(page, "approval-trace")
    admin.goto("/settings/approvals/")
    admin.locator(".rows a", has_text="特大报价").click()
    admin.once("dialog", lambda dialog: dialog.accept())
    admin.get_by_role("button", name="删除").click()
    admin.wait_for_url("**/settings/approvals/")
    admin.locator(".rows li", has_text="特大报价").wait_for(state="detached")
