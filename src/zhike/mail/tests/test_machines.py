"""ACT-8: what machines write is no answer and is not answered (RFC 3834); what comes back is shown at its letter."""

from datetime import timedelta

import pytest

from zhike.activities.models import Activity
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.mail.actions.returning import reason
from zhike.mail.models import Letter, LetterTemplate, MailAccount
from zhike.mail.parsing import parse, parse_head
from zhike.mail.tasks import fetch_mailbox, send_letter
from zhike.mail.tests.factories import LetterFactory, account_of, letter_bytes, report_bytes
from zhike.org.viewers import the_system
from zhike.records.models import InboxItem

HEADERS = {
    "Auto-Submitted: auto-replied": True, "Auto-Submitted: auto-generated (rule)": True, "Auto-Submitted: no": False,
    "Precedence: bulk": True, "Precedence: list": True, "Precedence: first-class": False, "List-Id: <news.x.cn>": True,
    "Return-Path: <>": True, "Return-Path: <wang@x.cn>": False, "X-Autoreply: yes": True,
    "Content-Type: multipart/report; report-type=disposition-notification; boundary=x": True,
    "Content-Type: multipart/report; report-type=delivery-status; boundary=x": True,
    "Subject: 自动回复：我在休假": True, "Subject: Automatic reply: offer": True, "Subject: 关于自动回复功能的问题": False,
    "Subject: 自动化产线报价": False, "Subject: Out of office": True, "Subject: 已读: 报价": True, "Subject: 询价": False,
}  # fmt: skip


@pytest.mark.parametrize(("line", "is_automatic"), HEADERS.items())
def test_ACT_8_who_wrote_a_letter_is_read_from_its_headers(line, is_automatic):
    assert parse_head(f"From: wang@x.cn\r\n{line}\r\n\r\nx".encode()).is_automatic is is_automatic


def test_ACT_8_postmasters_are_machines():
    for sender in ("MAILER-DAEMON@mx.cn", "Postmaster@163.com", "mail-daemon@x.cn"):
        assert parse_head(f"From: {sender}\r\n\r\n".encode()).is_automatic
    assert not parse_head(b"From: postmaster.wang@x.cn\r\n\r\n").is_automatic


def test_ACT_8_reports_of_all_kinds_are_read():
    parsed = parse(report_bytes("a@chenghu.cn", said="smtp; 550 5.1.1 用户不存在"))
    (failed,) = parsed.returned.failed
    assert parsed.returned.message_ids[0] == "a@chenghu.cn"
    assert (failed.address, failed.status, failed.said) == ("wang@lanzhi.cn", "5.1.1", "550 5.1.1 用户不存在")
    assert parse(report_bytes("a@chenghu.cn", action="delayed", status="4.4.1")).returned is None
    # Servers that keep to no standard: the reason stands in the text, the letter is named in a header or quoted.
    plain = letter_bytes(
        sender="postmaster@qq.com", subject="来自qq.com的系统退信", text="收件人不存在\n550 Mailbox not found\n原信 <b@chenghu.cn>",
        X_Failed_Recipients="Wang@QQ.com", In_Reply_To="<c@chenghu.cn>",
    )  # fmt: skip
    found = parse(plain).returned
    assert found.message_ids == ("c@chenghu.cn", "b@chenghu.cn")
    assert [(f.address, f.said) for f in found.failed] == [("wang@qq.com", "550 Mailbox not found")]
    headers = report_bytes("d@chenghu.cn").replace(b"message/rfc822", b"text/rfc822-headers")
    assert parse(headers).returned.message_ids == ("d@chenghu.cn",)
    # A person who writes about letters that came back, and a postmaster who writes about something else.
    assert parse(letter_bytes(subject="我的邮件被退信了", In_Reply_To="<c@chenghu.cn>")).returned is None
    assert parse(letter_bytes(sender="postmaster@x.cn", subject="维护通知", In_Reply_To="<c@x>")).returned is None
    assert (
        reason("5.2.2") == "收件人邮箱已满"
        and reason("4.4.2") == reason("5.4.1") == "连接不上对方邮件服务器"
        and reason("5") == ""
    )


@pytest.fixture
def wang(company):
    customer = CustomerFactory(owner=company.li_na, name="兰芷精密")
    return ContactFactory(customer=customer, name="王工", email="wang@lanzhi.cn")


