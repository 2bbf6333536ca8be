"""A customer in the browser: created, followed up, printed; logging on a phone (CUS-1, CUS-2, CUS-6, ACT-1)."""

from io import BytesIO

from pypdf import PdfReader


def new_customer(page, name):
    """Through the form; ends on the customer's page."""
    page.goto("/customers/new/")
    page.locator("#id_name").fill(name)
    page.locator("#record-form button.primary").click()
    page.wait_for_url(lambda url: "/customers/" in url and "/new/" not in url)


def test_CUS_6_a_customer_from_form_to_timeline(page, sign_in, assert_accessible, screenshot):
    sign_in(page)
    page.goto("/customers/new/")
    assert_accessible(page)
    page.locator("#record-form button.primary").click()
    page.locator("#id_name_error").wait_for()
    page.locator("#id_name").fill("苏州恒旭精密机械有限公司")
    page.locator("#id_city").fill("苏州")
    page.locator("#record-form button.primary").click()
    page.locator(".c-head h1").get_by_text("苏州恒旭").wait_for()
    page.locator(".c-acts").get_by_text("新建联系人").click()
    page.locator("#id_name").fill("王建平")
    page.locator("#id_role").select_option("decider")
    page.locator("#record-form button.primary").click()
    page.locator(".crumb a").click()
    page.locator(".kp").get_by_text("王建平").wait_for()
    page.locator(".composer label").filter(has_text="拜访").click()
    page.locator(".composer textarea[name=summary]").fill("三期范围定了：4 个工位，先上 2 个。")
    page.locator(".composer [name=next_step]").fill("确认报价 V3")
    page.keyboard.press("Control+Enter")
    page.locator(".tl").get_by_text("先上 2 个").wait_for()
    page.locator(".nextcard").get_by_text("确认报价 V3").wait_for()
    assert_accessible(page)
    screenshot(page, "customer")
    for tab in ("contacts", "card", "files", "changes"):
        page.locator(f".tabs a[href$='/{tab}/']").click()
        page.wait_for_url(f"**/{tab}/")
        assert_accessible(page)
    page.goto("/")
    assert_accessible(page)
    screenshot(page, "workbench")


def test_CUS_2_the_card_prints_on_one_a4_page(page, sign_in, assert_accessible, screenshot):
    sign_in(page)
    new_customer(page, "打印资料卡的公司")
    page.goto(f"{page.url}card/print/")
    assert_accessible(page)
    screenshot(page, "data-card")
    page.emulate_media(media="print")
    pages = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True, print_background=True))).pages
    assert len(pages) == 1
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]


def test_ACT_1_a_follow_up_on_a_phone_takes_six_taps(phone, sign_in, assert_accessible, screenshot):
    sign_in(phone)
    new_customer(phone, "手机上的客户")
    phone.goto("/")
    taps = 0

    def tap(target):
        nonlocal taps
        target.tap()
        taps += 1

    tap(phone.locator(".tabbar .add"))
    tap(phone.locator("#new-sheet").get_by_text("记跟进"))
    tap(phone.locator(".chips a").filter(has_text="手机上的客户"))
    tap(phone.locator("label").filter(has_text="拜访").locator("visible=true").first)
    assert_accessible(phone)
    tap(phone.locator("textarea[name=summary]").locator("visible=true").first)
    phone.keyboard.type("谈妥")
    tap(phone.get_by_role("button", name="保存").locator("visible=true").first)
    phone.locator(".tl").get_by_text("谈妥").wait_for()
    assert taps <= 6
    assert_accessible(phone)
    screenshot(phone, "customer-phone")


def test_CUS_7_a_condition_is_chosen_in_dialogs_one_after_the_other(demo, open_page, sign_in, assert_accessible):
    page = sign_in(open_page(demo))
    page.goto("/customers/")
    page.locator("a.chip.dash").first.click()
    dialog = page.locator("dialog#dialog")
    dialog.get_by_role("link", name="等级", exact=True).click()
    dialog.locator("#cond-op").wait_for()
    assert dialog.evaluate("one => one.matches(':modal')")
    assert_accessible(page)
    dialog.get_by_label("重点").check()
    dialog.locator("button.primary").click()
    page.wait_for_url(lambda url: "tier" in url)
    assert page.locator(".fchips .chip.on").count() == 1
