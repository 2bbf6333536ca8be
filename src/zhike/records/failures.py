"""What a person is told when a job of theirs fails: that it is tried again, or that it will not work."""

import inspect

from django.db import transaction
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from zhike.kit import dates
from zhike.records.models import ImportBatch, Job


def note_failure(result: DBTaskResult, *, final: bool, reason: str = "") -> None:
    """Show on the person's job that its task failed; `reason` is said to people, errors of the program are not."""
    job = job_of(result)
    if job is None:
        return
    if not final:
        job.update(status=Job.Status.WAITING, message=_("Interrupted by an error; it is tried again shortly."))
        return
    said = reason or _("This did not work because of an error in the program. The administrator finds it in the log.")
    with transaction.atomic():
        job.update(status=Job.Status.FAILED, message=said[:500], finished_at=dates.now())
        ImportBatch.objects.filter(job__in=job, status=ImportBatch.Status.RUNNING).update(
            status=ImportBatch.Status.FAILED, finished_at=dates.now()
        )


def job_of(result: DBTaskResult):
    """The rows of the job that a task serves, by its argument `job_id` or `batch_id`; None when it serves no person."""
    stored = result.args_kwargs
    given = inspect.signature(result.task.func).bind(*stored["args"], **stored["kwargs"]).arguments
    if "job_id" in given:
        return Job.objects.filter(pk=given["job_id"])
    if "batch_id" in given:
        return Job.objects.filter(pk__in=ImportBatch.objects.filter(pk=given["batch_id"]).values("job_id"))
    return None
