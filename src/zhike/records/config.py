"""What the administrator sets up changes rarely and is read on every page: cached by one version number.

Each write of a configuration row puts a new random version into the database, in its own transaction.
Random, so that a version rolled back is never met again with other contents.
"""

import functools
import secrets
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models

KEY = "config"
_known: ContextVar[int | None] = ContextVar("config_version", default=None)


def version() -> int:
    """The version now in force: read once per request (`reading`), else from the database each time."""
    if (known := _known.get()) is not None:
        return known
    from zhike.records.models.work import NumberSequence

    return NumberSequence.objects.filter(key=KEY).values_list("last", flat=True).first() or 0


def pinned() -> int | None:
    """The version this request goes by; None outside of one."""
    return _known.get()


@contextmanager
def reading(known: int | None = None):
    """Within this block the version is read once (or given, where another query brought it along)."""
    token = _known.set(version() if known is None else known)
    try:
        yield
    finally:
        _known.reset(token)


def bump() -> None:
    """Say that configuration changed; everybody reads it anew after commit, this transaction at once."""
    from zhike.records.models.work import NumberSequence

    new = secrets.randbits(62)
    NumberSequence.objects.update_or_create(key=KEY, defaults={"last": new})
    if _known.get() is not None:
        _known.set(new)


def cached(function: Callable) -> Callable:
    """Cache a function of hashable arguments for as long as the configuration stays as it is."""
    store: dict[tuple, object] = {}
    store_version = 0

    @functools.wraps(function)
    def read(*args):
        nonlocal store_version
        now = version()
        if now != store_version:
            store.clear()
            store_version = now
        if args not in store:
            store[args] = function(*args)
        return store[args]

    return read


class Configuration(models.Model):
    """Base of configuration rows: saving or deleting one makes everybody read anew."""

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        bump()

    def delete(self, *args, **kwargs):
        gone = super().delete(*args, **kwargs)
        bump()
        return gone
