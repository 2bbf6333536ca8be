"""ACT-8 through the pages: who sees and does what with a letter, what shuts a stranger's letter in, how many queries."""

import base64
import re

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit.actions import acting
from zhike.mail import fetching
from zhike.mail.actions.filing import keep_file
from zhike.mail.models import Letter, LetterTemplate, MailAccount
from zhike.mail.parsing import parse
from zhike.mail.tests.factories import LetterBodyFactory, LetterFactory, account_of
from zhike.org.viewers import the_system
from zhike.records.models import AuditEntry, StoredFile

pytestmark = pytest.mark.django_db
SERVERS = {
    "address": "crm@chenghu.example", "username": "crm", "imap_host": "imap.chenghu.example", "imap_port": 993,
    "imap_tls": "ssl", "smtp_host": "smtp.chenghu.example", "smtp_port": 465, "smtp_tls": "ssl", "since": "2026-01-01",
    "is_active": "on", "reads_inbox": "on", "what": "save",
}  # fmt: skip


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="兰芷精密")


@pytest.fixture
def letter(company, customer):
    """A letter to Li Na that waits for an answer."""
    contact = ContactFactory(customer=customer, name="王工", email="wang@lanzhi.cn")
    made = LetterFactory(customer=customer, contact=contact, subject="询价单", answer_due=True)
    LetterBodyFactory(letter=made, text="请报个价。\n\n> 旧信")
    return made


def fresh(letter):
    return Letter.objects.whole_table("test").get(pk=letter.pk)


def statuses(company, sign_in, ask):
    """What the owner, a supervisor, a reader and strangers get."""
    people = ("li_na", "lead_east", "reader", "wang_wei", "zhao_lei")
    return [ask(sign_in(getattr(company, name))).status_code for name in people]


def test_ACT_8_who_reads_a_letter(company, sign_in, letter):
    for page in ("", "body/"):
        got = statuses(company, sign_in, lambda client, page=page: client.get(f"/letters/{letter.pk}/{page}"))
        assert got == [200, 200, 200, 404, 404], page
    assert statuses(company, sign_in, lambda c: c.get(f"/letters/write/?reply={letter.pk}")) == [
        200,
        200,
        403,
        404,
        404,
    ]
    assert sign_in(company.reader).get("/letters/").status_code == 200
    assert "询价单" not in sign_in(company.wang_wei).get("/letters/").content.decode()


def test_ACT_8_a_letter_is_written_on_a_page_of_its_own_wherever_it_begins(company, sign_in, letter):
    client = sign_in(company.li_na)
    for page in (f"/contacts/{letter.contact_id}/", f"/customers/{letter.customer_id}/"):
        (link,) = re.findall(r'<a [^>]*href="/letters/write/[^>]*>', client.get(page).content.decode())
        assert "hx-get" not in link, page  # the form is a whole page, which a dialog would show with its menu


def test_ACT_8_who_says_that_no_answer_is_needed(company, sign_in, letter):
    def answered(client):
        return client.post(f"/letters/{letter.pk}/answered/")

    assert answered(sign_in(company.wang_wei)).status_code == 404
    assert answered(sign_in(company.reader)).status_code == 403
    assert fresh(letter).answer_due
    assert answered(sign_in(company.lead_east)).status_code == 302 and not fresh(letter).answer_due
    assert answered(sign_in(company.li_na)).status_code == 302  # twice changes nothing


def test_ACT_8_who_keeps_a_letter_private(company, sign_in, letter):
    def private(client):
        return client.post(f"/letters/{letter.pk}/private/")

    assert private(sign_in(company.wang_wei)).status_code == 404
    assert private(sign_in(company.reader)).status_code == private(sign_in(company.lead_east)).status_code == 403
    assert private(sign_in(company.li_na)).status_code == 302 and fresh(letter).is_private
    assert statuses(company, sign_in, lambda c: c.get(f"/letters/{letter.pk}/")) == [200, 404, 404, 404, 404]
    assert private(sign_in(company.li_na)).status_code == 302 and not fresh(letter).is_private


def test_ACT_8_who_lays_a_conversation_with_another_customer(company, sign_in, letter):
    other, foreign = CustomerFactory(owner=company.li_na, name="远拓"), CustomerFactory(owner=company.zhao_lei)

    def move(client, customer=other):
        return client.post(f"/letters/{letter.pk}/file/", {"customer": customer.pk})

    assert move(sign_in(company.wang_wei)).status_code == 404 and move(sign_in(company.reader)).status_code == 403
    assert move(sign_in(company.li_na), foreign).status_code == 422  # not one she sees
    for _again in range(2):
        assert move(sign_in(company.lead_east)).status_code == 302
    assert fresh(letter).customer == other and fresh(letter).contact is None


