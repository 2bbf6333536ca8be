"""Migrated databases, made once and copied: applying every migration takes half a minute, copying none.

What is kept carries the digest of all that a migrated database depends on, so a change of it makes a new one. Of several
test processes one makes it, the others wait.
"""

import fcntl
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path

from tests.installation import DATABASE_URL, ROOT, Installation, database_names, drop_database, empty_database
from zhike.cli import prepare
from zhike.cli.postgres import PrivatePostgres

FOLDER = ROOT / "build" / "tests"
NAME = "zhike_migrated_"
# Migrations and what they import, and the models, from which Django makes types and permissions at their end.
READ = ["*/migrations/*.py", "*/models.py", "*/models/**/*.py", "*/apps.py", "kit/*.py", "records/**/*.py",
        "settings.py", "customers/data/*.csv"]  # fmt: skip


@contextmanager
def one_at_a_time(name: str):
    """Others who ask for the same wait until the block ends."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def state() -> str:
    """What the contents of a migrated database depend on, as a short hash."""
    files = {path for pattern in READ for path in prepare.PACKAGE.glob(pattern) if "tests" not in path.parts}
    return prepare.digest([*files, ROOT / "requirements" / "base.txt"], contents=True)[:16]


def migrated_file() -> Path:
    """A SQLite database after all migrations, to be copied."""
    file = FOLDER / f"migrated-{state()}.sqlite3"
    with one_at_a_time("sqlite"):
        if not file.exists():
            draft = FOLDER / "draft"
            shutil.rmtree(draft, ignore_errors=True)
            Installation(draft).run("manage", "migrate", "--verbosity=0")
            with closing(sqlite3.connect(draft / "zhike.sqlite3")) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for old in FOLDER.glob("migrated-*"):
                old.unlink()
            (draft / "zhike.sqlite3").rename(file)
            shutil.rmtree(draft)
    return file


def migrated_database() -> str:
    """The name of a PostgreSQL database after all migrations, on the server the tests run on; a template for others."""
    name = NAME + state()
    with one_at_a_time("postgres"):
        if name not in database_names():
            draft = f"{name}_draft"
            address = re.sub(r"(//[^/]*/)[^?]*", rf"\g<1>{draft}", DATABASE_URL)
            drop_database(address)
            made = Installation(FOLDER / "draft-postgres", empty_database(draft))
            made.run("manage", "migrate", "--verbosity=0")
            shutil.rmtree(made.folder)
            empty_database(name, template=draft)
            drop_database(address)
    return name


def copy_migrated_to(server: PrivatePostgres) -> None:
    """Fill the first database of another server with all tables."""
    address = re.sub(r"(//[^/]*/)[^?]*", rf"\g<1>{migrated_database()}", DATABASE_URL)
    dump = subprocess.run([server.programs / "pg_dump", address], check=True, capture_output=True).stdout
    restore = [server.programs / "psql", "--quiet", "--set=ON_ERROR_STOP=1", server.url]
    subprocess.run(restore, input=dump, check=True, stdout=subprocess.DEVNULL)


def migrated_installation(folder: Path, **environment: str) -> Installation:
    """An installation with all tables on the database the tests run on, and nobody in it yet."""
    if DATABASE_URL.startswith("postgres"):
        return Installation(folder, empty_database(template=migrated_database()), **environment)
    return migrated_on_sqlite(folder, **environment)


def migrated_on_sqlite(folder: Path, **environment: str) -> Installation:
    """The same on SQLite, whatever the tests run on."""
    made = Installation(folder, **environment)
    shutil.copyfile(migrated_file(), folder / "zhike.sqlite3")
    return made


def demo_installation(folder: Path, shared: Path, **environment: str) -> Installation:
    """A copy of the demo company, made once in `shared` for all the processes of a test run; nothing has run in it."""
    with one_at_a_time("demo"):
        if not (shared / "made").exists():
            made = migrated_on_sqlite(shared, **environment)
            made.python("from zhike.cli.up import first_run; first_run(demo=True)")
            (shared / "made").touch()
    shutil.copytree(shared, folder, dirs_exist_ok=True)
    return Installation(folder, **environment)
