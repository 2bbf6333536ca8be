"""`./zhike user NAME`: create or change a person (ORG-1)."""

import sys

from zhike.cli import prepare, start_django


def add_arguments(parser) -> None:
    """Who, and what of them."""
    parser.add_argument("name", help="the person's username")
    parser.add_argument("--full-name", metavar="NAME", help="what the person is called (default: the username)")
    parser.add_argument("--password", metavar="P", help="the password (for a new person made up and printed once)")
    parser.add_argument("--role", metavar="R", action="append", help="key or name of a role; may be repeated")
    parser.add_argument("--department", metavar="D", help="name of a department; made if there is none of this name")
    parser.add_argument("--supervisor", metavar="NAME", help="username or full name of the supervisor")
    parser.add_argument("--email", metavar="E", help="e-mail address")


def run(options) -> int:
    """Create the person, or change what is given; 0 done, 2 nothing done, with the reason."""
    prepare.translations()
    start_django()
    from django.db import DatabaseError

    from zhike.kit.errors import Refused
    from zhike.org import setup
    from zhike.org.actions import save_account
    from zhike.org.models import Person
    from zhike.org.viewers import the_system

    words = {"name": options.full_name, "department": options.department, "supervisor": options.supervisor,
             "roles": options.role, "email": options.email}  # fmt: skip
    try:
        setup.install_roles()
        known = Person.objects.filter(username__iexact=options.name).exists()
        made_up = save_account(options.name, words, by=the_system(), password=options.password)
    except Refused as refusal:
        reasons = [f"{field}: {text}" if field else text for field, texts in refusal.messages.items() for text in texts]
        return wrong("; ".join(map(str, reasons)))
    except DatabaseError:
        return wrong("the database is not set up yet: run `zhike up` once")
    print(f"{options.name}: {'changed' if known else 'created'}")
    if made_up:
        print(f"Password: {made_up}   (shown only now; to be changed at the first sign-in)")
    return 0


def wrong(message: str) -> int:
    """Say why nothing was done."""
    print(f"zhike: {message}", file=sys.stderr)
    return 2
