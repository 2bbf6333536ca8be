"""A delivery is sent once, tried again later and ever later, taken up after a kill, and never lost (ACT-7)."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django_tasks_db.models import DBTaskResult

from zhike.channels import actions, sending
from zhike.channels.models import Delivery, Line
from zhike.channels.outcomes import failed, sent
from zhike.channels.sending import Carrier
from zhike.kit import dates
from zhike.kit.errors import Forbidden, Refused

Status = Delivery.Status


@pytest.fixture
def carrier(monkeypatch):
    """A channel that notes what it sends and does as told: `says` are the outcomes of the next attempts."""

    class Recorder:
        says, letters = [], []

        def send(self, rows):
            self.letters.append((rows[0].letter, [row.title for row in rows]))
            outcome = self.says.pop(0) if self.says else sent()
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

    recorder = Recorder()
    recorder.says, recorder.letters = [], []
    for channel, repeatable, rate in (("email", True, None), ("robot", False, (20, 60)), ("webhook", True, None)):
        monkeypatch.setitem(sending._carriers, channel, Carrier(recorder.send, repeatable, rate))
    return recorder


def put(n=1, channel="email", **more):
    return actions.deliver(channel, key=f"{channel}:{n}", line=channel, title=f"第{n}条", content={}, **more)


def due_again(delivery):
    """As if its time had come, and its line had rested."""
    Delivery.objects.whole_table("test").filter(pk=delivery.pk).update(due_at=dates.now())
    Line.objects.update(rests_until=None)


def test_ACT_7_the_same_message_twice_is_one_delivery_sent_once(db, carrier):
    first, second = put(), put()
    assert first == second and Delivery.objects.whole_table("test").count() == 1 and DBTaskResult.objects.count() == 1
    sending.send(first.pk)
    sending.send(first.pk)
    first.refresh_from_db()
    assert len(carrier.letters) == 1 and first.status == Status.SENT and first.attempts == 1 and first.sent_at


def test_ACT_7_what_fails_is_tried_again_ever_later_and_given_up_after_a_day(db, carrier):
    carrier.says = [failed("out of order")] * 20
    delivery, waits = put(), []
    for _attempt in range(len(sending.AFTER) + 1):
        due_again(delivery)
        sending.send(delivery.pk)
        delivery.refresh_from_db()
        if delivery.status == Status.FAILED:
            waits.append((delivery.due_at - dates.now()).total_seconds())
    assert delivery.status == Status.GIVEN_UP and delivery.error == "out of order"
    assert len(waits) == len(sending.AFTER)
    assert all(0.75 * plan < wait < 1.25 * plan for wait, plan in zip(waits, sending.AFTER, strict=True))
    assert 20 * 3600 < sum(sending.AFTER) < 26 * 3600
    assert delivery.tries.count() == len(sending.AFTER) + 1
    assert len({letter for letter, _titles in carrier.letters}) == 1  # the same letter each time


def test_ACT_7_a_line_that_fails_rests_and_its_other_messages_wait_untried(db, carrier):
    carrier.says = [failed("hangs")]
    first, second = put(1), put(2)
    sending.send(first.pk)
    sending.send(second.pk)
    second.refresh_from_db()
    assert len(carrier.letters) == 1 and second.attempts == 0 and second.status == Status.WAITING
    assert second.due_at > dates.now()
    due_again(second)
    sending.send(second.pk)
    assert Line.objects.get().failures == 0 and len(carrier.letters) == 2


def test_ACT_7_a_message_at_fault_does_not_stop_its_line(db, carrier):
    carrier.says = [KeyError("template")]
    bad, good = put(1), put(2)
    sending.send(bad.pk)
    sending.send(good.pk)
    bad.refresh_from_db(), good.refresh_from_db()
    assert bad.status == Status.GIVEN_UP and "KeyError" in bad.error and good.status == Status.SENT


def test_ACT_7_robots_take_twenty_a_minute(db, carrier):
    rows = [put(n, "robot") for n in range(25)]
    for row in rows:
        sending.send(row.pk)
    assert len(carrier.letters) == 20
    late = Delivery.objects.whole_table("test").filter(status=Status.WAITING)
    assert late.count() == 5 and all(50 < (row.due_at - dates.now()).total_seconds() < 62 for row in late)


def killed(delivery):
    """As a worker leaves it that is killed while sending."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    name = sending.own_name().replace(f":{os.getpid()}:", f":{gone.pid}:")
    gone.wait()
    sending.claim(delivery.pk)
    Delivery.objects.whole_table("test").filter(status=Status.SENDING).update(sender=name)


