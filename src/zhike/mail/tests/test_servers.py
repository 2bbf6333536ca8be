"""ACT-8: letters go out and come in through real servers; what breaks is said, tried again, and nothing is doubled."""

import re
import socket
import time
import tracemalloc
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tasks_db.models import DBTaskResult

from tests.mail_servers import PASSWORD, free_port
from zhike.activities.models import Activity
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit import dates, sealed
from zhike.kit.actions import acting
from zhike.mail import actions, fetching, servers
from zhike.mail.models import Letter, LetterBody, MailAccount, MailFolder
from zhike.mail.tasks import fetch_all, fetch_mailbox, keep_copy, send_letter
from zhike.mail.tests.factories import account_of, letter_bytes
from zhike.org.viewers import the_system
from zhike.records.models import AuditEntry, InboxItem
from zhike.sales.tests.factories import LeadFactory, OpportunityFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allowed_here")]


@pytest.fixture
def wang(company):
    customer = CustomerFactory(owner=company.li_na, name="兰芷精密")
    return ContactFactory(customer=customer, name="王工", email="Wang@LanZhi.cn")


def all_letters():
    return Letter.objects.whole_table("test").order_by("id")


def send(letter):
    """The ten seconds are over."""
    with acting(the_system(), "test"):
        all_letters().filter(pk=letter.pk).update(send_at=dates.now())
    send_letter.func(letter.pk)
    return all_letters().get(pk=letter.pk)


def write(client, contact, **more):
    values = {"subject": "报价", "text": "附件是报价。", "to": contact.email} | more
    account = MailAccount.objects.first()
    answer = client.post(f"/letters/write/?contact={contact.pk}", {"account": account.pk} | values)
    assert answer.status_code == 302, answer.content.decode()
    return all_letters().last()


def test_ACT_8_a_letter_goes_out_once_with_its_files_and_the_answer_comes_back(
    company, sign_in, dovecot, outgoing, user, wang
):
    account = account_of(company.li_na, imap=dovecot.port, smtp=outgoing.port, address=user, keeps_sent=True)
    client = sign_in(company.li_na)
    upload = SimpleUploadedFile("报价单.pdf", b"%PDF-1.4 x")
    letter = write(client, wang, files=upload)
    assert letter.status == "waiting"
    send_letter.func(letter.pk)
    assert not outgoing.got  # it can still be taken back
    assert send(letter).status == "sent"
    send_letter.func(letter.pk)  # the job again
    (message,) = outgoing.messages()
    assert message["Message-ID"] == f"<{letter.message_id}>" and outgoing.got[0][1] == ["Wang@LanZhi.cn"]
    assert [part.get_filename() for part in message.walk() if part.get_filename()] == ["报价单.pdf"]
    assert message.get_payload(0).get_payload(decode=True).decode().strip() == "附件是报价。"
    keep_copy.func(letter.pk)
    keep_copy.func(letter.pk)
    assert len(dovecot.letters(user, "Sent Messages")) == 1
    made = Activity.objects.whole_table("test").get(kind="email")
    assert (made.author, made.customer, made.contact) == (company.li_na, wang.customer, wang)

    dovecot.put(user, letter_bytes(subject="回复：报价", In_Reply_To=f"<{letter.message_id}>", to=user))
    fetch_mailbox.func(account.pk)
    answer = all_letters().last()
    assert (answer.direction, answer.customer, answer.contact, answer.thread) == (
        "in", wang.customer, wang, letter.thread)  # fmt: skip
    assert answer.answer_due and InboxItem.objects.filter(person=company.li_na, text__contains="王工").count() == 1
    page = client.get(f"/customers/{wang.customer_id}/").content.decode()
    assert "回复：报价" in page and "附件是报价" in page
    fetch_mailbox.func(account.pk)
    assert all_letters().count() == 2  # the copy in the folder of sent mail is known
    account.refresh_from_db()
    assert account.state == "ok" and account.fetched_at


