"""`./zhike up`: set-up on the first run, then web, live events and background jobs under one supervisor."""

import fcntl
import os
import socket

from django.core.exceptions import ImproperlyConfigured

from zhike.cli import prepare, start_django


def add_arguments(parser) -> None:
    """Where to listen, and what an empty installation starts with."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=port_number, default=8000, help="port to listen at (default: %(default)s)")
    contents = parser.add_mutually_exclusive_group()
    contents.add_argument("--demo", action="store_true", help="first run: with the demo company")
    contents.add_argument("--empty", action="store_true", help="first run: without any records (the default)")


def port_number(text: str) -> int:
    """A TCP port."""
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise ValueError(text)
    return int(text)


def run(options) -> int:
    """Prepare, migrate, serve."""
    prepare.everything()
    start_django()
    from django.conf import settings

    lock = (settings.DATA / "up.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ImproperlyConfigured(f"ZHIKE_DATA: ZhiKe is already running with {settings.DATA}")
    check_port(options.host, options.port)
    migrate()
    first_run(options.demo)
    from zhike.supervisor import serve

    return serve(options.host, options.port)


def check_port(host: str, port: int) -> None:
    """Say plainly when the address is taken."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        raise ImproperlyConfigured(f"--host {host} --port {port}: {os.strerror(error.errno) if error.errno else error}")


def migrate() -> None:
    """Bring the database to this version of the code."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        prepare.say("updating the database")
        call_command("migrate", interactive=False, verbosity=0)
    connection.close()


def first_run(demo: bool) -> None:
    """Create the administrator in an empty installation, and the demo company where asked for."""
    from zhike.activities.setup import install_reminders, install_templates
    from zhike.automation.setup import install_automation
    from zhike.contracts.setup import install_contracts
    from zhike.org.flows import install_flows
    from zhike.org.setup import ensure_company
    from zhike.sales.setup import install_pipelines

    password = ensure_company(os.environ.get("ZHIKE_ADMIN_PASSWORD") or None)
    install_pipelines()
    install_flows()
    install_reminders()
    install_templates()
    install_contracts()
    install_automation()
    if password:
        print(f"Administrator: admin   Password: {password}   (shown only now)", flush=True)
    if demo:
        install_demo()


def install_demo() -> None:
    """Fill an installation that has no customers yet with the demo company."""
    from zhike.kit.errors import Refused
    from zhike.packs.distribution import install

    prepare.say("making the demo company")
    try:
        install.install_demo()
    except Refused as refusal:
        prepare.say(str(refusal))
    else:
        print(f"Demo company: everybody's password is {install.PASSWORD}", flush=True)
