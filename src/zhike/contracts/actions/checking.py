"""Whether the kept sums are those of the entries: asked every night, repaired on demand. Acts for nobody in person."""

from collections.abc import Iterable

from django.utils.translation import ngettext

from zhike.contracts.actions.ledger import Difference, differences, repair
from zhike.kit.actions import acting
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.records.actions import notify


def check_ledger() -> list[Difference]:
    """Compare all sums with the ledger, and tell the administrators of any difference."""
    found = differences()
    if found:
        said = ngettext(
            "%(n)s sum differs from the ledger: %(first)s", "%(n)s sums differ from the ledger: %(first)s", len(found)
        ) % {"n": len(found), "first": found[0]}
        with acting(the_system(), "check_ledger"):
            for person in Person.objects.present().filter(roles__is_administrator=True).distinct():
                notify(person.pk, said, tone="bad", about="system")
    return found


def repair_ledger(found: Iterable[Difference]) -> None:
    """Write the sums of the entries back to their rows."""
    with acting(the_system(), "repair_ledger"):
        repair(found)