def test_ACT_8_an_answer_settles_what_waits_and_carries_the_ids(company, sign_in, dovecot, outgoing, user, wang):
    account = account_of(company.li_na, imap=dovecot.port, smtp=outgoing.port, address=user)
    dovecot.put(user, letter_bytes(to=user, Message_ID="<first@lanzhi.cn>", References="<zero@lanzhi.cn>"))
    fetch_mailbox.func(account.pk)
    asked, client = all_letters().get(), sign_in(company.li_na)
    assert "询价" in client.get("/letters/due/").content.decode()
    page = client.get(f"/letters/write/?reply={asked.pk}").content.decode()
    assert "&gt; 请报个价。" in page and "wang@lanzhi.cn" in page
    client.post(f"/letters/write/?reply={asked.pk}", {"account": account.pk, "to": "wang@lanzhi.cn", "text": "好的"})
    send(all_letters().last())
    (message,) = outgoing.messages()
    assert message["In-Reply-To"] == "<first@lanzhi.cn>"
    assert message["References"].split() == ["<zero@lanzhi.cn>", "<first@lanzhi.cn>"]
    assert not all_letters().filter(answer_due=True).exists()


def test_ACT_8_private_letters_are_never_stored_and_not_even_fetched(company, dovecot, user, wang, monkeypatch):
    account = account_of(company.li_na, imap=dovecot.port, address=user)
    fetched = []
    whole = fetching._whole
    monkeypatch.setattr(fetching, "_whole", lambda client, found: fetched.append(found.uid) or whole(client, found))
    dovecot.put(user, letter_bytes(sender="妈妈 <mama@home.cn>", subject="周末回家吗", to=user), letter_bytes(to=user))
    fetch_mailbox.func(account.pk)
    assert [row.subject for row in all_letters()] == ["询价"] and len(fetched) == 1


def test_ACT_8_a_colleague_finds_only_those_they_see_the_drop_box_all(company, dovecot, user, wang):
    wei = account_of(company.wang_wei, imap=dovecot.port, address=user)
    dovecot.put(user, letter_bytes(to=user, Message_ID="<a@x>"))
    fetch_mailbox.func(wei.pk)
    assert not all_letters().exists()  # a customer of somebody else: wang wei's mail stays his own
    box = account_of(None, imap=dovecot.port, address=f"box-{user}")
    forwarded = "请归档\n\n-----Original Message-----\nFrom: 王工 <wang@lanzhi.cn>\nSent: 2026-11-01\nTo: x\nSubject: 询价\n\n旧信"
    dovecot.put(
        f"box-{user}",
        letter_bytes(sender=f"王伟 <{user}>", to="wang@lanzhi.cn", subject="BCC", Message_ID="<b@x>"),
        letter_bytes(sender=f"王伟 <{user}>", to=f"box-{user}", subject="转发", text=forwarded, Message_ID="<c@x>"),
        letter_bytes(sender="谁 <who@nowhere.cn>", to=f"box-{user}", subject="广告", Message_ID="<d@x>"),
    )
    fetch_mailbox.func(box.pk)
    rows = {row.subject: row for row in all_letters()}
    assert rows.keys() == {"BCC", "转发"}
    assert rows["BCC"].direction == "out" and rows["BCC"].holder == company.wang_wei
    assert rows["转发"].direction == "in" and rows["转发"].sender == "wang@lanzhi.cn"
    assert {row.customer for row in rows.values()} == {wang.customer}


def test_ACT_8_leads_threads_and_declared_domains(company, sign_in, dovecot, user, wang):
    account = account_of(company.li_na, imap=dovecot.port, address=user)
    lead = LeadFactory(owner=company.li_na, email="zhang@newco.cn")
    deal = OpportunityFactory(owner=company.li_na, customer=wang.customer, name="产线改造")
    known = Letter.objects.whole_table("test")
    dovecot.put(user, letter_bytes(sender="zhang@newco.cn", to=user, subject="线索来信"))
    dovecot.put(user, letter_bytes(sender="cai@lanzhi.cn", to=user, subject="没有登记的人"))
    fetch_mailbox.func(account.pk)
    assert known.get().lead == lead
    client = sign_in(company.li_na)
    assert client.post(f"/letters/domains/of/{wang.customer_id}/", {"domain": "qq.com"}).status_code == 422
    assert client.post(f"/letters/domains/of/{wang.customer_id}/", {"domain": "LanZhi.cn"}).status_code == 302
    dovecot.put(user, letter_bytes(sender="cai@lanzhi.cn", to=user, subject="同域名", Message_ID="<d1@l>"))
    fetch_mailbox.func(account.pk)
    letter = known.get(subject="同域名")
    assert letter.customer == wang.customer and letter.contact is None
    moved = client.post(f"/letters/{letter.pk}/file/", {"customer": wang.customer_id, "opportunity": deal.pk})
    assert moved.status_code == 302
    # Somebody else answers in the conversation, from an address nobody knows.
    dovecot.put(user, letter_bytes(sender="boss@parent.com", to=user, subject="Re", In_Reply_To="<d1@l>"))
    fetch_mailbox.func(account.pk)
    assert known.get(subject="Re").opportunity == deal
    assert "同域名" in client.get(f"/opportunities/{deal.pk}/letters/").content.decode()


