"""Tables any record uses: audit, custom fields, files, tags, saved views, jobs, outbox, inbox.

A record is named by its kind ("customers.customer") and its id; no generic foreign key is followed by accident.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import dates
from zhike.kit.actions import running
from zhike.kit.scope import ScopedModel
from zhike.records.config import Configuration


def person_key(**options):
    """A foreign key to a person; people are never deleted, they leave."""
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", **options)


class Audited(models.Model):
    """Version, times, custom values, and an audit row for each write (ORG-7)."""

    created_at = models.DateTimeField(_("created at"), auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    custom = models.JSONField(_("custom fields"), default=dict, blank=True, editable=False)

    not_audited = frozenset({"id", "created_at", "updated_at", "version"})

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db, field_names, values):
        record = super().from_db(db, field_names, values)
        record.remember()
        return record

    @classmethod
    def kind_label(cls) -> str:
        """The name of this kind of record, such as "customers.customer"."""
        return cls._meta.label_lower

    def remember(self) -> None:
        """Keep the present values, so that the next save can tell what it changed."""
        kept = {f.attname: self.__dict__[f.attname] for f in self._meta.local_fields if f.attname in self.__dict__}
        kept["custom"] = dict(kept.get("custom") or {})
        self._kept = kept

    def changes(self) -> dict[str, list[Any]]:
        """What differs from the row as it was read: {field: [before, after]}, custom values under their own ids."""
        before = getattr(self, "_kept", {})
        changed = {}
        for name, attname in _audited_columns(type(self)):
            old, new = before.get(attname), getattr(self, attname)
            if old != new and not (old is None and new == ""):
                changed[name] = [_plain(old), _plain(new)]
        old_custom = before.get("custom") or {}
        for key in old_custom.keys() | self.custom.keys():
            if old_custom.get(key) != self.custom.get(key):
                changed[key] = [old_custom.get(key), self.custom.get(key)]
        return changed

    def save(self, *args, **kwargs):
        created = self._state.adding
        changed = self.changes()
        if not created:
            self.version += 1
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "version", "updated_at"}
        super().save(*args, **kwargs)
        if created or changed:
            AuditEntry.write(self, AuditEntry.Verb.CREATED if created else AuditEntry.Verb.CHANGED, changed)
        self.remember()

    def delete(self, *args, **kwargs):
        self._kept = {}
        AuditEntry.write(
            self, AuditEntry.Verb.DELETED, {name: [new, old] for name, (old, new) in self.changes().items()}
        )
        return super().delete(*args, **kwargs)


class Record(Audited, ScopedModel):
    """Base of every main record. Its `scope` says who sees it."""

    class Meta:
        abstract = True


class OwnedRecord(Record):
    """A record with a responsible owner; its `scope` says by which field."""

    class Meta:
        abstract = True


@cache
def _audited_columns(model: type[Audited]) -> list[tuple[str, str]]:
    left_out = model.not_audited | {"custom"}
    return [(f.name, f.attname) for f in model._meta.local_fields if f.name not in left_out]


def _plain(value):
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class AuditEntry(models.Model):
    """Who changed what, when: one row per write of a record, never changed afterwards (ORG-7).

    Guarded by the record it speaks of: read it through `queries.history_of`.
    """

    class Verb(models.TextChoices):
        CREATED = "created", pgettext_lazy("history", "created")
        CHANGED = "changed", pgettext_lazy("history", "changed")
        DELETED = "deleted", pgettext_lazy("history", "deleted")
        SEEN = "seen", pgettext_lazy("history", "viewed")
        PRINTED = "printed", pgettext_lazy("history", "printed")
        EXPORTED = "exported", pgettext_lazy("history", "exported")
        SHARED = "shared", pgettext_lazy("history", "shared")

    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    verb = models.CharField(max_length=12, choices=Verb.choices)
    changes = models.JSONField(default=dict)
    action = models.CharField(max_length=80)
    person = person_key(null=True)
    batch = models.ForeignKey("records.ImportBatch", models.SET_NULL, null=True, related_name="entries")
    happened_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "object_id", "-id"], name="audit_of_record"),
            models.Index(fields=["batch", "kind"], name="audit_of_batch", condition=Q(batch__isnull=False)),
        ]

    def __str__(self):
        return f"{self.title} {self.verb}"

    @property
    def author(self) -> str:
        """Who did it, in words: a person, what the system acted through ("automation:…"), or the system."""
        if self.person_id:
            return str(self.person)
        _through, _colon, name = self.action.partition(":")
        return str(_("Automation: %(name)s") % {"name": name} if name else _("The system"))

    @classmethod
    def of(cls, record: models.Model, verb: str, changes: dict | None = None) -> "AuditEntry":
        """An entry about this record by the action under way, not saved yet (imports save many at once)."""
        now = running()
        return cls(
            kind=record._meta.label_lower,
            object_id=record.pk,
            title=str(record)[:200],
            verb=verb,
            changes=changes or {},
            action=(now.through or now.name)[:80],
            person_id=now.by.person_id,
            batch_id=now.batch_id,
        )

    # The columns of `values_of`.
    COLUMNS = ("kind", "object_id", "title", "verb", "changes", "action", "person_id", "batch_id", "happened_at")

    @classmethod
    def values_of(cls, written: Iterable[tuple[models.Model, str, dict]]) -> Iterator[tuple]:
        """The same for many (record, verb, changes), as values of COLUMNS: an import need not build objects."""
        now, at = running(), dates.now()
        for record, verb, changes in written:
            yield (
                record._meta.label_lower, record.pk, str(record)[:200], str(verb), changes,
                (now.through or now.name)[:80],
                now.by.person_id, now.batch_id, at,
            )  # fmt: skip

    @classmethod
    def write(cls, record: models.Model, verb: str, changes: dict | None = None) -> None:
        """Add an entry about this record; needs an action under way."""
        cls.of(record, verb, changes).save(force_insert=True)


class ImportBatch(models.Model):
    """One import: what was read and what became of it; it can be undone as a whole (IMP-2)."""

    class Status(models.TextChoices):
        READY = "ready", _("mapped")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        UNDONE = "undone", _("undone")

    kind = models.CharField(max_length=60)
    file_name = models.CharField(max_length=200)
    upload = models.FileField(upload_to="imports/%Y/%m", null=True)
    errors_file = models.FileField(upload_to="imports/%Y/%m", null=True)
    mapping = models.JSONField(default=dict)
    # What the dry run found: {"counts": {…}, "errors": [[line, reason], …], "unmapped": […]}; empty before it.
    checked = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.READY)
    read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    person = person_key()
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    job = models.ForeignKey("records.Job", models.SET_NULL, null=True, related_name="+")

    def __str__(self):
        return self.file_name


class CustomField(Configuration):
    """A field the administrator added while running. Its values live in the record's `custom` under `f<id>` (IMP-6)."""

    class Type(models.TextChoices):
        TEXT = "text", pgettext_lazy("field type", "Text")
        NUMBER = "number", pgettext_lazy("field type", "Number")
        MONEY = "money", pgettext_lazy("field type", "Money")
        DATE = "date", pgettext_lazy("field type", "Date")
        CHOICE = "choice", pgettext_lazy("field type", "Choice")
        MULTI = "multi", pgettext_lazy("field type", "Multiple choice")
        PERSON = "person", pgettext_lazy("field type", "Person")
        REFERENCE = "reference", pgettext_lazy("field type", "Reference")

    kind = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=60)
    type = models.CharField(_("type"), max_length=12, choices=Type.choices)
    # Choices: {"choices": [{"id": "c1", "label": "…", "archived": false}]}; reference: {"kind": "customers.customer"}.
    options = models.JSONField(default=dict, blank=True)
    help = models.CharField(_("help text"), max_length=200, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    is_indexed = models.BooleanField(_("indexed"), default=False)
    is_archived = models.BooleanField(_("archived"), default=False)
    order = models.PositiveIntegerField(_("order"), default=100)

    class Meta:
        ordering = ["kind", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="custom_field_name_once",
                violation_error_message=_("There is already a field of this name."),
            )
        ]

    def __str__(self):
        return self.name

    @property
    def key(self) -> str:
        """The permanent key of its values, whatever the field is called."""
        return f"f{self.pk}"


