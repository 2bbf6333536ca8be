"""Reads of this room, viewer first."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from zhike.kit.access import VERBS, may
from zhike.kit.errors import Forbidden, NotVisible
from zhike.kit.keys import LARGEST_KEY
from zhike.kit.viewer import Viewer
from zhike.records import config, kinds
from zhike.records.kinds import RecordKind
from zhike.records.lookups import person_names
from zhike.records.models import AuditEntry, ImportBatch, InboxItem, Job, SavedView, StoredFile, Tag
from zhike.records.prepared import prepared, prepared_count


def record(viewer: Viewer, kind: RecordKind, pk: int, *, related: tuple[str, ...] = ()) -> Any:
    """A record the viewer sees; raises NotVisible."""
    found = _record(viewer, kind, related, int(pk)) if 0 < int(pk) <= LARGEST_KEY else []
    if not found:
        raise NotVisible
    return found[0]


@prepared
def _record(viewer: Viewer, kind: RecordKind, related: tuple[str, ...], pk: int) -> QuerySet:
    rows = kind.rows(viewer, few=True).filter(pk=pk).order_by()
    return rows.select_related(*related) if related else rows


def record_for(viewer: Viewer, kind: RecordKind, pk: int, word: str = "change") -> Any:
    """A record on which the viewer may do this; unseen raises NotVisible, seen but not allowed Forbidden."""
    found = record(viewer, kind, pk)
    # Some kinds are never changed so, and logs not at all.
    if kind.is_log or kind.verb(word) not in VERBS or not may(viewer, kind.verb(word), found):
        raise Forbidden(kind.verb(word))
    return found


def history_of(viewer: Viewer, kind: RecordKind, pk: int) -> QuerySet[AuditEntry]:
    """The history of a record the viewer sees, newest first; raises NotVisible."""
    record(viewer, kind, pk)
    return AuditEntry.objects.filter(kind=kind.label, object_id=pk).select_related("person").order_by("-id")


def history_lines(kind: RecordKind, entry: AuditEntry, viewer: Viewer | None = None) -> list[dict[str, Any]]:
    """What an entry changed, in words: {"label", "before", "after"}; without the fields hidden from `viewer`."""
    lines = []
    hidden = kind.hidden_from(viewer) if viewer else ()
    for name, (before, after) in entry.changes.items():
        if name in hidden:
            continue
        field = kind.fields.get(name)
        label = field.label if field else _plain_label(kind, name)
        if field is None and _is_person(kind, name):
            before, after = (person_names().get(value, value) for value in (before, after))
        lines.append({"label": label, "before": _said(field, before), "after": _said(field, after)})
    return lines


def _is_person(kind: RecordKind, name: str) -> bool:
    column = next((column for column in kind.model._meta.fields if column.name == name), None)
    return column is not None and column.related_model is get_user_model()


def _plain_label(kind: RecordKind, name: str) -> Any:
    if name in AuditEntry.Verb.values:  # what happened to it, rather than a column: shared
        return AuditEntry.Verb(name).label
    try:
        return kind.model._meta.get_field(name).verbose_name
    except Exception:  # noqa: BLE001 - a column of an earlier release: its name is all we know
        return name


def _said(field: Any, value: Any) -> str:
    if value in (None, ""):
        return ""
    if field is None or field.type == "date" and not field.is_custom:
        return str(value)
    if field.type in ("money", "moment") and not field.is_custom:
        return field.text(Decimal(value) if field.type == "money" else datetime.fromisoformat(value))
    return field.text(field.unpack(value) if field.is_custom else value)


def files_of(viewer: Viewer, kind: RecordKind, pk: int) -> QuerySet[StoredFile]:
    """The files of a record the viewer sees, newest first; raises NotVisible."""
    record(viewer, kind, pk)
    return files_of_seen(kind, pk)


def files_of_seen(kind: RecordKind, pk: int) -> QuerySet[StoredFile]:
    """The files of a record that was read through a scope already."""
    return StoredFile.objects.filter(kind=kind.label, object_id=pk).select_related("person").order_by("-id")


def file(viewer: Viewer, pk: int) -> StoredFile:
    """A file of a record the viewer sees; raises NotVisible."""
    found = StoredFile.objects.filter(pk=pk).first() if 0 < pk <= LARGEST_KEY else None
    kind = kinds.find(found.kind) if found else None
    if kind is None:
        raise NotVisible
    record(viewer, kind, found.object_id)
    return found


def tags_of(kind: RecordKind, pk: int) -> QuerySet[Tag]:
    """The tags of a record (the record itself must have been read through a scope)."""
    return Tag.objects.filter(kind=kind.label, taggings__object_id=pk)


@prepared
def tags_on(viewer: Viewer, kind: RecordKind, pk: int) -> QuerySet[Tag]:
    """The tags of a record read through a scope, as a list."""
    return tags_of(kind, pk)


@prepared_count
def count_files(viewer: Viewer, kind: RecordKind, pk: int) -> QuerySet[StoredFile]:
    """How many files a record has that was read through a scope."""
    return files_of_seen(kind, pk)


def views_of(viewer: Viewer, kind: RecordKind) -> list[SavedView]:
    """The saved views of this person and those shared with all, in order."""
    return [v for v in _saved_views(kind.label) if v.is_shared or v.person_id == viewer.person_id]


def own_view(viewer: Viewer, pk: int) -> SavedView:
    """A view this person saved; raises NotVisible."""
    found = SavedView.objects.filter(pk=pk, person_id=viewer.person_id).first() if 0 < pk <= LARGEST_KEY else None
    if found is None:
        raise NotVisible
    return found


@config.cached
def _saved_views(kind: str) -> list[SavedView]:
    return list(SavedView.objects.filter(kind=kind))


def job(viewer: Viewer, pk: int) -> Job:
    """A job of this person; raises NotVisible."""
    found = Job.objects.filter(pk=pk, person_id=viewer.person_id).first() if 0 < pk <= LARGEST_KEY else None
    if found is None:
        raise NotVisible
    return found


def jobs_of(viewer: Viewer) -> QuerySet[Job]:
    """This person's jobs, newest first."""
    return Job.objects.filter(person_id=viewer.person_id).order_by("-id")


def inbox_of(viewer: Viewer) -> QuerySet[InboxItem]:
    """This person's messages, newest first."""
    return InboxItem.objects.filter(person_id=viewer.person_id).order_by("-id")


def imports_of(viewer: Viewer) -> QuerySet[ImportBatch]:
    """This person's imports, newest first."""
    return ImportBatch.objects.filter(person_id=viewer.person_id).order_by("-id")


@prepared_count
def unread(viewer: Viewer) -> QuerySet[InboxItem]:
    """How many messages this person has not read."""
    return InboxItem.objects.filter(person_id=viewer.person_id, read_at__isnull=True)
