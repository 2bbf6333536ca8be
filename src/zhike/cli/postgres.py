"""A PostgreSQL server of our own for the length of a test run: no service, no port, nothing left behind."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FAST_NOT_SAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
}


def server_programs() -> Path | None:
    """The folder of the newest installed server programs, as Debian lays them out, or of the ones on the path."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PrivatePostgres:
    """With-block: a cluster of our own behind a Unix socket; `url` is for ZHIKE_DATABASE_URL.

    Without a folder it is fresh, fast and gone afterwards; in a folder it stays, and is started again the next time.
    """

    def __init__(self, folder: Path | None = None, settings: dict[str, str] = FAST_NOT_SAFE):
        self.socket = Path(tempfile.mkdtemp(prefix="zhike-pg-"))
        self.folder, self.is_kept, self.settings = folder or self.socket, folder is not None, settings
        self.url = f"postgres://zhike@/postgres?host={self.socket}"
        self.programs = server_programs()
        # The server refuses to run as root; Debian's package makes a user for it.
        self.user = "postgres" if os.geteuid() == 0 else None

    def __enter__(self) -> "PrivatePostgres":
        self.folder.mkdir(parents=True, exist_ok=True)
        for folder in {self.folder, self.socket}:
            if self.user:
                account = pwd.getpwnam(self.user)
                os.chown(folder, account.pw_uid, account.pw_gid)
            folder.chmod(0o755)
        data = self.folder / "data"
        if not data.exists():
            self.call(
                "initdb", "-D", str(data), "-U", "zhike", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
            )
        settings = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        log = str(self.folder / "log")
        self.call("pg_ctl", "-D", str(data), "-l", log, "-w", "-o", f"{settings} -k {self.socket}", "start")
        return self

    def __exit__(self, *_) -> None:
        how = "fast" if self.is_kept else "immediate"
        self.call("pg_ctl", "-D", str(self.folder / "data"), "-m", how, "-w", "stop")
        shutil.rmtree(self.socket, ignore_errors=True)

    def call(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs as the server's user."""
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(
            command, user=self.user, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            log = self.folder / "log"
            sys.exit(f"zhike: {program}: {done.stderr}{log.read_text() if log.exists() else ''}")
