"""The rows an import could not take: why, the first of them to show, words nobody knew, and all as a file to mend."""

import json
from collections import Counter
from pathlib import Path
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from zhike.kit.errors import Refused
from zhike.kit.tables.writer import write_xlsx
from zhike.records.imports.cells import Row
from zhike.records.kinds import RecordKind

# The columns added to failed rows; a file that has them was mended and comes again.
NOTES = (gettext_lazy("Line"), gettext_lazy("Reason"))
FIRST = 20  # failed rows shown on the page
MOST_WORDS = 500  # unknown words of a field that are counted


class FailedRows:
    """Failed rows of one import, noted one a line in `file` as they come, so that there may be any number."""

    def __init__(self) -> None:
        self.file: IO[str]
        self.first: list[Row] = []
        self.unknown: dict[str, Counter[str]] = {}

    def add(self, rows: list[Row]) -> None:
        """Note rows with what is wrong with each."""
        for row in rows:
            if len(self.first) < FIRST:
                self.first.append(row)
            for name, word in row.unknown:
                known = self.unknown.setdefault(name, Counter())
                if word in known or len(known) < MOST_WORDS:
                    known[word] += 1
            noted = [row.number, row.cells, " ".join(row.errors)]
            self.file.write(json.dumps(noted, ensure_ascii=False, default=str) + "\n")

    def write(self, titles: list[str], path: str | Path) -> None:
        """All of them as a table, with line and reason in the last columns."""
        self.file.seek(0)
        lines = (json.loads(line) for line in self.file)
        width = len(titles)
        rows = ([*(cells + [None] * width)[:width], number, reason] for number, cells, reason in lines)
        write_xlsx(path, [*titles, *map(str, NOTES)], rows)


def reason_of(kind: RecordKind, refusal: Refused | ValidationError) -> str:
    """Why a row was refused, with the labels of its fields."""
    messages = refusal.messages if isinstance(refusal, Refused) else {"": refusal.messages}
    fields = kind.fields
    return " ".join(
        f"{fields[name].label}: {' '.join(map(str, texts))}" if name in fields else " ".join(map(str, texts))
        for name, texts in messages.items()
    )
