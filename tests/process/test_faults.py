"""Workers killed in the middle, servers that hang, a database that restarts: nothing lost, nothing doubled (ACT-7)."""

import asyncio
import email
import email.policy
import json
import os
import signal
import socket
import time

import pytest
from aiosmtpd.controller import Controller

from tests.installation import DATABASE_URL, Installation, wait_for
from tests.templates import copy_migrated_to
from zhike.channels.tests.fakes import serving
from zhike.cli.postgres import PrivatePostgres, server_programs

SUBSCRIBE = """
from zhike.channels import actions, webhooks
from zhike.channels.models import Webhook
from zhike.kit.viewer import viewer_of
from zhike.org.models import Person
by = viewer_of(Person.objects.get(username="admin").pk)
actions.save_webhook(Webhook(), by=by, name="erp", url={url!r}, events=["customers.customer.*"],
                     secret=webhooks.new_secret())
"""
CREATE = """
from zhike.customers.kinds import CUSTOMER
from zhike.kit.viewer import viewer_of
from zhike.org.models import Person
from zhike.records.actions import create_record
by = viewer_of(Person.objects.get(username="admin").pk)
for n in range({count}):
    create_record(CUSTOMER, {{"name": f"{name}{{n}}"}}, by=by)
"""
WRITE_TO_ADMIN = """
from datetime import time
from zhike.channels.models import Preference
from zhike.kit.actions import acting
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.records.actions import notify
admin = Person.objects.get(username="admin")
with acting(the_system(), "test"):
    admin.email = "admin@example.com"
    admin.save()
Preference.objects.get_or_create(person=admin, defaults={"quiet_from": time(0), "quiet_until": time(0)})
notify(admin.pk, "请审批", about="approvals")
"""
STATES = """
import json
from zhike.channels.models import Delivery
print(json.dumps(list(Delivery.objects.whole_table("test").filter(channel=%r).order_by("pk").values_list("status", flat=True))))
"""
HURRY = """
from zhike.channels.models import Delivery, Line
from zhike.kit import dates
from django_tasks_db.models import DBTaskResult
Delivery.objects.whole_table("test").filter(status__in=["failed", "waiting"]).update(due_at=dates.now())
Line.objects.update(rests_until=None)
DBTaskResult.objects.filter(status="READY").update(run_after=dates.now())
"""


def states(installation, channel):
    return json.loads(installation.python(STATES % channel))


def kill_worker(running):
    """kill -9 of the worker process; the supervisor starts the next."""
    for pid in set(running.tree()) - {running.process.pid}:
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def receiver(installation):
    """Another system on this machine, which this installation is allowed to reach."""
    installation.environment["ZHIKE_OUTGOING_ALLOW"] = "127.0.0.0/8"
    with serving() as server:
        installation.python(SUBSCRIBE.format(url=server.url))
        yield server


def ids_of(server):
    return [request["headers"]["webhook-id"] for request in server.requests]


def test_ACT_7_a_worker_killed_while_a_webhook_hangs_sends_it_again_under_its_id(installation, receiver):
    receiver.mood = "hang"
    with installation.up() as running:
        installation.python(CREATE.format(count=3, name="客户"))
        wait_for(lambda: receiver.requests, 60, "the first webhook to be under way")
        kill_worker(running)
        receiver.mood = "well"
        wait_for(lambda: len(set(ids_of(receiver))) == 3, 90, "all three events")
        wait_for(lambda: states(installation, "webhook") == ["sent"] * 3, 60, "all to be written down")
        assert running.stop() == 0
    assert len(ids_of(receiver)) == 4  # one was under way when the worker died


class SlowPostbox:
    """A mail server that has taken the letter, and takes its time to say so, once."""

    def __init__(self):
        self.begun, self.letters, self.is_slow = 0, [], True

    async def handle_DATA(self, server, session, envelope):
        self.begun += 1
        if self.is_slow:
            await asyncio.sleep(30)
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 ok"


@pytest.fixture
def postbox(installation):
    box = SlowPostbox()
    with socket.create_server(("127.0.0.1", 0)) as trial:
        port = trial.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    installation.environment["ZHIKE_EMAIL_URL"] = f"smtp://user@127.0.0.1:{port}".replace("user@", "")
    yield box
    controller.stop()


