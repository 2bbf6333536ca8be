"""The import itself: a file in chunks, each chunk one transaction; a row is wholly in, or listed with its reason.

Rows are matched by the mapping's key, so the same file twice changes nothing, and a job that was killed goes on where
its last chunk was committed.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import acting
from zhike.kit.errors import Refused
from zhike.kit.memory import rare_collections
from zhike.kit.tables.reader import open_table
from zhike.kit.viewer import Viewer
from zhike.records import config
from zhike.records.fields import Field, custom_field
from zhike.records.imports.cells import Cells, Row, Source
from zhike.records.imports.failed import FailedRows, reason_of
from zhike.records.imports.mapping import Mapping, default_join, default_keys, guess
from zhike.records.imports.saving import Saving
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups
from zhike.records.models import CustomField, ImportBatch

CHUNK = 1000
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
        self.failed = FailedRows()

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
        with self._failed_rows() as self.failed.file, rare_collections(), config.reading():
            waiting = self._pass(self._rows(table))
            while waiting:  # rows that name a record of this very file which came later
                before = len(waiting)
                waiting = self._pass(iter(waiting), again=True)
                if len(waiting) == before and self.lookups.is_last_pass:
                    self._fail(waiting)
                    break
                self.lookups.is_last_pass = len(waiting) == before
            if self.counts["failed"] and errors_to:
                self.failed.write(table.columns, errors_to)
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
        written = self.kind.fields | {source.field.name: source.field for source in sources}
        self.saving = Saving(self.kind, self.mapping, self.lookups, self.viewer,
                             keys=self.keys, written=written, dry_run=self.dry_run)  # fmt: skip

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
            bad += self.saving.save(good, self.counts)
        else:
            try:
                with acting(self.viewer, "import", batch_id=self.batch.pk if self.batch else None):
                    counts = dict(self.counts)
                    refused = self.saving.save(good, self.counts)
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
                    bad += self.saving.save([row], self.counts)
            except Refused as refusal:
                self.counts = counts
                row.errors.append(reason_of(self.kind, refusal))
                bad.append(row)
        self._keep_counts(len(bad))
        return bad

    def _keep_counts(self, failed: int) -> None:
        if self.batch:
            counts = {**self.counts, "failed": self.counts["failed"] + failed}
            ImportBatch.objects.filter(pk=self.batch.pk).update(**counts)

    def _fail(self, rows: list[Row]) -> None:
        self.failed.add(rows)
        self.counts["failed"] += len(rows)

    @property
    def first_errors(self) -> list[tuple[int, str]]:
        """Line and reason of the first rows that failed."""
        return [(row.number, " ".join(row.errors)) for row in self.failed.first]


def custom_name(name: str) -> tuple[str, str]:
    """Label and type of a column mapped to "custom:LABEL" or "custom:LABEL:number" (or money, date, person)."""
    label, _sep, type = name.removeprefix("custom:").rpartition(":")
    return (label, type) if label and type in NEW_TYPES else (name.removeprefix("custom:"), CustomField.Type.TEXT)


def missing_fields(kind: RecordKind, filled: Iterable[str]) -> list[str]:
    """Labels of the fields a record must have and that no column fills."""
    given = {*filled, kind.owner}
    return [str(f.label) for f in kind.fields.values() if f.required and f.editable and f.name not in given]
