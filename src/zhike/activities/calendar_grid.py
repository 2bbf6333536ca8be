"""Where entries of a calendar stand: pure functions over minutes, no queries (ACT-5)."""

from collections.abc import Sequence
from dataclasses import dataclass

DAY_MINUTES = 24 * 60
# An entry is drawn at least this high, so that its title can be read; laying out counts with it too.
SHORTEST = 30
# Hours shown even where nothing lies, in whole hours.
FIRST_HOUR, LAST_HOUR = 8, 20


@dataclass(frozen=True)
class Place:
    """The place of an entry among those it overlaps: the first column it takes, how many, and out of how many."""

    column: int
    width: int
    columns: int


def lay_out(spans: Sequence[tuple[int, int]]) -> list[Place]:
    """Places of entries, given as (begin, end) in minutes with begin < end; in the order given.

    Entries that overlap stand side by side, in as few columns as there are entries at the same time; those with room
    to their right widen into it. Entries that only touch do not overlap.
    """
    places: list[Place | None] = [None] * len(spans)
    for cluster in _clusters(spans):
        columns = _columns(spans, cluster)
        for number, column in enumerate(columns):
            for index in column:
                width = 1
                while number + width < len(columns) and _has_room(spans, index, columns[number + width]):
                    width += 1
                places[index] = Place(number, width, len(columns))
    return [place for place in places if place is not None]


def _clusters(spans: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Entries that hang together by overlapping, each cluster in the order they begin; longer ones first."""
    clusters: list[list[int]] = []
    until = -1
    for index in sorted(range(len(spans)), key=lambda i: (spans[i][0], -spans[i][1], i)):
        begin, end = spans[index]
        if begin >= until:
            clusters.append([])
        clusters[-1].append(index)
        until = max(until, end)
    return clusters


def _columns(spans: Sequence[tuple[int, int]], cluster: list[int]) -> list[list[int]]:
    """Each entry in the first column free when it begins: never more columns than entries at the same time."""
    columns: list[list[int]] = []
    for index in cluster:
        free = next((column for column in columns if spans[column[-1]][1] <= spans[index][0]), None)
        if free is None:
            columns.append([index])
        else:
            free.append(index)
    return columns


def _has_room(spans: Sequence[tuple[int, int]], index: int, column: list[int]) -> bool:
    begin, end = spans[index]
    return all(spans[other][1] <= begin or spans[other][0] >= end for other in column)


def hours_shown(spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The first hour drawn and the one after the last: the usual day, widened to hold every entry."""
    first = min([FIRST_HOUR * 60, *(begin for begin, _end in spans)]) // 60
    last = -(-max([LAST_HOUR * 60, *(end for _begin, end in spans)]) // 60)
    return first, min(last, 24)


def free_times(
    busy: Sequence[tuple[int, int]], hours: Sequence[tuple[int, int]], minutes: int, after: int = 0, step: int = 30
) -> list[int]:
    """When, in minutes of the day, something of this length fits into the hours and between what is busy.

    Only whole steps (half hours) at or after `after` are offered.
    """
    found = []
    for begin, end in hours:
        at = -(-max(begin, after) // step) * step
        while at + minutes <= end:
            if all(stop <= at or start >= at + minutes for start, stop in busy):
                found.append(at)
            at += step
    return found
