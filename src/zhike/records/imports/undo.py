"""Undo an import as a whole: what it created goes, what it changed goes back, unless touched since (IMP-2)."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import acting
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import kinds, search
from zhike.records.kinds import RecordKind
from zhike.records.models import AuditEntry, ImportBatch, Tagging

CHUNK = 500
ACTION = "undo_import"


def undo_import(batch: ImportBatch, *, by: Viewer, progress: Callable[[int], None] | None = None) -> dict[str, int]:
    """Take an import back, the latest change first, in chunks of a transaction each; safe to go on with after a kill.

    Records changed by somebody since, or in use, are kept and counted. Gives {"removed", "restored", "kept"}; calls
    `progress(done)` after each chunk. Raises Refused if it was undone before or is still running.
    """
    check_undo(batch, by)
    kind = kinds.get(batch.kind)
    counts = {"removed": 0, "restored": 0, "kept": 0}
    ids = AuditEntry.objects.filter(batch=batch, kind=batch.kind).order_by("-id").values_list("pk", flat=True)
    todo = list(ids)
    for first in range(0, len(todo), CHUNK):
        with acting(by, ACTION):
            _undo(kind, batch, todo[first : first + CHUNK], by, counts)
        if progress:
            progress(min(first + CHUNK, len(todo)))
    ImportBatch.objects.filter(pk=batch.pk).update(status=ImportBatch.Status.UNDONE)
    return counts


def check_undo(batch: ImportBatch, by: Viewer) -> None:
    """Raise Refused unless the import is finished and was not undone; Forbidden for who may not import."""
    if batch.status != ImportBatch.Status.DONE:
        raise Refused(_("Only a finished import can be undone, and only once."))
    require(by, kinds.get(batch.kind).verb("import"))


def _undo(kind: RecordKind, batch: ImportBatch, chunk: list[int], by: Viewer, counts: dict[str, int]) -> None:
    entries = sorted(AuditEntry.objects.filter(pk__in=chunk), key=lambda entry: -entry.pk)
    touched = _last_touched(kind, batch, [entry.object_id for entry in entries])
    records = {r.pk: r for r in kind.rows(by).filter(pk__in=[entry.object_id for entry in entries])}
    for entry in entries:
        record = records.get(entry.object_id)
        if record is None:
            continue
        if touched.get(entry.object_id, 0) > entry.pk:
            counts["kept"] += 1
        elif entry.verb == AuditEntry.Verb.CREATED:
            counts["removed" if _done(_remove, kind, record, by) else "kept"] += 1
        else:
            counts["restored" if _done(_restore, kind, record, entry.changes) else "kept"] += 1


def _last_touched(kind: RecordKind, batch: ImportBatch, ids: list[int]) -> dict[int, int]:
    """The latest entry about each record that is neither of this import nor of one taken back, nor of taking back."""
    entries = AuditEntry.objects.filter(kind=kind.label, object_id__in=ids).exclude(batch=batch).exclude(action=ACTION)
    entries = entries.exclude(batch__status=ImportBatch.Status.UNDONE)
    return dict(entries.values_list("object_id").annotate(last=Max("pk")).order_by())


def _done(step: Callable, *args: Any) -> bool:
    """Whether a step was possible: a record in use stays, and so does one whose old name somebody took."""
    try:
        with transaction.atomic():
            step(*args)
    except IntegrityError:  # ProtectedError is one too
        return False
    return True


def _remove(kind: RecordKind, record: Any, by: Viewer) -> None:
    """Take a record away, by the way its room has for that."""
    pk = record.pk
    search.forget(kind, [pk])
    Tagging.objects.filter(tag__kind=kind.label, object_id=pk).delete()
    if unmake := getattr(kind, "unmake", None):
        unmake(record, by)
    else:
        record.delete()


def _restore(kind: RecordKind, record: Any, changes: dict) -> None:
    for name, (before, _after) in changes.items():
        field = kind.fields.get(name)
        if field is not None and field.is_custom:
            record.custom.pop(name, None) if before is None else record.custom.update({name: before})
        else:
            column = record._meta.get_field(name)
            setattr(record, column.attname, column.to_python(before) if not column.is_relation else before)
    record.save()
    search.index(kind, [record], changed=changes)
