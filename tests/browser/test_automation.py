"""An administrator lets the system do the next step by itself, in a real browser with a real worker (ACT-6)."""

import re

from playwright.sync_api import expect

from tests.installation import wait_for


def test_ACT_6_a_rule_is_built_by_clicks_rehearsed_and_acts(demo, open_page, sign_in, assert_accessible):
    page = sign_in(open_page(demo))
    page.goto("/settings/automation/")
    assert_accessible(page)
    page.get_by_role("link", name="新建规则").click()
    dialog = page.locator("#dialog")
    dialog.get_by_role("link", name="客户", exact=True).click()
    dialog.locator("a[aria-current=true]", has_text="客户").wait_for()
    dialog.get_by_label("名称").fill("无锡客户升级")
    dialog.get_by_label("何时").select_option(label="修改")
    dialog.get_by_label("哪个字段").select_option(label="城市")
    assert_accessible(page)
    dialog.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/settings/automation/\d+/"))

    page.get_by_role("link", name="设置字段").click()
    dialog.get_by_label("字段").select_option(label="等级")
    dialog.locator("select#id_value").select_option(label="重点")
    assert dialog.evaluate("dialog => dialog.matches(':modal')")
    assert_accessible(page)
    dialog.get_by_role("button", name="保存").click()
    expect(page.get_by_text("等级 → 重点")).to_be_visible()
    page.get_by_role("link", name="通知同事").click()
    dialog.get_by_label("通知谁").select_option("owner")
    dialog.get_by_label("内容").fill("{record} 迁到 {城市}，已升为重点")
    dialog.get_by_role("button", name="保存").click()
    expect(page.get_by_text("负责人 · {record} 迁到")).to_be_visible()

    page.get_by_role("link", name="试运行").click()
    dialog.get_by_role("button", name="试运行").click()
    expect(dialog.get_by_text("等级 设为 重点")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("button", name="停用")).to_be_visible()
    assert_accessible(page)

    rule = page.url
    page.goto("/customers/?tier=target")
    page.goto(page.locator("tbody tr td.lead a").first.get_attribute("href") + "edit/")
    page.locator("#id_city").fill("无锡市")
    page.locator("#record-form button.primary").click()
    page.wait_for_url(re.compile(r"/customers/\d+/$"))

    def has_acted():
        page.goto(rule)
        return page.get_by_text("等级 设为 重点").count()

    wait_for(has_acted, 60, "the worker to hear of it")


def test_ACT_6_the_focus_stays_where_a_form_changes_as_one_chooses(demo, open_page, sign_in, assert_accessible):
    page = sign_in(open_page(demo))
    trigger, dialogs = page.get_by_label("何时"), page.locator("dialog[open]")
    page.goto("/settings/automation/new/?kind=customers")
    trigger.press("ArrowDown")
    expect(page.get_by_label("哪个字段")).to_be_visible()
    expect(trigger).to_be_focused()
    expect(dialogs).to_have_count(0)
    assert_accessible(page)
    page.goto("/settings/automation/")
    page.get_by_role("link", name="新建规则").click()
    kind = page.locator("#dialog").get_by_role("link", name="客户", exact=True)
    kind.press("Enter")
    page.locator("#dialog a[aria-current=true]", has_text="客户").wait_for()
    expect(kind).to_be_focused()
    trigger.press("ArrowDown")
    expect(page.get_by_label("哪个字段")).to_be_visible()
    expect(trigger).to_be_focused()
    expect(dialogs).to_have_count(1)

    page.goto("/quotes/?status__in=draft")
    page.goto(page.locator("tbody tr td.lead a").first.get_attribute("href"))
    lines, add = (
        page.locator("#quote-lines fieldset"),
        page.locator("#quote-lines").get_by_role("button", name="添加一行"),
    )
    count = lines.count()
    add.press("Enter")
    expect(lines).to_have_count(count + 1)
    expect(add).to_be_focused()
