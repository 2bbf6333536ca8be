"""Backup and restore bring back every row of every table and every file, between both databases (PLT-4)."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import psycopg
import pytest

from tests.installation import DATABASE_URL, ROOT, Installation, drop_database, empty_database, wait_for
from tests.templates import migrated_installation, migrated_on_sqlite

FILL = "from tests.process.fill import fill; fill()"
WRITER = "from tests.process.fill import write_pairs; write_pairs()"


@pytest.fixture(scope="module")
def filled(migrated, tmp_path_factory):
    """An installation with something in it. (The migrated one itself stays as it is for other tests.)"""
    from tests.installation import copy_of

    made = copy_of(migrated, tmp_path_factory.mktemp("filled"))
    made.python(FILL)
    yield made
    drop_database(made.database)


@pytest.fixture
def new_places(tmp_path):
    """Places to restore into: an empty one on the database the tests run on; before PostgreSQL, SQLite with all tables.

    Making all tables takes long, and that restoring into an empty SQLite does it is seen where the tests run on SQLite.
    """
    if DATABASE_URL:
        places = [migrated_on_sqlite(tmp_path / "sqlite"), Installation(tmp_path / "postgres", empty_database())]
    else:
        places = [Installation(tmp_path / "sqlite")]
    yield places
    for place in places:
        drop_database(place.database)


@pytest.fixture
def migrated_places(tmp_path):
    """The same with all tables already, and nobody in them."""
    places = [migrated_on_sqlite(tmp_path / "sqlite")]
    if DATABASE_URL:
        places.append(migrated_installation(tmp_path / "postgres"))
    yield places
    for place in places:
        drop_database(place.database)


def contents(installation):
    """Every row of every table as the models read them, and every file."""
    code = """
import json
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
out = {}
for model in apps.get_models(include_auto_created=True):
    if model._meta.managed and not model._meta.proxy:
        rows = model._base_manager.order_by("pk").values_list(*[f.attname for f in model._meta.local_concrete_fields])
        out[model._meta.db_table] = [
            [json.dumps(v, sort_keys=True) if isinstance(v, dict) else repr(v) for v in row] for row in rows
        ]
print(json.dumps(out))
"""
    tables = json.loads(installation.python(code))
    folder = installation.folder / "files"
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return tables, files


def table_names(installation):
    """What the database itself says it holds."""
    if installation.database:
        with psycopg.connect(installation.database) as database:
            rows = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    else:
        with contextlib.closing(sqlite3.connect(installation.folder / "zhike.sqlite3")) as database:
            rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name for (name,) in rows if not name.startswith(("sqlite_", "search_"))}


def test_PLT_4_every_row_and_every_file_comes_back_on_either_database(filled, new_places, tmp_path):
    backup = tmp_path / "backup.zip"
    filled.run("backup", str(backup))
    tables, files = contents(filled)
    assert len(tables["records_inboxitem"]) == 5000 and len(files) == 7
    # The search index is made anew.
    unknown = table_names(filled) - {"django_migrations"} - set(tables)
    assert all(name.startswith("records_search") for name in unknown), f"the backup would not know of {unknown}"
    for place in new_places:
        place.run("restore", str(backup))
        restored_tables, restored_files = contents(place)
        for name in tables:
            assert restored_tables[name] == tables[name], name
        assert restored_files == files
        # And on to the next place: from either database to the other.
        place.run("backup", str(backup))
        # Numbers go on where they were: that of a deleted row is not given out again.
        new = "from zhike.records.models import Job; from zhike.org.models import Person;"
        new += "print(Job.objects.create(title='n', person=Person.objects.get(username='admin')).pk)"
        assert int(place.python(new)) == 3


def test_PLT_4_sealed_passwords_open_after_a_restore_only_with_the_old_secret_key(filled, migrated_places, tmp_path):
    box = "from zhike.mail.models import MailAccount; box = MailAccount.objects.first() or MailAccount("
    box += "is_company=True, address='crm@chenghu.example', username='crm', imap_host='imap.chenghu.example');"
    filled.python(f"{box} box.set_password('orchid-lantern-42'); box.save()")
    backup, place = tmp_path / "backup.zip", migrated_places[0]
    filled.run("backup", str(backup))
    assert "secret_key" not in zipfile.ZipFile(backup).namelist()
    assert "secret_key" in place.run("restore", str(backup)).stdout
    assert place.python(f"{box} print(box.is_locked)") == "True"
    shutil.copy(filled.folder / "secret_key", place.folder / "secret_key")
    assert place.python(f"{box} print(box.is_locked, box.password)") == "False orchid-lantern-42"
    filled.python(f"{box} box.delete()")


def test_PLT_4_a_backup_made_while_somebody_writes_is_of_one_instant(filled, migrated_places, tmp_path):
    command = [sys.executable, "-m", "zhike", "manage", "shell", "--no-imports", "-c", WRITER]
    output = tmp_path / "writer.txt"
    with output.open("w") as out:
        writer = subprocess.Popen(command, env=filled.environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: "writing" in output.read_text(), 30, "the writer")
        backup = tmp_path / "backup.zip"
        filled.run("backup", str(backup))
        assert writer.poll() is None, output.read_text()
    finally:
        writer.kill()
        writer.wait()
    place = migrated_places[-1]
    place.run("restore", str(backup))
    pairs = "from zhike.records.models import InboxItem, Tag;"
    pairs += (
        "print(InboxItem.objects.filter(text__startswith='pair ').count(), Tag.objects.filter(kind='pair').count())"
    )
    one, other = place.python(pairs).split()
    assert one == other


def test_PLT_4_a_place_with_people_or_files_is_refused(filled, installation, tmp_path):
    backup = tmp_path / "backup.zip"
    filled.run("backup", str(backup))
    before = contents(installation)
    assert "not empty" in installation.run("restore", str(backup), code=2).stderr
    assert contents(installation) == before


def test_PLT_4_a_bad_backup_is_refused_in_one_line_and_leaves_nothing_behind(filled, migrated_places, tmp_path):
    good, place = tmp_path / "good.zip", migrated_places[0]
    filled.run("backup", str(good))
    for harm in ["nonsense", "half", "no manifest", "outside", "newer", "too few rows"]:
        bad = tmp_path / f"{harm}.zip"
        rewrite(good, bad, harm)
        refused = place.run("restore", str(bad), code=2)
        assert refused.stderr.startswith("zhike: ") and refused.stderr.count("\n") == 1, refused.stderr
        assert not [path for path in (place.folder / "files").rglob("*") if path.is_file()]
    place.run("restore", str(good))


def rewrite(good: Path, bad: Path, harm: str) -> None:
    """Write a copy of a backup with something wrong in it."""
    if harm == "nonsense":
        bad.write_bytes(b"no backup")
        return
    if harm == "half":
        bad.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
        return
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                if harm == "no manifest":
                    continue
                manifest = json.loads(content)
                if harm == "newer":
                    manifest["migrations"].append(["records", "9999_from_the_future"])
                if harm == "too few rows":
                    next(t for t in manifest["tables"] if t["name"] == "records_inboxitem")["rows"] += 1
                content = json.dumps(manifest)
            target.writestr(name, content)
        if harm == "outside":
            target.writestr("files/../../outside.txt", "x")