def test_ACT_8_reading_goes_on_where_it_stopped_and_survives_a_new_count(company, dovecot, user, wang, monkeypatch):
    account = account_of(company.li_na, imap=dovecot.port, address=user)
    monkeypatch.setattr(fetching, "BATCH", 2)
    dovecot.put(user, *(letter_bytes(to=user, subject=f"第{n}封", Message_ID=f"<n{n}@l>") for n in range(5)))
    whole = fetching._whole

    def breaks(client, found):
        if found.head.subject == "第3封":
            raise OSError("connection reset by peer")
        return whole(client, found)

    monkeypatch.setattr(fetching, "_whole", breaks)
    fetch_mailbox.func(account.pk)
    account.refresh_from_db()
    assert account.state == "trouble" and account.failures == 1 and "reset" in account.error
    assert account.next_at > dates.now() and account.busy_since is None
    assert MailFolder.objects.get(account=account, role="inbox").last_uid == 2
    monkeypatch.setattr(fetching, "_whole", whole)
    fetch_mailbox.func(account.pk)
    assert sorted(row.subject for row in all_letters()) == [f"第{n}封" for n in range(5)]
    MailFolder.objects.filter(account=account).update(uidvalidity=1, last_uid=99)  # the server was set up anew
    fetch_mailbox.func(account.pk)
    assert all_letters().count() == 5
    account.refresh_from_db()
    assert account.state == "ok" and account.error == ""


def test_ACT_8_only_one_worker_reads_a_mailbox(company, dovecot, user, wang):
    account = account_of(company.li_na, imap=dovecot.port, address=user)
    assert actions.claim(account.pk, by=the_system()) is not None
    assert actions.claim(account.pk, by=the_system()) is None
    assert fetching.fetch(account.pk) == 0
    MailAccount.objects.update(busy_since=dates.now() - timedelta(minutes=6))  # that worker was killed
    assert actions.claim(account.pk, by=the_system()) is not None


def test_ACT_8_a_wrong_password_stops_and_says_so(company, sign_in, dovecot, outgoing, user):
    account = account_of(company.li_na, imap=dovecot.port, smtp=outgoing.port, address=user)
    account.set_password("wrong")
    account.save()
    fetch_mailbox.func(account.pk)
    account.refresh_from_db()
    assert account.state == "stopped" and "127.0.0.1" in account.error
    assert InboxItem.objects.filter(person=company.li_na, tone="bad").count() == 1
    client = sign_in(company.li_na)
    page = client.get("/me/mail/").content.decode()
    assert "127.0.0.1" in page and PASSWORD not in page and account.secret not in page
    values = {n: getattr(account, n) for n in ("address", "username", "imap_host", "imap_port", "imap_tls", "smtp_host",
                                               "smtp_port", "smtp_tls", "since")} | {"is_active": "on", "reads_inbox": "on"}  # fmt: skip
    tested = client.post("/me/mail/", values | {"what": "test", "password": PASSWORD}).content.decode()
    assert tested.count("circle-check") == 2
    assert client.post("/me/mail/", values | {"what": "save", "imap_host": "mail.example.com"}).status_code == 422
    assert client.post("/me/mail/", values | {"what": "save", "password": PASSWORD}).status_code == 302
    fetch_mailbox.func(account.pk)
    account.refresh_from_db()
    assert account.state == "ok"
    assert PASSWORD not in str(list(AuditEntry.objects.values()))


def test_ACT_8_another_secret_key_is_told_not_guessed(company, dovecot, user, settings):
    account = account_of(company.li_na, imap=dovecot.port, address=user)
    assert PASSWORD not in account.secret
    settings.SECRET_KEY = "another-key-another-key-another-key-another"
    with pytest.raises(sealed.Unreadable):
        _ = account.password
    fetch_mailbox.func(account.pk)
    account.refresh_from_db()
    assert account.state == "stopped" and account.error


