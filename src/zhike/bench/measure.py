"""One database, one size: what pages take over HTTP on one connection, warm, each beside a bare handler.

After each request of a page the bare handler gets one, so that whatever else the machine does slows down both alike.
Called by `bench.core` as a process of its own; prints one line of JSON at the end, everything else goes to stderr.
"""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from zhike.bench import data, flows
from zhike.customers.models import Customer
from zhike.kit.actions import acting
from zhike.kit.pinyin import syllables
from zhike.kit.viewer import viewer_of
from zhike.org.models import Person
from zhike.org.setup import install_roles
from zhike.org.viewers import the_system

# Requests until each thread has met a page, and how many pages further down "deep" is.
WARM, DEEP = 24, 8
TOKEN = "b" * 32


def people() -> dict[str, str]:
    """Whose pages are measured: the user names of an administrator, a manager with a team, a seller."""
    found = list(Person.objects.filter(username__startswith="bench-").order_by("pk").values_list("username", flat=True))
    managers, sellers = ([name for name in found if sort in name] for sort in ("-manager-", "-seller-"))
    return {"admin": "bench-admin", "manager": managers[3], "seller": sellers[77 % len(sellers)]}


class Server:
    """With-block: our pages or the bare handler on a port of this machine, in a process of its own."""

    def __init__(self, which: str):
        self.which = which

    def __enter__(self) -> "Server":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "zhike.bench.serve", self.which, str(self.port)]
        self.process = subprocess.Popen(command, env={**os.environ, "PGAPPNAME": f"bench-{self.which}"})
        for _attempt in range(600):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.1)
        sys.exit(f"zhike: the server for {self.which} does not start")

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait()

    def cpu(self) -> float:
        """Milliseconds of processor time this server has used so far, with what the database used for it."""
        pids = [self.process.pid]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [f"bench-{self.which}"])
                pids += [pid for (pid,) in cursor.fetchall()]
        threads = [thread for pid in pids for thread in Path(f"/proc/{pid}/task").iterdir()]
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6


