"""Live events (`GET /events/`, text/event-stream): what arrives in a person's inbox, within a second.

However many pages are open, one reader asks the database twice a second; nobody listening, nobody asks.
"""

import asyncio
import json
import logging
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from io import BytesIO

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, close_old_connections

from zhike.records.models import InboxItem

EVERY = 0.4  # seconds between two looks at the database
KEEP_ALIVE = 20.0  # seconds of silence, after which proxies get a comment to pass on
LIFETIME = 900.0  # seconds; then the browser connects again, and who it is is checked again
LATE = 30.0  # seconds for which a row with a lower id may still appear: its transaction was longer
MANY = 500  # rows per look, and rows sent again to a browser that comes back

log = logging.getLogger(__name__)


class LiveEvents:
    """The ASGI application of /events/, and the one reader behind it."""

    def __init__(self):
        self.streams: dict[int, set[asyncio.Queue]] = defaultdict(set)
        self.reader: asyncio.Task | None = None
        self.closing = False
        # One thread of its own: the database is asked in turn, and requests keep all of theirs.
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="live")

    async def __call__(self, scope, receive, send) -> None:
        """Answer one browser until it goes, its time is over or the server stops."""
        person_id = await self.in_thread(partial(signed_in_person, scope)) if scope["method"] == "GET" else None
        if person_id is None or self.closing:
            status = 405 if scope["method"] != "GET" else 503 if self.closing else 403
            await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]})
            await send({"type": "http.response.body", "body": b""})
            return
        inbox: asyncio.Queue = asyncio.Queue()
        self.streams[person_id].add(inbox)
        self.start_reader()
        gone = asyncio.ensure_future(until_gone(receive, inbox))
        try:
            await self.stream(person_id, last_event_id(scope), inbox, send)
        finally:
            gone.cancel()
            self.streams[person_id].discard(inbox)
            if not self.streams[person_id]:
                del self.streams[person_id]

    async def stream(self, person_id: int, last_id: int | None, inbox: asyncio.Queue, send) -> None:
        """Send what was missed, then what comes; `None` in the inbox ends it."""
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        unread, missed = await self.in_thread(partial(at_the_start, person_id, last_id))
        first = f"retry: 3000\n\nevent: unread\ndata: {unread}\n\n" + "".join(map(as_event, missed))
        await send({"type": "http.response.body", "body": first.encode(), "more_body": True})
        sent = {row["id"] for row in missed}
        ends = time.monotonic() + LIFETIME
        while (left := ends - time.monotonic()) > 0:
            try:
                row = await asyncio.wait_for(inbox.get(), min(left, KEEP_ALIVE))
            except TimeoutError:
                chunk = ":\n\n"
            else:
                if row is None:
                    break
                chunk = "" if row["id"] in sent else as_event(row)
            await send({"type": "http.response.body", "body": chunk.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def close(self) -> None:
        """End all streams, so that the server can stop; browsers connect again to the next one."""
        self.closing = True
        for inboxes in self.streams.values():
            for inbox in inboxes:
                inbox.put_nowait(None)

    def start_reader(self) -> None:
        """Let the reader run while there is a stream."""
        if self.reader is None or self.reader.done():
            self.reader = asyncio.ensure_future(self.read())

    async def read(self) -> None:
        """Look for new rows again and again and hand each to its person's streams, once."""
        floor, handed, marks = await self.in_thread(newest_id), {}, []
        while self.streams:
            try:
                rows = await self.in_thread(partial(rows_after, floor))
            except DatabaseError:
                log.exception("cannot read the inbox")
                await asyncio.sleep(5 * EVERY)
                continue
            for row in rows:
                if row["id"] not in handed:
                    handed[row["id"]] = True
                    for inbox in self.streams.get(row["person_id"], ()):
                        inbox.put_nowait(row)
            now = time.monotonic()
            if rows:
                marks.append((now, rows[-1]["id"]))
            # Below the floor nothing new can appear; after a full batch the rest comes first.
            while marks and (marks[0][0] < now - LATE or len(rows) == MANY):
                floor = marks.pop(0)[1]
            handed = {pk: True for pk in handed if pk > floor}
            await asyncio.sleep(0 if len(rows) == MANY else EVERY)

    async def in_thread(self, question):
        """Ask the database away from the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, asked, question)


async def until_gone(receive, inbox: asyncio.Queue) -> None:
    """Wait for the browser to close the connection, then end its stream."""
    while (await receive())["type"] != "http.disconnect":
        pass
    inbox.put_nowait(None)


def asked(question):
    """Call with a live database connection."""
    close_old_connections()
    return question()


def signed_in_person(scope) -> int | None:
    """Who the session cookie belongs to, as Django's own middlewares find out; None for nobody."""
    request = ASGIRequest(scope, BytesIO())
    sessions = import_module(settings.SESSION_ENGINE)
    request.session = sessions.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    person = get_user(request)
    return person.pk if person.is_authenticated and person.is_active else None


def last_event_id(scope) -> int | None:
    """Where a browser that comes back had got to."""
    value = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin1")
    return int(value) if value.isdecimal() and len(value) < 19 else None


def at_the_start(person_id: int, last_id: int | None) -> tuple[int, list[dict]]:
    """How much is unread, and what came since the last event (nothing for a new page: it has just been drawn)."""
    mine = InboxItem.objects.filter(person_id=person_id)
    unread = mine.filter(read_at__isnull=True).count()
    if last_id is None:
        return unread, []
    return unread, as_rows(mine.filter(pk__gt=last_id))


def newest_id() -> int:
    """The highest id so far."""
    return InboxItem.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def rows_after(floor: int) -> list[dict]:
    """The next rows of everybody, oldest first."""
    return as_rows(InboxItem.objects.filter(pk__gt=floor))


def as_rows(items) -> list[dict]:
    return list(items.order_by("pk").values("id", "person_id", "text", "url", "tone")[:MANY])


def as_event(row: dict) -> str:
    """One row in the words of the event stream; JSON has no line breaks that could end it early."""
    data = json.dumps({key: row[key] for key in ("id", "text", "url", "tone")})
    return f"id: {row['id']}\nevent: inbox\ndata: {data}\n\n"
