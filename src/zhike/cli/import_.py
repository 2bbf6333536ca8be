"""`./zhike import KIND FILE…`: read records from files, with progress, error rows and undo (CONTRACT, IMP-2)."""

import sys
from pathlib import Path

from zhike.cli import prepare, start_django

ALL_IN, NOTHING_DONE, SOME_FAILED = 0, 2, 3


def add_arguments(parser) -> None:
    parser.add_argument("kind", nargs="?", help="users, customers, contacts, leads, products, opportunities …")
    parser.add_argument("files", nargs="*", metavar="FILE", help="CSV, XLSX, XLS; for contacts also VCF")
    parser.add_argument("--mapping", metavar="FILE", help="JSON: which column is which field")
    parser.add_argument("--dry-run", action="store_true", help="check everything, change nothing")
    parser.add_argument(
        "--as", dest="username", metavar="USER", help="import as this person (default: an administrator)"
    )
    parser.add_argument("--undo", type=int, metavar="ID", help="take an earlier import back")


def run(options) -> int:
    """Import each file; 0 all rows in, 3 some rows failed, 2 nothing done."""
    prepare.translations()
    start_django()
    from zhike.cli.people import viewer_named
    from zhike.kit.errors import Forbidden, Refused
    from zhike.kit.tables.reader import UnreadableTable

    try:
        viewer = viewer_named(options.username)
        if options.undo:
            return undo(options.undo, viewer)
        if not options.kind or not options.files:
            return wrong("say what to import and from which file, for example: zhike import customers customers.xlsx")
        return max(import_file(options, Path(name), viewer) for name in options.files)
    except Forbidden as error:
        return wrong(f"this person may not do that ({error})")
    except (Refused, UnreadableTable, LookupError) as error:
        return wrong(str(error).strip("'\""))


def import_file(options, path: Path, viewer) -> int:
    """Import one file and print what became of it."""
    from zhike.kit.errors import Refused
    from zhike.records import kinds
    from zhike.records.imports.batches import run_batch
    from zhike.records.imports.engine import Import
    from zhike.records.imports.mapping import Mapping
    from zhike.records.models import ImportBatch

    kind = kinds.find(options.kind)
    if kind is None:
        raise Refused(f"no such kind: {options.kind}; one of {', '.join(k.slug for k in kinds.everything())}")
    if not path.is_file():
        raise Refused(f"no such file: {path}")
    mapping = Mapping.load(options.mapping) if options.mapping else Mapping()
    bar = Progress(path.name)
    errors = path.with_name(f"{path.name}.errors.xlsx")
    if options.dry_run:
        work = Import(kind, mapping, viewer, dry_run=True, progress=bar)
        counts, errors_written = work.run(path), None
    else:
        batch = keep(kind, path, mapping, viewer)
        work = None
        try:
            batch = run_batch(batch.pk, on_progress=bar)
        except Exception:
            ImportBatch.objects.filter(pk=batch.pk).update(status=ImportBatch.Status.FAILED)
            raise
        counts = {n: getattr(batch, n) for n in ("read", "created", "updated", "skipped", "failed")}
        errors_written = errors if batch.errors_file else None
        if errors_written:
            errors.write_bytes(batch.errors_file.open("rb").read())
    bar.end()
    print(f"{path.name}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    for column, field in (work.columns if work else batch.mapping["columns"]).items():
        print(f"  {column} → {field or '(not imported)'}")
    if not options.dry_run:
        print(f"  import {batch.pk}; to take it back: zhike import --undo {batch.pk}")
    for number, reason in work.first_errors if work else ():
        print(f"  line {number}: {reason}", file=sys.stderr)
    if errors_written:
        print(f"  failed rows: {errors_written}", file=sys.stderr)
    if counts["failed"]:
        return SOME_FAILED if counts["created"] + counts["updated"] + counts["skipped"] else NOTHING_DONE
    return ALL_IN


def keep(kind, path: Path, mapping, viewer):
    """The batch of a file given on the command line; the file is kept with it, as one uploaded would be."""
    from django.core.files import File

    from zhike.records.imports.actions import prepare_import

    with path.open("rb") as file:
        return prepare_import(kind, File(file), name=path.name, mapping=mapping.as_json(), by=viewer)


def undo(pk: int, viewer) -> int:
    """Take an import back and say what was kept because somebody worked on it since."""
    from zhike.kit.errors import Refused
    from zhike.records.imports.undo import undo_import
    from zhike.records.models import ImportBatch

    batch = ImportBatch.objects.filter(pk=pk).first()
    if batch is None:
        raise Refused(f"no import has the number {pk}")
    counts = undo_import(batch, by=viewer)
    print(f"import {pk}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    return ALL_IN


def wrong(message: str) -> int:
    """Say why nothing was done."""
    print(f"zhike: {message}", file=sys.stderr)
    return NOTHING_DONE


class Progress:
    """A line that says how far a file has come, where somebody is looking."""

    def __init__(self, name: str):
        self.name, self.seen = name, sys.stderr.isatty()

    def __call__(self, read: int) -> None:
        if self.seen:
            print(f"\r{self.name}: {read:,}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.seen:
            print(file=sys.stderr)
