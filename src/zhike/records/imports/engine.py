"""The import itself: a file in chunks, each chunk one transaction; a row is wholly in, or listed with its reason.

Rows are matched by the mapping's key, so the same file twice changes nothing, and a job that was killed goes on where
its last chunk was committed.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from zhike.kit import dates, parse
from zhike.kit.access import may, require
from zhike.kit.actions import acting
from zhike.kit.errors import Refused
from zhike.kit.memory import rare_collections
from zhike.kit.tables.reader import CellError, open_table
from zhike.kit.tables.writer import write_xlsx
from zhike.kit.viewer import Viewer, viewer_of
from zhike.records import config, kinds, search
from zhike.records.actions import next_number
from zhike.records.bulk import insert_rows, insert_values
from zhike.records.fields import Field, Ref, custom_field
from zhike.records.imports.mapping import Mapping, default_keys, guess
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups
from zhike.records.models import AuditEntry, CustomField, ImportBatch

CHUNK = 1000
# Types a mapping may give a new custom field; the others need options, which the administrator sets up.
NEW_TYPES = ("text", "number", "money", "date", "person")


@dataclass
class Row:
    """A line of the file on its way: raw cells, cleaned values, and what is wrong with it."""

    number: int
    cells: list[Any]
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    changed: dict[str, list[Any]] = field(default_factory=dict)
    record: Any = None


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
        self.first_errors: list[tuple[int, str]] = []
        # Words that come again and again, such as choices and colleagues, are understood once.
        self._cleaned: dict[tuple[str, str] | None, Any] = {}

    def run(self, path: str | Path, *, name: str = "", errors_to: str | Path | None = None) -> dict[str, int]:
        """Read the file and import it; failed rows go to `errors_to` with the reason in a last column."""
        table = open_table(path, filename=name or str(path), **self.mapping.table_options())
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
        fields, self.fields = self.kind.fields, []
        by_custom_name = {str(f.label): f for f in fields.values() if f.is_custom}
        for position, title in enumerate(titles):
            name = columns.get(title, "")
            if name.startswith("custom:"):
                label, type = custom_name(name)
                found = by_custom_name.get(label) or self._new_custom_field(label, type)
            else:
                found = fields.get(name)
            barred = found is not None and found.verb and not self.viewer.can(found.verb)
            if found is None or (barred and self.guessed):
                self.unmapped.append(title)
            elif barred:
                raise Refused({found.name: _("Your role may not change this.")})
            else:
                self.fields.append((position, found))
        if not self.fields:
            raise Refused(_("No column fits a field: %(titles)s") % {"titles": ", ".join(titles)[:300]})
        mapped = [f.name for _position, f in self.fields] + list(self.mapping.defaults)
        self.keys = [self.mapping.key] if self.mapping.key else default_keys(self.kind, mapped)
        if missing := [str(f.label) for f in fields.values() if f.required and f.editable and f.name not in mapped
                       and f.name != self.kind.owner]:  # fmt: skip
            raise Refused(_("Columns are missing for: %(names)s") % {"names": ", ".join(missing)})
        self.defaults = {fields[n]: v for n, v in self.mapping.defaults.items()}

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
        self._prime(chunk)
        waiting = [row for row in chunk if not self._clean(row)]
        bad = [row for row in chunk if row.errors and row not in waiting]
        good = [row for row in chunk if not row.errors and row not in waiting]
        if not again:
            self.counts["read"] += len(chunk)
        if self.dry_run:
            self._save(good)
        else:
            try:
                with acting(self.viewer, "import", batch_id=self.batch.pk if self.batch else None):
                    counts = dict(self.counts)
                    bad += self._save(good)
                    self._keep_counts(len(bad))
            except Refused:  # the database refused one of them: find out which, one by one
                self.counts = counts
                bad += self._one_by_one(good)
        self._fail(bad)
        return waiting

    def _one_by_one(self, rows: list[Row]) -> list[Row]:
        bad = []
        for row in rows:
            row.record = None
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

    # From cells to values

    def _prime(self, chunk: list[Row]) -> None:
        for position, f in self.fields:
            if isinstance(f, Ref) and not f.is_custom:
                words = {self._raw(f, row.cells[position]) for row in chunk if position < len(row.cells)}
                self.lookups.prime(f.target, [w for w in words if isinstance(w, str | int)])

    def _raw(self, f: Field, cell: Any) -> Any:
        if isinstance(cell, str):
            cell = cell.strip()
        if (meanings := self.mapping.values.get(f.name)) and cell not in (None, ""):
            return meanings.get(parse.fold(str(cell)), cell)
        return cell

    def _clean(self, row: Row) -> bool:
        """Fill `values` and `errors`; False if the row waits for a record of this file that has not come yet."""
        row.values, row.errors = {}, []
        missing_here = False
        for position, f in self.fields:
            raw = self._raw(f, row.cells[position] if position < len(row.cells) else None)
            if isinstance(raw, CellError):
                row.errors.append(f"{f.label}: {raw}")
                continue
            if raw in (None, "") and f in self.defaults:
                raw = self.defaults[f]
            known = (f.name, raw) if f.repeats and isinstance(raw, str) else None
            if known in self._cleaned:
                row.values[f.name] = self._cleaned[known]
                continue
            try:
                row.values[f.name] = value = f.clean(raw, self.lookups)
                if known and value is not None:
                    self._cleaned[known] = value
            except ValidationError as error:
                if isinstance(f, Ref) and f.to == self.kind.label:
                    missing_here = True
                row.errors.append(f"{f.label}: {' '.join(error.messages)}")
        for f, raw in self.defaults.items():
            if f.name not in row.values and not row.errors:
                row.values[f.name] = f.clean(raw, self.lookups)
        return not (missing_here and len(row.errors) == 1)

    # From values to records

    def _save(self, rows: list[Row]) -> list[Row]:
        """Create and update in few statements; gives the rows a rule refused. Dry runs only count."""
        bad, created, updated = [], [], []
        known = self._existing(rows)
        owner = self.kind.owner
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
        if owner and not self._may_give_away() and self.viewer.people is not None:
            self._check_owners(created)
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
                self.kind.field(name).write(record, value)
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

    def _check_owners(self, created: list[tuple[Any, Row]]) -> None:
        for record, row in created:
            owner_id = self.kind.field(self.kind.owner).read(record)
            if (owner_id or self.kind.owned_by_creator) and not self.viewer.sees_owner(owner_id):
                raise Refused(
                    {
                        self.kind.owner: _("Line %(number)s: you may not give records to this person.")
                        % {"number": row.number}
                    }
                )

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
        search.index(kind, records + [r for r, _c in updated])
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
            if len(self.first_errors) < 20:
                self.first_errors.append((row.number, reason))
            self._failed.write(json.dumps([row.number, row.cells, reason], ensure_ascii=False, default=str) + "\n")
        self.counts["failed"] += len(rows)

    def _write_errors(self, titles: list[str], path: str | Path) -> None:
        self._failed.seek(0)
        lines = (json.loads(line) for line in self._failed)
        width = len(titles)
        rows = ([*(cells + [None] * width)[:width], number, reason] for number, cells, reason in lines)
        write_xlsx(path, [*titles, str(_("Line")), str(_("Reason"))], rows)


def custom_name(name: str) -> tuple[str, str]:
    """Label and type of a column mapped to "custom:LABEL" or "custom:LABEL:number" (or money, date, person)."""
    label, _sep, type = name.removeprefix("custom:").rpartition(":")
    return (label, type) if label and type in NEW_TYPES else (name.removeprefix("custom:"), CustomField.Type.TEXT)


def _column_names(model: type) -> set[str]:
    return {f.name for f in model._meta.local_fields}


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
                if errors.exists():
                    with errors.open("rb") as file:
                        batch.errors_file.save(f"{batch.pk}-errors.xlsx", File(file), save=False)
                batch.save()
    return batch


def check_batch(batch: ImportBatch, on_progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Dry run of a prepared import: {"counts", "errors", "unmapped"}; nothing is written."""
    with config.reading():
        viewer = viewer_of(batch.person_id)
        mapping = Mapping.from_json(batch.mapping)
        run = Import(kinds.get(batch.kind), mapping, viewer, dry_run=True, progress=on_progress)
        counts = run.run(batch.upload.path, name=batch.file_name)
    return {"counts": counts, "errors": run.first_errors, "unmapped": run.unmapped}
