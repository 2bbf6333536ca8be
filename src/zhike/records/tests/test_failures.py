"""A person sees what became of a job that failed (point 2 of the core)."""

import pytest
from django_tasks_db.models import DBTaskResult

from zhike import worker
from zhike.records import tasks
from zhike.records.models import ImportBatch, Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(company):
    return Job.objects.create(title="export", person_id=company.li_na.pk, status=Job.Status.RUNNING)


def failed(task, *arguments, attempt, error="builtins.OSError", last_line="OSError: gone"):
    """The queue's entry of a task that has just failed for the nth time."""
    entry = DBTaskResult.objects.get(pk=task.enqueue(*arguments).id)
    entry.status, entry.worker_ids = "FAILED", ["w"] * attempt
    entry.exception_class_path, entry.traceback = error, f"Traceback\n{last_line}\n"
    entry.save()
    return entry


def test_point_2_a_job_that_is_tried_again_waits_and_says_so(job):
    entry = failed(tasks.run_export, job.pk, "customers", {}, [], "csv", attempt=1)
    worker.try_again_later(entry)
    job.refresh_from_db()
    assert (job.status, bool(job.message), job.finished_at) == (Job.Status.WAITING, True, None)
    assert entry.status == "READY" and entry.run_after > entry.enqueued_at


def test_point_2_a_job_that_failed_for_good_does_not_show_the_programs_error(job):
    worker.try_again_later(failed(tasks.run_export, job.pk, "customers", {}, [], "csv", attempt=5))
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED and job.finished_at and "gone" not in job.message


def test_point_2_a_refusal_is_final_and_says_why(job):
    line = "zhike.kit.errors.Refused: no such column"
    entry = failed(
        tasks.run_export, job.pk, "customers", {}, [], "csv", attempt=1, error=line.split(":")[0], last_line=line
    )
    worker.try_again_later(entry)
    job.refresh_from_db()
    assert (job.status, job.message, entry.status) == (Job.Status.FAILED, "no such column", "FAILED")


def test_point_2_an_import_that_failed_for_good_is_failed_too(job):
    batch = ImportBatch.objects.create(
        kind="customers.customer",
        file_name="x.csv",
        person_id=job.person_id,
        job=job,
        status=ImportBatch.Status.RUNNING,
    )
    worker.try_again_later(failed(tasks.run_import, batch.pk, attempt=5))
    batch.refresh_from_db()
    job.refresh_from_db()
    assert (batch.status, job.status) == (ImportBatch.Status.FAILED, Job.Status.FAILED)


def test_point_2_a_job_of_nobody_is_just_tried_again(company):
    entry = failed(tasks.deliver_event, 1, attempt=2)
    worker.try_again_later(entry)
    assert entry.status == "READY"