@pytest.mark.parametrize(
    ("channel", "state"), [("email", Status.FAILED), ("webhook", Status.FAILED), ("robot", Status.UNCLEAR)]
)
def test_ACT_7_what_a_killed_worker_left_goes_again_under_its_id_or_waits_for_a_person(db, carrier, channel, state):
    delivery = put(1, channel)
    killed(delivery)
    delivery.refresh_from_db()
    letter = delivery.letter
    assert sending.sweep() == 1 and sending.sweep() == 0
    delivery.refresh_from_db()
    assert delivery.status == state and delivery.letter == letter
    sending.send(delivery.pk)
    assert len(carrier.letters) == (0 if channel == "robot" else 1)


def test_ACT_7_a_living_sender_keeps_its_row_however_the_clock_jumps(db, carrier):
    delivery = put()
    sending.claim(delivery.pk)
    Delivery.objects.whole_table("test").update(
        sender=f"{sending.own_name().rpartition(':')[0].rpartition(':')[0]}:1:{sending._began(1)}"
    )
    for jump in (timedelta(days=30), timedelta(days=-30)):
        assert sending.sweep(dates.now() + jump) == 0
    assert Delivery.objects.whole_table("test").get().status == Status.SENDING


def test_ACT_7_a_digest_goes_again_as_it_was(db, carrier):
    rows = [put(n, bundle="digest:1") for n in range(3)]
    killed(rows[0])
    later = put(9, bundle="digest:1")
    sending.sweep()
    for row in (*rows, later):
        sending.send(row.pk)
    assert [titles for _letter, titles in carrier.letters] == [["第0条", "第1条", "第2条"], ["第9条"]]
    assert set(Delivery.objects.whole_table("test").values_list("status", flat=True)) == {Status.SENT}


def test_ACT_7_the_sweep_takes_what_has_no_job_once(db, carrier):
    delivery = put()
    DBTaskResult.objects.all().delete()
    Delivery.objects.whole_table("test").update(due_at=dates.now() - timedelta(minutes=5), queued_at=None)
    assert sending.sweep() == 1 and sending.sweep() == 0
    assert DBTaskResult.objects.count() == 1
    sending.send(delivery.pk)
    assert len(carrier.letters) == 1


def test_ACT_7_a_clock_that_went_back_keeps_nothing_waiting(db, carrier):
    carrier.says = [failed("later")]
    delivery = put()
    sending.send(delivery.pk)
    year = timedelta(days=365)  # it was written while the clock was a year ahead
    Delivery.objects.whole_table("test").update(
        due_at=dates.now() + year, changed_at=dates.now() + year, queued_at=dates.now() + year
    )
    Line.objects.update(rests_until=dates.now() + year)
    assert sending.sweep() == 1
    sending.send(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.status == Status.SENT


def test_ACT_7_what_was_sent_is_written_down_even_if_the_database_restarts(db, carrier, monkeypatch):
    real, away = sending.settle, [1, 1]

    def settle(*args):
        if away:
            away.pop()
            raise DatabaseError("the database system is starting up")
        real(*args)

    monkeypatch.setattr(sending, "settle", settle)
    monkeypatch.setattr(sending.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(sending, "close_old_connections", lambda: None)
    delivery = put()
    sending.send(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.status == Status.SENT and len(carrier.letters) == 1


def test_ACT_7_administrators_send_again_and_give_up(company, sign_in, viewer, carrier):
    carrier.says = [failed("wrong key", again=False)]
    delivery = put(1, "robot", person_id=company.li_na.pk)
    sending.send(delivery.pk)
    admin = sign_in(company.admin)
    page = admin.get("/settings/deliveries/?state=stuck").content.decode()
    assert "第1条" in page and "wrong key" in page
    assert "wrong key" in admin.get(f"/settings/deliveries/{delivery.pk}/").content.decode()
    assert admin.post(f"/settings/deliveries/{delivery.pk}/resend/").status_code == 302
    sending.send(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.status == Status.SENT
    assert admin.post(f"/settings/deliveries/{delivery.pk}/resend/").status_code == 422
    assert admin.post(f"/settings/deliveries/{delivery.pk}/give-up/").status_code == 422
    other = put(2)
    assert admin.post(f"/settings/deliveries/{other.pk}/give-up/").status_code == 302
    sending.send(other.pk)
    assert len(carrier.letters) == 2
    assert sign_in(company.li_na).get("/settings/deliveries/").status_code == 403
    with pytest.raises(Forbidden):
        actions.resend(other, by=viewer(company.li_na))
    killed(other := put(3))
    with pytest.raises(Refused):
        actions.resend(other, by=viewer(company.admin))
