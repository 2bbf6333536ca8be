"""E-mail at once, in a digest, after quiet hours, never twice; over a real SMTP conversation (ACT-7)."""

import contextlib
import email
import email.policy
import socket
import time as clock
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.core import mail
from django.template import TemplateSyntaxError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from zhike.channels import links, sending, wishes
from zhike.channels import mail as mailing
from zhike.channels.models import Delivery, Line, Preference
from zhike.channels.wishes import Wishes
from zhike.kit import dates
from zhike.kit.workdays import is_workday
from zhike.records.actions import notify
from zhike.records.models import InboxItem

Status = Delivery.Status
ZONE = timezone.get_default_timezone()
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=ZONE)  # a Wednesday


@pytest.fixture(autouse=True)
def reachable(settings):
    settings.PUBLIC_URL = "https://crm.example.cn"


def send_due():
    for pk in list(Delivery.objects.whole_table("test").order_by("pk").values_list("pk", flat=True)):
        sending.send(pk)


def ask(company, **ways):
    """Li Na's choices by kind of message."""
    Preference.objects.create(person=company.li_na, ways=ways, quiet_from=time(22), quiet_until=time(8))


def test_ACT_7_a_letter_at_once_with_html_text_and_a_way_out(company):
    with time_machine.travel(NOON, tick=False):
        notify(company.li_na.pk, "请审批：华东电器 <报价>", url="/approvals/3/", tone="vio", about="approvals")
        send_due()
    (letter,) = mail.outbox
    assert letter.to == ["li_na@example.com"] and letter.subject == "请审批：华东电器 <报价>"
    html = letter.alternatives[0][0]
    assert "https://crm.example.cn/approvals/3/" in letter.body and 'href="https://crm.example.cn/approvals/3/"' in html
    assert "&lt;报价&gt;" in html and "李娜" in letter.body
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.extra_headers["List-Unsubscribe"].startswith("<https://crm.example.cn/unsubscribe/")
    assert letter.extra_headers["Message-ID"] == f"<{Delivery.objects.whole_table('test').get().letter}@localhost>"


def test_ACT_7_a_digest_gathers_what_came_and_puts_the_urgent_first(company):
    ask(company, reminders="daily", tasks="daily")
    with time_machine.travel(NOON, tick=False) as now:
        notify(company.li_na.pk, "不急的提醒", about="reminders")
        notify(company.li_na.pk, "逾期应收款", tone="bad", about="reminders")
        notify(company.li_na.pk, "新任务", about="tasks")
        send_due()
        assert not mail.outbox
        now.move_to(datetime(2026, 3, 5, 8, 29, tzinfo=ZONE))
        send_due()
        assert not mail.outbox
        now.move_to(datetime(2026, 3, 5, 8, 30, tzinfo=ZONE))
        send_due()
        send_due()
    (letter,) = mail.outbox
    assert letter.subject.startswith("3 ") and letter.extra_headers["Auto-Submitted"] == "auto-generated"
    assert letter.body.index("新任务") < letter.body.index("逾期应收款") < letter.body.index("不急的提醒")
    assert {row.letter for row in Delivery.objects.whole_table("test")} == {
        Delivery.objects.whole_table("test").first().letter
    }


def test_ACT_7_a_digest_leaves_out_what_was_read_meanwhile(company, sign_in):
    ask(company, reminders="daily", tasks="daily")
    with time_machine.travel(NOON, tick=False) as now:
        read = notify(company.li_na.pk, "读过的提醒", url="/reminders/", about="reminders")
        notify(company.li_na.pk, "没读的任务", about="tasks")
        InboxItem.objects.filter(pk=read.pk).update(read_at=dates.now())
        now.move_to(datetime(2026, 3, 5, 8, 30, tzinfo=ZONE))
        send_due()
        send_due()
    (letter,) = mail.outbox
    assert letter.subject == "没读的任务" and "读过的提醒" not in letter.body
    assert dict(Delivery.objects.whole_table("test").values_list("title", "status")) == {
        "读过的提醒": Status.SKIPPED, "没读的任务": Status.SENT,
    }  # fmt: skip


def test_ACT_7_a_digest_of_nothing_but_what_was_read_is_not_sent(company, sign_in):
    ask(company, tasks="daily")
    with time_machine.travel(NOON, tick=False) as now:
        for text in ("新任务", "又一个"):
            notify(company.li_na.pk, text, about="tasks")
        assert sign_in(company.li_na).post("/inbox/read/").status_code in (200, 204, 302)
        now.move_to(datetime(2026, 3, 5, 8, 30, tzinfo=ZONE))
        send_due()
    assert not mail.outbox and set(Delivery.objects.whole_table("test").values_list("status", flat=True)) == {
        Status.SKIPPED
    }