def test_ACT_8_the_company_s_mailbox_and_templates_are_set_up_by_administrators(company, sign_in):
    assert sign_in(company.li_na).get("/settings/mail/").status_code == 403
    assert sign_in(company.li_na).post("/settings/mail/", SERVERS | {"password": "x"}).status_code == 403
    client = sign_in(company.admin)
    assert client.post("/settings/mail/", SERVERS).status_code == 422  # no password
    for _again in range(2):
        assert client.post("/settings/mail/", SERVERS | {"password": "orchid-lantern"}).status_code == 302
    box = MailAccount.objects.get()
    assert box.is_company and box.person is None and box.password == "orchid-lantern"
    template = {"name": "问候", "subject": "您好", "text": "{contact.name}，您好"}
    assert client.post("/settings/mail/templates/new/", template).status_code == 302
    made = LetterTemplate.objects.get()
    assert client.post("/settings/mail/templates/new/", template).status_code == 422  # the name is taken
    assert sign_in(company.li_na).get(f"/me/mail/templates/{made.pk}/").status_code == 404
    assert "问候" in client.get("/settings/mail/").content.decode()


def test_PLT_4_a_password_sealed_with_another_key_is_told_on_the_page_and_asked_for(company, sign_in, settings):
    account = account_of(company.li_na, imap=143, smtp=25)
    client = sign_in(company.li_na)
    told = "重新输入密码"
    assert told not in client.get("/me/mail/").content.decode()
    MailAccount.objects.update(secret="gAAAAABk" + account.secret[8:])  # as after a restore beside another key
    assert told in client.get("/me/mail/").content.decode()
    values = SERVERS | {"address": account.address, "username": account.username, "imap_host": "127.0.0.1",
                        "smtp_host": "127.0.0.1"}  # fmt: skip
    assert client.post("/me/mail/", values).status_code == 422
    assert client.post("/me/mail/", values | {"password": "again"}).status_code == 302
    assert MailAccount.objects.get().password == "again"


def test_PLT_5_a_stranger_s_letter_is_shut_in(company, sign_in, customer):
    html = ("<table onclick='x()'><tr><td>价格</td></tr></table><script>alert(1)</script><svg onload=alert(2)>"
            "<img src=x onerror=alert(3)><img src='https://spy.example/p.gif'><a href='javascript:alert(4)'>点</a>"
            "<form action='https://spy.example'><input name=p></form><iframe src='https://spy.example'></iframe>"
            "<meta http-equiv=refresh content='0;url=https://spy.example'><base href='https://spy.example/'>")  # fmt: skip
    letter = LetterFactory(customer=customer, subject="<script>alert(5)</script>", snippet="<b>x</b>")
    LetterBodyFactory(letter=letter, text="<script>alert(6)</script>", html=html)
    with acting(the_system(), "test"):
        stored = keep_file(letter, ContentFile(b"<script>alert(7)</script>", name="a.html"), "恶意.html", "text/html")
    client = sign_in(company.li_na)
    page = client.get(f"/letters/{letter.pk}/").content.decode()
    assert "<script>alert" not in page and 'sandbox="allow-same-origin' in page and "allow-scripts" not in page
    frame = client.get(f"/letters/{letter.pk}/body/")
    policy, shown = frame["Content-Security-Policy"], frame.content.decode()
    assert policy.startswith("default-src 'none'; img-src data:;") and "sandbox" in policy and "script" not in policy
    assert frame["X-Content-Type-Options"] == "nosniff" and frame["Referrer-Policy"] == "no-referrer"
    assert "价格" in shown
    for word in ("alert", "spy.example", "onclick", "javascript", "<form", "<iframe", "<svg", "http-equiv"):
        assert word not in shown, word
    asked = client.get(f"/letters/{letter.pk}/body/?pictures=1")
    assert "spy.example/p.gif" in asked.content.decode() and "script" not in asked["Content-Security-Policy"]
    file = client.get(f"/files/{stored.pk}/")
    assert file["Content-Disposition"].startswith("attachment") and file["X-Content-Type-Options"] == "nosniff"
    assert sign_in(company.wang_wei).get(f"/files/{stored.pk}/").status_code == 404


