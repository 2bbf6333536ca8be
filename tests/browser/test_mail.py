"""A conversation by e-mail in browsers: mailbox, template, attachment, a real server, the answer in the timeline (ACT-8)."""

import pytest

from tests.browser.conftest import PHONE
from tests.installation import wait_for
from tests.mail_servers import PASSWORD, Dovecot, Outgoing, smtp_server
from zhike.mail.tests.factories import letter_bytes

# A contact with an address, of the last salesperson; the company's template; servers of this machine are allowed.
FOUND = """
from zhike.mail import actions
from zhike.mail.models import LetterTemplate
from zhike.customers.models import Contact
from zhike.org.models import Person
from zhike.org.viewers import the_system
actions.save_rules(by=the_system(), inside_hosts="127.0.0.1")
actions.save_template(LetterTemplate(), by=the_system(), name="寄样品", subject="{customer.short_name}样品安排",
                      text="{contact.name}，您好：\\n\\n样品今天寄出，说明见附件。")
seller = Person.objects.filter(title="客户经理", is_active=True).order_by("id").last()
contact = Contact.objects.visible_to(the_system()).filter(owner=seller, is_primary=True).order_by("id").first()
print(seller.username, seller.email, contact.pk, contact.customer_id, contact.name, contact.email)
"""


@pytest.fixture
def dovecot():
    server = Dovecot()
    yield server
    server.close()


@pytest.fixture
def outgoing():
    kept = Outgoing()
    with smtp_server(kept) as kept.port:
        yield kept


def test_ACT_8_a_letter_is_written_from_a_contact_and_its_answer_comes_into_the_timeline(
    demo, dovecot, outgoing, open_page, sign_in, assert_accessible, screenshot, tmp_path
):
    seller, mine, contact, customer, name, theirs = demo.installation.python(FOUND).split()
    page = sign_in(open_page(demo), seller, "zhike-demo")

    # One's mailbox: tried out, then saved.
    page.goto("/me/mail/")
    assert page.locator("#id_address").input_value() == mine
    values = {"username": mine, "password": PASSWORD, "imap_host": "127.0.0.1", "imap_port": dovecot.port,
              "smtp_host": "127.0.0.1", "smtp_port": outgoing.port}  # fmt: skip
    for field, value in values.items():
        page.locator(f"#id_{field}").fill(f"{value}")
    for field in ("imap_tls", "smtp_tls"):
        page.locator(f"#id_{field}").select_option("none")
    assert_accessible(page)
    page.get_by_role("button", name="测试连接").click()
    page.locator("[role=status] .note.t-ok").nth(1).wait_for()
    assert_accessible(page)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="保存").click()
    page.locator("#toasts").get_by_text("已保存").wait_for()

    # From the contact's page: the template, a file, and out it goes.
    page.goto(f"/contacts/{contact}/")
    page.get_by_role("link", name="写邮件").first.click()
    page.locator("nav.chips a", has_text="寄样品").click()
    page.locator("nav.chips a[aria-current]", has_text="寄样品").wait_for()
    assert f"{name}，您好" in page.locator("#id_text").input_value() and theirs in page.locator("#id_to").input_value()
    attachment = tmp_path / "样品说明.txt"
    attachment.write_text("样品 50 件，分两袋。", "utf-8")
    page.locator("#id_files").set_input_files(attachment)
    page.locator("[data-names] li", has_text="样品说明.txt").wait_for()
    assert_accessible(page)
    screenshot(page, "letter-write", whole=True)
    page.locator("main form button.primary").click()
    page.get_by_role("button", name="撤回").wait_for()
    assert_accessible(page)
    wait_for(lambda: outgoing.got, 60, "the letter at the SMTP server")
    (message,) = outgoing.messages()
    assert outgoing.got[0][1] == [theirs]
    assert [part.get_filename() for part in message.walk() if part.get_filename()] == ["样品说明.txt"]
    page.get_by_role("button", name="撤回").wait_for(state="detached")
    letter = page.url

    # The answer is put into the mailbox by somebody else's mail program.
    answer = letter_bytes(sender=f"{name} <{theirs}>", to=mine, subject="回复：样品安排", text="样品收到，正在测试。",
                          In_Reply_To=message["Message-ID"], Message_ID="<answer-1@journey.example>")  # fmt: skip
    dovecot.put(mine, answer)
    page.goto("/me/mail/")
    page.get_by_role("button", name="立即收取").click()
    page.locator("#toasts").get_by_text("正在收取").wait_for()

    def arrived():
        page.goto(f"/customers/{customer}/")
        return page.locator(".tl a", has_text="回复：样品安排").count() == 1

    wait_for(arrived, 60, "the answer in the timeline")
    assert "样品收到，正在测试" in page.locator(".tl").inner_text()
    assert_accessible(page)
    screenshot(page, "letter-in-timeline")

    # On the phone: what waits for an answer, and the conversation with both letters.
    phone = sign_in(open_page(demo, PHONE), seller, "zhike-demo")
    phone.goto("/letters/due/")
    assert_accessible(phone)
    phone.get_by_role("link", name="回复：样品安排").click()
    phone.locator("article.letter").nth(1).wait_for()
    assert phone.locator("article.letter").count() == 2
    assert phone.evaluate("document.documentElement.scrollWidth <= screen.width")
    assert_accessible(phone)
    screenshot(phone, "letter-phone", whole=True)
    phone.goto(letter)
    phone.get_by_role("link", name="样品说明.txt").wait_for()
