"""The first lines of a file as they stand, so that one sees whether it is read rightly and where its titles are."""

from typing import Any
from urllib.parse import urlencode

from zhike.kit.tables.cells import Table

LINES = 10
COLUMNS = 30


class Preview:
    """Lines with their numbers and cells, the titles among them; `url` of a line makes it the titles."""

    def __init__(self, table: Table, options: dict[str, Any]):
        self.columns = min(len(table.columns), COLUMNS)
        self.hidden = len(table.columns) - self.columns
        first = max(table.header_row - LINES // 2, 0) if table.header_row > LINES else 0
        self.lines = [
            {
                "number": number,
                "cells": [_shown(cell) for cell in cells[: self.columns]] + [""] * (self.columns - len(cells)),
                "is_title": number == table.header_row,
                "is_above": number < table.header_row,
                "url": "?" + urlencode({"read": "1", **options, "header_row": number}),
            }
            for number, cells in table.top[first : first + LINES]
        ]


def _shown(cell: Any) -> str:
    return str("" if cell is None else cell)[:80]