def letters():
    return Letter.objects.whole_table("test").order_by("id")


def sent(wang, account, **more):
    """A letter that went out through a mailbox."""
    return LetterFactory(
        customer=wang.customer, contact=wang, direction="out", status="sent", account=account, sender=account.address,
        holder=account.person, to=[["王工", "wang@lanzhi.cn"]], answer_due=False, **more,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.usefixtures("allowed_here")
def test_ACT_8_a_letter_that_comes_back_says_why_and_its_question_waits_again(company, sign_in, dovecot, user, wang):
    account, client = account_of(company.li_na, imap=dovecot.port, smtp=25, address=user), sign_in(company.li_na)
    asked = LetterFactory(customer=wang.customer, contact=wang, at=dates.now() - timedelta(hours=3))
    ours = sent(wang, account, thread=asked.thread, in_reply_to=asked.message_id, subject="报价")
    report = report_bytes(ours.message_id, to=user)
    dovecot.put(user, report, letter_bytes(to=user, subject="别的事"))
    fetch_mailbox.func(account.pk)
    ours = letters().get(pk=ours.pk)
    assert ours.status == "returned" and ours.error == "wang@lanzhi.cn: 没有这个邮箱地址（550 5.1.1 user unknown）"
    assert letters().get(pk=asked.pk).answer_due
    assert not letters().filter(sender__contains="DAEMON").exists() and letters().filter(subject="别的事").exists()
    told = InboxItem.objects.filter(person=company.li_na, url=f"/letters/{ours.pk}/")
    assert told.count() == 1 and "没有这个邮箱地址" in told.get().text
    for page in (f"/letters/{ours.pk}/", f"/customers/{wang.customer_id}/", f"/customers/{wang.customer_id}/letters/"):
        shown = client.get(page).content.decode()
        assert "无法送达" in shown, page
    assert "user unknown" in client.get(f"/letters/{ours.pk}/").content.decode()
    # Everything is read again, as after a move of the mailbox; the same report says nothing new.
    account.folders.all().delete()
    fetch_mailbox.func(account.pk)
    assert told.count() == 1 and letters().get(pk=ours.pk).error == ours.error
    assert client.post(f"/letters/{ours.pk}/again/").status_code == 302
    assert letters().get(pk=ours.pk).status == "waiting"
    account.folders.all().delete()
    fetch_mailbox.func(account.pk)
    assert letters().get(pk=ours.pk).status == "waiting"  # the old report is not about the new attempt


@pytest.mark.django_db
@pytest.mark.usefixtures("allowed_here")
def test_ACT_8_reports_are_believed_only_in_the_mailbox_a_letter_went_out_from(company, dovecot, user, wang):
    ours = sent(wang, account_of(company.li_na, smtp=25))
    wei = account_of(company.wang_wei, imap=dovecot.port, address=user)
    dovecot.put(user, report_bytes(ours.message_id, to=user), report_bytes("unknown@x", to=user, report_id="<r2@x>"))
    fetch_mailbox.func(wei.pk)
    assert letters().get().status == "sent" and not InboxItem.objects.exists()


@pytest.mark.django_db
def test_ACT_8_of_several_recipients_those_reached_do_not_get_it_twice(company, sign_in, wang):
    letter = sent(wang, account_of(company.li_na, smtp=25), cc=[["", "li@lanzhi.cn"]])
    with acting(the_system(), "test"):
        letters().update(status="returned", error="li@lanzhi.cn: 收件人邮箱已满")
    client = sign_in(company.li_na)
    assert f"/letters/{letter.pk}/again/" not in client.get(f"/letters/{letter.pk}/").content.decode()
    client.post(f"/letters/{letter.pk}/again/")
    assert letters().get().status == "returned"


@pytest.mark.django_db
@pytest.mark.usefixtures("allowed_here")
def test_ACT_8_a_machine_answers_nothing_and_is_no_follow_up(company, sign_in, dovecot, outgoing, user, wang, viewer):
    from zhike.mail.actions import write_from_template

    account = account_of(company.li_na, imap=dovecot.port, smtp=outgoing.port, address=user)
    dovecot.put(user, letter_bytes(to=user, Message_ID="<ask@lanzhi.cn>"))
    fetch_mailbox.func(account.pk)
    asked = letters().get()
    assert asked.answer_due and not asked.is_automatic
    template = LetterTemplate.objects.create(name="已收到", subject="已收到", text="{contact.name}，已收到。")
    li_na = viewer(company.li_na)
    with acting(li_na, "test"):
        ours = write_from_template(template, by=li_na, about={"customer": wang.customer, "contact": wang})
        letters().filter(pk=ours.pk).update(send_at=dates.now(), thread=asked.thread)
    send_letter.func(ours.pk)
    (message,) = outgoing.messages()
    assert message["Auto-Submitted"] == "auto-generated" and message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert letters().get(pk=ours.pk).status == "sent" and letters().get(pk=asked.pk).answer_due
    assert not Activity.objects.whole_table("test").filter(kind="email").exists()
    # Their machine answers ours: in the record, marked, waiting for nothing and no news.
    before = InboxItem.objects.count()
    away = letter_bytes(to=user, subject="自动回复", In_Reply_To=f"<{ours.message_id}>", Auto_Submitted="auto-replied")
    dovecot.put(user, away)
    fetch_mailbox.func(account.pk)
    answer = letters().last()
    assert answer.is_automatic and not answer.answer_due and InboxItem.objects.count() == before
    assert "自动" in sign_in(company.li_na).get(f"/letters/{answer.pk}/").content.decode()
    # A letter a person writes carries no such mark, and is an answer.
    client = sign_in(company.li_na)
    client.post(f"/letters/write/?reply={asked.pk}", {"account": account.pk, "to": "wang@lanzhi.cn", "text": "好的"})
    with acting(the_system(), "test"):
        letters().filter(status="waiting").update(send_at=dates.now())
    send_letter.func(letters().last().pk)
    assert outgoing.messages()[-1]["Auto-Submitted"] is None and not letters().get(pk=asked.pk).answer_due


def told_of_company_box(company):
    return list(InboxItem.objects.filter(person=company.admin, url="/settings/mail/").order_by("id"))


@pytest.mark.django_db
@pytest.mark.usefixtures("allowed_here")
def test_ACT_8_the_administrator_hears_when_the_company_s_mailbox_stops_and_works_again(
    company, sign_in, dovecot, user
):
    account = account_of(None, imap=dovecot.port, address=user)
    good = account.secret
    account.set_password("wrong")
    account.save()
    fetch_mailbox.func(account.pk)
    fetch_mailbox.func(account.pk)  # it is not tried again, nor told twice
    assert MailAccount.objects.get().failures == 1
    (item,) = told_of_company_box(company)
    assert item.tone == "bad" and user in item.text and not InboxItem.objects.exclude(person=company.admin).exists()
    client = sign_in(company.admin)
    assert "已停止" in client.get("/settings/mail/").content.decode()
    MailAccount.objects.update(secret=good)  # somebody put it right at the provider
    assert sign_in(company.li_na).post("/settings/mail/fetch/").status_code == 403
    assert client.post("/settings/mail/fetch/").status_code == 302
    fetch_mailbox.func(account.pk)
    fetch_mailbox.func(account.pk)
    assert [item.tone for item in told_of_company_box(company)] == ["bad", "ok"]
    assert "正常" in client.get("/settings/mail/").content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("allowed_here")
def test_ACT_8_a_server_that_stays_away_is_told_once_after_five_attempts(company, sign_in, dovecot, user):
    account, own = account_of(None, imap=1), account_of(company.li_na, imap=1, address=user)
    for attempt in range(1, 8):
        fetch_mailbox.func(account.pk)
        fetch_mailbox.func(own.pk)
        assert len(told_of_company_box(company)) == (attempt >= 5)
    assert InboxItem.objects.filter(person=company.li_na, url="/me/mail/").count() == 1
    page = sign_in(company.admin).get("/settings/mail/").content.decode()
    assert page.count("重试中") == 2 and user in page  # the company's, and that of a colleague
    MailAccount.objects.update(imap_port=dovecot.port)
    for pk in (account.pk, own.pk):
        fetch_mailbox.func(pk)
    assert [item.tone for item in told_of_company_box(company)] == ["bad", "ok"]
    assert InboxItem.objects.filter(person=company.li_na, tone="ok").count() == 1
