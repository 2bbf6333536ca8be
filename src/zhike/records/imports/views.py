"""The import wizard: file, columns, dry run and unknown words, progress and result, undo (IMP-2)."""

import json
import tempfile
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit.access import require
from zhike.kit.errors import Forbidden, NotVisible, Refused
from zhike.kit.htmx import part, redirect
from zhike.kit.tables.cells import Table
from zhike.kit.tables.reader import UnreadableTable, open_table
from zhike.kit.tables.writer import write_xlsx
from zhike.records import kinds, queries
from zhike.records.imports import actions
from zhike.records.imports.earlier import earlier_import
from zhike.records.imports.forms import MappingForm, ReadingForm, UploadForm, importable
from zhike.records.imports.mapping import TABLE_OPTIONS, Mapping, fields_of, guess
from zhike.records.imports.preview import Preview
from zhike.records.imports.words import WordsForm
from zhike.records.kinds import RecordKind
from zhike.records.models import ImportBatch, Job

SAMPLES = 3
SHOWN = 20  # earlier imports
TEXT_ENDINGS = (".csv", ".txt", ".tsv", ".vcf")


@require_http_methods(["GET", "POST"])
def import_start(request: HttpRequest) -> HttpResponse:
    """Step 1: choose kind and file; below it, earlier imports."""
    offered = importable(request.viewer)
    if not offered:
        raise Forbidden("import")
    form = UploadForm(request.POST or None, request.FILES or None, viewer=request.viewer,
                      initial={"kind": request.GET.get("kind", "customers")})  # fmt: skip
    if request.method == "POST" and form.is_valid():
        kind, upload = kinds.get(form.cleaned_data["kind"]), form.cleaned_data["file"]
        if form.attempt(actions.prepare_import, kind, upload, name=upload.name, by=request.viewer):
            return redirect(request, reverse("records:import_map", args=[form.result.pk]))
    earlier = list(queries.imports_of(request.viewer)[:SHOWN])
    for batch in earlier:
        batch.kind_name = kinds.get(batch.kind).plural
    context = {"form": form, "earlier": earlier, "kinds": offered}
    return part(request, "records/import_start.html#start", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def import_map(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: how the file is read, and which column is which field, with the first values of each."""
    batch = _batch(request, pk)
    if batch.status != ImportBatch.Status.READY:
        return redirect(request, reverse("records:import_page", args=[pk]))
    kind, options = kinds.get(batch.kind), _table_options(request, batch)
    context: dict[str, Any] = {"batch": batch, "kind": kind, "options": options, "fresh": _is_fresh(request)}
    try:
        table = kind.reshape(open_table(batch.upload.path, filename=batch.file_name, **options))
        samples = [cells for _number, cells in table.sample(SAMPLES)]
    except UnreadableTable as unreadable:
        reading = ReadingForm(options, None, is_text=batch.file_name.lower().endswith(TEXT_ENDINGS))
        context |= {"unreadable": str(unreadable), "reading": reading}
        return part(request, "records/import_map.html#map", context, status=422)
    kept, earlier = _kept(request, batch, kind, table)
    sent = request.POST if request.method == "POST" else None
    form = MappingForm(sent, kind=kind, titles=table.columns, kept=kept, viewer=request.viewer)
    context |= {"form": form, "joins": form.joins(samples)}
    if sent and "look" in sent:  # a column was chosen anew: only what depends on it
        return part(request, "records/import_map.html#joins", context | {"missing": form.missing()})
    if sent and form.is_valid() and form.attempt(actions.map_import, batch, form.mapping(options), by=request.viewer):
        return redirect(request, reverse("records:import_page", args=[pk]))
    context |= {
        "rows": _rows(form, samples), "missing": [] if sent else form.missing(), "earlier": earlier,
        "no_rows": not samples, "reading": ReadingForm(options, table, is_text=table.encoding is not None),
        "preview": Preview(table, {"fresh": "1", **options} if _is_fresh(request) else options),
    }  # fmt: skip
    return part(request, "records/import_map.html#map", context, status=422 if form.errors else 200)


@require_safe
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Steps 3 and 4: what the dry run found and did not know; then progress, result, failed rows, undo."""
    batch = _batch(request, pk)
    if not batch.mapping:
        return redirect(request, reverse("records:import_map", args=[pk]))
    return part(request, "records/import_page.html#state", _state(request, batch))


@require_POST
def import_words(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what unknown words mean and check the file again."""
    batch = _batch(request, pk)
    form = WordsForm(request.POST, kind=kinds.get(batch.kind), batch=batch, viewer=request.viewer)
    if form.is_valid():
        mapping = form.mapping(Mapping.from_json(batch.mapping))
        if form.attempt(actions.explain_words, batch, mapping, form.added(), by=request.viewer):
            return redirect(request, reverse("records:import_page", args=[pk]))
    return part(request, "records/import_page.html#state", _state(request, batch, form), status=422)


@require_POST
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a checked import."""
    return _act(request, pk, actions.start_import)


@require_POST
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an import back."""
    return _act(request, pk, actions.start_undo)


@require_safe
def import_errors(request: HttpRequest, pk: int) -> FileResponse:
    """The rows that failed, with their reasons, as a file to mend and import again."""
    batch = _batch(request, pk)
    if not batch.errors_file:
        raise NotVisible
    name = f"{batch.file_name}.errors.xlsx"
    return FileResponse(batch.errors_file.open("rb"), as_attachment=True, filename=name)


@require_safe
def import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """How the columns of an import became fields, as a mapping file for `zhike import --mapping`."""
    batch = _batch(request, pk)
    text = json.dumps(batch.mapping, ensure_ascii=False, indent=1)
    place = content_disposition_header(True, f"{Path(batch.file_name).stem}.mapping.json")
    return HttpResponse(text, content_type="application/json", headers={"Content-Disposition": place})


@require_safe
def import_template(request: HttpRequest, slug: str) -> FileResponse:
    """An empty workbook with the titles of a kind's fields; required ones are marked."""
    if (kind := kinds.find(slug)) is None or "import" not in kind.verbs:
        raise NotVisible
    require(request.viewer, kind.verb("import"))
    fields = [f for f in fields_of(kind) if not f.verb or request.viewer.can(f.verb)]
    titles = [f"{f.label}*" if f.required else str(f.label) for f in fields]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    write_xlsx(file, titles, [], sheet=str(kind.plural))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{kind.plural}.xlsx")


# What these pages share


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    """An import of this person's own; raises NotVisible."""
    batch = queries.imports_of(request.viewer).filter(pk=pk).first() if pk <= queries.LARGEST_KEY else None
    if batch is None:
        raise NotVisible
    return batch


def _table_options(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    """How the file is read: as chosen on the page, else as it was kept, else as it is found."""
    sent = request.POST if request.method == "POST" else request.GET
    if "read" not in sent:
        return Mapping.from_json(batch.mapping).table_options() if batch.mapping else {}
    chosen = {name: value for name in TABLE_OPTIONS if (value := sent.get(name, "").strip()[:60])}
    if (line := chosen.pop("header_row", "")).isdecimal() and 0 < int(line) <= 1000:
        chosen["header_row"] = int(line)
    return chosen


def _kept(request: HttpRequest, batch: ImportBatch, kind: RecordKind, table: Table) -> tuple[Mapping, Any]:
    """What the form starts with: as chosen before, as an earlier file of these columns was read, or as guessed."""
    if batch.mapping.get("columns"):
        return Mapping.from_json(batch.mapping), None
    if not _is_fresh(request) and (earlier := earlier_import(request.viewer, kind, table.columns)):
        return Mapping.from_json(earlier.mapping), earlier
    return Mapping(columns=guess(kind, table.columns)), None


def _is_fresh(request: HttpRequest) -> bool:
    """Whether one wants to choose anew, whatever an earlier import was told."""
    return "fresh" in request.GET or "fresh" in request.POST


def _rows(form: MappingForm, samples: list[list[Any]]) -> list[dict[str, Any]]:
    return [
        {"control": control, "samples": [cells[n] if n < len(cells) else "" for cells in samples]}
        for n, control in enumerate(form.columns())
    ]


def _state(request: HttpRequest, batch: ImportBatch, words: WordsForm | None = None) -> dict[str, Any]:
    """What the page of a mapped import shows."""
    kind, job = kinds.get(batch.kind), Job.objects.filter(pk=batch.job_id).first()
    is_ready, busy = batch.status == ImportBatch.Status.READY, job is not None and job.is_under_way
    if words is None and is_ready and not busy and batch.checked.get("unknown"):
        words = WordsForm(None, kind=kind, batch=batch, viewer=request.viewer)
    return {
        "batch": batch, "kind": kind, "job": job, "busy": busy, "words": words, "step": 3 if is_ready else 4,
        "list_url": kind.list_address,
    }  # fmt: skip


def _act(request: HttpRequest, pk: int, action: Any) -> HttpResponse:
    """Do something with an import and go back to its page, with the reason if it was refused."""
    page = reverse("records:import_page", args=[pk])
    try:
        action(_batch(request, pk), by=request.viewer)
    except Refused as refusal:
        return redirect(request, page, str(refusal), tone="bad")
    return redirect(request, page)
