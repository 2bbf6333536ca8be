"""Writing a backup."""

import json
import os
import zipfile
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from zhike.backups.tables import FORMAT, BadBackup, all_models, as_plain, columns_of, sequences
from zhike.kit import dates

BATCH = 2000


def write_backup(target: Path) -> dict[str, int]:
    """Write everything as it stands at one instant; the system may go on working meanwhile.

    Returns counts of tables, rows and files. The file appears under its name only when it is complete.
    """
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise BadBackup("the database is not up to date with this version: run `zhike up` once first")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b"), "w",
                             zipfile.ZIP_DEFLATED, compresslevel=3) as archive:  # fmt: skip
            manifest = {
                "format": FORMAT,
                "made_at": dates.now().isoformat(),
                "database": connection.vendor,
                "migrations": sorted(executor.loader.applied_migrations),
            }
            with snapshot():
                manifest["tables"] = [write_table(archive, model) for model in all_models(apps)]
                manifest["sequences"] = sequences()
                # Inside the snapshot: a file is written before its row, so every row read has its file.
                manifest["files"] = write_files(archive, Path(settings.MEDIA_ROOT))
            archive.writestr("manifest.json", json.dumps(manifest, indent=1))
        draft.replace(target)
    except OSError as error:
        raise BadBackup(f"cannot write {target}: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    rows = sum(table["rows"] for table in manifest["tables"])
    return {"tables": len(manifest["tables"]), "rows": rows, "files": manifest["files"]}


@contextmanager
def snapshot():
    """A transaction that sees one state of the database throughout, and keeps nobody from writing."""
    usual = getattr(connection, "transaction_mode", None)
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.transaction_mode = "DEFERRED"  # IMMEDIATE would take the write lock
    try:
        with transaction.atomic(durable=True):
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    finally:
        if connection.vendor == "sqlite":
            connection.transaction_mode = usual


def write_table(archive: zipfile.ZipFile, model) -> dict:
    """Write the rows of one table in the order of their keys; returns its entry in the manifest."""
    fields = columns_of(model)
    # The unguarded manager: a backup is everybody's.
    rows = model._base_manager.order_by("pk").values_list(*[field.attname for field in fields])
    count = 0
    with archive.open(f"tables/{model._meta.db_table}.jsonl", "w", force_zip64=True) as file:
        for row in rows.iterator(chunk_size=BATCH):
            line = json.dumps([as_plain(value) for value in row], ensure_ascii=False, separators=(",", ":"))
            file.write(line.encode() + b"\n")
            count += 1
    return {
        "model": model._meta.label_lower,
        "name": model._meta.db_table,
        "columns": [field.column for field in fields],
        "rows": count,
    }


def write_files(archive: zipfile.ZipFile, folder: Path) -> int:
    """Write the uploaded files; returns how many."""
    count = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                archive.write(path, f"files/{path.relative_to(folder).as_posix()}")
            except FileNotFoundError:  # removed since it was listed
                continue
            count += 1
    return count
