"""One process tree: this process serves the web and live events, and keeps the worker processes running.

TERM or Ctrl-C: no new requests, running requests and jobs are finished, exit 0. A second one later: at once, exit 1.
"""

import asyncio
import contextlib
import logging
import logging.config
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import get_resolver
from granian.constants import Interfaces
from granian.server.embed import Server

from zhike.asgi import Application

LOG_SIZE = 20 * 1024 * 1024  # bytes, of one log file
LOGS_KEPT = 5
RESTART_AFTER = [1, 2, 5, 15, 60]  # seconds, ever longer while a worker keeps dying at once

log = logging.getLogger("zhike.supervisor")


def serve(host: str, port: int) -> int:
    """Serve until told to stop; returns the exit code."""
    assert get_resolver().url_patterns  # loads the code of all pages now; a broken one is met now
    return asyncio.run(start(host, port))


async def start(host: str, port: int) -> int:
    """Within the event loop, which the parts need as they are made."""
    return await Supervisor(host, port).run()


class Supervisor:
    """Starts and stops the parts, in order."""

    def __init__(self, host: str, port: int):
        self.host, self.port = host, port
        self.application = Application()
        self.server = Server(self.application, host, port, interface=Interfaces.ASGINL, websockets=False, backlog=1024)
        logging.config.dictConfig(settings.LOGGING)  # granian has put its own in place
        self.stopping = asyncio.Event()
        self.asked_at = 0.0
        self.workers: dict[int, asyncio.subprocess.Process] = {}

    async def run(self) -> int:
        """Web first, so that it is ready soon; then the workers; then wait."""
        when_asked_to_stop(self.stop)
        web = asyncio.create_task(self.server.serve())
        if not await self.is_ready(web):
            self.stopping.set()
        keepers = []
        if not self.stopping.is_set():
            print(f"ZhiKe: http://{shown(self.host)}:{self.port}/", flush=True)
            keepers = [asyncio.create_task(self.keep_worker(n + 1)) for n in range(settings.WORKERS)]
        janitor = asyncio.create_task(keep_logs_small(settings.DATA / "logs" / "zhike.log"))
        stopped = asyncio.create_task(self.stopping.wait())
        await asyncio.wait([web, stopped], return_when=asyncio.FIRST_COMPLETED)
        failed = not self.stopping.is_set() or web.done()
        janitor.cancel()
        self.stopping.set()
        self.application.live.close()
        for process in self.workers.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        self.server.stop()
        await asyncio.gather(web, *keepers, return_exceptions=True)
        await self.application.idle.wait()
        await asyncio.sleep(0.1)  # the last answers are on their way out
        if failed and web.exception():
            log.error("the web server failed", exc_info=web.exception())
        return 1 if failed else 0

    def stop(self) -> None:
        """Asked to stop: gently the first time. The same wish from two sides at once is not a second time."""
        now = asyncio.get_running_loop().time()
        if self.stopping.is_set() and now - self.asked_at > 1:
            for process in self.workers.values():
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            os._exit(1)
        if not self.stopping.is_set():
            self.asked_at = now
            self.stopping.set()

    async def is_ready(self, web: asyncio.Task) -> bool:
        """Whether the server answers."""
        for _ in range(300):
            if web.done():
                return False
            if await asyncio.to_thread(answers, f"http://{shown(self.host)}:{self.port}/healthz"):
                return True
            await asyncio.sleep(0.1)
        return False

    async def keep_worker(self, number: int) -> None:
        """Keep one worker process running."""
        deaths = 0
        while not self.stopping.is_set():
            started = asyncio.get_running_loop().time()
            # Its own session: Ctrl-C reaches only the supervisor, which then asks it once to finish its job.
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "zhike.worker", str(number), str(os.getpid()), start_new_session=True
            )
            self.workers[number] = process
            code = await process.wait()
            if self.stopping.is_set():
                return
            deaths = deaths + 1 if asyncio.get_running_loop().time() - started < 60 else 1
            pause = RESTART_AFTER[min(deaths, len(RESTART_AFTER)) - 1]
            log.error("worker %s ended with %s; starting it again in %s s", number, code, pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)


def when_asked_to_stop(stop: Callable[[], None]) -> None:
    """Call `stop` in the running event loop at TERM and Ctrl-C."""
    loop = asyncio.get_running_loop()

    def asked(*_signal: Any) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop)

    for number in (signal.SIGINT, signal.SIGTERM):
        # Not `loop.add_signal_handler`: what tells the loop of a signal is lost while its pipe is full, as it is for a
        # moment when hundreds of listeners leave at once.
        signal.signal(number, asked)


def answers(url: str) -> bool:
    """Whether a page answers 200."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def shown(host: str) -> str:
    """The host in an address that can be opened on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host


async def keep_logs_small(file: Path) -> None:
    """Move a full log file away; the processes that write to it open a new one by themselves."""
    while True:
        if file.exists() and file.stat().st_size > LOG_SIZE:
            for number in range(LOGS_KEPT - 1, 0, -1):
                older = file.with_name(f"{file.name}.{number}")
                if older.exists():
                    older.rename(file.with_name(f"{file.name}.{number + 1}"))
            file.rename(file.with_name(f"{file.name}.1"))
        await asyncio.sleep(60)
