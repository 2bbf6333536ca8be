"""Forms when something goes wrong between: pressed twice, the session over, the connection gone (SAL-6, SAL-7)."""

import re
from datetime import timedelta

import pytest

from tests.browser.conftest import DEAF
from tests.browser.demo_deals import PASSWORD
from zhike.kit import dates

# A contract with open lines, its customer, and a seller with a customer of their own.
FOUND = """
from zhike.contracts.models import Receivable
from zhike.customers.models import Customer
from zhike.org.models import Person
from zhike.org.viewers import the_system
line = Receivable.objects.visible_to(the_system()).filter(balance__gt=9000).order_by("id").first()
seller = Person.objects.filter(title="客户经理", is_active=True).order_by("id").first()
customer = Customer.objects.visible_to(the_system()).filter(owner=seller).order_by("id").first()
print(line.contract_id, seller.username, customer.name, line.pk)
"""
COUNTED = """
from zhike.activities.models import Activity
from zhike.contracts.models import Contract, Payment
print({model}.objects.whole_table("test").filter({field}="{value}").count())
"""


@pytest.fixture(scope="module")
def found(demo):
    return demo.installation.python(FOUND).split()


def count(demo, model, field, value):
    return int(demo.installation.python(COUNTED.format(model=model, field=field, value=value)))


