"""SAL-4 in a browser: from the best projects to the deal, its buying centre, and a colleague asked for and granted."""

import pytest

PASSWORD = "zhike-demo"


@pytest.mark.parametrize("path", ["buying", "rivals", "team", "score"])
def test_SAL_4_the_tabs_of_a_deal_are_accessible(open_page, demo, sign_in, assert_accessible, path):
    page = open_page(demo)
    sign_in(page, "chengw", PASSWORD)
    page.goto("/opportunities/best/")
    address = page.locator(".best a.nm").first.get_attribute("href")
    page.goto(f"{address}{path}/")
    page.locator("#panel .card, #panel .empty").first.wait_for()
    assert_accessible(page)


def test_SAL_4_a_strong_project_gets_a_colleague(open_page, demo, sign_in, assert_accessible, screenshot):
    page = open_page(demo)
    sign_in(page, "chengw", PASSWORD)
    page.goto("/opportunities/")
    page.locator('.seg a[href*="/best/"]').click()
    page.locator(".best").wait_for()
    assert_accessible(page)
    page.locator(".best a.badge.t-warn").first.click()
    page.get_by_role("link", name="申请资源").click()
    dialog = page.locator("#dialog")
    dialog.locator('[name="reason"]').fill("方案交流")
    dialog.locator('[name="asked_department"]').select_option(label="客户服务部")
    assert_accessible(page)
    dialog.get_by_role("button", name="申请").click()
    page.get_by_text("方案交流").first.wait_for()
    page.goto("/resources/")
    assert_accessible(page)
    page.locator(".card.hot").get_by_role("link", name="处理").last.click()
    page.get_by_role("link", name="批准").wait_for()
    assert_accessible(page)
    for address in ("/opportunities/funnel/", "/competitors/", "/settings/score/", "/opportunities/board/?order=score"):
        page.goto(address)
        assert_accessible(page)
    screenshot(page, "best-projects")
