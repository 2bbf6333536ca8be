"""What both databases' index tables have in common: the table's name, the keys of its rows, what is asked back.

A row's key is the record's kind and id in one number, which makes "the newest of a kind" a range of keys, and walking
it backwards free.
"""

import zlib
from collections.abc import Iterable
from typing import NamedTuple

from zhike.records.search.question import Question

TABLE = "records_search"
KEY_BITS = 41
IDS = (1 << KEY_BITS) - 1  # the bits of a key that are the id
# A question whose rarest word is in more documents than this is answered by walking, newest first, not by collecting.
COMMON = 3000


class Asked(NamedTuple):
    """What is asked of a kind, and how many answers are wanted at most: the newest.

    `newest` is the id of the kind's newest record, where it is known.
    """

    question: Question
    most: int
    newest: int = 0


class Newest(NamedTuple):
    """The newest records of a kind that answer, the newest first, and whether these are all."""

    ids: list[int]
    are_all: bool

    @classmethod
    def of(cls, found: list[int], most: int) -> "Newest":
        """From what was found, looking for one more than is wanted."""
        return cls(found[:most], len(found) <= most)


MANY = Newest([], False)


def first_key(label: str) -> int:
    """The key before the first of a kind: its documents have keys up to 2^41 above. Kinds are told apart by hash."""
    return (zlib.crc32(label.encode()) & 0x3FFFFF) << KEY_BITS


def last_key(label: str) -> int:
    """The last key a document of this kind may have."""
    return first_key(label) + (1 << KEY_BITS) - 1


def by_kind(rows: Iterable[tuple[int]]) -> dict[int, list[int]]:
    """Keys as ids, by the first key of their kind; they keep their order."""
    found: dict[int, list[int]] = {}
    for (key,) in rows:
        found.setdefault(key >> KEY_BITS << KEY_BITS, []).append(key & IDS)
    return found
