"""From the values of a file's rows to records: known ones changed, new ones made, in few statements for many rows."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.access import may
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import search
from zhike.records.actions import next_number
from zhike.records.bulk import insert_rows, insert_values
from zhike.records.fields import Field
from zhike.records.imports.cells import Row
from zhike.records.imports.failed import reason_of
from zhike.records.imports.mapping import Mapping
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups
from zhike.records.models import AuditEntry


class Saving:
    """How the rows of one import are saved. `keys` are names of fields by which a record is recognised, the best first;
    `written` are the fields a row may set.
    """

    def __init__(self, kind: RecordKind, mapping: Mapping, lookups: Lookups, viewer: Viewer, *, keys: list[list[str]],
                 written: dict[str, Field], dry_run: bool):  # fmt: skip
        self.kind, self.mapping, self.lookups, self.viewer = kind, mapping, lookups, viewer
        self.keys, self.written, self.dry_run = keys, written, dry_run

    def save(self, rows: list[Row], counts: dict[str, int]) -> list[Row]:
        """Create and update in few statements, and count; gives the rows a rule refused. Dry runs only count."""
        bad, created, updated = [], [], []
        known = self._existing(rows)
        owners_matter = self.kind.owner and self.viewer.people is not None and not self._may_give_away()
        for row in rows:
            existing = self._known(row, known)
            mode = self.mapping.options.get("on_duplicate", "update")
            if existing is not None and mode != "create":
                if mode == "skip":
                    counts["skipped"] += 1
                    continue
                if mode == "error":
                    row.errors.append(str(_("There is already a record like this.")))
                    bad.append(row)
                    continue
            else:
                existing = None
            try:
                record, changed = self._fill(row, existing)
                if existing is None and owners_matter:
                    self._check_owner(record)
            except (Refused, ValidationError) as refusal:
                row.errors.append(reason_of(self.kind, refusal))
                bad.append(row)
                continue
            row.record = record
            if existing is None:
                row.changed = changed
                created.append((record, row))
                counts["created"] += 1
                for key in self.keys:
                    known.setdefault((*key, *self._key_of(row, key)), record)
                continue
            # A second line about a record this very chunk creates only completes it.
            first = next((r for new, r in created if new is existing), None) if existing.pk is None else None
            if not changed or (first and changed == first.changed):
                counts["skipped"] += 1
                continue
            counts["updated"] += 1
            if first:
                first.changed = changed
            else:
                updated.append((record, changed))
        if not self.dry_run:
            self._write(created, updated)
        for record, row in created:
            self._remember(record, row)
        return bad

    def _existing(self, rows: list[Row]) -> dict[tuple, Any]:
        """Records that are here already, by each key: (field names…, values…)."""
        found: dict[tuple, Any] = {}
        for key in self.keys:
            fields = [self.kind.field(n) for n in key]
            condition = {f"{f.filter_path}__in": {row.values.get(f.name) for row in rows} - {None, ""} for f in fields}
            if all(condition.values()):
                for record in self.kind.rows(self.viewer).filter(**condition).order_by("-pk"):
                    found[(*key, *(f.read(record) for f in fields))] = record  # the oldest wins
        return found

    def _known(self, row: Row, known: dict[tuple, Any]) -> Any | None:
        """The record a row means: by the first key that finds one, unless a stronger key says it is another."""
        for place, key in enumerate(self.keys):
            values = self._key_of(row, key)
            record = known.get((*key, *values)) if all(v not in (None, "") for v in values) else None
            if record is None:
                continue
            for stronger in self.keys[:place]:
                theirs = tuple(self.kind.field(n).read(record) for n in stronger)
                ours = self._key_of(row, stronger)
                if ours != theirs and all(v not in (None, "") for v in (*ours, *theirs)):
                    return None
            return record
        return None

    def _key_of(self, row: Row, key: list[str]) -> tuple:
        return tuple(row.values.get(n) for n in key)

    def _fill(self, row: Row, record: Any | None) -> tuple[Any, dict]:
        new = record is None
        if new:
            record = self.kind.model()
            if self.kind.owner and self.kind.owned_by_creator and not row.values.get(self.kind.owner):
                row.values[self.kind.owner] = self.viewer.person_id
        elif not may(self.viewer, self.kind.verb("change"), record):
            raise Refused(_("You may not change this record."))
        for name, value in row.values.items():
            if new or value is not None:  # a blank cell does not erase what is known
                self.written[name].write(record, value)
        changed = record.changes()
        if (new or changed) and self.kind.prepare:
            self.kind.prepare(record, changed, self.viewer)
            changed = record.changes()
        if new or changed:
            record.clean()
        return record, changed

    def _may_give_away(self) -> bool:
        """Whether the viewer may hand records to others; a kind without that verb has the owner of its parent."""
        return "assign" in self.kind.verbs and may(self.viewer, self.kind.verb("assign"))

    def _check_owner(self, record: Any) -> None:
        owner_id = self.kind.field(self.kind.owner).read(record)
        if (owner_id or self.kind.owned_by_creator) and not self.viewer.sees_owner(owner_id):
            raise Refused({self.kind.owner: _("You may not give records to this person.")})

    def _write(self, created: list[tuple[Any, Row]], updated: list[tuple[Any, dict]]) -> None:
        kind, model, verb = self.kind, self.kind.model, AuditEntry.Verb
        records = [record for record, _row in created]
        changes = [row.changed for _record, row in created]
        if kind.number and (bare := [(r, c) for r, c in zip(records, changes, strict=True) if not r.code]):
            self._number([record for record, _changed in bare])
            for record, changed in bare:
                changed["code"] = [None, record.code]
        insert_rows(model, records)
        entries = [(r, verb.CREATED, c) for r, c in zip(records, changes, strict=True)]
        entries += [(r, verb.CHANGED, c) for r, c in updated]
        if updated:
            names = {
                model._meta.get_field(n).name if n in _column_names(model) else "custom" for _r, c in updated for n in c
            }
            now = dates.now()
            for record, _changed in updated:
                record.version += 1
                record.updated_at = now
            model.objects.bulk_update([r for r, _c in updated], [*names, "version", "updated_at"])
        insert_values(AuditEntry, AuditEntry.COLUMNS, AuditEntry.values_of(entries))
        search.index(kind, records, new=True)
        search.index(kind, [r for r, _c in updated], changed=_values_by_field(c for _r, c in updated))
        self._saved(list(zip(records, changes, strict=True)), updated)

    def _saved(self, created: list[tuple[Any, dict]], updated: list[tuple[Any, dict]]) -> None:
        if many := getattr(self.kind, "saved_many", None):
            many(created, updated, self.viewer)
        elif self.kind.saved:
            for pairs, new in ((created, True), (updated, False)):
                for record, changed in pairs:
                    self.kind.saved(record, changed, self.viewer, new)
        for record, _changed in [*created, *updated]:
            record.remember()

    def _number(self, records: list[Any]) -> None:
        prefix, digits = self.kind.number
        taken = True
        while taken:
            first = next_number(self.kind.label, len(records))
            codes = [f"{prefix}{first + i:0{digits}d}" for i in range(len(records))]
            taken = self.kind.model._base_manager.filter(code__in=codes).exists()
        for record, code in zip(records, codes, strict=True):
            record.code = code

    def _remember(self, record: Any, row: Row) -> None:
        for name in self.kind.natural_keys:
            if value := getattr(record, name, None):
                self.lookups.remember(self.kind, str(value), record.pk or 0)


def _column_names(model: type) -> set[str]:
    return {f.name for f in model._meta.local_fields}


def _values_by_field(changes: Iterable[dict[str, list[Any]]]) -> dict[str, list[Any]]:
    """What several records had and have now, of each field that changed in any."""
    found: dict[str, list[Any]] = {}
    for changed in changes:
        for name, values in changed.items():
            found.setdefault(name, []).extend(values)
    return found
