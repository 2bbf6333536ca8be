"""Python inside an installation without starting Django each time: a process that has it loaded, and forks for each piece.

Started as `python -m tests.shell` it says "ready", then reads requests as lines of JSON: {"code": "…"}, and answers each
with {"code": exit code, "out": "…", "err": "…"}. It opens no database connection itself, and ends with its input.
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback
import weakref
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Shell:
    """The tests' end of such a process."""

    def __init__(self, environment: dict[str, str]):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.shell"], env=environment, cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.close = weakref.finalize(self, end, self.process)
        assert self.process.stdout.readline() == "ready\n", "the shell did not start"

    def run(self, code: str) -> subprocess.CompletedProcess:
        """Run Python code in a process of its own."""
        self.process.stdin.write(json.dumps({"code": code}) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        return subprocess.CompletedProcess(["shell", code], said["code"], said["out"], said["err"])


def end(process: subprocess.Popen) -> None:
    """Close the input of a shell, and wait until it is gone."""
    process.stdin.close()
    process.stdout.close()
    process.wait(10)


def serve() -> None:
    """Answer until the input ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhike.settings")
    import django

    django.setup()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line)["code"])), flush=True)


def answer(code: str) -> dict:
    """What the code said and how it ended, run in a child."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        if (child := os.fork()) == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os._exit(carried_out(code))
        _child, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return {"code": os.waitstatus_to_exitcode(status), "out": out.read(), "err": err.read()}


def carried_out(code: str) -> int:
    """Run the code as `manage shell` does; gives the exit code."""
    from django.db import connections

    try:
        exec(code, {"__name__": "__main__"})
        connections.close_all()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve()