def test_ACT_7_a_letter_under_way_is_tried_again_as_it_was_even_when_read(company, postbox):
    postbox.answers = ["451 try again later", "250 ok"]
    row = approval(company)
    send_due()
    InboxItem.objects.update(read_at=dates.now())
    again()
    row.refresh_from_db()
    assert row.status == Status.SENT and len(postbox.letters) == 1


def test_ACT_7_what_comes_at_night_waits_for_the_morning(company):
    with time_machine.travel(datetime(2026, 3, 4, 23, 15, tzinfo=ZONE), tick=False) as now:
        notify(company.li_na.pk, "请审批", about="approvals")
        row = Delivery.objects.whole_table("test").get()
        assert row.status == Status.HELD and row.due_at == datetime(2026, 3, 5, 8, 0, tzinfo=ZONE)
        send_due()
        assert not mail.outbox
        now.move_to(datetime(2026, 3, 5, 8, 0, tzinfo=ZONE))
        send_due()
    assert len(mail.outbox) == 1


def test_ACT_7_nobody_gets_what_they_turned_off_or_has_no_address_for(company, settings):
    ask(company, approvals="none")
    notify(company.li_na.pk, "请审批", about="approvals")
    notify(company.leaver.pk, "请审批", about="approvals")
    assert not Delivery.objects.whole_table("test").exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    notify(company.wang_wei.pk, "请审批", about="approvals")
    assert not Delivery.objects.whole_table("test").exists()


def test_ACT_7_one_click_turns_a_kind_off(company, client):
    url = links.unsubscribe(company.li_na.pk, "approvals")
    assert "审批" in client.get(url).content.decode()
    assert wishes.of(company.li_na.pk).way("approvals") == "now"  # looking turns nothing off
    from django.test import Client

    posted = Client(enforce_csrf_checks=True).post(url, {"List-Unsubscribe": "One-Click"})
    assert posted.status_code == 200
    assert (
        wishes.of(company.li_na.pk).way("approvals") == "none" and wishes.of(company.li_na.pk).way("tasks") == "hourly"
    )
    client.post(links.unsubscribe(company.li_na.pk, links.EVERYTHING))
    assert wishes.of(company.li_na.pk).way("tasks") == "none"
    assert client.post(url[:-3] + "x/").status_code == 404


def test_ACT_7_people_choose_by_kind_on_their_page(company, sign_in):
    page = sign_in(company.li_na)
    assert "审批" in page.get("/me/messages/").content.decode()
    form = {"quiet_from": "21:00", "quiet_until": "09:00", "quiet_days_off": "on"}
    form |= {
        f"way_{key}": "hourly"
        for key in ("approvals", "tasks", "reminders", "handed", "guidance", "jobs", "system", "other")
    }
    assert page.post("/me/messages/", {**form, "way_tasks": "sometimes"}).status_code == 422
    extra = {name: "daily" for name in form_fields(page) if name not in form}
    assert page.post("/me/messages/", {**form, **extra}).status_code == 302
    kept = wishes.of(company.li_na.pk)
    assert kept.way("tasks") == "hourly" and kept.quiet_from == time(21) and kept.quiet_days_off
    assert wishes.of(company.wang_wei.pk) == Wishes()


def form_fields(page):
    import re

    return re.findall(r'name="(way_[a-z]+)"', page.get("/me/messages/").content.decode())


@given(
    st.times(), st.times(), st.booleans(),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.sampled_from(sorted(wishes.WAYS)),
)  # fmt: skip
def test_ACT_7_nothing_is_ever_due_in_quiet_hours_or_in_the_past(quiet_from, quiet_until, days_off, moment, way):
    wish = Wishes({}, quiet_from, quiet_until, days_off)
    now = moment.replace(tzinfo=ZONE)
    due = wishes.due(wish, way, now).astimezone(ZONE)
    assert due >= now and due - now < timedelta(days=25)
    assert not wishes._is_quiet(wish, due.time())
    assert not (days_off and not is_workday(due.date()))


def test_quiet_on_days_off_knows_the_calendar_of_china():
    wish = Wishes(quiet_days_off=True)
    festival = datetime(2026, 2, 17, 12, tzinfo=ZONE)  # Spring Festival
    assert not is_workday(date(2026, 2, 17))
    assert wishes.due(wish, "now", festival).astimezone(ZONE).hour == 8
    assert is_workday(wishes.due(wish, "now", festival).astimezone(ZONE).date())


