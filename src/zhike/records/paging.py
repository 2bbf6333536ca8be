"""Keyset paging (interim: the list engine's author replaces this)."""

from dataclasses import dataclass, field


class BadCursor(ValueError):
    """The cursor is not one of ours."""


@dataclass
class Page:
    """A page of record ids and the cursor of the next one."""

    ids: list[int] = field(default_factory=list)
    next: str = ""


def read_page(kind, viewer, flt, *, sort, size, cursor=""):
    """The ids of a page in order."""
    rows = flt.apply(kind.rows(viewer), viewer)
    start = int(cursor) if cursor.isdigit() else 0
    ids = list(rows.order_by(sort, "id").values_list("pk", flat=True)[start : start + size + 1])
    return Page(ids[:size], str(start + size) if len(ids) > size else "")


def count_capped(kind, viewer, flt, *, exact=False):
    """The count, None past 10,000 unless exact."""
    rows = flt.apply(kind.rows(viewer), viewer)
    if exact:
        return rows.count()
    found = rows.values("pk")[:10_001].count()
    return None if found > 10_000 else found
