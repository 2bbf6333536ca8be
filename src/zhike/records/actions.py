"""Writes every kind of record shares: create, change, delete, assign, tag, attach. Each room adds its own verbs."""

import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import messages, search
from zhike.records.events import emit
from zhike.records.kinds import RecordKind
from zhike.records.models import (
    AuditEntry,
    InboxItem,
    Job,
    NumberSequence,
    SavedView,
    StoredFile,
    Tag,
    Tagging,
)
from zhike.records.uploads import checked_upload


@action
def create_record(kind: RecordKind, values: dict[str, Any], *, by: Viewer) -> Any:
    """Create a record from cleaned values by field name; its owner is the creator unless given.

    Raises Refused at the field for what a rule, a constraint or the kind's `prepare` does not let through.
    """
    require(by, kind.verb("create"))
    record = kind.model()
    if kind.owner and kind.owned_by_creator and not values.get(kind.owner):
        values = {**values, kind.owner: by.person_id}
    fill(kind, record, values, by)
    return save_record(kind, record, by=by, created=True)


@action
def change_record(
    kind: RecordKind, record: Any, values: dict[str, Any], *, by: Viewer, version: int | None = None
) -> Any:
    """Change a record by cleaned values; only the named fields. Raises Stale if somebody saved after `version`."""
    require(by, kind.verb("change"), record)
    record = lock(record, version=version)
    fill(kind, record, values, by)
    return save_record(kind, record, by=by, created=False)


def fill(kind: RecordKind, record: Any, values: dict[str, Any], by: Viewer) -> None:
    """Write cleaned values to a record, each field's own verb asked for."""
    for name, value in values.items():
        field = kind.field(name)
        differs = field.read(record) != value and not (value in (None, "") and not field.read(record))
        if field.verb and differs and not by.can(field.verb):
            raise Refused({name: _("Your role may not change this.")})
        field.write(record, value)


def save_record(kind: RecordKind, record: Any, *, by: Viewer, created: bool) -> Any:
    """Number, check, save, index and announce a record. Inside an action."""
    changed = record.changes()
    if not created and not changed:
        return record
    if created and kind.number and not record.code:
        record.code = next_code(kind)
    if kind.prepare:
        kind.prepare(record, changed, by)
    try:
        record.full_clean(exclude=["custom"])
    except ValidationError as error:
        raise Refused(at_fields(kind, error)) from error
    touched = {**changed, **record.changes()}  # with what `prepare` changed, such as the owner
    record.save()
    search.index(kind, [record], changed=None if created else touched, new=created)
    if kind.saved:
        kind.saved(record, changed, by, created)
    if kind.owner and not created and f"{kind.owner}" in changed:
        emit(f"{kind.label}.assigned", record, by=by, before=changed[kind.owner][0])
    emit(f"{kind.label}.{'created' if created else 'changed'}", record, by=by, fields=sorted(changed))
    return record


def at_fields(kind: RecordKind, error: ValidationError) -> dict[str, list[str]]:
    """The messages of a model's own checks, at the fields a form has; the rest at the form."""
    found: dict[str, list[str]] = {}
    for name, texts in error.message_dict.items():
        found.setdefault(name if name in kind.fields else "", []).extend(texts)
    return found


def next_code(kind: RecordKind) -> str:
    """The next free code of a kind, from a counter in this transaction: no gaps, no doubles."""
    prefix, digits = kind.number
    while True:
        code = f"{prefix}{next_number(kind.label):0{digits}d}"
        if not kind.model._base_manager.filter(code=code).exists():  # imports may have brought codes of their own
            return code


def next_number(key: str, count: int = 1) -> int:
    """Take `count` numbers from a counter and give the first; the transaction holds the row till its end."""
    row, _created = NumberSequence.objects.select_for_update().get_or_create(key=key)
    first = row.last + 1
    row.last += count
    row.save(update_fields=["last"])
    return first


@action
def delete_record(kind: RecordKind, record: Any, *, by: Viewer, version: int | None = None) -> None:
    """Delete a record nothing depends on; its last state stays in the history. Raises Refused where it is in use."""
    require(by, kind.verb("delete"), record)
    record = lock(record, version=version)
    emit(f"{kind.label}.deleted", record, by=by, title=str(record), owner=getattr(record, f"{kind.owner}_id", None))
    search.forget(kind, [record.pk])
    Tagging.objects.filter(tag__kind=kind.label, object_id=record.pk).delete()
    record.delete()