def broken(kind: str) -> bytes:
    head = b"From: wang@lanzhi.cn\r\nTo: lina@chenghu.cn\r\nMessage-ID: <h@l>\r\nSubject: "
    if kind == "large":
        return head + b"x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + "很长".encode() * 1_750_000
    if kind == "nul":
        return head + b"a\x00b\r\n\r\nnul \x00 inside\x00"
    if kind == "no charset":
        return head + "询价\r\n\r\n请报价，谢谢".encode("gb18030")
    if kind == "gbk as gb2312":
        text = base64.encodebytes("镕喆您好，请报价".encode("gbk"))
        more = b"x\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        return head + more + text
    return head + (b'x\r\nContent-Type: multipart/mixed; boundary="a"\r\n\r\n--a\r\nContent-Type: multipart/alternative; '
                   b'boundary="a"\r\n\r\n--a\r\nContent-Type: text/html; charset="\r\n\r\n<p>half')  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "said"),
    [("large", "很长"), ("nul", "nul"), ("no charset", "请报价"), ("gbk as gb2312", "镕喆您好"), ("broken mime", "")],
)
def test_ACT_8_hostile_letters_are_kept_and_shown(company, sign_in, customer, viewer, kind, said):
    ContactFactory(customer=customer, email="wang@lanzhi.cn")
    account, raw = account_of(company.li_na, imap=143), broken(kind)

    class Server:
        """A folder with this one letter in it."""

        def fetch(self, uids, wanted):
            if wanted == ["BODY.PEEK[]"]:
                return {uid: {b"BODY[]": raw} for uid in uids}
            head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            return {uid: {b"BODY[HEADER]": head, b"RFC822.SIZE": len(raw)} for uid in uids}

    ours = {"lina@chenghu.cn": company.li_na.pk}
    assert fetching._read_batch(Server(), account, [1], viewer(company.li_na), ours) == 1
    letter = Letter.objects.whole_table("test").get()
    page = sign_in(company.li_na).get(f"/letters/{letter.pk}/")
    assert page.status_code == 200 and said in page.content.decode() and "\x00" not in page.content.decode()
    assert len(page.content) < 4_000_000
    assert sign_in(company.li_na).get(f"/customers/{customer.pk}/letters/").status_code == 200
    assert parse(raw).head.sender[1] == "wang@lanzhi.cn"


# Queries at most, the session's and the viewer's among them.
COSTS = {
    "list": 12, "due": 12, "letter": 12, "body": 8, "tab": 20, "stream": 40, "write": 20, "answer": 20, "box": 12,
    "template": 10, "settings": 12,
}  # fmt: skip


def test_ACT_8_pages_cost_the_same_queries_however_many_letters(company, sign_in, letter, customer):
    own = LetterTemplate.objects.create(name="问候", text="您好", person=company.li_na)
    account_of(company.li_na, imap=143, smtp=25)
    li_na, admin = sign_in(company.li_na), sign_in(company.admin)
    pages = {
        "list": "/letters/", "due": "/letters/due/", "letter": f"/letters/{letter.pk}/",
        "body": f"/letters/{letter.pk}/body/", "tab": f"/customers/{customer.pk}/letters/",
        "stream": f"/customers/{customer.pk}/", "write": f"/letters/write/?contact={letter.contact_id}&template={own.pk}",
        "answer": f"/letters/write/?reply={letter.pk}&all=1", "box": "/me/mail/",
        "template": f"/me/mail/templates/{own.pk}/", "settings": "/settings/mail/",
    }  # fmt: skip

    def counts():
        found = {}
        for name, page in pages.items():
            client = admin if name == "settings" else li_na
            client.get(page)  # what is prepared once is there
            with CaptureQueriesContext(connection) as asked:
                assert client.get(page).status_code == 200, page
            found[name] = len(asked)
        return found

    before = counts()
    for n in range(12):
        more = LetterFactory(customer=customer, contact=letter.contact, thread=letter.thread, answer_due=True)
        LetterBodyFactory(letter=more, text=f"第{n}封", html="<table></table>" if n % 2 else "")
        LetterTemplate.objects.create(name=f"模板{n}", text="您好", person=None if n % 2 else company.li_na)
    for person in (company.wang_wei, company.zhao_lei):
        account_of(person, imap=143, address=f"{person.pk}@chenghu.cn")
    assert counts() == before
    assert {name: count for name, count in before.items() if count > COSTS[name]} == {}, before


def test_ACT_8_taking_a_mailbox_out_leaves_the_letters(company, sign_in, letter):
    account = account_of(company.li_na, imap=143)
    assert sign_in(company.wang_wei).post("/me/mail/remove/").status_code == 404
    client = sign_in(company.li_na)
    assert client.post("/me/mail/remove/").status_code == 302
    assert client.post("/me/mail/remove/").status_code == 404  # twice
    assert not MailAccount.objects.exists() and fresh(letter)
    assert account.secret not in str(list(AuditEntry.objects.values()))
    assert not StoredFile.objects.exists()
