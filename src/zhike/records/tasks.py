"""Jobs of this room: they take ids, rebuild the viewer, call an action, and are safe to run twice."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django_tasks import task

from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.kit.tables.reader import UnreadableTable
from zhike.records import events
from zhike.records.actions import notify
from zhike.records.imports.engine import check_batch, run_batch
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
    notify(batch.person_id, f"{batch.file_name} {told}", url=reverse("records:import_page", args=[batch.pk]))


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
    ImportBatch.objects.filter(pk=batch_id, job_id=job_id).update(checked=found)
    job.update(status=Job.Status.DONE, finished_at=dates.now())
