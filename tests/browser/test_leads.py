"""A lead's life in browsers: a rule set by the administrator gives it out, it is answered and becomes a deal (SAL-1)."""

from tests.browser.conftest import PHONE

PASSWORD = "zhike-demo"
TAKE = "选用"
SELLER = """
from zhike.org.models import Person
seller = Person.objects.filter(title="客户经理", is_active=True).order_by("id").first()
from zhike.customers.models import Customer
from zhike.org.viewers import the_system
known = Customer.objects.visible_to(the_system()).filter(owner=seller).order_by("id").first()
print(seller.username, seller.name, known.name)
"""


def add_condition(page, field, value):
    """Through the dialogs: which field, then its value."""
    page.get_by_role("link", name="添加条件").click()
    page.locator("#dialog a.lk", has_text=field).first.click()
    page.locator("#dialog #cond-op").wait_for()
    box = page.locator("#dialog [name=value]")
    if box.first.get_attribute("type") == "checkbox":
        page.locator("#dialog label.check", has_text=value).click()
    else:
        box.first.fill(value)


def test_SAL_1_from_a_rule_to_a_deal(open_page, demo, sign_in, assert_accessible, screenshot):
    seller, name, known = demo.installation.python(SELLER).split()
    admin = open_page(demo)
    sign_in(admin)
    admin.goto("/settings/assignment/")
    assert_accessible(admin)
    admin.get_by_role("link", name="新建规则").click()
    admin.locator("#dialog #id_name").fill("海南线索")
    admin.locator("#dialog #id_people").select_option(label=name)
    assert_accessible(admin)
    admin.locator("#dialog button.primary").click()
    admin.get_by_text("没有条件时").wait_for()
    assert_accessible(admin)
    add_condition(admin, "省份", "海南")
    assert_accessible(admin)
    screenshot(admin, "rule-condition")
    admin.locator("#dialog button.primary").click()
    admin.locator(".chip.on", has_text="海南").wait_for()
    add_condition(admin, "来源", "展会")
    admin.locator("#dialog button.primary").click()
    admin.locator(".chip.on", has_text="展会").wait_for()
    assert_accessible(admin)
    admin.get_by_role("button", name="保存条件").click()
    rule = admin.locator("li[data-sort-id]", has_text="海南线索")
    rule.get_by_text(name).wait_for()
    admin.wait_for_load_state()  # a page is seen before its scripts listen
    grip = rule.locator(".grip")
    for _step in range(4):  # to the top
        grip.focus()
        with admin.expect_response("**/order/"):
            admin.keyboard.press("Alt+ArrowUp")
    admin.reload()
    assert "海南线索" in admin.locator("li[data-sort-id]").first.inner_text()
    screenshot(admin, "assignment-rules")

    # Marketing captures it; the rule gives it to the salesperson, who answers on the phone.
    desk = open_page(demo)
    sign_in(desk, "tangy", PASSWORD)
    desk.goto("/leads/new/")
    assert_accessible(desk)
    desk.locator("#id_source").select_option(label="展会")
    values = {"name": "符海生", "company": known, "mobile": "13876543210", "region": "海南"}
    for field, value in values.items():
        desk.locator(f"#id_{field}").fill(value)
    desk.locator("#record-form button.primary").click()
    desk.wait_for_url(lambda url: "/new/" not in url)
    desk.goto("/leads/?q=符海生")
    desk.locator("tbody tr", has_text="符海生").get_by_text(name).wait_for()

    phone = open_page(demo, PHONE)
    sign_in(phone, seller, PASSWORD)
    phone.goto("/inbox/")
    phone.locator("a", has_text="符海生").first.click()
    phone.locator("h1", has_text="符海生").wait_for()
    assert_accessible(phone)
    screenshot(phone, "lead-phone", whole=True)
    lead = phone.url

    page = open_page(demo)
    sign_in(page, seller, PASSWORD)
    page.goto(lead)
    page.locator("textarea[name=summary]").first.fill("电话联系，要视觉检测方案，下周来访")
    page.locator("form:has(textarea[name=summary]) button.primary").first.click()
    page.locator(".tl", has_text="下周来访").wait_for()
    assert_accessible(page)
    page.reload()
    page.locator(".badge", has_text="跟进中").first.wait_for()

    # Somebody like this is a customer already: the page says so before a second one is made.
    page.get_by_role("link", name="转化").first.click()
    page.locator("form", has_text=known).first.wait_for()
    assert_accessible(page)
    screenshot(page, "lead-convert", whole=True)
    page.locator(".note a.btn", has_text=TAKE).first.click()
    page.wait_for_url("**customer=*")
    page.locator("main form button.primary").last.click()
    page.wait_for_url(lambda url: "/leads/" not in url or "/convert/" not in url)
    assert_accessible(page)
    page.goto(lead)
    page.locator(".badge", has_text="已转化").first.wait_for()
    assert page.locator("main a", has_text=known).count()
    page.locator("main a[href*='/opportunities/']").first.click()
    page.locator("h1").wait_for()
    assert known in page.locator("main").inner_text()
