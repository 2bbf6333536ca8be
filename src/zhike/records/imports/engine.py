"""The import itself: a file in chunks, each chunk one transaction; a row is wholly in, or listed with its reason.

Rows are matched by the mapping's key, so the same file twice changes nothing, and a job that was killed goes on where
its last chunk was committed.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.kit import dates
from zhike.kit.access import may, require
from zhike.kit.actions import acting
from zhike.kit.errors import Refused
from zhike.kit.memory import rare_collections
from zhike.kit.tables.reader import open_table
from zhike.kit.tables.writer import write_xlsx
from zhike.kit.viewer import Viewer
from zhike.records import search
from zhike.records.actions import next_number
from zhike.records.bulk import insert_rows, insert_values
from zhike.records.fields import Field, custom_field
from zhike.records.imports.cells import Cells, Row, Source
from zhike.records.imports.mapping import Mapping, default_join, default_keys, guess
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups
from zhike.records.models import AuditEntry, CustomField, ImportBatch

CHUNK = 1000
# The columns added to failed rows; a file that has them was mended and comes again.
NOTES = (gettext_lazy("Line"), gettext_lazy("Reason"))
FIRST = 20  # failed rows shown on the page
MOST_WORDS = 500  # unknown words of a field that are counted
# Types a mapping may give a new custom field; the others need options, which the administrator sets up.
NEW_TYPES = ("text", "number", "money", "date", "person")


class Import:
    """One run over one file. `progress(read)` is called after each chunk."""

    def __init__(self, kind: RecordKind, mapping: Mapping, viewer: Viewer, *, dry_run: bool = False,
                 batch: ImportBatch | None = None, progress: Callable[[int], None] | None = None):  # fmt: skip
        require(viewer, kind.verb("import"))
        mapping.check(kind)
        self.kind, self.mapping, self.viewer, self.dry_run, self.batch = kind, mapping, viewer, dry_run, batch
        self.progress = progress or (lambda read: None)
        month_first = bool(mapping.options.get("month_first"))
        self.lookups = Lookups(viewer, is_import=True, month_first=month_first)
        self.counts = {"read": 0, "created": 0, "updated": 0, "skipped": 0, "failed": 0}
        self.unmapped: list[str] = []
        self.first_failed: list[Row] = []
        self.unknown: dict[str, Counter[str]] = {}

    def run(self, path: str | Path, *, name: str = "", errors_to: str | Path | None = None) -> dict[str, int]:
        """Read the file and import it; failed rows go to `errors_to` with the reason in a last column."""
        table = self.kind.reshape(open_table(path, filename=name or str(path), **self.mapping.table_options()))
        self.guessed = not self.mapping.columns
        self.columns = self.mapping.columns or guess(self.kind, table.columns)
        if self.batch and not self.mapping.columns:  # what was guessed is kept, for the page and for another run
            self.mapping.columns = self.columns
            ImportBatch.objects.filter(pk=self.batch.pk).update(mapping=self.mapping.as_json())
        self._map(table.columns, self.columns)
        if skipped := self._resume_after():
            self.counts = {name: getattr(self.batch, name) for name in self.counts} | {"read": skipped}
        with self._failed_rows() as failed, rare_collections():
            self._failed = failed
            waiting = self._pass(self._rows(table))
            while waiting:  # rows that name a record of this very file which came later
                before = len(waiting)
                waiting = self._pass(iter(waiting), again=True)
                if len(waiting) == before and self.lookups.is_last_pass:
                    self._fail(waiting)
                    break
                self.lookups.is_last_pass = len(waiting) == before
            if self.counts["failed"] and errors_to:
                self._write_errors(table.columns, errors_to)
        return self.counts

    def _failed_rows(self) -> IO[str]:
        """Where failed rows are noted: beside the upload, so that they outlive a killed job; dry runs keep none."""
        if self.batch is None:
            return tempfile.TemporaryFile("w+", encoding="utf-8")
        path = Path(f"{self.batch.upload.path}.failed")
        return path.open("a+" if self._resume_after() else "w+", encoding="utf-8")

    def _resume_after(self) -> int:
        """How many rows an earlier, killed run has committed and this one leaves out.

        With a key the file is simply read again: what is in already is recognised. Without one it goes on after them.
        """
        return self.batch.read if self.batch and not self.keys else 0

    def _map(self, titles: list[str], columns: dict[str, str]) -> None:
        """Find the field of each column; raises Refused if there is none, or required ones are missing."""
        places: dict[str, tuple[Field, list[str]]] = {}
        for title in titles:
            found = self._field_of(title, columns.get(title, ""))
            if found is None:
                self.unmapped.append(title)
            else:
                places.setdefault(found.name, (found, []))[1].append(title)
        if not places:
            raise Refused(_("No column fits a field: %(titles)s") % {"titles": ", ".join(titles)[:300]})
        filled = [*places, *self.mapping.defaults]
        self.keys = [self.mapping.key] if self.mapping.key else default_keys(self.kind, filled)
        if missing := missing_fields(self.kind, filled):
            raise Refused(_("Columns are missing for: %(names)s") % {"names": ", ".join(missing)})
        sources = [self._source(f, mapped, titles) for f, mapped in places.values()]
        self.cells = Cells(self.kind, sources, self.mapping, self.lookups)
        # What a row may set; a new custom field is only here as long as this is a dry run.
        self.written = self.kind.fields | {source.field.name: source.field for source in sources}

    def _field_of(self, title: str, name: str) -> Field | None:
        if name.startswith("custom:"):
            label, type = custom_name(name)
            own = (f for f in self.kind.fields.values() if f.is_custom and str(f.label) == label)
            return next(own, None) or self._new_custom_field(label, type)
        found = self.kind.fields.get(name)
        if found is not None and found.verb and not self.viewer.can(found.verb):
            if not self.guessed:
                raise Refused({found.name: _("Your role may not change this.")})
            return None
        return found

    def _source(self, f: Field, mapped: list[str], titles: list[str]) -> Source:
        join = None
        if len(mapped) > 1:
            if not f.joins:
                raise Refused({f.name: _("%(field)s comes from several columns: %(titles)s.")
                               % {"field": f.label, "titles": ", ".join(mapped)}})  # fmt: skip
            join = self.mapping.join.get(f.name) or default_join(self.kind, f.name, mapped)
            mapped = join.order(mapped)
        return Source(f, [titles.index(title) for title in mapped], join)

    def _new_custom_field(self, name: str, type: str) -> Field:
        row = CustomField(kind=self.kind.label, name=name, type=type)
        if not self.dry_run:
            require(self.viewer, "records.customise")
            row.save()
        else:
            row.pk = 0
        return custom_field(row).bind(self.kind)

    def _rows(self, table: Any) -> Iterator[Row]:
        for number, cells in islice(table.rows(), self._resume_after(), None):
            yield Row(number, cells)

    def _pass(self, rows: Iterator[Row], *, again: bool = False) -> list[Row]:
        waiting: list[Row] = []
        while chunk := list(islice(rows, CHUNK)):
            waiting += self._chunk(chunk, again)
            self.progress(self.counts["read"])
        return waiting

    def _chunk(self, chunk: list[Row], again: bool) -> list[Row]:
        self.cells.prime(chunk)
        waiting = [row for row in chunk if not self.cells.read(row)]
        late = set(map(id, waiting))
        here = [row for row in chunk if id(row) not in late] if waiting else chunk
        bad, good = [row for row in here if row.errors], [row for row in here if not row.errors]
        if not again:
            self.counts["read"] += len(chunk)
        if self.dry_run:
            bad += self._save(good)
        else:
            try:
                with acting(self.viewer, "import", batch_id=self.batch.pk if self.batch else None):
                    counts = dict(self.counts)
                    refused = self._save(good)
                    self._keep_counts(len(bad) + len(refused))
                bad += refused
            except Refused:  # the database refused one of them: find out which, one by one
                self.counts = counts
                bad += self._one_by_one(good)
        self._fail(bad)
        return waiting

    def _one_by_one(self, rows: list[Row]) -> list[Row]:
        bad = []
        for row in rows:
            row.record, row.errors = None, []
            try:
                with acting(self.viewer, "import", batch_id=self.batch.pk if self.batch else None):
                    counts = dict(self.counts)
                    bad += self._save([row])
            except Refused as refusal:
                self.counts = counts
                row.errors.append(self._reason(refusal))
                bad.append(row)
        self._keep_counts(len(bad))
        return bad

    def _keep_counts(self, failed: int) -> None:
        if self.batch:
            counts = {**self.counts, "failed": self.counts["failed"] + failed}
            ImportBatch.objects.filter(pk=self.batch.pk).update(**counts)

    # From values to records

    def _save(self, rows: list[Row]) -> list[Row]:
        """Create and update in few statements; gives the rows a rule refused. Dry runs only count."""
        bad, created, updated = [], [], []
        known = self._existing(rows)
        owners_matter = self.kind.owner and self.viewer.people is not None and not self._may_give_away()
        for row in rows:
            existing = self._known(row, known)
            mode = self.mapping.options.get("on_duplicate", "update")
            if existing is not None and mode != "create":
                if mode == "skip":
                    self.counts["skipped"] += 1
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
                row.errors.append(self._reason(refusal))
                bad.append(row)
                continue
            row.record = record
            if existing is None:
                row.changed = changed
                created.append((record, row))
                self.counts["created"] += 1
                for key in self.keys:
                    known.setdefault((*key, *self._key_of(row, key)), record)
                continue
            # A second line about a record this very chunk creates only completes it.
            first = next((r for new, r in created if new is existing), None) if existing.pk is None else None
            if not changed or (first and changed == first.changed):
                self.counts["skipped"] += 1
                continue
            self.counts["updated"] += 1
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
        search.index(kind, [r for r, _c in updated])
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

    # Rows that failed

    def _reason(self, refusal: Refused | ValidationError) -> str:
        messages = refusal.messages if isinstance(refusal, Refused) else {"": refusal.messages}
        fields = self.kind.fields
        return " ".join(
            f"{fields[name].label}: {' '.join(map(str, texts))}" if name in fields else " ".join(map(str, texts))
            for name, texts in messages.items()
        )

    def _fail(self, rows: list[Row]) -> None:
        for row in rows:
            reason = " ".join(row.errors)
            if len(self.first_failed) < FIRST:
                self.first_failed.append(row)
            for name, word in row.unknown:
                known = self.unknown.setdefault(name, Counter())
                if word in known or len(known) < MOST_WORDS:
                    known[word] += 1
            self._failed.write(json.dumps([row.number, row.cells, reason], ensure_ascii=False, default=str) + "\n")
        self.counts["failed"] += len(rows)

    @property
    def first_errors(self) -> list[tuple[int, str]]:
        """Line and reason of the first rows that failed."""
        return [(row.number, " ".join(row.errors)) for row in self.first_failed]

    def _write_errors(self, titles: list[str], path: str | Path) -> None:
        self._failed.seek(0)
        lines = (json.loads(line) for line in self._failed)
        width = len(titles)
        rows = ([*(cells + [None] * width)[:width], number, reason] for number, cells, reason in lines)
        write_xlsx(path, [*titles, *map(str, NOTES)], rows)


def custom_name(name: str) -> tuple[str, str]:
    """Label and type of a column mapped to "custom:LABEL" or "custom:LABEL:number" (or money, date, person)."""
    label, _sep, type = name.removeprefix("custom:").rpartition(":")
    return (label, type) if label and type in NEW_TYPES else (name.removeprefix("custom:"), CustomField.Type.TEXT)


def _column_names(model: type) -> set[str]:
    return {f.name for f in model._meta.local_fields}


def missing_fields(kind: RecordKind, filled: Iterable[str]) -> list[str]:
    """Labels of the fields a record must have and that no column fills."""
    given = {*filled, kind.owner}
    return [str(f.label) for f in kind.fields.values() if f.required and f.editable and f.name not in given]
