"""By which version of the rules the documents of the index were written (`words`, `documents`, `gin`).

Documents written by an earlier one find what they found then; `documents.catch_up` writes them anew in the background.
"""

from django.db import transaction

from zhike.records.models import NumberSequence

# One more whenever the rules change by which a document is made.
# 2: the blocks of ids on PostgreSQL; 3: the owners of deals with a customer.
RULES = 3
KEY = "search.rules"

_was_current = False


def is_current() -> bool:
    """Whether all documents were written by these rules; asked until it is so, and so for as long as this code runs."""
    global _was_current
    _was_current = _was_current or reached_so_far() >= RULES
    return _was_current


def reached_so_far() -> int:
    """The version by which all documents are written."""
    return NumberSequence.objects.filter(key=KEY).values_list("last", flat=True).first() or 0


@transaction.atomic
def reached() -> None:
    """Say that all documents are written by these rules."""
    NumberSequence.objects.filter(key__startswith=f"{KEY}:").delete()
    NumberSequence.objects.update_or_create(key=KEY, defaults={"last": RULES})


def place_of(label: str) -> int:
    """Up to which id the documents of a kind were written anew."""
    return NumberSequence.objects.filter(key=_key(label)).values_list("last", flat=True).first() or 0


def keep_place(label: str, pk: int) -> None:
    """Keep how far writing a kind's documents anew has come."""
    NumberSequence.objects.update_or_create(key=_key(label), defaults={"last": pk})


def _key(label: str) -> str:
    # With the version: what an earlier catching up left half done counts for nothing.
    return f"{KEY}:{RULES}:{label}"[:60]
