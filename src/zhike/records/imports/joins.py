"""Several columns of a file that make one field: a name in two parts, an address in three, a day and a time."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from zhike.kit.errors import Refused
from zhike.kit.tables.cells import CellError


@dataclass
class Join:
    """The columns in their order, and what stands between: said, or found (nothing within Chinese, else a space).

    A name (`is_name`) has the family name first in `columns`: hanzi keep that order, Smith and John turn round.
    In a mapping file: {"columns": [TITLE, …], "with": ", "}, or {"columns": [FAMILY, GIVEN], "as": "name"}.
    """

    columns: list[str]
    between: str | None = None
    is_name: bool = False

    @classmethod
    def from_json(cls, name: str, data: Any) -> "Join":
        """Check what a mapping says of a field's columns; raises Refused."""
        fits = isinstance(data, dict) and not data.keys() - {"columns", "with", "as"}
        columns = data.get("columns", []) if fits else []
        if not fits or not isinstance(columns, list) or data.get("as", "name") != "name":
            raise Refused(_("This part of the mapping is not written rightly: %(names)s") % {"names": f"join.{name}"})
        between = data.get("with")
        return cls([str(title) for title in columns], None if between is None else str(between), "as" in data)

    def as_json(self) -> dict[str, Any]:
        """The same, as a mapping file has it."""
        between = {} if self.between is None else {"with": self.between}
        return {"columns": self.columns, **between, **({"as": "name"} if self.is_name else {})}

    def order(self, titles: list[str]) -> list[str]:
        """Titles in the order of `columns`, those it does not name after them."""
        return sorted(titles, key=lambda title: self.columns.index(title) if title in self.columns else len(titles))

    def __call__(self, cells: Sequence[Any]) -> Any:
        """The value of cells in that order; a cell that stands alone stays what it is."""
        filled = [cell for cell in cells if cell is not None and str(cell).strip()]
        if wrong := [cell for cell in filled if isinstance(cell, CellError)]:
            return wrong[0]
        if len(filled) < 2:
            return filled[0] if filled else ""
        texts = [_text(cell) for cell in filled]
        if self.is_name:
            return "".join(texts) if all(map(is_chinese, "".join(texts))) else " ".join([*texts[1:], texts[0]])
        if self.between is not None:
            return self.between.join(texts)
        whole = texts[0]
        for text in texts[1:]:
            whole += text if is_chinese(whole[-1]) and is_chinese(text[0]) else f" {text}"
        return whole


def is_chinese(letter: str) -> bool:
    """A hanzi, or a mark that stands among them such as the dot within a name."""
    return "\u3400" <= letter <= "\u9fff" or "\U00020000" <= letter <= "\U0003ffff" or letter in "·\u30fb"


def _text(cell: Any) -> str:
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    return str(cell).strip()
