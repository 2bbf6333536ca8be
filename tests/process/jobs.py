"""Jobs for the tests of workers: they leave traces in files."""

import time
from dataclasses import replace
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
def an_automation_pass_that_is_killed_once(folder: str) -> None:
    """The daily pass of the automation rules; the first time the process is killed in the middle of a run's steps."""
    import os
    import signal

    from zhike.automation import engine
    from zhike.kit import dates

    first, real, done = Path(folder) / "killed-once", engine.steps.tag, []

    def tag(on, **values):
        said = real(on, **values)
        done.append(said)
        if len(done) == 7 and not first.exists():
            first.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)
        return said

    known = engine.steps.find("tag")
    engine.steps.add(replace(known, carry_out=tag))
    engine.pass_clocks(dates.now(), ("days",))
    (Path(folder) / "passed").write_text("")


@task()
def a_pass_that_is_killed_twice(folder: str) -> None:
    """The daily pass of the reminder rules; the process is killed while it writes its second five hundred, then
    the one that goes on with it while it tells, before what it told is committed."""
    import os
    import signal

    from zhike.activities import reminding, telling

    written = []

    def once(name: str) -> None:
        if not (mark := Path(folder) / name).exists():
            mark.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)

    def reminder_of(*args):
        written.append(args)
        if len(written) == 700:
            once("killed-writing")
        return write(*args)

    def notify(*args, **kwargs):
        tell(*args, **kwargs)
        once("killed-telling")

    write, tell = reminding.reminder_of, telling.notify
    reminding.reminder_of, telling.notify = reminder_of, notify
    reminding.remind(units=("days",))
    (Path(folder) / "passed").write_text("")
