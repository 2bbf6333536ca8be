"""The follow-ups of `bench activity`: each database in a process of its own, as in the other benchmarks."""

import json
import os
import subprocess
import sys
from typing import Any

from zhike import environment


def measure(options: Any, parts: str) -> dict[str, Any]:
    """What SQLite gives at this scale; see `activity_measure`."""
    folder = environment.data_folder() / "bench" / f"sqlite-activity-{options.scale:g}"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"ZHIKE_DATA": str(folder), "ZHIKE_DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "zhike.settings"}
    command = [sys.executable, "-m", "zhike.bench.activity_measure", str(options.scale), str(options.requests), parts]
    done = subprocess.run(command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout.splitlines()[-1])
