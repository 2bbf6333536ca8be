"""Undo an import as a whole: what it created goes, what it changed goes back, unless touched since (IMP-2)."""

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import kinds, search
from zhike.records.models import AuditEntry, ImportBatch, Tagging


@action
def undo_import(batch: ImportBatch, *, by: Viewer) -> dict[str, int]:
    """Take an import back. Records changed by somebody since, or in use, are kept and counted.

    Returns {"removed", "restored", "kept"}. Raises Refused if it was undone before or is still running.
    """
    if batch.status != ImportBatch.Status.DONE:
        raise Refused(_("Only a finished import can be undone, and only once."))
    kind = kinds.get(batch.kind)
    require(by, kind.verb("import"))
    counts = {"removed": 0, "restored": 0, "kept": 0}
    entries = AuditEntry.objects.filter(batch=batch, kind=batch.kind).order_by("-id")
    for entry in entries.iterator(chunk_size=500):
        later = AuditEntry.objects.filter(kind=entry.kind, object_id=entry.object_id, id__gt=entry.pk)
        record = kind.rows(by).filter(pk=entry.object_id).first()
        if record is None:
            continue
        later = later.exclude(batch=batch).exclude(batch__status=ImportBatch.Status.UNDONE)
        if later.exclude(action="undo_import").exists():
            counts["kept"] += 1
        elif entry.verb == AuditEntry.Verb.CREATED:
            counts["removed" if _remove(kind, record, by) else "kept"] += 1
        else:
            _restore(kind, record, entry.changes)
            counts["restored"] += 1
    batch.status = ImportBatch.Status.UNDONE
    batch.save(update_fields=["status"])
    return counts


def _remove(kind: Any, record: Any, by: Viewer) -> bool:
    """Take a record away, by the way its room has for that; not where it is in use."""
    pk = record.pk
    try:
        with transaction.atomic():
            search.forget(kind, [pk])
            Tagging.objects.filter(tag__kind=kind.label, object_id=pk).delete()
            if unmake := getattr(kind, "unmake", None):
                unmake(record, by)
            else:
                record.delete()
    except ProtectedError:
        return False
    return True


def _restore(kind: Any, record: Any, changes: dict) -> None:
    for name, (before, _after) in changes.items():
        field = kind.fields.get(name)
        if field is not None and field.is_custom:
            record.custom.pop(name, None) if before is None else record.custom.update({name: before})
        else:
            column = record._meta.get_field(name)
            setattr(record, column.attname, column.to_python(before) if not column.is_relation else before)
    record.save()
    search.index(kind, [record])
