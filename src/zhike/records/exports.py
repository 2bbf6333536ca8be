"""Export: what a viewer may see and export of a kind, streamed into CSV or XLSX, and noted in the audit (ORG-4)."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from zhike.kit.access import require
from zhike.kit.actions import action, running
from zhike.kit.memory import rare_collections
from zhike.kit.tables.writer import write_csv, write_xlsx
from zhike.kit.viewer import Viewer
from zhike.records.bulkactions import Selection
from zhike.records.fields import Field
from zhike.records.kinds import RecordKind
from zhike.records.lists import gathered_for, paths_of
from zhike.records.models import AuditEntry
from zhike.records.paging import rows_of
from zhike.records.reports import Asked

CHUNK = 2000


def fields_to_export(kind: RecordKind, names: list[str] | None = None) -> list[Field]:
    """The named fields, or all that a list may show, code first."""
    fields = kind.fields
    if names:
        return [fields[n] for n in names if n in fields]
    return sorted(fields.values(), key=lambda f: f.name != "code")


def export_rows(kind: RecordKind, viewer: Viewer, selection: Selection, fields: list[Field]) -> Iterator[list[Any]]:
    """The rows by id, a chunk in memory at a time. Raises Forbidden without the verb."""
    require(viewer, kind.verb("export"))
    paths, places = paths_of(fields)
    makers = [_maker(field, here) for field, here in zip(fields, places, strict=True)]
    chosen, last = selection.rows(viewer).order_by("pk"), 0
    while ids := list(chosen.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK]):
        gathered = gathered_for(fields, ids)
        rows = rows_of(kind, ids).order_by("pk").values_list("pk", *paths)
        for row in rows.iterator(chunk_size=CHUNK):
            cells = [make(row) for make in makers]
            for place, found in gathered.items():
                cells[place] = fields[place].export((found.get(row[0], []),))
            yield cells
        last = ids[-1]


def _maker(field: Field, places: list[int]) -> Callable[[tuple], Any]:
    """The cell of a field in a row as it was selected; what repeats is worked out once for each value."""
    export = cache(field.export) if field.repeats else field.export
    if len(places) == 1:
        place = places[0]
        if type(field).export is Field.export and type(field).text is Field.text:
            return lambda row: "" if (value := row[place]) is None else str(value)
        return lambda row: export((row[place],))
    return lambda row: export(tuple([row[place] for place in places]))


def write_export(
    kind: RecordKind, viewer: Viewer, selection: Selection, path: Path, *, names: list[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:  # fmt: skip
    """Write the selected records to a file, CSV or XLSX by its ending, and note it in the audit; gives the number."""
    hidden = kind.hidden_from(viewer)
    fields = [f for f in fields_to_export(kind, names) if f.name not in hidden]
    titles = [str(field.label) for field in fields]
    rows = counted(export_rows(kind, viewer, selection, fields), progress)
    with rare_collections():
        count = (write_csv if path.suffix == ".csv" else write_xlsx)(path, titles, rows)
    note_export(kind, by=viewer, count=count, words=selection.filter.words(viewer) if selection.filter else "")
    return count


def counted(rows: Iterator[list[Any]], progress: Callable[[int], None] | None) -> Iterator[list[Any]]:
    """The same rows, saying how many came so far."""
    done = 0
    while chunk := list(islice(rows, CHUNK)):
        yield from chunk
        done += len(chunk)
        if progress:
            progress(done)


@action
def note_export(kind: RecordKind, *, by: Viewer, count: int, words: str) -> None:
    """Who took how many records of a kind out, by which filter: an audit entry about the kind as a whole (object 0)."""
    AuditEntry(
        kind=kind.label, object_id=0, title=str(kind.plural), verb=AuditEntry.Verb.EXPORTED, action=running().name,
        changes={"count": [None, count], "filter": [None, words]}, person_id=by.person_id,
    ).save()  # fmt: skip


@action
def note_report(asked: Asked, *, by: Viewer, count: int) -> None:
    """Who took which report out, for which days and by what: an audit entry about no single record."""
    kind, words = asked.report.kind, f"{asked.first} – {asked.last} · {asked.report.by[asked.by]}"
    AuditEntry(
        kind=kind.label if kind else "records.report", object_id=0, title=str(asked.report.label)[:200],
        verb=AuditEntry.Verb.EXPORTED, action=running().name, person_id=by.person_id,
        changes={"count": [None, count], "filter": [None, words]},
    ).save()  # fmt: skip
