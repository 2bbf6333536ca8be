"""The frame of every page: palette, keyboard, menus, dialogs, appearance, and the sheets of a phone."""


def test_ctrl_k_jumps_to_a_page_by_name(page, sign_in, assert_accessible):
    sign_in(page)
    page.keyboard.press("Control+k")
    assert page.locator("#palette[open]").count() == 1
    page.locator("#palette [role=option]").nth(3).wait_for()
    assert_accessible(page)
    page.keyboard.press("Escape")
    assert page.locator("#palette[open]").count() == 0
    page.keyboard.press("Control+k")
    page.keyboard.type("客户")
    page.locator("#palette [role=option][aria-selected=true]", has_text="客户").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/**")
    page.keyboard.press("Control+k")
    page.keyboard.type("lxr")
    page.locator("#palette [role=option]", has_text="联系人").first.wait_for()


def test_letters_go_to_pages_and_open_the_plus(page, sign_in, assert_accessible):
    sign_in(page)
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/customers/")
    page.keyboard.press("n")
    assert page.locator(".side-find details[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("details[open]").count() == 0
    page.keyboard.press("?")
    page.locator("#keys-help[open] kbd", has_text="G").first.wait_for()
    assert_accessible(page)


def test_unsaved_input_is_not_lost_without_asking(page, sign_in, assert_accessible):
    sign_in(page)
    page.goto("/customers/new/")
    assert_accessible(page)
    page.locator("main input:visible").first.fill("half written")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.keyboard.press("Tab")
    page.locator(".nav a").first.click()
    assert asked == ["beforeunload"] and page.url.endswith("/customers/new/")
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto("/")


def test_dark_stays_dark_on_the_next_page(page, sign_in, assert_accessible, screenshot):
    sign_in(page)
    page.locator("[data-theme-toggle]").click()
    page.goto("/customers/new/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert_accessible(page)
    screenshot(page, "form-dark")


def test_an_unknown_address_is_a_page_and_not_a_fault(page, sign_in, assert_accessible):
    sign_in(page)
    assert page.goto("/customers/999999999999999999999/").status == 404
    assert page.locator(".seal").count() == 1
    assert_accessible(page)


def test_PLT_1_a_phone_reaches_everything_from_its_foot(phone, sign_in, assert_accessible, screenshot):
    sign_in(phone)
    phone.locator(".tabbar .add").tap()
    phone.locator("#new-sheet[open] a").first.wait_for()
    assert_accessible(phone)
    screenshot(phone, "phone-new")
    phone.locator("#new-sheet [data-close]").tap()
    phone.locator("[data-open='#more-sheet']").tap()
    links = phone.locator("#more-sheet[open] .tiles a")
    links.first.wait_for()
    assert_accessible(phone)
    screenshot(phone, "phone-more")
    wide = []
    for address in links.evaluate_all("links => links.map(a => a.getAttribute('href'))"):
        phone.goto(address)
        if phone.evaluate("document.documentElement.scrollWidth > screen.width"):
            wide.append(address)
    assert not wide
