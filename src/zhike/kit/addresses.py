"""Addresses of our pages, worked out once: `reverse` costs as much as a database query, and addresses never change."""

from functools import lru_cache
from typing import Any

from django.core.signals import setting_changed
from django.urls import NoReverseMatch, reverse

# Whole numbers stand in for themselves in an address, so that one address serves all records of a kind.
STAND_INS = tuple(f"90071992547409{n}" for n in range(91, 99))


def address_of(url_name: str, *args: Any) -> str:
    """The address of a page, as `reverse` gives it; raises NoReverseMatch."""
    if not args:
        return _address(url_name, ())
    numbers = [str(arg) if type(arg) is int and arg >= 0 else None for arg in args]
    shape = tuple(arg if n is None else int(STAND_INS[i]) for i, (arg, n) in enumerate(zip(args, numbers, strict=True)))
    found = _address(url_name, shape)
    for stand_in, number in zip(STAND_INS, numbers, strict=False):
        if number is not None:
            found = found.replace(stand_in, number)
    return found


@lru_cache(maxsize=4096)
def _address(url_name: str, args: tuple) -> str:
    return reverse(url_name, args=args)


@lru_cache(maxsize=1024)
def known_address(url_name: str) -> str | None:
    """The address of a page without arguments, or None where there is none."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def _forget(*, setting: str, **_more: Any) -> None:
    # Tests bring addresses of their own.
    if setting == "ROOT_URLCONF":
        _address.cache_clear()
        known_address.cache_clear()


setting_changed.connect(_forget)
