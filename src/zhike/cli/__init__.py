"""The command line: `./zhike VERB …`. Each verb is a module here.

A module has `add_arguments(parser)` and `run(options) -> exit code`; with `PASSES_ON = True` it gets `options.rest`.
It is named after its verb (`import_` for `import`) and imports Django's things inside `run`, after `start_django()`.
"""

import argparse
import importlib
import importlib.util
import keyword
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

VERBS = {
    "up": "start the product: web, live events, background jobs",
    "test": "install what the tests need and run all of them",
    "import": "read records from files",
    "export": "write records to a file",
    "user": "create or change a person",
    "token": "print a new API token of a person",
    "backup": "write database and uploaded files into one file",
    "restore": "read a backup into an empty installation",
    "bench": "run the benchmarks",
    "manage": "Django's management commands",
}


def main(arguments: list[str] | None = None) -> None:
    """Run one verb and end the process with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhike.settings")
    try:
        sys.exit(run(arguments))
    except (ImproperlyConfigured, CommandError) as error:
        print(f"zhike: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def run(arguments: list[str]) -> int:
    """Find the verb's module, read its arguments, run it; 2 for a wrong call."""
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(usage())
        return 0 if arguments else 2
    verb, rest = arguments[0], arguments[1:]
    if verb not in VERBS:
        print(f"zhike: no such command: {verb}\n\n{usage()}", file=sys.stderr)
        return 2
    module = f"zhike.cli.{verb}_" if keyword.iskeyword(verb) else f"zhike.cli.{verb}"
    if importlib.util.find_spec(module) is None:
        print(f"zhike: the command {verb} is not part of this installation", file=sys.stderr)
        return 2
    command = importlib.import_module(module)
    if getattr(command, "PASSES_ON", False):
        return command.run(argparse.Namespace(rest=rest))
    parser = argparse.ArgumentParser(prog=f"zhike {verb}", description=VERBS[verb], allow_abbrev=False)
    command.add_arguments(parser)
    return command.run(parser.parse_args(rest))


def usage() -> str:
    """The list of verbs."""
    lines = "\n".join(f"  {verb:<8} {what}" for verb, what in VERBS.items())
    return f"usage: zhike COMMAND …\n\n{lines}\n\n`zhike COMMAND --help` says more."


def start_django() -> None:
    """Load settings and rooms; commands call it when they need the database."""
    import django

    django.setup()
