"""A server for the benchmark: our pages, or a bare handler that runs one indexed query and writes fifty rows.

Both behind the same server (granian, Django's side in a2wsgi's threads), so that their ratio says what our code costs.
`python -m zhike.bench.serve pages|bare PORT`.
"""

import asyncio
import sys
import threading
from html import escape

import django
from a2wsgi import WSGIMiddleware
from granian.constants import Interfaces
from granian.server.embed import Server

_own = threading.local()
COLUMNS = ["id", "name", "tier", "lifecycle", "phone", "city", "owner_id", "updated_at"]


def bare(environ, start_response):
    """The fifty customers changed last as a table: no framework, one connection kept in each thread."""
    cursor = _connection().cursor()
    cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM customers_customer ORDER BY updated_at DESC, id DESC LIMIT 50")
    rows = [
        f'<tr><td><a href="/customers/{row[0]}/">{escape(row[1])}</a></td>'
        + "".join(f"<td>{escape(str(value))}</td>" for value in row[2:])
        + "</tr>"
        for row in cursor.fetchall()
    ]
    cursor.close()
    body = f"<!doctype html><title>Customers</title><table>{''.join(rows)}</table>".encode()
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]


def _connection():
    if not hasattr(_own, "connection"):
        from django.db import connection

        connection.ensure_connection()
        _own.connection = connection.connection  # the driver's own
        if connection.vendor == "postgresql":
            _own.connection.autocommit = True
    return _own.connection


def application(which: str):
    """What is served under this name."""
    from django.conf import settings

    if which == "bare":
        return WSGIMiddleware(bare, workers=settings.WEB_THREADS)
    from zhike.asgi import Application

    return Application()


if __name__ == "__main__":
    django.setup()
    server = Server(application(sys.argv[1]), address="127.0.0.1", port=int(sys.argv[2]), interface=Interfaces.ASGI)
    asyncio.run(server.serve())
