"""The import wizard: file, columns, dry run, progress and result, undo (IMP-2)."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit.errors import Forbidden, NotVisible, Refused
from zhike.kit.htmx import part, redirect
from zhike.kit.tables.reader import UnreadableTable, open_table
from zhike.records import kinds, queries
from zhike.records.imports import actions
from zhike.records.imports.forms import MappingForm, UploadForm, importable
from zhike.records.imports.mapping import Mapping, guess
from zhike.records.imports.undo import undo_import
from zhike.records.models import ImportBatch, Job

SAMPLES = 3


@require_http_methods(["GET", "POST"])
def import_start(request: HttpRequest) -> HttpResponse:
    """Step 1: choose kind and file; below it, earlier imports."""
    if not importable(request.viewer):
        raise Forbidden("import")
    form = UploadForm(request.POST or None, request.FILES or None, viewer=request.viewer,
                      initial={"kind": request.GET.get("kind", "customers")})  # fmt: skip
    if request.method == "POST" and form.is_valid():
        kind, upload = kinds.get(form.cleaned_data["kind"]), form.cleaned_data["file"]
        if form.attempt(actions.prepare_import, kind, upload, name=upload.name, by=request.viewer):
            return redirect(request, reverse("records:import_map", args=[form.result.pk]))
    earlier = list(queries.imports_of(request.viewer)[:20])
    for batch in earlier:
        batch.kind_name = kinds.get(batch.kind).plural
    context = {"form": form, "earlier": earlier}
    return part(request, "records/import_start.html#start", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def import_map(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: which column is which field, with the first values of each."""
    batch = _batch(request, pk)
    if batch.status != ImportBatch.Status.READY:
        return redirect(request, reverse("records:import_page", args=[pk]))
    kind, options = kinds.get(batch.kind), _table_options(request, batch)
    context = {"batch": batch, "kind": kind, "options": options}
    try:
        table = open_table(batch.upload.path, filename=batch.file_name, **options)
        samples = [cells for _number, cells in table.sample(SAMPLES)]
    except UnreadableTable as unreadable:
        return part(request, "records/import_map.html#map", context | {"unreadable": str(unreadable)}, status=422)
    guessed = batch.mapping.get("columns") or guess(kind, table.columns)
    form = MappingForm(request.POST or None, kind=kind, titles=table.columns, guessed=guessed, viewer=request.viewer)
    sent = request.method == "POST" and form.is_valid()
    if sent and form.attempt(actions.map_import, batch, form.mapping(options), by=request.viewer):
        return redirect(request, reverse("records:import_page", args=[pk]))
    rows = [
        {"control": control, "samples": [cells[n] if n < len(cells) else "" for cells in samples]}
        for n, control in enumerate(form.columns())
    ]
    context |= {"form": form, "rows": rows, "table": table}
    return part(request, "records/import_map.html#map", context, status=422 if form.errors else 200)


@require_safe
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Steps 3 and 4: what the dry run found; then progress, result, failed rows, undo."""
    batch = _batch(request, pk)
    if not batch.mapping:
        return redirect(request, reverse("records:import_map", args=[pk]))
    kind, job = kinds.get(batch.kind), Job.objects.filter(pk=batch.job_id).first()
    busy = job is not None and job.status in (Job.Status.WAITING, Job.Status.RUNNING)
    context = {
        "batch": batch,
        "kind": kind,
        "job": job,
        "busy": busy,
        "step": 3 if batch.status == ImportBatch.Status.READY else 4,
        "list_url": reverse(f"{kind.page.partition(':')[0]}:{kind.model._meta.model_name}_list") if kind.page else "",
    }
    return part(request, "records/import_page.html#state", context)


@require_POST
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a checked import."""
    batch = _batch(request, pk)
    try:
        actions.start_import(batch, by=request.viewer)
    except Refused as refusal:
        return redirect(request, reverse("records:import_page", args=[pk]), str(refusal), tone="bad")
    return redirect(request, reverse("records:import_page", args=[pk]))


@require_POST
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an import back."""
    batch = _batch(request, pk)
    page = reverse("records:import_page", args=[pk])
    try:
        counts = undo_import(batch, by=request.viewer)
    except Refused as refusal:
        return redirect(request, page, str(refusal), tone="bad")
    return redirect(request, page, _("Taken back: %(removed)s removed, %(restored)s restored, %(kept)s kept.") % counts)


@require_safe
def import_errors(request: HttpRequest, pk: int) -> FileResponse:
    """The rows that failed, with their reasons, as a file to mend and import again."""
    batch = _batch(request, pk)
    if not batch.errors_file:
        raise NotVisible
    name = f"{batch.file_name}.errors.xlsx"
    return FileResponse(batch.errors_file.open("rb"), as_attachment=True, filename=name)


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    """An import of this person's own; raises NotVisible."""
    batch = queries.imports_of(request.viewer).filter(pk=pk).first() if pk <= queries.LARGEST_KEY else None
    if batch is None:
        raise NotVisible
    return batch


def _table_options(request: HttpRequest, batch: ImportBatch) -> dict:
    """How the file is read: as chosen on the page, else as it was kept, else as it is found."""
    kept = Mapping.from_json(batch.mapping).table_options() if batch.mapping else {}
    sent = request.POST if request.method == "POST" else request.GET
    for name in ("encoding", "sheet"):
        if value := sent.get(name, "").strip()[:60]:
            kept[name] = value
    if (row := sent.get("header_row", "")).isdigit() and 0 < int(row) < 1000:
        kept["header_row"] = int(row)
    return kept