@action
def assign_record(kind: RecordKind, record: Any, *, by: Viewer, owner_id: int) -> Any:
    """Hand a record to another owner (it may leave the writer's own scope by this). The new owner is told."""
    require(by, kind.verb("assign"), record)
    record = lock(record)
    field = kind.field(kind.owner)
    if field.read(record) == owner_id:
        return record
    field.write(record, owner_id)
    record = save_record(kind, record, by=by, created=False)
    if owner_id != by.person_id:
        url = record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""
        text = _("%(person)s handed you %(record)s.") % {"person": by.person or _("The system"), "record": record}
        notify(owner_id, text, url=url, about="handed")
    return record


@transaction.atomic
def notify(person_id: int, text: str, *, url: str = "", tone: str = "info", about: str = "") -> InboxItem:
    """Put a message into a person's inbox, in the transaction under way; what carries it further hears of it (ACT-7).

    `about` is its kind, a key of `records.messages`, by which people choose how they want to be told.
    """
    item = InboxItem.objects.create(person_id=person_id, text=text[:300], url=url, tone=tone, about=about)
    messages.carry(item)
    return item


@action
def tag_record(kind: RecordKind, record: Any, *, by: Viewer, name: str) -> Tag:
    """Stick a tag on a record, making the tag if it is new."""
    require(by, kind.verb("change"), record)
    name = " ".join(name.split())[:40]
    if not name:
        raise Refused({"tag": _("This is required.")})
    tag, _created = Tag.objects.get_or_create(kind=kind.label, name=name)
    _tagging, is_new = Tagging.objects.get_or_create(tag=tag, object_id=record.pk)
    if is_new:
        AuditEntry.write(record, AuditEntry.Verb.CHANGED, {"tags": [None, name]})
    return tag


@action
def untag_record(kind: RecordKind, record: Any, *, by: Viewer, name: str) -> None:
    """Take a tag off a record."""
    require(by, kind.verb("change"), record)
    if Tagging.objects.filter(tag__kind=kind.label, tag__name=name, object_id=record.pk).delete()[0]:
        AuditEntry.write(record, AuditEntry.Verb.CHANGED, {"tags": [name, None]})


@action
def attach_file(kind: RecordKind, record: Any, *, by: Viewer, upload: Any) -> StoredFile:
    """Keep a file with a record, checked for size and type (PLT-5). Raises Refused at `file`."""
    require(by, kind.verb("change"), record)
    name, content_type = checked_upload(upload)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    stored = StoredFile.objects.create(
        kind=kind.label, object_id=record.pk, name=name, content=upload, size=upload.size,
        content_type=content_type, sha256=digest.hexdigest(), person_id=by.person_id,
    )  # fmt: skip
    AuditEntry.write(record, AuditEntry.Verb.CHANGED, {"files": [None, name]})
    return stored


@action
def remove_file(kind: RecordKind, record: Any, stored: StoredFile, *, by: Viewer) -> None:
    """Take a file off a record; the history keeps its name."""
    require(by, kind.verb("change"), record)
    AuditEntry.write(record, AuditEntry.Verb.CHANGED, {"files": [stored.name, None]})
    stored.delete()


@action
def save_view(kind: RecordKind, *, by: Viewer, name: str, filter: list, search: str, columns: list, sort: str,
              shared: bool = False) -> SavedView:  # fmt: skip
    """Keep a list under a name for oneself, or shared with all; the same name again replaces one's own view."""
    name = " ".join(name.split())[:40]
    if not name:
        raise Refused({"name": _("This is required.")})
    view, _created = SavedView.objects.update_or_create(
        kind=kind.label, person_id=by.person_id, name=name,
        defaults={"filter": filter, "search": search, "columns": columns, "sort": sort, "is_shared": shared},
    )  # fmt: skip
    return view


@action
def delete_view(view: SavedView, *, by: Viewer) -> None:
    """Delete one's own saved view."""
    if view.person_id != by.person_id:
        raise Refused(_("Only the person who saved a view may delete it."))
    view.delete()


def start_job(title: str, *, by: Viewer, total: int = 0) -> Job:
    """A row that shows a person how far their job has come; enqueue the work in the same transaction."""
    return Job.objects.create(title=title[:200], person_id=by.person_id, total=total)
