"""What is not a page: import and export by the command line, the first load, the idle process tree."""

import csv
import gzip
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from itertools import islice
from pathlib import Path
from typing import Any

IMPORTED = 50_000
COLUMNS = ["code", "name", "short_name", "uscc", "phone", "city", "tier", "lifecycle"]


def measure() -> dict[str, float]:
    """All of it, for the database of this process; see `core.FLOWS`."""
    from django.conf import settings

    folder = Path(settings.DATA)
    return imported(folder / "import") | exported(folder) | idle()


def imported(folder: Path) -> dict[str, float]:
    """Fifty thousand customers into an empty database beside this one, by `zhike import`: a second, and peak MB."""
    from zhike.bench import data

    folder.mkdir(exist_ok=True)
    file = folder / "customers.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for row in islice(data.customers(IMPORTED, [1]), IMPORTED):
            writer.writerow([row[name] for name in COLUMNS])
    environment = {**os.environ, "ZHIKE_DATA": str(folder), "ZHIKE_DATABASE_URL": empty_database(folder)}
    prepare = (
        "import django; django.setup();"
        "from django.core.management import call_command; call_command('migrate', verbosity=0);"
        "from zhike.bench.people import make_people; make_people(2, 2)"
    )
    subprocess.run([sys.executable, "-c", prepare], env=environment, check=True, stdout=sys.stderr)
    seconds, memory, own = run(["import", "customers", str(file)], environment)
    return {"import_rate": IMPORTED / seconds, "import_rss": memory, "import_own": own}


def empty_database(folder: Path) -> str:
    """The address of a database with nothing in it: a file of its own, or one beside ours on the same server."""
    from django.db import connection

    if connection.vendor == "sqlite":
        for file in folder.glob("zhike.sqlite3*"):
            file.unlink()
        return ""
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS zhike_import")
        cursor.execute("CREATE DATABASE zhike_import")
    return re.sub(r"@/\w+\?", "@/zhike_import?", os.environ["ZHIKE_DATABASE_URL"])


def exported(folder: Path) -> dict[str, float]:
    """Every customer of this database by `zhike export`: rows a second with the list's columns and all, peak MB."""
    found: dict[str, float] = {}
    for key, name, more in (
        ("export_rate", "export.csv", ["--columns", "list"]),
        ("export_xlsx", "export.xlsx", ["--columns", "list"]),
        ("export_all", "export.csv", []),
    ):
        file = folder / name
        seconds, memory, own = run(["export", "customers", str(file), *more], dict(os.environ))
        file.unlink()
        found[key] = count_customers() / seconds
        found["export_rss"] = max(found.get("export_rss", 0), memory)
        found["export_own"] = max(found.get("export_own", 0), own)
    return found


def count_customers() -> int:
    """How many customers this database has."""
    from zhike.customers.models import Customer

    return Customer.objects.whole_table("the benchmark's own data").count()


def run(arguments: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Run one of our commands: seconds without the start of Python and Django, and its largest memory in MB.

    First all of it, then without files it looks into: of a database of SQLite up to 256 MB are mapped into a process.
    These the system takes back whenever it needs the room, and all processes share them. Both are read while it runs:
    what the system tells at its end (`ru_maxrss`) is at least the memory of whoever started it, that is ours.
    """
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import django; django.setup()"], env=environment, check=True)
    starting = time.monotonic() - started
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "zhike", *arguments], env=environment, stdout=sys.stderr)
    most = own = 0.0
    while process.poll() is None:
        now, own_now = peak_and_own_memory(process.pid)
        most, own = max(most, now), max(own, own_now)
        time.sleep(0.02)
    if process.returncode:
        sys.exit(f"zhike: {' '.join(arguments)} failed")
    return max(time.monotonic() - started - starting, 0.001), most, own


def peak_and_own_memory(pid: int) -> tuple[float, float]:
    """The largest memory of a process so far in MB, and what it has now without mapped files; 0 when it has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = (re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE) for name in ("VmHWM", "RssAnon"))
    most, own = (int(one.group(1)) / 1024 if one else 0.0 for one in found)
    return most, own


def first_load(visitor: Any) -> float:
    """KB of stylesheets and scripts a first visit fetches, gzipped: what the page names and what that imports."""
    from django.contrib.staticfiles import finders

    _status, page, _ms = visitor.request("/customers/")
    names = re.findall(r'(?:href|src)="/static/([^"?]+\.(?:css|js))', page)
    seen: dict[str, float] = {}
    while names:
        # The names of collected files carry a hash of their content.
        name = re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", names.pop())
        if name in seen or (found := finders.find(name)) is None:
            continue
        text = Path(found).read_bytes()
        seen[name] = len(gzip.compress(text, 9)) / 1024
        more = re.findall(r"(?:from|import)\s*\(?['\"](\./[^'\"]+)", text.decode(errors="replace"))
        names += [os.path.normpath(Path(name).parent / other) for other in more]
    return sum(seen.values())


def idle() -> dict[str, float]:
    """Seconds until `zhike up` answers, and the memory of its processes (shared pages counted once) at rest, in MB."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "zhike", "up", "--port", str(port)], stdout=sys.stderr)
    try:
        while not answers(f"http://127.0.0.1:{port}/healthz"):
            if process.poll() is not None or time.monotonic() - started > 60:
                return {}
            time.sleep(0.05)
        ready = time.monotonic() - started
        wait_for_rest(process.pid)
        return {"ready": ready, "idle_rss": sum(map(memory_of, tree(process.pid)))}
    finally:
        process.terminate()
        process.wait()


def wait_for_rest(pid: int) -> None:
    """Until its processes compute next to nothing for five seconds: what became due while they were off is done first.

    Two minutes at most.
    """
    before, ends = processor_time(pid), time.monotonic() + 120
    while time.monotonic() < ends:
        time.sleep(5)
        if (now := processor_time(pid)) - before < 0.15:
            return
        before = now


def processor_time(pid: int) -> float:
    """Seconds of processor time a process and all below it have used."""
    stats = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in tree(pid)]
    return sum(int(ticks) for stat in stats for ticks in stat[11:13]) / os.sysconf("SC_CLK_TCK")


def answers(address: str) -> bool:
    """Whether there is an answer without an error."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310
            return answer.status == 200
    except OSError:
        return False


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in tree(int(child)))]


def memory_of(pid: int) -> float:
    """A process's share of memory in MB, pages it shares divided among those who share them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", lines, re.MULTILINE).group(1)) / 1024
