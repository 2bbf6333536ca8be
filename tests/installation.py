"""A whole installation of its own for a test: data folder, database, and the real commands as processes."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psycopg

from tests.shell import Shell

ROOT = Path(__file__).resolve().parent.parent
DATABASE_URL = os.environ.get("ZHIKE_DATABASE_URL", "")


class Installation:
    """One ZHIKE_DATA and one database; `run` is `./zhike …` without its set-up of packages."""

    def __init__(self, folder: Path, database: str = "", **environment: str):
        self.folder = folder
        self.database = database
        folder.mkdir(parents=True, exist_ok=True)
        own = {key: value for key, value in os.environ.items() if not key.startswith(("ZHIKE_", "DJANGO_SETTINGS"))}
        self.environment = {**own, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "ZHIKE_DATA": str(folder), **environment}
        if database:
            self.environment["ZHIKE_DATABASE_URL"] = database
        self.shell: Shell | None = None
        self.shell_knows: tuple = ()

    def run(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess:
        """Run a command to its end; its exit code must be `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "zhike", *arguments], env=self.environment, capture_output=True, text=True, cwd=ROOT
        )
        assert code is None or done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def python(self, code: str) -> str:
        """Run Python inside this installation, in a process of its own; returns what it printed."""
        if self.shell is None or self.shell_knows != self.settings():
            self.shell = Shell(self.environment)
            self.shell_knows = self.settings()
        done = self.shell.run(code)
        assert done.returncode == 0, f"{code}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def settings(self) -> tuple:
        """What is read once when Django starts."""
        key = self.folder / "secret_key"
        return self.environment.copy(), key.read_bytes() if key.exists() else b""

    def up(self, *arguments: str) -> "Running":
        """Start the product on a free port; use as a with-block."""
        return Running(self, arguments)


class Running:
    """The product as a process tree, ready when the block begins; stopped by TERM at its end."""

    def __init__(self, installation: Installation, arguments: tuple[str, ...]):
        self.installation = installation
        self.port = free_port()
        self.output = installation.folder / "up.txt"
        command = [sys.executable, "-m", "zhike", "up", "--port", str(self.port), *arguments]
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command, env=installation.environment, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
            )

    def __enter__(self) -> "Running":
        try:
            wait_for(lambda: self.process.poll() is not None or "http://" in self.output.read_text(), 300, "ready")
            assert self.process.poll() is None, self.output.read_text()
        except BaseException:
            self.__exit__()  # a block that never began does not end either
            raise
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> int:
        """TERM, then wait; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """One GET request, without following redirects."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={key.replace("_", "-"): value for key, value in headers.items()})
        return connection.getresponse()

    def tree(self) -> dict[int, int]:
        """Resident memory in KiB of each process of the tree, by process id (as Linux tells it)."""
        parents, sizes = {}, {}
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                facts = dict(re.findall(r"^(PPid|VmRSS):\s+(\d+)", status.read_text(), re.MULTILINE))
                pid = int(status.parent.name)
                parents[pid], sizes[pid] = int(facts["PPid"]), int(facts.get("VmRSS", 0))
        tree = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
            tree |= more
        return {pid: sizes[pid] for pid in tree if pid in sizes}


def free_port() -> int:
    """A TCP port nobody listens at."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def wait_for(condition, seconds: float, what: str) -> None:
    """Look again and again until the condition holds; fails after so many seconds."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"waited {seconds} s for: {what}"
        time.sleep(0.05)


def empty_database(name: str = "", template: str = "template0") -> str:
    """The address of a new PostgreSQL database beside the configured one; "" when the tests run on SQLite."""
    if not DATABASE_URL.startswith("postgres"):
        return ""
    name = name or f"zhike_{uuid.uuid4().hex}"
    with psycopg.connect(DATABASE_URL, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return re.sub(r"(postgres(?:ql)?://[^/]*/)[^?]*", rf"\g<1>{name}", DATABASE_URL)


def database_names() -> set[str]:
    """The databases on the configured PostgreSQL server."""
    with psycopg.connect(DATABASE_URL, autocommit=True) as server:
        return {name for (name,) in server.execute("SELECT datname FROM pg_database")}


def drop_database(url: str) -> None:
    """Remove a database that `empty_database` made."""
    if url:
        name = re.search(r"//[^/]*/([^?]*)", url).group(1)
        with psycopg.connect(DATABASE_URL, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy_of(template: Installation, folder: Path, **environment: str) -> Installation:
    """Another installation with the same contents; nothing may be running on the first."""
    shutil.copytree(template.folder, folder, dirs_exist_ok=True)
    name = re.search(r"//[^/]*/([^?]*)", template.database).group(1) if template.database else ""
    return Installation(folder, empty_database(template=name) if name else "", **environment)
