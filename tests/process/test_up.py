"""`./zhike up` as a process tree: web, live events, workers (point 2 of the core)."""

import http.client
import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.installation import wait_for

SIGN_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from zhike.org.models import Person
person = Person.objects.get(username="admin")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(person.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session.save()
print(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
"""
NOTE = """
from zhike.org.models import Person
from zhike.records.models import InboxItem
InboxItem.objects.create(person=Person.objects.get(username="admin"), text={text!r}, url="/x/")
"""

STOPPED_IN_A_RUSH = """
import asyncio, os, signal
from zhike.supervisor import when_asked_to_stop

async def main():
    stopped = asyncio.Event()
    when_asked_to_stop(stopped.set)
    for _ in range(100_000):  # more than the loop's pipe holds: as if so many listeners had left at once
        asyncio.get_running_loop().call_soon_threadsafe(int)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(stopped.wait(), 10)
    print("stopped")

asyncio.run(main())
"""


def enqueue(installation, job, folder):
    installation.python(f"from tests.process import jobs; jobs.{job}.enqueue({str(folder)!r})")


def test_point_1_first_start_prints_the_password_once_and_answers(new_installation):
    with new_installation.up() as running:
        assert "Password: " in running.output.read_text()
        health = running.get("/healthz")
        assert (health.status, health.read()) == (200, b"ok\n")
        assert running.stop() == 0
    with new_installation.up() as running:
        assert "Password: " not in running.output.read_text()


def test_point_1_a_second_start_on_the_same_data_is_refused_in_one_line(installation):
    with installation.up():
        refused = installation.run("up", "--port", "1", code=2)
    assert refused.stderr.startswith("zhike: ZHIKE_DATA: ") and refused.stderr.count("\n") == 1


def test_point_1_a_taken_port_is_said_in_one_line(installation):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = installation.run("up", "--port", port, code=2)
    assert f"--port {port}" in refused.stderr and refused.stderr.count("\n") == 1


def test_point_2_the_idle_tree_is_small(installation):
    with installation.up() as running:
        wait_for(lambda: len(running.tree()) >= 2, 30, "the worker")
        assert running.get("/accounts/login/").status == 200
        assert sum(running.tree().values()) < 350 * 1024


@pytest.mark.parametrize("with_job", [True, False])
def test_point_2_term_finishes_the_running_request_and_job(installation, tmp_path, with_job):
    if with_job:
        enqueue(installation, "slow", tmp_path)
    with installation.up() as running:
        if with_job:
            wait_for((tmp_path / "begun").exists, 30, "the job to begin")
        slow = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
        slow.putrequest("POST", "/accounts/login/")
        slow.putheader("Content-Type", "application/x-www-form-urlencoded")
        slow.putheader("Content-Length", "9")
        slow.endheaders()
        slow.send(b"login")
        assert running.get("/healthz").status == 200  # the half request has arrived, too
        for pid in running.tree():  # as systemd does
            os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not accepts(running), 30, "the door to close")
        assert running.process.poll() is None
        slow.send(b"=abc")
        assert slow.getresponse().status in {200, 403}
        (tmp_path / "go-on").write_text("")
        assert running.process.wait(30) == 0
    assert (tmp_path / "ended").exists() == with_job


def test_point_2_term_is_heard_in_a_rush_too(installation):
    assert installation.python(STOPPED_IN_A_RUSH) == "stopped"


def accepts(running):
    """Whether a new request is answered."""
    try:
        return running.get("/healthz").status == 200
    except OSError:
        return False


def test_point_2_a_failed_job_is_tried_again(installation, tmp_path):
    enqueue(installation, "fails_at_first", tmp_path)
    with installation.up() as running:
        wait_for((tmp_path / "failed-once").exists, 30, "the job to fail")
        hurry = "from django_tasks_db.models import DBTaskResult as R; from django.utils import timezone;"
        hurry += "mine = R.objects.filter(status='READY', task_path__endswith='fails_at_first');"
        hurry += "print(mine.update(run_after=timezone.now()))"
        wait_for(lambda: installation.python(hurry) == "1", 30, "the job to be queued again")
        wait_for((tmp_path / "succeeded").exists, 30, "the job to succeed")
        assert running.stop() == 0


def test_point_2_a_job_whose_worker_was_killed_is_done_by_the_next(installation, tmp_path):
    enqueue(installation, "breaks_the_worker", tmp_path)
    with installation.up() as running:
        wait_for((tmp_path / "succeeded").exists, 60, "the job to be done after all")
        assert running.stop() == 0


def test_point_2_the_workers_end_with_a_killed_supervisor(installation):
    with installation.up() as running:
        wait_for(lambda: len(running.tree()) >= 2, 30, "the worker")
        workers = set(running.tree()) - {running.process.pid}
        running.process.kill()
        running.process.wait(10)
        wait_for(lambda: not any(alive(pid) for pid in workers), 30, "the workers to end")


def alive(pid):
    """Whether this process still runs (a dead one may wait for its parent)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Events:
    """A browser's end of the event stream."""

    def __init__(self, running, cookie, **headers):
        self.answer = running.get("/events/", Cookie=cookie, **headers)

    def next(self):
        """The next event as (id, kind, data); comments and settings are passed over."""
        fields = {}
        while line := self.answer.readline().decode():
            if line == "\n":
                if "event" in fields:
                    return fields.get("id"), fields["event"], json.loads(fields["data"])
                fields = {}
            elif not line.startswith(":"):
                name, _, value = line.rstrip("\n").partition(": ")
                fields[name] = value
        return None


def test_point_2_live_events_reach_their_person_and_go_on_after_a_break(installation):
    cookie = installation.python(SIGN_IN)
    installation.python(NOTE.format(text="before"))
    with installation.up() as running:
        assert running.get("/events/").status == 403
        assert running.get("/events/", Cookie="sessionid=nobody").status == 403
        page = Events(running, cookie)
        assert page.answer.status == 200 and page.answer.headers["content-type"] == "text/event-stream"
        assert page.next() == (None, "unread", 1)
        installation.python(NOTE.format(text="one"))
        first_id, kind, first = page.next()
        assert (kind, first["text"], first["url"]) == ("inbox", "one", "/x/")
        page.answer.close()
        installation.python(NOTE.format(text="two\nlines"))
        again = Events(running, cookie, Last_Event_ID=first_id)
        assert again.next() == (None, "unread", 3)
        assert again.next()[2]["text"] == "two\nlines"
        started = time.monotonic()
        assert running.stop() == 0  # an open stream does not keep the server
        assert again.next() is None and time.monotonic() - started < 20


def test_PLT_5_an_announced_body_beyond_the_limit_is_refused_unread(installation):
    installation.environment["ZHIKE_UPLOAD_MB"] = "1"
    with installation.up() as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
        connection.putrequest("POST", "/accounts/login/")
        connection.putheader("Content-Length", str(2 * 1024 * 1024))
        connection.endheaders()
        assert connection.getresponse().status == 413


def test_PLT_5_requests_no_browser_would_send_are_no_server_errors(installation):
    raw = [
        b"GET /?q=\xe5\xbc\xa0 HTTP/1.1\r\nHost: x\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nCookie: \xff\xfe=\xe5\r\n",
        b"GET /%00%ff/../x HTTP/1.1\r\nHost: x\r\n",
        b"POST /accounts/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n",
        b"GET /events/ HTTP/1.1\r\nHost: x\r\nLast-Event-ID: \xb2\r\nCookie: sessionid=\x00\r\n",
    ]
    with installation.up() as running:
        for request in raw:
            with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
                connection.sendall(request + b"Connection: close\r\n\r\n")
                status = int(connection.recv(1000).split(b" ")[1])
                assert status < 500, request
        assert "Traceback" not in (installation.folder / "logs" / "zhike.log").read_text()
