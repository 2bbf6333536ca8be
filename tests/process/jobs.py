"""Jobs for the tests of workers: they leave traces in files."""

import time
from pathlib import Path

from django_tasks import task


@task()
def slow(folder: str) -> None:
    """Say that it has begun, wait to be allowed to end, say that it has ended."""
    (Path(folder) / "begun").write_text("")
    for _ in range(1200):
        if (Path(folder) / "go-on").exists():
            break
        time.sleep(0.05)
    (Path(folder) / "ended").write_text("")


@task()
def fails_at_first(folder: str) -> None:
    """Fail once, then succeed."""
    first = Path(folder) / "failed-once"
    if not first.exists():
        first.write_text("")
        raise OSError("the network is away")
    (Path(folder) / "succeeded").write_text("")


@task()
def breaks_the_worker(folder: str) -> None:
    """Take the worker process down the first time, as running out of memory does."""
    import os
    import signal

    first = Path(folder) / "killed-once"
    if not first.exists():
        first.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    (Path(folder) / "succeeded").write_text("")


@task()
def a_pass_that_is_killed_once(folder: str) -> None:
    """The daily pass of the reminder rules; the first time the process is killed inside its second transaction."""
    import os
    import signal

    from zhike.activities import reminding

    first, real, told = Path(folder) / "killed-once", reminding.notify, []

    def notify(*args, **kwargs):
        told.append(args)
        if len(told) == 2 and not first.exists():
            first.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    reminding.notify = notify
    reminding.remind(units=("days",))
    (Path(folder) / "passed").write_text("")
