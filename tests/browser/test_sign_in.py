"""The first journey: somebody signs in and hears from the product while the page is open."""

NOTE = """
from zhike.org.models import Person
from zhike.records.models import InboxItem
InboxItem.objects.create(person=Person.objects.get(username="admin"), text="a quotation waits for you")
"""


def test_point_10_signing_in_with_a_wrong_and_the_right_password(page, sign_in, assert_accessible, screenshot):
    page.goto("/customers/")
    assert "/accounts/login/" in page.url
    assert_accessible(page)
    screenshot(page, "sign-in")
    page.locator("input[name=login]").fill("admin")
    page.locator("input[name=password]").fill("wrong")
    page.locator("form:has(input[name=password]) button[type=submit]").click()
    page.wait_for_load_state()
    assert "/accounts/login/" in page.url
    assert_accessible(page)
    sign_in(page)
    assert_accessible(page)


def test_point_2_a_message_appears_on_the_open_page(page, sign_in, product):
    sign_in(page)
    product.installation.python(NOTE)
    page.get_by_text("a quotation waits for you").wait_for()


def test_PLT_1_the_sign_in_page_fits_a_phone(phone, assert_accessible, screenshot):
    phone.goto("/accounts/login/")
    assert phone.evaluate("document.documentElement.scrollWidth <= screen.width")
    assert_accessible(phone)
    screenshot(phone, "sign-in-phone")
