"""A worker killed in the middle of reading a mailbox: nothing is lost, nothing is there twice (ACT-8)."""

import email
import email.policy
import json
import signal
import subprocess
import sys

import pytest

from tests.installation import ROOT
from tests.mail_servers import Dovecot
from zhike.mail.tests.factories import letter_bytes

USER = "lina@chenghu.cn"
COUNT = 90
SET_UP = """
from zhike.customers.kinds import CONTACT, CUSTOMER
from zhike.kit.actions import acting
from zhike.kit.viewer import viewer_of
from zhike.mail import actions
from zhike.mail.tests.factories import account_of
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.records.actions import create_record
by = viewer_of(Person.objects.get(username="admin").pk)
customer = create_record(CUSTOMER, {{"name": "兰芷精密"}}, by=by)
create_record(CONTACT, {{"customer": customer.pk, "name": "王工", "email": "wang@lanzhi.cn"}}, by=by)
actions.save_rules(by=the_system(), inside_hosts="127.0.0.1")
account_of(by.person, imap={port}, address={user!r})
"""
# Killed inside the transaction that files the n-th letter, after its row and its file were written.
READ = """
import os, signal
from zhike.mail import fetching
from zhike.mail.actions import filing
from zhike.mail.models import MailAccount
fetching.BATCH, left, real = 20, [{kill_at}], filing._tell
def tell(letter):
    real(letter)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
filing._tell = tell
MailAccount.objects.update(busy_since=None)  # five minutes later
fetching.fetch(MailAccount.objects.get().pk)
"""
KEPT = """
import json
from zhike.mail.models import Letter, LetterBody, MailFolder
from zhike.records.models import InboxItem, StoredFile
rows = Letter.objects.whole_table("test").order_by("id")
print(json.dumps({"subjects": sorted(rows.values_list("subject", flat=True)),
                  "others": [LetterBody.objects.whole_table("test").count(), StoredFile.objects.count(),
                             InboxItem.objects.count()],
                  "last": MailFolder.objects.get(role="inbox").last_uid}))
"""


@pytest.fixture
def dovecot():
    server = Dovecot()
    yield server
    server.close()


def letter(n):
    """A letter with a file."""
    message = email.message_from_bytes(
        letter_bytes(to=USER, subject=f"第{n:02}封", Message_ID=f"<n{n}@l>"), policy=email.policy.default
    )
    message.add_attachment("型号,数量", filename="清单.csv")
    return message.as_bytes()


def read(installation, kill_at):
    """Run the reading as a process; gives how it ended."""
    code = READ.format(kill_at=kill_at)
    command = [sys.executable, "-m", "zhike", "manage", "shell", "--no-imports", "-c", code]
    return subprocess.run(command, env=installation.environment, cwd=ROOT, capture_output=True, text=True)


def kept(installation):
    return json.loads(installation.python(KEPT))


def test_ACT_8_reading_a_mailbox_killed_twice_loses_and_doubles_nothing(installation, dovecot):
    installation.python(SET_UP.format(port=dovecot.port, user=USER))
    dovecot.put(USER, *map(letter, range(COUNT)))
    for kill_at, before in ((33, 32), (26, 57)):
        done = read(installation, kill_at)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert len(kept(installation)["subjects"]) == before
    done = read(installation, 0)
    assert done.returncode == 0, done.stderr
    assert kept(installation) == {
        "subjects": [f"第{n:02}封" for n in range(COUNT)], "others": [COUNT] * 3, "last": COUNT,
    }  # fmt: skip
