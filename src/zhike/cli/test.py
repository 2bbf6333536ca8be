"""`./zhike test`: brings in what the tests need, then runs all of them on SQLite, PostgreSQL and in a browser."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from zhike.cli import prepare
from zhike.cli.postgres import PrivatePostgres, server_programs

PASSES_ON = True
ROOT = prepare.ROOT
BIN = Path(sys.executable).parent
# One more than can run at a time: tests wait for databases, servers, browsers.
WORKERS = str((os.cpu_count() or 1) + 1)
# Each run names its own database; and of the hundreds of processes none shall compile again what another has.
LEFT_OUT = {"ZHIKE_DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def run(options) -> int:
    """Run all checks and tests, or with pytest arguments only those tests; 1 when any failed."""
    bring_in_programs()
    prepare.everything()
    chosen, results = options.rest, []
    own = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}

    def step(name: str, *command: str, **environment: str) -> None:
        print(f"\n── {name}", flush=True)
        started = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env={**own, **environment}).returncode
        results.append((name, code, time.monotonic() - started))

    def tests(name: str, *arguments: str, **environment: str) -> None:
        step(name, sys.executable, "-m", "pytest", *arguments, **environment)
        if chosen and results[-1][1] == 5:  # the chosen tests are all in the other run
            results[-1] = (name, 0, results[-1][2])

    if not chosen:
        step("ruff check", str(BIN / "ruff"), "check")
        step("ruff format", str(BIN / "ruff"), "format", "--check")
        step("rooms (import-linter)", str(BIN / "lint-imports"))
        step("migrations", sys.executable, "-m", "zhike", "manage", "makemigrations", "--check", "--dry-run")
    parallel = [] if any(a.startswith(("-n", "--numprocesses")) for a in chosen) else ["-n", WORKERS]
    # Neighbours stay together, so that what a file sets up is set up once; who has nothing left takes from the others.
    shared = [*parallel, "--dist=worksteal"] if parallel else []
    # Tests with real commits from several threads have a process of their own, whose connections nobody else used.
    apart = [] if chosen else ["--ignore=tests/concurrency"]
    tests("SQLite", "-m", "not browser", "--durations=10", *shared, *apart, *chosen)
    if apart:
        tests("SQLite, several at once", "tests/concurrency")
    with PrivatePostgres() as server:
        tests("PostgreSQL", "-m", "not browser", *shared, *apart, *chosen, ZHIKE_DATABASE_URL=server.url)
        if apart:
            tests("PostgreSQL, several at once", "tests/concurrency", ZHIKE_DATABASE_URL=server.url)
    # Browsers compute more than they wait.
    two = [] if chosen else ["-n", "auto", "--dist=loadgroup", "--no-loadscope-reorder"]
    tests("browser", "-m", "browser", *two, *(chosen or ["tests/browser"]))
    return report(results)


def report(results: list[tuple[str, int, float]]) -> int:
    """Print what passed and how long it took."""
    print()
    for name, code, seconds in results:
        print(f"{'passed' if code == 0 else 'FAILED':<7} {seconds:7.1f} s  {name}")
    failed = sum(code != 0 for _, code, _ in results)
    print(f"\n{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


def bring_in_programs() -> None:
    """Install what tests drive (browser, database, IMAP server, font) from Debian as root; else say what is missing."""
    missing = []
    if not any(map(shutil.which, CHROMIUM)):
        missing.append("chromium")
    if server_programs() is None:
        missing.append("postgresql")
    if shutil.which("xgettext") is None:
        missing.append("gettext")
    if not shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        missing.append("dovecot-imapd")
    if not CJK_FONT.exists() and shutil.which("apt-get"):
        missing.append("fonts-noto-cjk")
    if not missing:
        return
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"zhike: the tests need {', '.join(missing)}. As root: apt-get install {' '.join(missing)}")
    prepare.say(f"installing {', '.join(missing)} from Debian")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=environment, stdout=subprocess.DEVNULL)
    if subprocess.run(install, env=environment, stdout=subprocess.DEVNULL).returncode:
        sys.exit(f"zhike: could not install {', '.join(missing)}")