class Visitor:
    """One person on one connection, kept open as a browser does."""

    def __init__(self, port: int, username: str = ""):
        self.username = username
        self.connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Accept-Language": "zh-CN"}
        if username:
            self.headers |= {"Cookie": self._sign_in(username), "X-CSRFToken": TOKEN}

    def _sign_in(self, username: str) -> str:
        person = Person.objects.get(username=username)
        session = SessionStore()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = "zhike.org.backends.PersonBackend"
        session.create()
        self.person_id = person.pk
        return f"sessionid={session.session_key}; csrftoken={TOKEN}"

    def request(self, path: str, query: dict[str, str] | None = None, form: dict[str, str] | None = None):
        """The answer to a request: (status, body, ms from sending to the last byte)."""
        address = f"{path}?{urlencode(query)}" if query else path
        headers, body = dict(self.headers), None
        if form is not None:
            body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        started = time.perf_counter()
        self.connection.request("GET" if form is None else "POST", address, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        return answer.status, content.decode(), (time.perf_counter() - started) * 1000


def timed(requests: Iterator[tuple], visitor: Visitor, servers: tuple[Server, Server], count: int) -> dict[str, float]:
    """So many requests of a page, each followed by one of the bare handler; any unexpected answer ends the run.

    Gives ms by the clock ("p50", "p95") and of processor time a request ("cpu"), and the same of the bare handler.
    """
    pages, bare = servers
    other = Visitor(bare.port)
    visitor.connection.close()  # the server has closed one idle while others were measured; it is opened anew
    took, floor, used = [], [], (0.0, 0.0)
    for number, (expected, *request) in zip(range(WARM + count), requests, strict=False):
        if number == WARM:
            used = pages.cpu(), bare.cpu()
        status, content, ms = visitor.request(*request)
        if status != expected:
            sys.exit(f"zhike: {request}: {status} instead of {expected}: {content[-500:]}")
        took.append(ms)
        floor.append(other.request("/")[2])
    took, floor = took[WARM:], floor[WARM:]
    return {
        "p50": statistics.median(took), "p95": statistics.quantiles(took, n=20)[-1],
        "cpu": (pages.cpu() - used[0]) / count,
        "bare": statistics.median(floor), "bare_cpu": (bare.cpu() - used[1]) / count,
    }  # fmt: skip


def pages(visitor: Visitor, random: Random) -> dict[str, Iterator[tuple]]:
    """The requests of each page, without end: (expected status, path, query, form)."""
    rows = Customer.objects.visible_to(viewer_of(visitor.person_id)).order_by("-pk")
    # Not those that measuring made before: nothing hangs on them yet.
    rows = rows.filter(main_contact__isnull=False)
    own = list(rows.values_list("pk", "name", "phone", "code")[:2000])
    random.shuffle(own)

    def every(make: Callable[[tuple], tuple]) -> Iterator[tuple]:
        while True:
            yield from map(make, own)

    def words(row: tuple) -> list[str]:
        brand = row[1][2:4]
        return [brand, "".join(syllables(brand)), row[2][-4:], row[3], "科技", "张伟", "zw", row[1]]

    turn = iter(range(10**9))
    one_word = lambda row: words(row)[next(turn) % 8]  # noqa: E731
    return {
        "list": every(lambda row: (200, "/customers/")),
        "deep": deep(visitor),
        "contains": every(lambda row: (200, "/customers/", {"q": row[1][2:4]})),
        "customer": every(lambda row: (200, f"/customers/{row[0]}/")),
        "search": every(lambda row: (200, "/search/", {"q": one_word(row)})),
        "palette": every(lambda row: (200, "/palette/", {"q": one_word(row)})),
        "create": every(lambda row: (302, "/customers/new/", None, new_customer(row[1], visitor.person_id))),
        "board": every(lambda row: (200, "/opportunities/board/")),
        "board sums": every(lambda row: (200, "/opportunities/board/", {"part": "sums"})),  # asked for after the page
    }  # fmt: skip


def new_customer(name: str, owner_id: int) -> dict[str, str]:
    """A customer nobody has yet, so that the form does not ask whether it is the same."""
    number = time.time_ns()
    return {
        "name": f"{name[:2]}新{number}有限公司", "phone": f"13{number // 1000 % 10**9:09d}", "owner": str(owner_id),
        "tier": "potential", "lifecycle": "potential",
    }  # fmt: skip


def deep(visitor: Visitor) -> Iterator[tuple]:
    """Pages of a filtered and sorted list, from the eighth on; walked to beforehand."""
    query: dict[str, str] = {"tier__in": "key,target", "sort": "-last_activity_at"}
    walked = [query]
    while len(walked) < 2 * DEEP:
        _status, content, _ms = visitor.request("/customers/", query)
        link = re.search(r'href="\?([^"]*after=[^"]*)"', content)
        if link is None:
            break
        query = dict(parse_qsl(link.group(1).replace("&amp;", "&")))
        walked.append(query)
    while True:
        yield from ((200, "/customers/", query) for query in (walked[DEEP:] or walked[-1:]))


def pending() -> bool:
    """Whether the data set was made before the newest migration."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def read_into_memory(folder: Path) -> None:
    """Read the data set once, so that no first look at a page of it waits for the disk or for the system."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 20):
                    pass
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
            cursor.execute(
                "SELECT pg_prewarm(oid) FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = %s::regnamespace",
                ["public"],
            )


def main(scale: float, count: int, only: set[str], with_flows: bool) -> dict[str, Any]:
    """Make the data set once, then measure it: some pages, or all of them and what is not a page."""
    made = Path(settings.DATA) / "generated"
    if not made.exists():
        call_command("migrate", verbosity=0)
        print(f"making {data.CUSTOMERS * scale:,.0f} customers ({settings.DATA})", file=sys.stderr)
        data.generate(scale)
        made.touch()
    elif pending():
        call_command("migrate", verbosity=0)
        data.statistics()  # planners know nothing of an index made since
    with acting(the_system(), "bench"):
        install_roles()  # or a data set of an earlier release would show less on its pages
    read_into_memory(Path(settings.DATA))
    found: dict[str, Any] = {"customers": round(data.CUSTOMERS * scale), "pages": {}, "flows": {}}
    with Server("pages") as ours, Server("bare") as bare:
        for person, username in people().items():
            visitor = Visitor(ours.port, username)
            for page, requests in pages(visitor, Random(5)).items():  # noqa: S311
                if not only or page in only:
                    print(f"  {page} as {person}", file=sys.stderr)
                    found["pages"].setdefault(page, {})[person] = timed(requests, visitor, (ours, bare), count)
        if with_flows:
            found["flows"] = {"first_load": flows.first_load(visitor)}
    if with_flows:
        found["flows"] |= flows.measure()
    return found


if __name__ == "__main__":
    scale, count, only, with_flows = sys.argv[1:]
    print(json.dumps(main(float(scale), int(count), {page for page in only.split(",") if page}, with_flows == "1")))