class PicklistOption(Configuration):
    """An entry of a picklist the administrator may edit, such as "customers.source". Records hold its code."""

    picklist = models.CharField(max_length=60)
    code = models.CharField(max_length=40)
    label = models.CharField(_("label"), max_length=80)
    order = models.PositiveIntegerField(_("order"), default=100)
    is_archived = models.BooleanField(_("archived"), default=False)

    class Meta:
        ordering = ["picklist", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["picklist", "code"], name="picklist_code_once"),
            models.UniqueConstraint(
                fields=["picklist", "label"],
                name="picklist_label_once",
                violation_error_message=_("There is already an entry of this name."),
            ),
        ]

    def __str__(self):
        return self.label


class StoredFile(models.Model):
    """A file attached to a record; read through the record it belongs to."""

    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    content = models.FileField(upload_to="files/%Y/%m")
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    person = person_key()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "object_id", "-id"], name="files_of_record")]

    def __str__(self):
        return self.name


class Tag(models.Model):
    """A word colleagues stick on records of one kind."""

    kind = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    tone = models.CharField(max_length=8, default="mute")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="tag_name_once")]

    def __str__(self):
        return self.name


class Tagging(models.Model):
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings")
    object_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "object_id"], name="tagged_once")]
        indexes = [models.Index(fields=["object_id", "tag"], name="tags_of_record")]

    def __str__(self):
        return f"{self.tag_id} on {self.object_id}"


