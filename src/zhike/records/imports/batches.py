"""A prepared import run, or only checked, by the worker: the file kept with its batch, by the person who gave it."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import transaction

from zhike.kit import dates
from zhike.kit.viewer import viewer_of
from zhike.records import config, housekeeping, kinds
from zhike.records.imports.cells import Row
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping
from zhike.records.models import AuditEntry, ImportBatch

SHOWN_CELLS = 4  # of each of the first failed rows


def run_batch(batch_id: int, on_progress: Callable[[int], None] | None = None) -> ImportBatch:
    """Run or resume a prepared import; safe to call again after a kill. A file that cannot be read fails the batch."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.status not in (ImportBatch.Status.READY, ImportBatch.Status.RUNNING):
        return batch
    ImportBatch.objects.filter(pk=batch_id).update(status=ImportBatch.Status.RUNNING)
    with config.reading():
        viewer = viewer_of(batch.person_id)
        run = Import(kinds.get(batch.kind), Mapping.from_json(batch.mapping), viewer, batch=batch, progress=on_progress)
        with tempfile.TemporaryDirectory() as folder:
            errors = Path(folder) / "errors.xlsx"
            run.run(batch.upload.path, name=batch.file_name, errors_to=errors)
            with transaction.atomic():
                batch = ImportBatch.objects.get(pk=batch_id)
                for name, count in run.counts.items():
                    setattr(batch, name, count)
                batch.created = batch.entries.filter(kind=batch.kind, verb=AuditEntry.Verb.CREATED).count()
                batch.skipped = max(batch.read - batch.created - batch.updated - batch.failed, 0)
                batch.status, batch.finished_at = ImportBatch.Status.DONE, dates.now()
                _keep_errors(batch, errors)
                batch.save()
                if batch.read >= housekeeping.MANY_ROWS:
                    housekeeping.take_statistics_of.enqueue(batch.kind)
    return batch


def check_batch(batch: ImportBatch, on_progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Dry run of a prepared import; nothing is written but the rows that would fail, as a file of the batch.

    Gives {"counts", "errors": [[line, reason, the row's first cells]], "unmapped", "unknown": {field: [[word, rows]]}}.
    """
    with config.reading(), tempfile.TemporaryDirectory() as folder:
        viewer, errors = viewer_of(batch.person_id), Path(folder) / "errors.xlsx"
        mapping = Mapping.from_json(batch.mapping)
        run = Import(kinds.get(batch.kind), mapping, viewer, dry_run=True, progress=on_progress)
        counts = run.run(batch.upload.path, name=batch.file_name, errors_to=errors)
        _keep_errors(batch, errors)
    return {
        "counts": counts,
        "errors": [[row.number, " ".join(row.errors), _first_cells(row)] for row in run.failed.first],
        "unmapped": run.unmapped,
        "unknown": {name: words.most_common() for name, words in run.failed.unknown.items()},
    }


def _first_cells(row: Row) -> str:
    filled = [str(cell).strip()[:40] for cell in row.cells if cell is not None and str(cell).strip()]
    return " · ".join(filled[:SHOWN_CELLS])


def _keep_errors(batch: ImportBatch, written: Path) -> None:
    """Keep the file of failed rows with its batch in place of an earlier one; the batch is not saved yet."""
    if batch.errors_file:
        batch.errors_file.delete(save=False)
    if written.exists():
        with written.open("rb") as file:
            batch.errors_file.save(f"{batch.pk}-errors.xlsx", File(file), save=False)
