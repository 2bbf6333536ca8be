"""Restoring a backup."""

import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from zhike.backups.tables import FORMAT, BadBackup, all_models, columns_of, set_sequences
from zhike.records import search

BATCH = 1000


def restore_backup(source: Path) -> dict[str, int]:
    """Restore a backup into an empty installation; raises BadBackup, and leaves no rows behind, when it cannot.

    The tables are brought to the state the backup was made in, filled, and then migrated to this version of the code.
    """
    refuse_unless_empty()
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = read_manifest(archive)
            refuse_bad_names(archive)
            apps = migrate_to(manifest["migrations"])
            rows = fill_tables(archive, manifest, apps)
            files = restore_files(archive, Path(settings.MEDIA_ROOT))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadBackup(f"{source} is damaged or no backup: {error}") from error
    except OSError as error:
        raise BadBackup(f"cannot read {source}: {error.strerror or error}") from error
    call_command("migrate", interactive=False, verbosity=0)
    search.rebuild()  # the index is no data: it is made anew
    return {"tables": len(manifest["tables"]), "rows": rows, "files": files}


def refuse_unless_empty() -> None:
    """Raise BadBackup where there are people or uploaded files already."""
    files = Path(settings.MEDIA_ROOT)
    if files.is_dir() and any(path.is_file() for path in files.rglob("*")):
        raise BadBackup(f"not empty: there are uploaded files in {files}; restore into a fresh ZHIKE_DATA")
    from zhike.org.models import Person

    table = Person._meta.db_table
    if table in connection.introspection.table_names() and Person._base_manager.exists():
        raise BadBackup(
            "not empty: the database has people already; restore into a fresh database (ZHIKE_DATABASE_URL)"
        )


def read_manifest(archive: zipfile.ZipFile) -> dict:
    """The backup's own description of itself."""
    try:
        manifest = json.loads(archive.read("manifest.json"))
    except (KeyError, ValueError) as error:
        raise BadBackup("this is no backup of ours: it has no manifest") from error
    if manifest.get("format") != FORMAT:
        raise BadBackup(f"the backup has format {manifest.get('format')}; this version reads format {FORMAT}")
    return manifest


def refuse_bad_names(archive: zipfile.ZipFile) -> None:
    """Raise BadBackup for a name that would leave the folder of files."""
    for name in archive.namelist():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise BadBackup(f"the backup holds a file with a dangerous name: {name!r}")


def migrate_to(applied: list[list[str]]):
    """Bring the empty database to the state of these migrations; returns the models as they were then."""
    executor = MigrationExecutor(connection)
    nodes = {tuple(node) for node in applied}
    if unknown := sorted(nodes - set(executor.loader.graph.nodes) - executor.loader.replacements.keys()):
        raise BadBackup(f"the backup was made by a newer version of ZhiKe, which knows {'.'.join(unknown[0])}")
    known = nodes & set(executor.loader.graph.nodes)
    # The last ones: nothing that the backup also has builds on them.
    last = [
        node for node in known if not any(child.key in known for child in executor.loader.graph.node_map[node].children)
    ]
    state = executor.migrate(last)
    return state.apps


def fill_tables(archive: zipfile.ZipFile, manifest: dict, apps) -> int:
    """Put all rows in place of what the migrations made, in one transaction; returns their number."""
    models = {model._meta.db_table: model for model in all_models(apps)}
    if strange := [table["name"] for table in manifest["tables"] if table["name"] not in models]:
        raise BadBackup(f"the backup has a table this version does not know: {strange[0]}")
    rows = 0
    try:
        with transaction.atomic():
            empty(list(models))
            for table in manifest["tables"]:
                rows += fill_table(archive, table, models[table["name"]])
            set_sequences(manifest["sequences"], models.values())
    except IntegrityError as error:
        raise BadBackup(f"the backup contradicts itself: {error}") from error
    return rows


def empty(tables: list[str]) -> None:
    """Remove what migrations put into new tables: the backup has it too, as it was used and changed."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sql_flush(no_style(), tables, reset_sequences=False, allow_cascade=False):
            cursor.execute(statement)


def fill_table(archive: zipfile.ZipFile, table: dict, model) -> int:
    """Insert the rows of one table; returns their number, which must be the manifest's."""
    by_column = {field.column: field for field in columns_of(model)}
    if strange := set(table["columns"]) ^ set(by_column):
        raise BadBackup(f"the columns of {table['name']} are not those of the backup: {', '.join(sorted(strange))}")
    fields = [by_column[column] for column in table["columns"]]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(column) for column in table["columns"])
    values = ", ".join(["%s"] * len(fields))
    insert = f"INSERT INTO {quote(table['name'])} ({columns}) VALUES ({values})"
    count = 0
    with connection.cursor() as cursor:
        lines = read_rows(archive, table["name"], fields)
        while batch := list(islice(lines, BATCH)):
            cursor.executemany(insert, batch)
            count += len(batch)
    if count != table["rows"]:
        raise BadBackup(f"the backup has {count} rows of {table['name']} but should have {table['rows']}")
    return count


def read_rows(archive: zipfile.ZipFile, name: str, fields) -> Iterator[list]:
    """The rows of one table as the database takes them."""
    with archive.open(f"tables/{name}.jsonl") as file:
        for line in file:
            row = json.loads(line)
            yield [f.get_db_prep_save(f.to_python(v), connection) for f, v in zip(fields, row, strict=True)]


def restore_files(archive: zipfile.ZipFile, folder: Path) -> int:
    """Write the uploaded files; returns how many."""
    names = [name for name in archive.namelist() if name.startswith("files/") and not name.endswith("/")]
    for name in names:
        target = folder / name.removeprefix("files/")
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1024 * 1024)
        target.chmod(settings.FILE_UPLOAD_PERMISSIONS)
    return len(names)