class SavedView(Configuration):
    """A list as somebody likes it: filter, columns, sort; their own, or shared with all."""

    kind = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=40)
    person = person_key(null=True)
    is_shared = models.BooleanField(_("shared with all"), default=False)
    filter = models.JSONField(default=list)
    search = models.CharField(max_length=100, blank=True)
    columns = models.JSONField(default=list)
    sort = models.CharField(max_length=60, blank=True)
    order = models.PositiveIntegerField(default=100)

    class Meta:
        ordering = ["order", "id"]
        indexes = [models.Index(fields=["kind", "person"], name="views_of_person")]

    def __str__(self):
        return self.name


class NumberSequence(models.Model):
    """A counter inside the transaction that uses it: no gaps, no doubles."""

    key = models.CharField(max_length=60, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self):
        return f"{self.key} {self.last}"


class Job(models.Model):
    """Work that takes longer than a second, as its person sees it: progress, result, a file to fetch."""

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("job", "waiting")
        RUNNING = "running", pgettext_lazy("job", "running")
        DONE = "done", pgettext_lazy("job", "done")
        FAILED = "failed", pgettext_lazy("job", "failed")

    title = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    file = models.FileField(upload_to="exports/%Y/%m", null=True)
    file_name = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=200, blank=True)
    person = person_key()
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-id"], name="jobs_of_person")]

    def __str__(self):
        return self.title

    @property
    def is_under_way(self) -> bool:
        """Whether it waits for a worker or is at work."""
        return self.status in (self.Status.WAITING, self.Status.RUNNING)


class OutboxEvent(models.Model):
    """Something happened, written in the transaction that did it; subscribers run in the worker after commit."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    payload = models.JSONField(default=dict)
    person = person_key(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="outbox_open", condition=Q(delivered_at__isnull=True))]

    def __str__(self):
        return f"{self.name} {self.object_id}"


class InboxItem(models.Model):
    """A message to one person, shown in the product and pushed live."""

    person = person_key()
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=200, blank=True)
    tone = models.CharField(max_length=8, default="info")
    about = models.CharField(max_length=20, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-id"], name="inbox_of_person"),
            models.Index(fields=["person"], name="inbox_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self):
        return self.text
