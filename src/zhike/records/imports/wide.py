"""Tables with a column for each of a series of things, such as months, read as rows of one thing each."""

from collections.abc import Iterator
from typing import Any

from zhike.kit.tables.reader import Table


class Unfolded(Table):
    """A table whose columns at `places` hold values of things (3: "March"): each row becomes one for each filled cell.

    `titles` are what the two new last columns are called: which thing, and the value. The line stays that of the file.
    """

    def __init__(self, table: Table, places: dict[int, Any], titles: list[str]):
        self.__dict__ |= table.__dict__  # how it was read, for the page that shows that
        self.table, self.places = table, places
        self.kept = [n for n in range(len(table.columns)) if n not in places]
        self.columns = [table.columns[n] for n in self.kept] + titles
        self.total = None if table.total is None else table.total * len(places)

    def raw_rows(self) -> Iterator[tuple[int, list[Any]]]:
        for line, cells in self.table.rows():
            for place, thing in self.places.items():
                if cells[place] not in (None, ""):
                    yield line, [*(cells[n] for n in self.kept), thing, cells[place]]
