"""Prepare and start an import: the file is kept, the batch is a row, the work is a job (IMP-2)."""

from typing import Any

from django.core.files import File
from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.actions import start_job
from zhike.records.customising import add_word
from zhike.records.fields import Field
from zhike.records.imports.mapping import Mapping
from zhike.records.imports.undo import check_undo
from zhike.records.kinds import RecordKind
from zhike.records.models import ImportBatch


@action
def prepare_import(
    kind: RecordKind, upload: File, *, by: Viewer, name: str, mapping: dict[str, Any] | None = None
) -> ImportBatch:
    """Keep an uploaded file as an import to be mapped. Nothing is read into the records yet."""
    require(by, kind.verb("import"))
    batch = ImportBatch(kind=kind.label, file_name=name[-200:], mapping=mapping or {}, person_id=by.person_id)
    ending = name.rpartition(".")[2].lower()[:5]
    batch.upload.save(f"{kind.slug}.{ending}", upload, save=False)
    batch.save()
    return batch


@action
def map_import(batch: ImportBatch, mapping: Mapping, *, by: Viewer) -> ImportBatch:
    """Keep how the columns of an import become fields, and let the worker check the whole file (dry run)."""
    from zhike.records.tasks import check_import  # tasks name their queue at import, which needs the apps to be ready

    mapping.check(kinds.get(batch.kind))
    batch = _not_started(batch)
    batch.mapping, batch.checked = mapping.as_json(), {}
    if batch.errors_file:
        batch.errors_file.delete(save=False)
    batch.job = start_job(_("Check of %(file)s") % {"file": batch.file_name}, by=by)
    batch.save(update_fields=["mapping", "checked", "errors_file", "job"])
    check_import.enqueue(batch.pk, batch.job_id)
    return batch


@action
def explain_words(batch: ImportBatch, mapping: Mapping, added: list[tuple[Field, str]], *, by: Viewer) -> ImportBatch:
    """Add words to the lists of their fields, keep what others mean, and check the file again."""
    for field, word in added:
        add_word(field, word, by=by)
    return map_import(batch, mapping, by=by)


@action
def start_import(batch: ImportBatch, *, by: Viewer) -> ImportBatch:
    """Hand a mapped import to the worker, in this transaction. Raises Refused if it was started before."""
    from zhike.records.tasks import run_import

    batch = _not_started(batch)
    total = batch.checked.get("counts", {}).get("read", 0)
    batch.status = ImportBatch.Status.RUNNING
    batch.job = start_job(_("Import of %(file)s") % {"file": batch.file_name}, by=by, total=total)
    batch.save(update_fields=["job", "status"])
    run_import.enqueue(batch.pk)
    return batch


@action
def start_undo(batch: ImportBatch, *, by: Viewer) -> ImportBatch:
    """Let the worker take a finished import back. Raises Refused if it was, or if that is under way."""
    from zhike.records.tasks import take_back_import

    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("job").get(pk=batch.pk)
    check_undo(batch, by)
    if batch.job is not None and batch.job.is_under_way:
        raise Refused(_("This import is being taken back already."))
    batch.job = start_job(_("Taking back %(file)s") % {"file": batch.file_name}, by=by, total=batch.entries.count())
    batch.save(update_fields=["job"])
    take_back_import.enqueue(batch.pk, batch.job_id)
    return batch


def _not_started(batch: ImportBatch) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.status != ImportBatch.Status.READY:
        raise Refused(_("This import has been started already."))
    return batch
