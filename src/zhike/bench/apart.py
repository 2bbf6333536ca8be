"""Each database of a benchmark is measured in a process of its own; its data set is made once and kept."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from zhike import environment
from zhike.cli.postgres import PrivatePostgres, server_programs

MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
# A server as its manual says one should run it: a quarter of the memory for pages, nearly all else as it comes.
SERVER = {
    "shared_buffers": f"{MEMORY // 4 >> 20}MB", "listen_addresses": "", "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
}  # fmt: skip


def machine() -> str:
    """The class of machine: processors, memory, Python."""
    python = platform.python_version()
    return f"{os.cpu_count()} processors, {MEMORY / 2**30:.0f} GB, {platform.machine()}, Python {python}"


def databases(options: Any) -> list[str]:
    """Which databases to measure: those asked for, as far as their programs are there."""
    asked = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    if "postgresql" in asked and server_programs() is None:
        print("PostgreSQL's server programs are not installed: left out")
        asked.remove("postgresql")
    return asked


def measured(module: str, database: str, place: str, *arguments: Any) -> dict[str, Any]:
    """What `zhike.bench.<module>` finds with these arguments on a database, in the folder of that name."""
    folder = environment.data_folder() / "bench" / place
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", f"zhike.bench.{module}", *map(str, arguments)]
    if database == "sqlite":
        return _said(command, folder, "")
    with PrivatePostgres(folder / "server", SERVER) as server:
        return _said(command, folder, server.url)


def _said(command: list[str], folder: Path, url: str) -> dict[str, Any]:
    settings = {"ZHIKE_DATA": str(folder), "ZHIKE_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "zhike.settings"}
    done = subprocess.run(command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout.splitlines()[-1])
