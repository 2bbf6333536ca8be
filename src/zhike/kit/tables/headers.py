"""Where the titles of a table stand: below notes, over several rows, in merged cells."""

from collections.abc import Iterable, Sequence
from typing import Any

from zhike.kit import parse
from zhike.kit.tables.cells import is_blank

LOOK_AT = 30  # rows from the top among which the titles are sought

Span = tuple[int, int, int, int]  # first row, first column, last row, last column of merged cells, from 0


def find_header(rows: Sequence[list[Any]], merged: Iterable[Span] = (), given: int | None = None) -> tuple[int, int]:
    """First and last row of the titles, from 0. `given` says the first one.

    Titles are the first row of texts that is about as full as the fullest rows; notes above fill a cell or two.
    Merged cells count as filled, unless they reach over the whole table, as a heading does.
    """
    merged = list(merged)
    full = fill_merged(rows, merged)
    counts = [sum(not is_blank([cell]) for cell in row) for row in full]
    first = given
    if first is None:
        most = max(counts, default=0)
        wanted = max(2, (most + 1) // 2) if most > 1 else 1
        first = next((n for n, row in enumerate(full) if counts[n] >= wanted and _are_titles(row)), None)
        if first is None:
            first = next((n for n, count in enumerate(counts) if count >= wanted), 0)
    last = first
    for top, left, bottom, right in merged:
        if top == first:
            last = max(last, bottom, top + 1 if right > left and top == bottom else 0)
    return first, min(last, len(rows) - 1)


def titles(rows: Sequence[list[Any]], merged: Iterable[Span] = (), width: int | None = None) -> list[str]:
    """One title a column from one or more rows of them: joined from top to bottom, named if blank, no title twice."""
    full = fill_merged(rows, list(merged), heading=False)
    width = width or max(map(len, full), default=0)
    found: list[str] = []
    taken: set[str] = set()
    for column in range(width):
        parts = [parse.clean_text(str(row[column])) for row in full if column < len(row)]
        title = " ".join(dict.fromkeys(part for part in parts if part))[:200] or _letters(column)
        again, plain = 2, title
        while title in taken:
            title, again = f"{plain} ({again})", again + 1
        taken.add(title)
        found.append(title)
    return found


def fill_merged(rows: Sequence[list[Any]], merged: list[Span], *, heading: bool = True) -> list[list[Any]]:
    """The rows with the value of merged cells in each of them; a heading over the whole width stays one cell."""
    full = [list(row) for row in rows]
    width = max(map(len, full), default=0)
    for top, left, bottom, right in merged:
        if top >= len(full) or (heading and left == 0 and right >= width - 1):
            continue
        value = full[top][left] if left < len(full[top]) else ""
        for row in full[top : bottom + 1]:
            row += [""] * (min(right + 1, width) - len(row))
            for column in range(left, min(right + 1, width)):
                row[column] = value
    return full


def _are_titles(row: list[Any]) -> bool:
    """Texts, none of them a figure, few of them twice."""
    texts = [cell for cell in row if not is_blank([cell])]
    return all(isinstance(cell, str) and not _is_figure(cell) for cell in texts)


def _is_figure(text: str) -> bool:
    try:
        parse.number(text)
    except parse.ParseError:
        return False
    return True


def _letters(column: int) -> str:
    """The name of a column without a title, as spreadsheets call it: A … Z, AA …"""
    name, number = "", column + 1
    while number:
        number, digit = divmod(number - 1, 26)
        name = chr(65 + digit) + name
    return name
