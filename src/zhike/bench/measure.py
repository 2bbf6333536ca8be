"""One database, one size: server time of pages through the real WSGI application, in this process, warm.

Called by `bench.core` as a process of its own; prints one line of JSON at the end, everything else goes to stderr.
"""

import io
import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

import django

PEOPLE = {"admin": "bench-admin", "manager": "bench-manager-3", "seller": "bench-seller-77"}
WARM, DEEP = 10, 20
TOKEN = "b" * 32


class Application:
    """The WSGI application with one person signed in; called without sockets, so that only our own work is measured."""

    def __init__(self, username: str):
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore
        from django.core.wsgi import get_wsgi_application

        from zhike.org.models import Person

        person = Person.objects.get(username=username)
        session = SessionStore()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = "zhike.org.backends.PersonBackend"
        session.create()
        self.cookie = f"sessionid={session.session_key}; csrftoken={TOKEN}"
        self.call, self.person_id = get_wsgi_application(), person.pk

    def request(self, path: str, query: dict[str, str] | None = None, form: dict[str, str] | None = None):
        """The answer to a request: (status, body, ms)."""
        body = urlencode(form).encode() if form is not None else b""
        environ = {
            "REQUEST_METHOD": "GET" if form is None else "POST", "PATH_INFO": path, "SCRIPT_NAME": "",
            "QUERY_STRING": urlencode(query or {}), "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost",
            "HTTP_COOKIE": self.cookie, "HTTP_X_CSRFTOKEN": TOKEN, "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_ACCEPT_LANGUAGE": "zh-CN",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        said: list[str] = []
        started = time.perf_counter()
        answer = self.call(environ, lambda status, headers, error=None: said.append(status))
        content = b"".join(answer)
        answer.close()
        took = (time.perf_counter() - started) * 1000
        return int(said[0][:3]), content.decode(), took


def timed(requests: Iterator[tuple], application: Application, count: int) -> list[float]:
    """Median and 95th percentile of so many requests after some to warm up; any unexpected answer ends the run."""
    took = []
    for number, (expected, *request) in zip(range(WARM + count), requests, strict=False):
        status, content, ms = application.request(*request)
        if status != expected:
            sys.exit(f"zhike: {request}: {status} instead of {expected}: {content[-500:]}")
        if number >= WARM:
            took.append(ms)
    return [statistics.median(took), statistics.quantiles(took, n=20)[-1]]


def pages(application: Application, random: Random) -> dict[str, Iterator[tuple]]:
    """The requests of each page, without end: (expected status, path, query, form)."""
    from zhike.customers.models import Customer
    from zhike.kit.viewer import viewer_of

    rows = Customer.objects.visible_to(viewer_of(application.person_id)).order_by("-pk")
    own = list(rows.values_list("pk", "name", "phone", "code")[:2000])
    random.shuffle(own)

    def every(make: Callable[[tuple], tuple]) -> Iterator[tuple]:
        while True:
            yield from map(make, own)

    def words(row: tuple) -> list[str]:
        from zhike.kit.pinyin import syllables

        brand = row[1][2:4]
        return [brand, "".join(syllables(brand)), row[2][-4:], row[3], "科技", "张伟", "zw", row[1]]

    turn = iter(range(10**9))
    one_word = lambda row: words(row)[next(turn) % 8]  # noqa: E731
    return {
        "list": every(lambda row: (200, "/customers/")),
        "deep": deep(application),
        "contains": every(lambda row: (200, "/customers/", {"q": row[1][2:4]})),
        "customer": every(lambda row: (200, f"/customers/{row[0]}/")),
        "search": every(lambda row: (200, "/search/", {"q": one_word(row)})),
        "palette": every(lambda row: (200, "/palette/", {"q": one_word(row)})),
        "create": every(lambda row: (302, "/customers/new/", None, new_customer(row[1], application.person_id))),
        "board": every(lambda row: (200, "/opportunities/board/")),
    }  # fmt: skip


def new_customer(name: str, owner_id: int) -> dict[str, str]:
    """A customer nobody has yet, so that the form does not ask whether it is the same."""
    number = time.time_ns()
    return {
        "name": f"{name[:2]}新{number}有限公司", "phone": f"13{number // 1000 % 10**9:09d}", "owner": str(owner_id),
        "tier": "potential", "lifecycle": "potential",
    }  # fmt: skip


def deep(application: Application) -> Iterator[tuple]:
    """Pages of a filtered and sorted list, from the twentieth on where there are so many."""
    first = {"tier__in": "key,target", "sort": "-last_activity_at"}
    query, reached, depth = first, 0, DEEP
    while True:
        _status, content, _ms = application.request("/customers/", query)
        link = re.search(r'href="\?([^"]*after=[^"]*)"', content)
        if link is None:
            query, depth, reached = first, min(depth, reached), 0
            if not depth:
                yield 200, "/customers/", first
            continue
        query, reached = dict(parse_qsl(link.group(1).replace("&amp;", "&"))), reached + 1
        if reached >= depth:
            yield 200, "/customers/", query


def bare(count: int) -> float:
    """Median ms of a WSGI handler that runs one indexed query and writes 50 rows: the floor of this machine."""
    from django.db import connection

    connection.ensure_connection()

    def handler(environ, start_response):
        cursor = connection.connection.cursor()
        cursor.execute(
            "SELECT id, name, tier, lifecycle, phone, city, owner_id, updated_at FROM customers_customer"
            " ORDER BY updated_at DESC, id DESC LIMIT 50"
        )
        lines = [
            f"<tr><td><a href='/customers/{r[0]}/'>{r[1]}</a></td>" + "".join(f"<td>{v}</td>" for v in r[2:]) + "</tr>"
            for r in cursor.fetchall()
        ]
        cursor.close()
        start_response("200 OK", [("Content-Type", "text/html")])
        return [f"<table>{''.join(lines)}</table>".encode()]

    took = []
    for number in range(WARM + count):
        started = time.perf_counter()
        b"".join(handler({}, lambda status, headers: None))
        if number >= WARM:
            took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def main(scale: float, count: int) -> dict[str, Any]:
    """Make the data set once, then measure it."""
    from django.conf import settings
    from django.core.management import call_command

    from zhike.bench import data, flows

    call_command("migrate", verbosity=0)
    made = Path(settings.DATA) / "generated"
    if not made.exists():
        print(f"making {data.CUSTOMERS * scale:,.0f} customers ({settings.DATA})", file=sys.stderr)
        data.generate(scale)
        made.touch()
    found: dict[str, Any] = {"customers": round(data.CUSTOMERS * scale), "pages": {}}
    floors = [bare(count)]
    for person, username in PEOPLE.items():
        application = Application(username)
        for page, requests in pages(application, Random(5)).items():  # noqa: S311
            print(f"  {page} as {person}", file=sys.stderr)
            found["pages"].setdefault(page, {})[person] = timed(requests, application, count)
        floors.append(bare(count))
    found["bare"], found["flows"] = statistics.median(floors), flows.measure(application)
    return found


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main(float(sys.argv[1]), int(sys.argv[2]))))
