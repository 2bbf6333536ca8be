"""The outer world for tests: HTTP servers on this machine that behave, or misbehave, as told."""

import contextlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeServer:
    """A server that keeps what it was asked and answers by `answer(request) -> (status, headers, body)`.

    `mood`: "well", "hang" (no answer), "reset" (cuts the line), "drip" (a byte at a time), "refuse" (500).
    """

    def __init__(self, answer=None, context=None):
        self.requests, self.mood = [], "well"
        self.answer = answer or (lambda request: (200, {}, b"ok"))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                size = int(self.headers.get("Content-Length") or 0)
                request = {"method": self.command, "path": self.path, "headers": dict(self.headers.items()),
                           "body": self.rfile.read(size), "at": time.time()}  # fmt: skip
                outer.requests.append(request)
                outer.misbehave(self) or self.reply(*outer.answer(request))

            do_GET = do_POST

            def reply(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def misbehave(self, handler) -> bool:
        """Do what the mood says instead of answering."""
        if self.mood == "hang":
            time.sleep(3)
        elif self.mood == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        elif self.mood == "drip":
            with contextlib.suppress(OSError):
                for sign in b"HTTP/1.1 200 OK\r\n" * 30:
                    handler.connection.sendall(bytes([sign]))
                    time.sleep(0.05)
        elif self.mood == "refuse":
            handler.reply(500, {}, b"out of order")
            return True
        else:
            return False
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.connection.close()
        return True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def close(self) -> None:
        """Stop answering; the port is closed."""
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def serving(answer=None, context=None):
    """A FakeServer for a block."""
    server = FakeServer(answer, context)
    try:
        yield server
    finally:
        server.close()
