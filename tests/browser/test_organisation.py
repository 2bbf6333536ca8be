"""The pages of people, departments, roles and sharing, reached by clicks, with nothing axe objects to (point 3, 11)."""

import pytest

PAGES = {
    "colleagues": "/people/", "people": "/settings/people/", "person-new": "/settings/people/add/",
    "departments": "/settings/departments/", "roles": "/settings/roles/", "role-new": "/settings/roles/add/",
    "company": "/settings/company/", "history": "/settings/history/", "profile": "/me/",
    "shares": "/shares/", "ask": "/access/ask/",
    "sessions": "/accounts/sessions/", "two-step": "/accounts/2fa/",
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_point_11_pages_of_the_organisation_are_accessible(page, sign_in, assert_accessible, screenshot, name):
    sign_in(page)
    page.goto(PAGES[name])
    assert_accessible(page)
    screenshot(page, f"org-{name}")


@pytest.mark.parametrize("name", PAGES)
def test_point_11_pages_of_the_organisation_fit_a_phone(phone, sign_in, assert_accessible, screenshot, name):
    sign_in(phone)
    phone.goto(PAGES[name])
    assert phone.evaluate("document.documentElement.scrollWidth <= screen.width")
    assert_accessible(phone)
    screenshot(phone, f"org-{name}-phone")


def test_point_3_an_administrator_sets_up_a_department_and_a_colleague_by_clicks(page, sign_in, assert_accessible):
    sign_in(page)
    page.get_by_role("link", name="设置").first.click()
    page.get_by_role("navigation", name="设置").get_by_role("link", name="部门").click()
    page.get_by_role("link", name="新建部门").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("名称").fill("华东大区")
    assert_accessible(page)
    dialog.get_by_role("button", name="创建").click()
    page.locator(".tree").get_by_text("华东大区").wait_for()
    page.goto("/settings/people/add/")
    page.get_by_label("姓名").fill("林晓")
    page.locator("select[name=department]").select_option(label="\u3000华东大区")
    page.get_by_label("销售", exact=True).check()
    page.get_by_role("button", name="保存").click()
    page.get_by_text("linxiao").first.wait_for()  # the made-up password is shown with it
    assert_accessible(page)
    page.get_by_role("link", name="完成").click()
    page.get_by_text("华东大区").first.wait_for()
    assert_accessible(page)
