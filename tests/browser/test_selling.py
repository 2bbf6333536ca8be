"""Selling in the browser: a pipeline is edited while deals run in it (SAL-2)."""


def make(page, kind, **values):
    """A record through its form; ends on its page."""
    page.goto(f"/{kind}/new/")
    for name, value in values.items():
        page.locator(f"#id_{name}").fill(value)
    page.locator("#record-form button.primary").click()
    page.wait_for_url(lambda url: f"/{kind}/" in url and "/new/" not in url)


def test_SAL_2_a_pipeline_in_use_is_edited(page, sign_in, assert_accessible, screenshot):
    sign_in(page)
    make(page, "opportunities", name="卷材检测线", amount="120000")
    deal = page.url
    page.goto("/settings/pipelines/")
    assert_accessible(page)
    page.locator(".card").first.locator("a.btn").click()
    page.locator("li[data-sort-id]").first.wait_for()
    assert_accessible(page)
    names = page.locator("li[data-sort-id] b")
    first, second = names.nth(0).inner_text(), names.nth(1).inner_text()
    page.locator("li[data-sort-id] .grip").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    page.locator("#toasts").get_by_text("2").wait_for()
    page.reload()
    assert (names.nth(0).inner_text(), names.nth(1).inner_text()) == (second, first)
    page.locator("li[data-sort-id]").nth(1).drag_to(
        page.locator("li[data-sort-id]").nth(0), target_position={"x": 60, "y": 4}
    )
    page.locator("#toasts").get_by_text("1").wait_for()
    page.reload()
    assert names.nth(0).inner_text() == first
    page.locator(".bar a.primary").click()
    page.locator("dialog #id_name").fill("立项")
    page.locator("dialog #id_probability").fill("20")
    page.locator("dialog #id_most_skipped").fill("0")
    assert_accessible(page)
    page.locator("dialog button.primary").click()
    page.locator("li[data-sort-id]").get_by_text("立项").wait_for()
    page.locator("li[data-sort-id]").first.locator("a[href$='/remove/']").click()
    page.locator("dialog").get_by_text("1 个进行中的商机").wait_for()
    assert_accessible(page)
    page.locator("dialog #id_to").select_option(label="立项")
    page.locator("dialog #id_reason").fill("合并阶段")
    page.locator("#dialog button.danger").click()
    page.locator(".card").filter(has_text="已移除的阶段").get_by_text(first).wait_for()
    screenshot(page, "pipeline")
    page.goto(deal)
    page.get_by_text("合并阶段").first.wait_for()
    page.goto("/opportunities/analysis/")
    assert_accessible(page)
    page.goto("/reports/win_rate/")
    assert_accessible(page)
