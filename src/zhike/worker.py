"""A worker process: does background jobs, tries failed ones again, and (the first worker) enqueues the periodic ones.

Jobs are at-least-once: one whose worker was killed is done again, so every task is safe to run twice.
"""

import argparse
import hashlib
import logging
import os
import signal
import socket
import threading
from datetime import timedelta

import django

ATTEMPTS_AFTER = [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)]
LOOK_EVERY = 1.0  # seconds between two looks for jobs, and for periodic jobs

log = logging.getLogger("zhike.worker")


def main() -> None:
    """Run worker NUMBER until TERM; a job under way is finished first."""
    parser = argparse.ArgumentParser(prog="zhike.worker")
    parser.add_argument("number", type=int)
    parser.add_argument("supervisor", type=int, help="process id; the worker ends when that is no longer its parent")
    options = parser.parse_args()
    number = options.number
    django.setup()
    worker = make_worker(number)
    worker.configure_signals()
    take_back(number)
    threading.Thread(target=watch, args=(number, options.supervisor), daemon=True).start()
    worker.run()


def make_worker(number: int):
    """A django-tasks worker of ours; the models it needs exist only after `django.setup()`."""
    from django_tasks_db.management.commands.db_worker import Worker
    from django_tasks_db.models import DBTaskResult

    class OurWorker(Worker):
        def shutdown(self, signum, frame) -> None:
            # Systemd tells every process, the supervisor its workers: hearing it twice is no haste.
            if self.running:
                super().shutdown(signum, frame)

        def run_task(self, db_task_result: DBTaskResult) -> None:
            super().run_task(db_task_result)
            try_again_later(db_task_result)

    return OurWorker(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=LOOK_EVERY,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=worker_id(number),
    )


def worker_id(number: int) -> str:
    """The same after each start, so that a worker knows its own unfinished jobs; different on other machines."""
    from django.conf import settings

    place = hashlib.sha256(str(settings.DATA).encode()).hexdigest()[:8]
    return f"{socket.gethostname()[:40]}:{place}:{number}"


def try_again_later(job) -> None:
    """Put a failed job back into the queue, a few times and ever later, unless trying again cannot help."""
    from django_tasks.base import TaskResultStatus

    from zhike.kit import dates
    from zhike.kit.errors import Forbidden, NotVisible, Refused, Stale
    from zhike.records.failures import note_failure

    if job.status != TaskResultStatus.FAILED:
        return
    refusals = {f"{error.__module__}.{error.__qualname__}" for error in (Forbidden, NotVisible, Refused, Stale)}
    attempt = len(job.worker_ids)
    if job.exception_class_path in refusals:
        note_failure(job, final=True, reason=job.traceback.strip().rpartition("\n")[2].partition(": ")[2])
    elif attempt > len(ATTEMPTS_AFTER):
        log.error("job %s (%s) failed for good at attempt %s\n%s", job.pk, job.task_path, attempt, job.traceback)
        note_failure(job, final=True)
    else:
        log.warning("job %s (%s) failed at attempt %s\n%s", job.pk, job.task_path, attempt, job.traceback)
        job.status = TaskResultStatus.READY
        job.run_after = dates.now() + ATTEMPTS_AFTER[attempt - 1]
        job.save(update_fields=["status", "run_after"])
        note_failure(job, final=False)


def take_back(number: int) -> None:
    """Put jobs back that a worker of this place was doing when killed: mine, and those of numbers no longer used."""
    from django.conf import settings
    from django_tasks.base import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    from zhike.records.failures import note_failure

    place = worker_id(number).rpartition(":")[0]
    others = {worker_id(other) for other in range(1, settings.WORKERS + 1)} - {worker_id(number)}
    for job in DBTaskResult.objects.running():
        last = job.worker_ids[-1] if job.worker_ids else ""
        if last.rpartition(":")[0] == place and last not in others:
            killed_each_time = len(job.worker_ids) > len(ATTEMPTS_AFTER)
            job.status = TaskResultStatus.FAILED if killed_each_time else TaskResultStatus.READY
            job.save(update_fields=["status"])
            note_failure(job, final=killed_each_time)
            log.warning("job %s (%s) was interrupted: %s", job.pk, job.task_path, job.status)


def watch(number: int, supervisor: int) -> None:
    """Beside the jobs: enqueue periodic ones (worker 1), and end when the supervisor is gone."""
    from django.db import DatabaseError, close_old_connections

    from zhike.records import periodic

    pause = threading.Event()
    while os.getppid() == supervisor:
        if number == 1:
            close_old_connections()
            try:
                periodic.enqueue_due()
            except DatabaseError:
                log.exception("cannot look for periodic jobs")
        pause.wait(LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
