"""Kinds of messages people get, and what carries messages further than the inbox (ACT-7).

messages.declare("approvals", _("Approvals"), email="now")     # in apps.py of the room that sends them
messages.carry_with(carry)                                     # called in the transaction that writes a message
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from zhike.records.models import InboxItem

OTHER = "other"


@dataclass(frozen=True)
class About:
    """A kind of message: what it is called, and how e-mail takes it until a person says otherwise."""

    key: str
    label: str | Promise
    email: str  # "now", "hourly", "daily" or "none"
    order: int


_kinds: dict[str, About] = {}
_carriers: list[Callable[[InboxItem], None]] = []


def declare(key: str, label: str | Promise, *, email: str = "daily", order: int = 50) -> None:
    """Make a kind of message known."""
    _kinds[key] = About(key, label, email, order)


def everything() -> list[About]:
    """All kinds, in the order they are shown."""
    return sorted(_kinds.values(), key=lambda about: (about.order, about.key))


def about(key: str) -> About:
    """A kind by its key; what nobody declared is something else."""
    return _kinds.get(key) or _kinds[OTHER]


def carry_with(carrier: Callable[[InboxItem], None]) -> None:
    """Call `carrier(item)` for each message, in the transaction that writes it."""
    if carrier not in _carriers:
        _carriers.append(carrier)


def carry(item: InboxItem) -> None:
    """Let everybody know of a new message who takes messages further."""
    for carrier in _carriers:
        carrier(item)