def test_PLT_5_servers_inside_the_network_need_leave(company, sign_in):
    actions.save_rules(by=the_system(), inside_hosts="")
    client = sign_in(company.li_na)
    values = {"address": "a@b.cn", "username": "a", "password": "x", "imap_host": "127.0.0.1", "imap_port": 1,
              "imap_tls": "none", "smtp_port": 1, "smtp_tls": "none", "since": "2026-01-01", "what": "test"}  # fmt: skip
    for host in ("127.0.0.1", "localhost", "10.0.0.1", "[::1]"):
        said = client.post("/me/mail/", values | {"imap_host": host}).content.decode()
        assert "alert-circle" in said and "circle-check" not in said


def test_ACT_8_a_server_that_hangs_or_is_away_is_tried_later(company, user, wang, sign_in, monkeypatch):
    monkeypatch.setattr(servers, "TIMEOUT", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        account = account_of(company.li_na, imap=port, smtp=port, address=user)
        fetch_mailbox.func(account.pk)
        account.refresh_from_db()
        assert account.state == "trouble" and "127.0.0.1" in account.error
        letter = send(write(sign_in(company.li_na), wang))
    assert letter.status == "waiting" and letter.error and letter.send_at > dates.now()
    MailAccount.objects.update(smtp_port=free_port())  # nobody listens at all
    for _again in range(9):
        letter = send(letter)
    assert letter.status == "failed" and letter.attempts == 6
    assert InboxItem.objects.filter(person=company.li_na, url=f"/letters/{letter.pk}/").count() == 1


def test_ACT_8_refused_recipients_stop_the_letter_for_all(company, sign_in, outgoing, user, wang):
    account_of(company.li_na, smtp=outgoing.port, address=user)
    outgoing.wrong = {"gone@lanzhi.cn"}
    client = sign_in(company.li_na)
    letter = send(write(client, wang, cc="gone@lanzhi.cn"))
    assert letter.status == "failed" and "gone@lanzhi.cn" in letter.error and not outgoing.got
    assert "gone@lanzhi.cn" in client.get(f"/customers/{wang.customer_id}/").content.decode()
    outgoing.wrong = set()
    assert client.post(f"/letters/{letter.pk}/again/").status_code == 302
    assert send(letter).status == "sent" and len(outgoing.got) == 1
    assert client.post(f"/letters/{letter.pk}/again/").status_code == 302
    send_letter.func(letter.pk)
    assert len(outgoing.got) == 1


def test_ACT_8_a_line_cut_after_the_letter_was_handed_over_sends_nothing_twice(
    company, sign_in, dovecot, outgoing, user, wang
):
    account = account_of(company.li_na, imap=dovecot.port, smtp=outgoing.port, address=user)
    outgoing.cut_off = True
    letter = send(write(sign_in(company.li_na), wang))
    assert letter.status == "unsure" and len(outgoing.got) == 1
    send_letter.func(letter.pk)
    assert len(outgoing.got) == 1
    dovecot.put(user, outgoing.got[0][2], folder="Sent Messages")  # the provider kept a copy: it did go out
    fetch_mailbox.func(account.pk)
    assert all_letters().get().status == "sent"


def test_ACT_8_a_worker_killed_while_sending_does_not_send_again(company, sign_in, outgoing, user, wang):
    account_of(company.li_na, smtp=outgoing.port, address=user)
    letter = write(sign_in(company.li_na), wang)
    actions.mark(letter.pk, by=the_system(), before=("waiting",), after="sending")
    send_letter.func(letter.pk)
    assert all_letters().get().status == "unsure" and not outgoing.got


def test_ACT_8_a_letter_is_taken_back_in_time(company, sign_in, outgoing, user, wang):
    account_of(company.li_na, smtp=outgoing.port, address=user)
    client = sign_in(company.li_na)
    letter = write(client, wang)
    assert f"/letters/{letter.pk}/undo/" in client.get(f"/letters/{letter.pk}/").content.decode()
    assert sign_in(company.lead_east).post(f"/letters/{letter.pk}/undo/").status_code == 403
    assert client.post(f"/letters/{letter.pk}/undo/").url == f"/letters/write/?draft={letter.pk}"
    send_letter.func(letter.pk)
    assert not outgoing.got
    assert "附件是报价。" in client.get(f"/letters/write/?draft={letter.pk}").content.decode()
    client.post(f"/letters/write/?draft={letter.pk}", {"account": MailAccount.objects.get().pk, "to": wang.email,
                                                       "text": "改过了"})  # fmt: skip
    assert send(letter).status == "sent"
    assert "改过了" in outgoing.messages()[0].get_payload(decode=True).decode()
    answer = client.post(f"/letters/{letter.pk}/undo/", follow=True)
    assert all_letters().get().status == "sent" and answer.status_code == 200


def test_ACT_8_a_thousand_letters_come_in_on_the_first_reading(company, dovecot, user, wang, record_property):
    account = account_of(company.li_na, imap=dovecot.port, address=user)
    old = dates.now() - timedelta(days=20)
    known = [letter_bytes(to=user, subject=f"旧信{n}", Message_ID=f"<k{n}@l>", at=old) for n in range(100)]
    others = [letter_bytes(sender=f"p{n}@home.cn", to=user, Message_ID=f"<o{n}@l>") for n in range(900)]
    dovecot.put(user, *known, *others)
    began = time.perf_counter()
    assert fetching.fetch(account.pk) == 100
    took = time.perf_counter() - began
    record_property("seconds", round(took, 2))
    print(f"\n1,000 letters, 100 kept: {took:.1f} s")
    assert took < 60
    assert not InboxItem.objects.exists()  # letters of three weeks ago are no news
    assert fetching.fetch(account.pk) == 0 and all_letters().count() == 100


def test_ACT_8_a_folder_of_five_thousand_is_read_in_batches_with_constant_memory(
    company, dovecot, user, wang, monkeypatch, record_property
):
    account = account_of(company.li_na, imap=dovecot.port, address=user)
    known = [letter_bytes(to=user, Message_ID=f"<k{n}@l>") for n in range(50)]
    others = [letter_bytes(sender=f"p{n}@home.cn", to=user, Message_ID=f"<o{n}@l>") for n in range(4950)]
    dovecot.put(user, *(letter for n in range(50) for letter in (known[n], *others[n * 99 : n * 99 + 99])))
    peaks, batch = [], fetching._read_batch

    def watched(*args):
        tracemalloc.reset_peak()
        kept = batch(*args)
        peaks.append(tracemalloc.get_traced_memory()[1])
        return kept

    monkeypatch.setattr(fetching, "_read_batch", watched)
    tracemalloc.start()
    try:
        assert fetching.fetch(account.pk) == 50
    finally:
        tracemalloc.stop()
    print(
        f"\n5,000 letters: batches peak at {peaks[0] / 2**20:.1f} MB at first, {max(peaks[-10:]) / 2**20:.1f} at last"
    )
    record_property("peak", max(peaks))
    assert len(peaks) == 50 and max(peaks[-10:]) < max(peaks[5:15]) * 1.2 + 2**20 and max(peaks) < 32 * 2**20
    MailFolder.objects.filter(account=account).update(uidvalidity=1, last_uid=99)  # the server was set up anew
    assert fetching.fetch(account.pk) == 0 and all_letters().count() == 50


def test_ACT_8_each_round_reads_the_mailboxes_that_are_due(company, dovecot, user):
    account_of(company.li_na, imap=dovecot.port, address=user)
    later = account_of(company.wang_wei, imap=dovecot.port, address=f"x{user}")
    MailAccount.objects.filter(pk=later.pk).update(next_at=dates.now() + timedelta(minutes=5))
    before = DBTaskResult.objects.count()
    fetch_all.func()
    assert DBTaskResult.objects.count() == before + 1


def test_ACT_8_gbk_letters_over_the_wire(company, dovecot, user, wang):
    account = account_of(company.li_na, imap=dovecot.port, address=user)
    raw = (
        f"From: 王工 <wang@lanzhi.cn>\r\nTo: {user}\r\nSubject: 关于镕喆项目的报价\r\nMessage-ID: <gbk@l>\r\n"
        'Content-Type: text/plain; charset="gb2312"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n镕喆项目请报价。\r\n'
    ).encode("gb18030")
    dovecot.put(user, raw)
    fetch_mailbox.func(account.pk)
    letter = all_letters().get()
    assert letter.subject == "关于镕喆项目的报价" and letter.sender_name == "王工"
    assert re.match("镕喆项目请报价", LetterBody.objects.whole_table("test").get().text)
