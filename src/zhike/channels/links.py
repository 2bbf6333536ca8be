"""Addresses in what goes out: absolute where ZHIKE_URL says how people reach us, else none."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "channels.unsubscribe"
EVERYTHING = "*"


def absolute(path: str) -> str:
    """A page of ours as it can be opened from outside; "" where that is not known."""
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL and path.startswith("/") else ""


def unsubscribe(person_id: int, about: str) -> str:
    """The page that turns e-mail about something off, for whoever holds the letter."""
    return reverse("channels:unsubscribe", args=[signing.dumps([person_id, about], salt=SALT)])


def unsubscribed(token: str) -> tuple[int, str] | None:
    """Who and what about a token speaks of; None for one that is not ours."""
    try:
        found: Any = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return int(found[0]), str(found[1])