def again(page, username):
    """Sign in on the page that asks for it."""
    page.locator("input[name=login]").fill(username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form:has(input[name=password]) button[type=submit]").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def fill_payment(page, contract, reference):
    page.goto(f"/payments/new/?contract={contract}")
    page.locator("#payment-preview table").wait_for()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("#id_amount").fill("1000")
    page.locator("#id_reference").fill(reference)
    return page.locator("main form footer button.primary")


def fill_contract(page, customer, name):
    page.goto("/contracts/new/")
    page.locator("#id_name").fill(name)
    page.locator(".pick:has([name=customer]) input[data-pick-url]").fill(customer)
    page.locator(".pick [role=option]").filter(has_text=customer).first.click()
    page.locator("[name=customer]:not([value=''])").wait_for(state="attached")
    page.locator("#id_amount").fill("12,300.50")
    return page.locator("#record-form button.primary")


def test_SAL_7_a_payment_survives_the_end_of_the_session_the_connection_and_a_second_click(
    open_page, demo, sign_in, found, assert_accessible, screenshot
):
    contract, page = found[0], open_page(demo)
    again(page_at_login(page), "xuj")
    button = fill_payment(page, contract, "ZK-STALE-1")
    page.context.clear_cookies(name="sessionid")
    button.click()
    link = page.locator("#toasts a", has_text="登录")
    link.wait_for()
    assert page.locator("#id_amount").input_value() == "1000"
    assert_accessible(page)
    screenshot(page, "signed-out-while-typing")
    with page.expect_popup() as other:
        link.click()
    again(other.value, "xuj")
    other.value.close()

    page.context.set_offline(True)
    button.click()
    page.locator("#toasts", has_text="网络断开").wait_for()
    assert page.locator("#id_amount").input_value() == "1000"
    page.context.set_offline(False)
    assert count(demo, "Payment", "reference", "ZK-STALE-1") == 0
    button.dblclick()
    page.wait_for_url(re.compile(r"/payments/\d+/$"))
    assert count(demo, "Payment", "reference", "ZK-STALE-1") == 1
    drop_expected(page)


def test_SAL_7_a_dialog_survives_the_end_of_the_session(open_page, demo, found, assert_accessible):
    page, later = open_page(demo), str(dates.today() + timedelta(days=99))
    again(page_at_login(page), "xuj")
    page.goto(f"/contracts/{found[0]}/")
    page.locator(f".ladder a[hx-get$='/receivables/{found[3]}/due/']").click()
    page.locator("#dialog [name=due_on]").fill(later)
    page.context.clear_cookies(name="sessionid")
    page.locator("#dialog footer button[type=submit]").click()
    link = page.locator("#dialog .note a", has_text="登录")
    link.wait_for()
    assert_accessible(page)
    with page.expect_popup() as other:
        link.click()
    again(other.value, "xuj")
    other.value.close()
    assert page.locator("#dialog [name=due_on]").input_value() == later
    page.locator("#dialog footer button[type=submit]").click()
    page.locator("#toasts").get_by_text("已保存").wait_for()
    page.locator(".ladder", has_text=later).wait_for()
    drop_expected(page)


def test_SAL_6_a_contract_survives_the_end_of_the_session_the_connection_and_a_second_click(
    open_page, demo, found
):  # fmt: skip
    _contract, seller, customer, _line = found
    page, name = open_page(demo), "会话中断测试合同"
    again(page_at_login(page), seller)
    button = fill_contract(page, customer, name)
    page.context.clear_cookies(name="sessionid")
    button.click()
    again(page, seller)
    page.locator("#toasts", has_text="恢复").wait_for()
    kept = {"#id_name": name, "#id_amount": "12,300.50", ".pick input[data-pick-url]": customer}
    for control, value in kept.items():
        assert page.locator(control).first.input_value() == value
    page.context.set_offline(True)
    button.click()
    page.wait_for_url("chrome-error://**")
    page.context.set_offline(False)
    page.go_back()
    page.locator(DEAF).wait_for(state="detached")
    for control, value in kept.items():
        assert page.locator(control).first.input_value() == value
    button.dblclick()
    page.wait_for_url(re.compile(r"/contracts/\d+/$"))
    assert count(demo, "Contract", "name", name) == 1
    drop_expected(page)


def switch(page, username):
    """Sign out and in as somebody else, in another tab of the same browser."""
    page.goto("/accounts/logout/")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/accounts/login/**")
    again(page, username)


def fill_follow_up(page, summary):
    page.goto("/activities/log/")
    page.locator("nav.chips").first.get_by_role("link").first.click()
    page.locator("input[name=key]").wait_for(state="attached")
    page.locator("#id_summary").fill(summary)
    return page.get_by_role("button", name="保存")


def test_PLT_5_what_one_person_typed_is_not_sent_as_another(open_page, demo, found, assert_accessible):
    _contract, seller, customer, _line = found
    page, name, summary = open_page(demo), "两个人的合同", "两个人的跟进"
    again(page_at_login(page), seller)
    second, other = page.context.new_page(), page.context.new_page()
    button, save = fill_contract(page, customer, name), fill_follow_up(second, summary)
    switch(other, "xuj")
    button.click()
    page.locator("#toasts", has_text="当前登录的是").wait_for()
    assert page.locator("#id_name").input_value() == name
    assert_accessible(page)
    save.click()
    second.locator("#toasts", has_text="当前登录的是").wait_for()
    assert second.locator("#id_summary").input_value() == summary
    assert count(demo, "Contract", "name", name) == 0 and count(demo, "Activity", "summary", summary) == 0
    switch(other, seller)
    button.click()
    page.wait_for_url(re.compile(r"/contracts/\d+/$"))
    save.click()
    second.get_by_text(summary).first.wait_for()
    assert count(demo, "Contract", "name", name) == 1 and count(demo, "Activity", "summary", summary) == 1
    drop_expected(page)


def test_ACT_1_what_waits_for_the_connection_waits_for_its_writer_too(open_page, demo, found):
    page, summary = open_page(demo), "没有网络时记下的"
    again(page_at_login(page), found[1])
    other, save = page.context.new_page(), fill_follow_up(page, summary)
    switch(other, "xuj")
    page.context.set_offline(True)
    save.click()
    page.locator(".waiting-box", has_text="1").wait_for()
    page.context.set_offline(False)
    page.locator("#toasts", has_text="当前登录的是").wait_for()
    assert count(demo, "Activity", "summary", summary) == 0
    page.locator(".waiting-box", has_text="1").wait_for()
    switch(other, found[1])
    other.locator("#toasts", has_text="已发送").wait_for()  # by the first page of its writer
    assert count(demo, "Activity", "summary", summary) == 1
    page.complaints.clear()  # the browser says that it was offline


def page_at_login(page):
    page.goto("/accounts/login/")
    return page


def drop_expected(page) -> None:
    """Take away what Chromium and htmx log of an answer 401 and while there is no connection."""
    expected = re.compile(
        r"status of 401|Status Error Code 401|ERR_INTERNET_DISCONNECTED|htmx:(sendError|afterRequest)"
    )
    page.complaints[:] = [text for text in page.complaints if not expected.search(text)]
