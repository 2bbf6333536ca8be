"""The follow-ups of `bench activity`: each database in a process of its own, as in the other benchmarks."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from zhike import environment
from zhike.bench.core import SERVER
from zhike.cli.postgres import PrivatePostgres, server_programs


def databases(options: Any) -> list[str]:
    """Which databases to measure: those asked for, as far as their programs are there."""
    asked = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    return [name for name in asked if name == "sqlite" or server_programs() is not None]


def measure(database: str, options: Any, parts: str) -> dict[str, Any]:
    """What one database gives at this scale; see `activity_measure`."""
    folder = environment.data_folder() / "bench" / f"{database}-activity-{options.scale:g}"
    folder.mkdir(parents=True, exist_ok=True)
    if database == "sqlite":
        return in_process(folder, "", options, parts)
    with PrivatePostgres(folder / "server", SERVER) as server:
        return in_process(folder, server.url, options, parts)


def in_process(folder: Path, url: str, options: Any, parts: str) -> dict[str, Any]:
    """Make the data set if need be and measure, in a process that has these settings."""
    settings = {"ZHIKE_DATA": str(folder), "ZHIKE_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "zhike.settings"}
    command = [sys.executable, "-m", "zhike.bench.activity_measure", str(options.scale), str(options.requests), parts]
    done = subprocess.run(command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout.splitlines()[-1])
