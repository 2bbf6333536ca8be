"""Ids of records as texts of addresses, forms and files name them.

`str.isdigit` is not enough: "²" is a digit to Python but no number, and a text of ten megabytes is all digits too.
"""

from collections.abc import Iterable

LARGEST_KEY = 2**63 - 1  # of a column of the database
_DIGITS = len(str(LARGEST_KEY)) - 1


def key_of(text: str | None) -> int:
    """The id a text names; 0, which no record has, for every other text."""
    return int(text) if text and len(text) <= _DIGITS and text.isascii() and text.isdigit() else 0


def keys_of(texts: Iterable[str]) -> list[int]:
    """The ids some texts name, in their order, without what names none."""
    return [key for text in texts if (key := key_of(text))]


def key_or_word(value: str | int) -> str | int:
    """An id where a form sent one, else the word as it was typed."""
    return value if isinstance(value, int) else key_of(str(value)) or value
