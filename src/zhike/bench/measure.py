"""One database, one size: the time pages take over HTTP on one connection, warm, beside a bare handler.

Called by `bench.core` as a process of its own; prints one line of JSON at the end, everything else goes to stderr.
"""

import itertools
import json
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

from zhike.bench import data, flows
from zhike.customers.models import Customer
from zhike.kit.pinyin import syllables
from zhike.kit.viewer import viewer_of
from zhike.org.models import Person

PEOPLE = {"admin": "bench-admin", "manager": "bench-manager-3", "seller": "bench-seller-77"}
WARM, DEEP = 10, 20
TOKEN = "b" * 32


class Server:
    """With-block: our pages or the bare handler on a port of this machine, in a process of its own."""

    def __init__(self, which: str):
        self.which = which

    def __enter__(self) -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen([sys.executable, "-m", "zhike.bench.serve", self.which, str(port)])
        for _attempt in range(600):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            time.sleep(0.1)
        sys.exit(f"zhike: the server for {self.which} does not start")

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait()


class Visitor:
    """One person on one connection, kept open as a browser does."""

    def __init__(self, port: int, username: str = ""):
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


def timed(requests: Iterator[tuple], visitor: Visitor, count: int) -> list[float]:
    """Median and 95th percentile of so many requests after some to warm up; any unexpected answer ends the run."""
    took = []
    for number, (expected, *request) in zip(range(WARM + count), requests, strict=False):
        status, content, ms = visitor.request(*request)
        if status != expected:
            sys.exit(f"zhike: {request}: {status} instead of {expected}: {content[-500:]}")
        if number >= WARM:
            took.append(ms)
    return [statistics.median(took), statistics.quantiles(took, n=20)[-1]]


def pages(visitor: Visitor, random: Random) -> dict[str, Iterator[tuple]]:
    """The requests of each page, without end: (expected status, path, query, form)."""
    rows = Customer.objects.visible_to(viewer_of(visitor.person_id)).order_by("-pk")
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
    }  # fmt: skip


def new_customer(name: str, owner_id: int) -> dict[str, str]:
    """A customer nobody has yet, so that the form does not ask whether it is the same."""
    number = time.time_ns()
    return {
        "name": f"{name[:2]}新{number}有限公司", "phone": f"13{number // 1000 % 10**9:09d}", "owner": str(owner_id),
        "tier": "potential", "lifecycle": "potential",
    }  # fmt: skip


def deep(visitor: Visitor) -> Iterator[tuple]:
    """Pages of a filtered and sorted list, from the twentieth on where there are so many."""
    first = {"tier__in": "key,target", "sort": "-last_activity_at"}
    query, reached, depth = first, 0, DEEP
    while True:
        _status, content, _ms = visitor.request("/customers/", query)
        link = re.search(r'href="\?([^"]*after=[^"]*)"', content)
        if link is None:
            query, depth, reached = first, min(depth, reached), 0
            if not depth:
                yield 200, "/customers/", first
            continue
        query, reached = dict(parse_qsl(link.group(1).replace("&amp;", "&"))), reached + 1
        if reached >= depth:
            yield 200, "/customers/", query


def main(scale: float, count: int) -> dict[str, Any]:
    """Make the data set once, then measure it."""
    call_command("migrate", verbosity=0)
    made = Path(settings.DATA) / "generated"
    if not made.exists():
        print(f"making {data.CUSTOMERS * scale:,.0f} customers ({settings.DATA})", file=sys.stderr)
        data.generate(scale)
        made.touch()
    found: dict[str, Any] = {"customers": round(data.CUSTOMERS * scale), "pages": {}}
    with Server("pages") as port, Server("bare") as bare_port:
        floors = [floor(bare_port, count)]
        for person, username in PEOPLE.items():
            visitor = Visitor(port, username)
            for page, requests in pages(visitor, Random(5)).items():  # noqa: S311
                print(f"  {page} as {person}", file=sys.stderr)
                found["pages"].setdefault(page, {})[person] = timed(requests, visitor, count)
            floors.append(floor(bare_port, count))
        found["bare"] = statistics.median(floors)
        found["flows"] = {"first_load": flows.first_load(visitor)}
    found["flows"] |= flows.measure()
    return found


def floor(port: int, count: int) -> float:
    """The median ms of the bare handler: what this machine, server and database take for anything at all."""
    return timed(itertools.repeat((200, "/")), Visitor(port), count)[0]


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]), int(sys.argv[2]))))