class Postbox:
    """What a mail server got; `answers` are its replies to the next letters, `cuts` how often it cuts the line."""

    def __init__(self):
        self.letters, self.answers, self.pause, self.cuts = [], [], 0, 0

    async def handle_DATA(self, server, session, envelope):
        import asyncio

        await asyncio.sleep(self.pause)
        if self.cuts:
            self.cuts -= 1
            server.transport.abort()
            return "250 nobody hears this"
        answer = self.answers.pop(0) if self.answers else "250 ok"
        if answer.startswith("250"):
            self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return answer


@pytest.fixture
def postbox(settings):
    """A real SMTP server on this machine."""
    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as trial:
        port = trial.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1
    box.controller = controller
    yield box
    with contextlib.suppress(AssertionError):
        controller.stop()


def approval(company):
    with time_machine.travel(NOON, tick=False):
        notify(company.li_na.pk, "请审批", url="/approvals/3/", about="approvals")
    return Delivery.objects.whole_table("test").get()


def again():
    Delivery.objects.whole_table("test").update(due_at=dates.now())
    Line.objects.update(rests_until=None)
    send_due()


def test_ACT_7_a_real_mail_server_gets_chinese_right(company, postbox):
    approval(company)
    send_due()
    (letter,) = postbox.letters
    assert (
        letter["Subject"] == "请审批"
        and letter["Message-ID"] == f"<{Delivery.objects.whole_table('test').get().letter}@localhost>"
    )
    assert "李娜" in letter.get_body(("plain",)).get_content() and "审批" in letter.get_body(("html",)).get_content()


def test_ACT_7_a_mail_server_that_is_busy_gets_it_later_under_the_same_id(company, postbox):
    postbox.answers = ["451 try again later", "250 ok"]
    row = approval(company)
    send_due()
    row.refresh_from_db()
    assert row.status == Status.FAILED and row.error.startswith("451")
    first = row.letter
    again()
    row.refresh_from_db()
    assert row.status == Status.SENT and row.letter == first and len(postbox.letters) == 1


def test_ACT_7_an_address_refused_for_good_is_given_up_and_seen(company, postbox):
    postbox.answers = ["550 no such user"]
    row = approval(company)
    send_due()
    row.refresh_from_db()
    assert row.status == Status.GIVEN_UP and row.error.startswith("550")


def test_ACT_7_a_mail_server_that_hangs_holds_nobody_up(company, postbox):
    postbox.pause, started = 2, clock.monotonic()
    row = approval(company)
    send_due()
    row.refresh_from_db()
    assert row.status == Status.FAILED and clock.monotonic() - started < 5
    postbox.pause = 0
    again()
    row.refresh_from_db()
    assert row.status == Status.SENT
    assert {letter["Message-ID"] for letter in postbox.letters} == {f"<{row.letter}@localhost>"}


def test_ACT_7_a_mail_server_that_cuts_the_line_gets_it_again_under_the_same_id(company, postbox):
    postbox.cuts = 1
    row = approval(company)
    send_due()
    row.refresh_from_db()
    assert row.status == Status.FAILED and row.error and not postbox.letters
    again()
    row.refresh_from_db()
    (letter,) = postbox.letters
    assert row.status == Status.SENT and letter["Message-ID"] == f"<{row.letter}@localhost>"


def test_ACT_7_a_letter_nobody_can_write_keeps_no_other_from_going(company, postbox, monkeypatch, caplog):
    real = mailing.render_to_string

    def broken_for_li_na(name, context):
        if context["person"] == company.li_na:
            raise TemplateSyntaxError("bad")
        return real(name, context)

    monkeypatch.setattr(mailing, "render_to_string", broken_for_li_na)
    with time_machine.travel(NOON, tick=False):
        for person in (company.li_na, company.wang_wei):
            notify(person.pk, "请审批", url="/approvals/3/", about="approvals")
    send_due()
    states = dict(Delivery.objects.whole_table("test").values_list("person__username", "status"))
    assert states == {company.li_na.username: Status.GIVEN_UP, company.wang_wei.username: Status.SENT}
    assert "TemplateSyntaxError" in caplog.text and len(postbox.letters) == 1


def test_ACT_7_a_mail_server_that_is_away_loses_nothing(company, postbox):
    postbox.controller.stop()
    row = approval(company)
    send_due()
    row.refresh_from_db()
    assert row.status == Status.FAILED and "refused" in row.error.lower()
