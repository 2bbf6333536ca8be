"""Telephone numbers as people in China write them: extensions, short codes, E.164, masks (phonenumbers, region CN)."""

import re
from functools import lru_cache

import phonenumbers

from zhike.kit import parse

_EXTENSION = re.compile(r"\s*(?:转|分机|ext\.?|#)\s*(\d{1,6})$", re.IGNORECASE)


def tidy(text: str) -> str:
    """The number as typed, in half width with single spaces."""
    return parse.fold_code(text) if text.isascii() is False and text.isdigit() else parse.clean_text(parse.fold(text))


@lru_cache(maxsize=4096)
def e164(text: str) -> str:
    """The E.164 form, or "" where it is no full number (short codes, typos)."""
    try:
        number = phonenumbers.parse(_EXTENSION.sub(r" ext. \1", parse.fold(text)), "CN")
    except phonenumbers.NumberParseException:
        return ""
    return (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if phonenumbers.is_possible_number(number)
        else ""
    )


def digits(text: str) -> str:
    """Only the digits, half width."""
    return "".join(c for c in parse.fold(text) if c.isdigit())


def masked(text: str) -> str:
    """138****4821."""
    found = digits(text)
    return f"{found[:3]}****{found[-4:]}" if len(found) >= 8 else "****"
