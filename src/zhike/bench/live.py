"""Many people with a page open: connects them all, sends each a message, and looks at what the server spends.

`python -m zhike.bench.live people N` makes them in an installation and prints their cookies;
`python -m zhike.bench.live tell N WORD` sends each a message and prints when that was committed.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from zhike.bench.flows import answers

REST = 20.0  # seconds for which the server is watched at rest
NOTE = re.compile(rb'id: (\d+)\nevent: inbox\ndata: \{"id": \d+, "text": "(\w+) \d+"')


class Client:
    """A browser's end of the event stream: when which word arrived."""

    def __init__(self, port: int, cookie: str):
        self.port, self.cookie, self.last_id = port, cookie, ""
        self.heard: list[tuple[str, float]] = []
        self.ready = asyncio.Event()

    async def connect(self) -> None:
        """Open the stream and listen in the background."""
        reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        more = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
        request = f"GET /events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n{more}\r\n"
        self.writer.write(request.encode())
        self.ready.clear()
        self.listening = asyncio.create_task(self.listen(reader))
        await asyncio.wait_for(self.ready.wait(), 60)

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Note what comes."""
        rest = b""
        while chunk := await reader.read(65536):
            rest += chunk
            if b"event: unread" in rest:
                self.ready.set()
            found = list(NOTE.finditer(rest))
            for match in found:
                self.last_id = match.group(1).decode()
                self.heard.append((match.group(2).decode(), time.time()))
            rest = rest[found[-1].end() :] if found else rest[-400:]

    def close(self) -> None:
        """Go away."""
        self.listening.cancel()
        self.writer.close()


def measure(count: int) -> dict[str, float]:
    """Everything about `count` people connected to an installation made for this."""
    with tempfile.TemporaryDirectory(prefix="zhike-bench-") as folder:
        environment = {
            **os.environ,
            "ZHIKE_DATA": folder,
            "ZHIKE_DATABASE_URL": "",
            "ZHIKE_ADMIN_PASSWORD": "bench-only",
        }
        port = 18_900 + os.getpid() % 1000
        command = [sys.executable, "-m", "zhike", "up", "--port", str(port)]
        server = subprocess.Popen(command, env=environment, stdout=sys.stderr)
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), 60)
            cookies = ask(environment, "people", str(count)).splitlines()
            return asyncio.run(watch(server.pid, port, cookies, environment))
        finally:
            server.terminate()
            server.wait()


def wait_until(condition, seconds: float) -> None:
    """Look until it holds."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            sys.exit("zhike: the server did not start")
        time.sleep(0.1)


async def watch(pid: int, port: int, cookies: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Without clients, with all of them at rest, with a message to each, and after a break."""
    await asyncio.sleep(3)
    before, busy_alone = memory(pid), await busy(pid)
    clients = [Client(port, cookie) for cookie in cookies]
    for start in range(0, len(clients), 50):
        await asyncio.gather(*(client.connect() for client in clients[start : start + 50]))
    await asyncio.sleep(2)
    found = {"busy": await busy(pid), "memory": memory(pid) - before, "busy_alone": busy_alone}
    told = float(await asyncio.to_thread(ask, environment, "tell", str(len(clients)), "first"))
    await heard_by_all(clients, "first")
    waits = [at - told for client in clients for word, at in client.heard if word == "first"]
    found |= {"last": max(waits, default=60), "half": median(waits or [60])}
    for client in clients:
        client.close()
    await asyncio.to_thread(ask, environment, "tell", str(len(clients)), "missed")
    for start in range(0, len(clients), 50):
        await asyncio.gather(*(client.connect() for client in clients[start : start + 50]))
    await heard_by_all(clients, "missed")
    counts = [Counter(word for word, _at in client.heard) for client in clients]
    found["lost"] = sum(count["missed"] == 0 or count["first"] == 0 for count in counts)
    found["twice"] = sum(count["missed"] > 1 or count["first"] > 1 for count in counts)
    for client in clients:
        client.close()
    return found


async def heard_by_all(clients: list[Client], word: str, seconds: float = 10) -> None:
    """Wait until everybody heard a word, but not for ever."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not all(any(w == word for w, _at in client.heard) for client in clients):
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)


def memory(pid: int) -> float:
    """Resident memory of a process in MB."""
    return int(re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE).group(1)) / 1024


async def busy(pid: int) -> float:
    """Percent of a core a process uses while nothing happens."""
    before, started = ticks(pid), time.monotonic()
    await asyncio.sleep(REST)
    return (ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - started) * 100


def ticks(pid: int) -> int:
    """Processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def ask(environment: dict[str, str], *arguments: str) -> str:
    """Run this module inside the installation."""
    command = [sys.executable, "-m", "zhike.bench.live", *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def people(count: int) -> None:
    """Make people with a session each; print the cookies."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from zhike.kit.actions import acting
    from zhike.org.models import Person
    from zhike.org.viewers import the_system

    with acting(the_system(), "bench"):
        Person.objects.bulk_create([Person(username=f"live{n}", name=f"{n}", password="!") for n in range(count)])
        for person in Person.objects.filter(username__startswith="live").order_by("pk"):
            session = import_module(settings.SESSION_ENGINE).SessionStore()
            session[SESSION_KEY] = str(person.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session[HASH_SESSION_KEY] = person.get_session_auth_hash()
            session.save()
            print(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")


def tell(count: int, word: str) -> None:
    """A message to each, in one transaction; print when it was committed."""
    from zhike.org.models import Person
    from zhike.records.models import InboxItem

    people = Person.objects.filter(username__startswith="live").order_by("pk")[:count]
    InboxItem.objects.bulk_create([InboxItem(person=person, text=f"{word} {n}") for n, person in enumerate(people)])
    print(json.dumps(time.time()))


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhike.settings")
    django.setup()
    people(int(sys.argv[2])) if sys.argv[1] == "people" else tell(int(sys.argv[2]), sys.argv[3])
