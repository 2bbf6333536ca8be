"""What every record is: versioned, and written down in its history each time it is saved (ORG-7)."""

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
