"""Jobs of this room: they take ids, rebuild the viewer, call an action, and are safe to run twice."""

import tempfile
from pathlib import Path

from django.core.files import File
from django.urls import reverse
from django.utils.translation import gettext as _
from django_tasks import task

from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.kit.tables.reader import UnreadableTable
from zhike.kit.viewer import viewer_of
from zhike.records import bulkactions, config, events, kinds
from zhike.records.actions import notify
from zhike.records.bulkactions import Selection
from zhike.records.customising import build_index
from zhike.records.exports import write_export
from zhike.records.imports.batches import check_batch, run_batch
from zhike.records.imports.undo import undo_import
from zhike.records.models import ImportBatch, Job, OutboxEvent


@task()
def deliver_event(event_id: int) -> None:
    """Hand an event to its subscribers; delivered once they all succeeded, else the worker tries again."""
    event = OutboxEvent.objects.filter(pk=event_id, delivered_at__isnull=True).first()
    if event is None:
        return
    for subscriber in events.subscribers_of(event.name):
        subscriber(event)
    OutboxEvent.objects.filter(pk=event_id).update(delivered_at=dates.now())


@task()
def run_import(batch_id: int) -> None:
    """Run an import, or go on with one whose worker was killed; its job shows the progress."""
    batch = ImportBatch.objects.get(pk=batch_id)
    job = Job.objects.filter(pk=batch.job_id)
    job.update(status=Job.Status.RUNNING)
    try:
        batch = run_batch(batch_id, on_progress=lambda read: job.update(done=read))
    except (Refused, UnreadableTable) as refusal:  # the file or mapping is at fault: trying again would not help
        ImportBatch.objects.filter(pk=batch_id).update(status=ImportBatch.Status.FAILED, finished_at=dates.now())
        job.update(status=Job.Status.FAILED, message=str(refusal)[:500], finished_at=dates.now())
        return
    said = _("Read %(read)s, created %(created)s, updated %(updated)s, unchanged %(skipped)s, failed %(failed)s.")
    counts = {n: getattr(batch, n) for n in ("read", "created", "updated", "skipped", "failed")}
    told = said % counts
    job.update(status=Job.Status.DONE, done=batch.read, total=batch.read, message=told, finished_at=dates.now())
    url = reverse("records:import_page", args=[batch.pk])
    notify(batch.person_id, f"{batch.file_name} {told}", url=url, about="jobs")


@task()
def check_import(batch_id: int, job_id: int) -> None:
    """Go through a mapped file without changing anything and keep what an import would do."""
    batch = ImportBatch.objects.get(pk=batch_id)
    job = Job.objects.filter(pk=job_id)
    if batch.job_id != job_id:  # mapped anew meanwhile
        job.update(status=Job.Status.DONE, finished_at=dates.now())
        return
    job.update(status=Job.Status.RUNNING)
    try:
        found = check_batch(batch, on_progress=lambda read: job.update(done=read))
    except (Refused, UnreadableTable) as refusal:
        found = {"error": str(refusal)}
    ImportBatch.objects.filter(pk=batch_id, job_id=job_id).update(checked=found, errors_file=batch.errors_file.name)
    job.update(status=Job.Status.DONE, finished_at=dates.now())


@task()
def take_back_import(batch_id: int, job_id: int) -> None:
    """Undo an import, or go on with that; its job shows how far it is and what was kept."""
    batch, job = ImportBatch.objects.get(pk=batch_id), Job.objects.filter(pk=job_id)
    if batch.status != ImportBatch.Status.DONE:
        return
    job.update(status=Job.Status.RUNNING)
    with config.reading():
        by = viewer_of(batch.person_id)
        counts = undo_import(batch, by=by, progress=lambda done: job.update(done=done))
    told = _("Taken back: %(removed)s removed, %(restored)s restored, %(kept)s kept.") % counts
    job.update(status=Job.Status.DONE, message=told, finished_at=dates.now())
    notify(batch.person_id, f"{batch.file_name} {told}", url=reverse("records:import_page", args=[batch.pk]))


@task()
def run_bulk(job_id: int, slug: str, what: str, selection: dict, values: dict) -> None:
    """Do a bulk action on many records; done again it finds little left to do."""
    job, kind = Job.objects.get(pk=job_id), kinds.get(slug)
    with config.reading():
        viewer = viewer_of(job.person_id)
        chosen = Selection.from_json(kind, selection)
        rows = Job.objects.filter(pk=job_id)
        rows.update(status=Job.Status.RUNNING, total=chosen.rows(viewer).count())
        action = bulkactions.find(kind, viewer, what)
        result = bulkactions.carry_out(action, chosen, values, by=viewer, progress=lambda n: rows.update(done=n))
    told = _("Done: %(done)s. Refused: %(refused)s. %(why)s") % result
    rows.update(status=Job.Status.DONE, message=told[:500], finished_at=dates.now())
    notify(job.person_id, f"{job.title} {told}", url=reverse("records:job_page", args=[job_id]), about="jobs")


@task()
def run_export(job_id: int, slug: str, selection: dict, columns: list, ending: str) -> None:
    """Write an export file and keep it with its job."""
    job, kind = Job.objects.get(pk=job_id), kinds.get(slug)
    rows = Job.objects.filter(pk=job_id)
    with config.reading(), tempfile.TemporaryDirectory() as folder:
        viewer = viewer_of(job.person_id)
        chosen = Selection.from_json(kind, selection)
        rows.update(status=Job.Status.RUNNING, total=chosen.rows(viewer).count())
        path = Path(folder) / f"export.{ending}"
        count = write_export(kind, viewer, chosen, path, names=columns, progress=lambda n: rows.update(done=n))
        job.refresh_from_db()
        job.file_name = f"{kind.plural}-{dates.today():%Y%m%d}.{ending}"
        with path.open("rb") as file:
            job.file.save(f"{job_id}.{ending}", File(file), save=False)
        job.status, job.done, job.finished_at = Job.Status.DONE, count, dates.now()
        job.message = _("%(count)s rows.") % {"count": count}
        job.save()
    notify(job.person_id, f"{job.title} {job.message}", url=reverse("records:job_page", args=[job_id]), about="jobs")


@task()
def index_custom_field(pk: int) -> None:
    """Make or drop the SQL index of a custom field."""
    build_index(pk)
