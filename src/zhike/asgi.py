"""What granian serves: live events as coroutines, everything else by Django in a thread pool, on one port."""

import asyncio
import string
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from zhike.kit.memory import set_aside
from zhike.live import LiveEvents

LOADED = 50  # answers after which the code of nearly all pages has been brought in


class Application:
    """One ASGI application of two parts; `idle` is set while no page is being made."""

    def __init__(self):
        self.pages = WSGIMiddleware(get_wsgi_application(), workers=settings.WEB_THREADS)
        self.live = LiveEvents()
        self.under_way = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self.served = 0

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return await self.pages(scope, receive, send)
        if scope["path"] == "/events/":
            return await self.live(scope, receive, send)
        if content_length(scope) > settings.UPLOAD_LIMIT:
            headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            return await send({"type": "http.response.body", "body": b"too large\n"})

        async def receive_more():
            # When the body has come already, granian gives an awaitable that is no coroutine, as a2wsgi wants it.
            return await receive()

        if not scope["query_string"].isascii():  # no browser sends that; a2wsgi would stumble over it
            scope["query_string"] = quote_from_bytes(scope["query_string"], safe=string.printable).encode()
        self.under_way += 1
        self.idle.clear()
        try:
            return await self.pages(scope, receive_more, send)
        finally:
            self.under_way -= 1
            if not self.under_way:
                self.idle.set()
            self.served += 1
            if self.served == LOADED:
                set_aside()


def content_length(scope) -> int:
    """The announced size of the body; Django reads no more than that, and nothing where none is announced."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() and len(value) < 19 else 0
