"""A quote's whole life in browsers: bundle and discount, approval by the supervisor, PDF, a real letter, a contract (SAL-5)."""

import re
from io import BytesIO

from pypdf import PdfReader

from tests.browser.conftest import PHONE
from tests.installation import wait_for

PASSWORD = "zhike-demo"
ADDRESS = "caigou.sun@hengxu.example"
# A deal of the first salesperson, with whom we may exchange letters; their supervisor.
FOUND = """
from zhike.kit.actions import acting
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.sales.models import Opportunity
seller = Person.objects.filter(title="客户经理", is_active=True).order_by("id").first()
deals = Opportunity.objects.visible_to(the_system()).filter(owner=seller, status="open", quotes=None)
deal = deals.exclude(customer__tier="key").exclude(customer__abc__in="AB").order_by("id").first()
with acting(the_system(), "test"):
    deal.contact.name, deal.contact.email = "孙采购", "caigou.sun@hengxu.example"
    deal.contact.save()
print(seller.username, deal.pk, seller.supervisor.username, deal.customer.name)
"""


def put_line(page, n, product, **values):
    """Choose a product in a line of the editor, then fill in the rest."""
    line = page.locator(f"#quote-lines fieldset.line:nth-of-type({n})")
    line.locator(".pick input[data-pick-url]").fill(product)
    page.locator(".pick [role=option]").filter(has_text=product).first.click()
    page.locator(f"#quote-lines input[name=l{n - 1}-known]:not([value=''])").wait_for(state="attached")
    for name, value in values.items():
        field = page.locator(f"[name=l{n - 1}-{name}]")
        with page.expect_response(lambda answer: answer.url.endswith("/lines/")):
            field.fill(value)
            field.press("Tab")


def test_SAL_5_from_a_deal_to_a_contract(open_page, demo, letters, sign_in, assert_accessible, screenshot):
    seller, deal, boss, customer = demo.installation.python(FOUND).split()
    page = open_page(demo)
    sign_in(page, seller, PASSWORD)
    page.goto(f"/opportunities/{deal}/quotes/")
    page.locator("a.btn", has_text="新建报价").last.click()
    page.locator("#record-form").wait_for()
    assert_accessible(page)
    page.locator("#id_title").fill("检测线一期报价")
    page.locator("#record-form button.primary").click()
    page.locator("#quote-lines").wait_for()

    # A bundle becomes the lines of its parts; one of them gets 15 % off.
    last = page.locator("#quote-lines fieldset.line").count()
    put_line(page, last, "视觉检测入门套装")
    names = [box.input_value() for box in page.locator("#quote-lines [name$=-name]").all()]
    assert names[last - 1 : last + 3] == ["外观检测工作站", "标签比对相机", "安装调试", "操作培训"]
    with page.expect_response(lambda answer: answer.url.endswith("/lines/")):
        page.locator(f"[name=l{last - 1}-discount]").fill("15")
        page.locator(f"[name=l{last - 1}-discount]").press("Tab")
    assert_accessible(page)
    screenshot(page, "quote-editor", whole=True)
    page.locator("#quote-lines button[value=save]").click()
    page.locator("#toasts").get_by_text("已保存").wait_for()
    total = page.locator(".stats").inner_text()
    page.get_by_role("link", name="提交").click()
    page.locator("#dialog [name=reason]").fill("竞争对手报价更低")
    assert_accessible(page)
    page.locator("#dialog button.primary").click()
    page.locator(".bar .badge", has_text="审批中").wait_for()
    quote = page.url
    assert_accessible(page)

    # The supervisor hears of it, reads it and agrees: on the phone.
    phone = open_page(demo, PHONE)
    sign_in(phone, boss, PASSWORD)
    phone.goto("/inbox/")
    phone.locator("a", has_text="检测线一期报价").or_(phone.locator("a", has_text=customer)).first.click()
    phone.get_by_role("button", name="同意").wait_for()
    assert_accessible(phone)
    screenshot(phone, "quote-approval-phone")
    phone.get_by_role("button", name="同意").click()
    phone.locator(".badge", has_text="同意").first.wait_for()
    assert_accessible(phone)

    page.goto(quote)
    page.locator(".bar .badge", has_text="已批准").wait_for()
    number = re.search(r"BJ-\d{6}-\d{4}", page.locator(".bar").inner_text()).group()
    with page.expect_popup() as popup:
        page.get_by_role("link", name="PDF").click()
    pdf = page.request.get(popup.value.url or f"{quote}pdf/")
    popup.value.close()
    text = words_of(pdf.body())
    assert all(word in text for word in (number, customer, "外观检测工作站", "15%", "操作培训")), text

    # One letter, though the button is pressed twice; it can be taken back for ten seconds.
    page.locator(".bar").get_by_role("link", name="发送").click()
    page.locator("#id_text").wait_for()
    assert ADDRESS in page.locator("#id_to").input_value() and page.locator("#id_with_pdf").is_checked()
    subject = f"澄湖自动化：检测线一期报价 {number}"
    page.locator("#id_subject").fill(subject)
    assert_accessible(page)
    page.locator("main form button.primary").dblclick()
    page.get_by_role("button", name="撤回").wait_for()
    assert_accessible(page)
    wait_for(lambda: letters.to(ADDRESS), 60, "the letter")
    page.get_by_role("button", name="撤回").wait_for(state="detached")
    (letter,) = letters.to(ADDRESS)
    assert letter["Subject"].strip() == subject
    assert "孙采购" in letter.get_body().get_content() and number in letter.get_body().get_content()
    (attached,) = letter.iter_attachments()
    assert attached.get_content_type() == "application/pdf" and attached.get_filename() == f"{number}.pdf"
    assert customer in words_of(attached.get_content())
    page.goto(quote)
    page.locator(".bar .badge", has_text="已发送").wait_for()
    assert page.locator(".card .rows a", has_text=subject).count() == 1
    screenshot(page, "quote-sent", whole=True)

    page.get_by_role("link", name="生成合同").click()
    assert_accessible(page)
    page.locator("main form button.primary").click()
    page.wait_for_url(re.compile(r"/contracts/\d+/"))
    assert_accessible(page)
    assert re.search(r"[\d,]+\.\d\d", total).group() in page.locator("main").inner_text()
    page.goto(quote)
    page.locator(".bar .badge.t-ok").wait_for()


def words_of(pdf: bytes) -> str:
    """The text of a PDF without spaces."""
    return re.sub(r"[\s\0]", "", "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))
