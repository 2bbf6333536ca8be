"""Setting up a webhook and a robot, and choosing what one is told, in a browser (ACT-7)."""

from playwright.sync_api import expect

from tests.browser.conftest import PHONE


def test_ACT_7_an_administrator_subscribes_another_system_and_sees_what_was_sent(
    page, sign_in, assert_accessible, screenshot
):
    sign_in(page)
    page.goto("/settings/webhooks/")
    assert_accessible(page)
    page.get_by_role("link", name="新建 Webhook").click()
    page.locator("input[name=name]").fill("ERP")
    page.locator("input[name=url]").fill("http://10.0.0.1/hook")
    page.locator("select[name=events]").select_option("customers.customer.*")
    page.locator("input[name=is_active]").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("内部地址")).to_be_visible()
    page.locator("input[name=url]").fill("https://erp.invalid/hook")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    assert_accessible(page)
    screenshot(page, "webhook-new")
    page.get_by_role("button", name="发送测试").click()
    page.wait_for_url("**/settings/deliveries/*/")
    assert_accessible(page)


def test_ACT_7_a_robot_is_pasted_tested_and_everybody_chooses_on_a_phone(
    open_page, product, sign_in, assert_accessible, screenshot
):
    page = sign_in(open_page(product))
    page.goto("/settings/robots/")
    page.get_by_role("link", name="新建机器人").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("input[name=name]").fill("销售群")
    dialog.locator("input[name=address]").fill("https://qyapi.invalid/cgi-bin/webhook/send?key=0000-1111")
    dialog.get_by_role("button", name="保存").click()
    expect(page.get_by_text("销售群")).to_be_visible()
    assert "0000-1111" not in page.content()
    assert_accessible(page)
    phone = sign_in(open_page(product, PHONE))
    phone.goto("/me/messages/")
    phone.locator("select[name=way_tasks]").select_option("now")
    phone.get_by_role("button", name="保存").click()
    phone.wait_for_url("**/me/messages/")
    expect(phone.locator("select[name=way_tasks]")).to_have_value("now")
    assert_accessible(phone)
    screenshot(phone, "wishes-phone")