def test_ACT_7_a_worker_killed_while_a_letter_is_handed_over_sends_it_once_more_under_its_id(installation, postbox):
    with installation.up() as running:
        installation.python(WRITE_TO_ADMIN)
        wait_for(lambda: postbox.begun, 60, "the letter to be under way")
        kill_worker(running)
        postbox.is_slow = False
        wait_for(lambda: postbox.letters, 90, "the letter")
        wait_for(lambda: states(installation, "email") == ["sent"], 60, "the letter to be written down")
        assert running.stop() == 0
    assert len({letter["Message-ID"] for letter in postbox.letters}) == 1 and len(postbox.letters) == 1


RULE = """
from zhike.activities.models import ReminderRule
from zhike.customers.models import Customer
ReminderRule.objects.all().delete()
ReminderRule(name="久未跟进", kind="customers.customer", clock="created_at", offset=0, recipients=["owner"],
             text="{record}").save()
"""
TOLD = """
import json
from zhike.activities.models import Reminder
from zhike.records.models import InboxItem
rows = list(Reminder.objects.values_list("object_id", "person_id", "cause"))
print(json.dumps([len(rows), len(set(rows)), InboxItem.objects.count()]))
"""


def test_ACT_7_a_worker_killed_in_the_middle_of_a_pass_goes_on_and_tells_everybody_once(installation, tmp_path):
    installation.python(RULE)
    installation.python(CREATE.format(count=1200, name="客户"))
    installation.python(f"from tests.process import jobs; jobs.a_pass_that_is_killed_twice.enqueue({str(tmp_path)!r})")
    with installation.up() as running:
        wait_for((tmp_path / "passed").exists, 120, "the pass to be done after all")
        assert running.stop() == 0
    assert (tmp_path / "killed-writing").exists() and (tmp_path / "killed-telling").exists()
    assert json.loads(installation.python(TOLD)) == [1200, 1200, 1]  # one message about all of them


AUTOMATE = """
from zhike.automation.models import AutomationRule
AutomationRule.objects.all().update(is_active=False)
AutomationRule(name="新客户", kind="customers.customer", trigger="clock:created_at", is_active=True, steps=[
    {"do": "tag", "with": {"name": "新客户"}}, {"do": "tell", "with": {"who": ["owner"], "text": "{record}"}}]).save()
"""
ACTED = """
import json
from zhike.automation.models import AutomationRun
from zhike.records.models import InboxItem, Tagging
runs = list(AutomationRun.objects.values_list("object_id", "status"))
print(json.dumps([len(runs), len(set(runs)), Tagging.objects.count(), InboxItem.objects.count()]))
"""


def test_ACT_7_a_worker_killed_in_the_middle_of_a_rules_steps_leaves_no_half_and_does_nothing_twice(
    installation, tmp_path
):
    installation.python(CREATE.format(count=30, name="客户"))
    installation.python(AUTOMATE)
    job = "an_automation_pass_that_is_killed_once"
    installation.python(f"from tests.process import jobs; jobs.{job}.enqueue({str(tmp_path)!r})")
    with installation.up() as running:
        wait_for((tmp_path / "passed").exists, 120, "the pass to be done after all")
        assert running.stop() == 0
    assert (tmp_path / "killed-once").exists()
    assert json.loads(installation.python(ACTED)) == [30, 30, 30, 30]


if DATABASE_URL.startswith("postgres") and server_programs() is not None:  # once: it has a server of its own

    def test_ACT_7_a_database_that_restarts_loses_and_doubles_nothing(tmp_path):
        with PrivatePostgres(settings={"listen_addresses": ""}) as server, serving() as receiver:
            copy_migrated_to(server)
            there = Installation(
                tmp_path / "pg", server.url, ZHIKE_OUTGOING_ALLOW="127.0.0.0/8", ZHIKE_ADMIN_PASSWORD="first-password"
            )
            with there.up() as running:
                there.python(SUBSCRIBE.format(url=receiver.url))
                receiver.mood = "hang"  # three seconds, in which the database restarts
                there.python(CREATE.format(count=2, name="客户"))
                wait_for(lambda: receiver.requests, 60, "the first webhook to be under way")
                data = str(server.folder / "data")
                server.call("pg_ctl", "-D", data, "-m", "immediate", "-w", "-l", str(server.folder / "log"), "restart")
                receiver.mood = "well"
                time.sleep(3)
                there.python(HURRY)
                wait_for(lambda: states(there, "webhook") == ["sent"] * 2, 120, "both events")
                assert running.stop() == 0
            assert len(set(ids_of(receiver))) == 2
