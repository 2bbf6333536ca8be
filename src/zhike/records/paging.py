"""Pages by key: a list is walked along its sort index, never counted off, however deep one is in it (CRAFT §6, §11).

A viewer sees rows by several alternatives ("arms"). One query with OR would read them all and sort; so either each arm
is read on its own index and the heads are merged, or, where the viewer sees much of the table, the sort index is walked
and the arms are only asked. Empty values come last, in either direction, on both databases.
"""

import base64
import binascii
import heapq
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F, Q, QuerySet

from zhike.kit.scope import ByOwner, arms_of
from zhike.kit.viewer import Viewer
from zhike.records import search
from zhike.records.filters import Filter, with_values
from zhike.records.kinds import RecordKind
from zhike.records.lookups import sees_much
from zhike.records.otherwise import seen_otherwise
from zhike.records.prepared import AmongGiven, prepared_for_ids, written_once

CAP = 10_000
FEW_OWNERS = 64  # so many owners are read one by one, each on its own part of the index
FEW_OTHERS = 500  # so many rows seen for another reason than their owner are read by their ids
KEY = "sort_key"


class BadCursor(ValueError):
    """The cursor is not one of ours."""


@dataclass
class Page:
    """The ids of a page in order, and the cursors of the next and the previous one ("" where there is none).

    `rows` are (id, values of the paths asked for…), in the same order.
    """

    ids: list[int] = field(default_factory=list)
    next: str = ""
    previous: str = ""
    rows: list[tuple] = field(default_factory=list)


@dataclass(frozen=True)
class Sort:
    """By what, in which direction, and whether there may be nothing to sort by."""

    path: Any
    descending: bool
    nullable: bool
    column: str  # of the table itself, for choosing an index; "" where it lies elsewhere

    @classmethod
    def of(cls, kind: RecordKind, text: str) -> "Sort":
        """From "-amount": a field of the kind, or created_at, updated_at, id."""
        name, descending = text.lstrip("-"), text.startswith("-")
        wanted = kind.fields.get(name)
        path = wanted.sort_paths()[0] if wanted else name
        own = {f.attname: f for f in kind.model._meta.local_concrete_fields} | {
            "pk": kind.model._meta.pk,
            "id": kind.model._meta.pk,
        }
        column = own.get(path) if isinstance(path, str) else None
        return cls(path, descending, column is None or column.null, column.attname if column is not None else "")


def read_page(
    kind: RecordKind, viewer: Viewer, flt: Filter, *, sort: str, size: int, cursor: str = "", back: bool = False,
    paths: Sequence[Any] = (),
) -> Page:  # fmt: skip
    """A page of what the viewer sees, after `cursor` (or before it, going back), with the values of `paths`.

    Raises BadCursor, and ValidationError for a filter that makes no sense.
    """
    walk = _Walk(kind, viewer, flt, Sort.of(kind, sort), paths)
    start = _decode(cursor, walk) if cursor else None
    rows = walk.take(start, size + 1, back)
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    if not rows:
        return Page()
    behind, before = (bool(start), more) if back else (more, bool(start))
    return Page(
        [row[1] for row in rows], _encode(rows[-1]) if behind else "", _encode(rows[0]) if before else "",
        walk.with_values(rows) if paths else [],
    )  # fmt: skip


def count_capped(kind: RecordKind, viewer: Viewer, flt: Filter, *, exact: bool = False, most: int = CAP) -> int | None:
    """How many rows the filter keeps; None past `most`, unless the exact number is asked for."""
    if flt.search and not flt.conditions and not exact:
        found = search.count(viewer, kind, flt.search, most + 1)
        if found is not None:
            return found if found <= most else None
    rows = filtered(kind, viewer, flt)
    if exact:
        return rows.count()
    found = rows.values("pk")[: most + 1].count()
    return found if found <= most else None


def filtered(kind: RecordKind, viewer: Viewer, flt: Filter) -> Any:
    """All rows the viewer sees and the filter keeps, in no order: for counts, sums, exports and bulk actions."""
    return search.narrow(flt.apply(kind.rows(viewer), viewer), kind, viewer, flt.search)


def rows_of(kind: RecordKind, ids: Iterable[int] | QuerySet) -> Any:
    """Rows by ids that were read, or are to be found, through the viewer's scope."""
    manager = kind.model._default_manager
    rows = (
        manager.whole_table("ids read through the scope just before")
        if hasattr(manager, "whole_table")
        else manager.all()
    )
    return rows.filter(pk__in=ids if isinstance(ids, QuerySet) else list(ids))


class _Walk:
    """Reads the heads of a filtered, sorted list: (key, pk, values…), from a place on, forwards or back."""

    def __init__(self, kind: RecordKind, viewer: Viewer, flt: Filter, sort: Sort, paths: Sequence[Any]):
        self.kind, self.viewer, self.flt, self.sort, self.paths = kind, viewer, flt, sort, paths

    def with_values(self, rows: list[tuple]) -> list[tuple]:
        """(id, values…) of rows taken."""
        if rows and len(rows[0]) > 2:
            return [row[1:] for row in rows]
        found = {row[0]: row for row in rows_of(self.kind, [row[1] for row in rows]).values_list("pk", *self.paths)}
        return [found[row[1]] for row in rows if row[1] in found]

    def take(self, start: tuple | None, count: int, back: bool) -> list[tuple]:
        """So many rows from the place on; those with something to sort by come before those with nothing."""
        parts = [False, True] if self.sort.nullable else [False]
        if back:
            parts.reverse()
        found: list[tuple] = []
        for empty in parts:
            if start is not None and (start[0] is None) != empty and (start[0] is None) != back:
                continue  # this part lies before the place already
            if len(found) < count:
                here = start if start is not None and (start[0] is None) == empty else None
                found += self._part(empty, here, count - len(found), back)
        return found

    def _part(self, empty: bool, start: tuple | None, count: int, back: bool) -> list[tuple]:
        falling = self.sort.descending != back
        key = (self.kind, self.sort, tuple(self.paths), empty, count, back)
        is_first = not start and not self.flt.conditions and all(isinstance(path, str) for path in self.paths)
        if is_first and self.named is not None:
            return _first_named(self.viewer, self.named, key)
        if is_first and not self.flt.search:  # the first page of all, which everybody asks for again and again
            how = ("walk", *key, self.otherwise is None, bool(self.otherwise))
            questions = written_once(self.viewer, how, lambda: self._heads(self.sources, empty, None, count, back))
            heads = [question.rows() for question in questions]
            if self.otherwise:
                heads.append(_first_named(self.viewer, self.otherwise, (self.kind, self.sort, (), empty, count, back)))
        else:
            sources = [*self.sources, *([self._of_others()] if self.otherwise else [])]
            heads = [list(rows) for rows in self._heads(sources, empty, start, count, back)]
        return _merged(heads, falling, count)

    @cached_property
    def named(self) -> list[int] | None:
        """The ids of all that is searched for; None where nothing is, or too much to name."""
        return search.named(self.kind, self.flt.search)

    def _heads(self, sources: list[Any], empty: bool, start: tuple | None, count: int, back: bool) -> list[Any]:
        """The first rows of each source, as querysets."""
        # Where several heads are merged, many rows are left over: the values follow for those that stay.
        values = self.paths if len(sources) == 1 and not self.otherwise else ()
        heads = [self.in_order(rows, empty, start, back) for rows in sources]
        if values and self._passes_many_by:
            found = rows_of(self.kind, heads[0].values("pk")[:count])
            heads = [self.in_order(self.with_sort_values(found), empty, None, back)]
        return [rows.values_list(KEY, "pk", *values)[:count] for rows in heads]

    def in_order(self, rows: Any, empty: bool, start: tuple | None, back: bool) -> Any:
        """Rows as they are sorted, from a place on, those with something to sort by or (`empty`) those with nothing."""
        falling = self.sort.descending != back
        rows = rows.annotate(**{KEY: F(self.sort.path) if isinstance(self.sort.path, str) else self.sort.path})
        if empty:
            rows = rows.filter(**{f"{KEY}__isnull": True}).order_by("-pk" if falling else "pk")
            return rows.filter(**{"pk__lt" if falling else "pk__gt": start[1]}) if start else rows
        if self.sort.nullable:
            rows = rows.filter(**{f"{KEY}__isnull": False})
        rows = rows.order_by(*((f"-{KEY}", "-pk") if falling else (KEY, "pk")))
        if start:
            than = "lt" if falling else "gt"
            rows = rows.filter(
                Q(**{f"{KEY}__{than}e": start[0]})
                & (Q(**{f"{KEY}__{than}": start[0]}) | Q(**{f"pk__{than}": start[1]}))
            )
        return rows

    @cached_property
    def sources(self) -> list[Any]:
        """The querysets whose union is the list, each quick to read in order."""
        kind, viewer, scope = self.kind, self.viewer, getattr(self.kind.model, "scope", None)
        if self.flt.search or viewer.people is None or not isinstance(scope, ByOwner):
            # Of what a search names, or a walk meets, each row is asked for itself.
            return [self._narrowed(kind.rows(viewer, few=bool(self.flt.search)))]
        if self._is_walked:
            return [self._narrowed(kind.rows(viewer, along=True))]
        if not self._is_split:
            return [self._narrowed(kind.rows(viewer))]
        everything = kind.model.objects.whole_table("split into the viewer's arms below")
        arms = arms_of(kind.model, viewer)
        if not arms:
            return [everything.none()]
        owned, *others = arms if self.otherwise is None else arms[:1]
        if len(viewer.people) <= FEW_OWNERS and self._has_index(f"{scope.field}_id", self.sort.column):
            each = [Q(**{f"{scope.field}_id": pk}) for pk in sorted(viewer.people)]
        else:
            each = [owned]
        return [self._narrowed(everything.filter(arm)) for arm in (*each, *others)]

    @cached_property
    def _is_walked(self) -> bool:
        """Whether all rows are walked in the order of an index, as the viewer sees much."""
        return not self.flt.search and sees_much(self.viewer) and self._has_index(self.sort.column)

    @property
    def _passes_many_by(self) -> bool:
        """Whether a walk leaves out rows: it looks at the index alone, if that says enough, and reads what stays.

        SQLite does so by itself.
        """
        is_partial = bool(self.flt.conditions) or self.viewer.people is not None
        return self._is_walked and is_partial and connection.vendor == "postgresql"

    @cached_property
    def _is_split(self) -> bool:
        """Whether the rows of the viewer's people and those seen otherwise are read apart, and merged."""
        viewer, scope = self.viewer, getattr(self.kind.model, "scope", None)
        if self.flt.search or viewer.people is None or not isinstance(scope, ByOwner):
            return False
        if self._is_walked:
            return False
        return connection.vendor != "postgresql" or self._sorts_like_python()

    @cached_property
    def otherwise(self) -> set[int] | None:
        """The few rows read apart that none of the viewer's people owns; None where they are walked by their arms."""
        scope = getattr(self.kind.model, "scope", None)
        if not self._is_split:
            return set()
        # What nobody owns, and what one wrote oneself, may be as much as one's own, and has an index like it.
        if scope.unowned or getattr(scope, "also", ""):
            return None
        return seen_otherwise(self.viewer, self.kind, FEW_OTHERS)

    def _of_others(self) -> Any:
        return self._narrowed(self.kind.rows(self.viewer, few=True).filter(pk__in=list(self.otherwise)))

    def _narrowed(self, rows: Any) -> Any:
        rows = self.with_sort_values(self.flt.apply(rows, self.viewer))
        return search.narrow_to(self.named, rows, self.kind, self.flt.search)

    def with_sort_values(self, rows: Any) -> Any:
        """Rows with the values of what they are sorted by, where that is no column."""
        wanted = self.kind.fields.get(str(self.sort.path)) if isinstance(self.sort.path, str) else None
        return rows if wanted is None else with_values(rows, wanted)

    def _has_index(self, *columns: str) -> bool:
        meta = self.kind.model._meta
        wanted = [c.removesuffix("_id") if c.endswith("_id") else c for c in columns]
        for index in meta.indexes:
            named = [name.lstrip("-").removesuffix("_id") for name in index.fields]
            if named[: len(wanted)] == wanted and index.condition is None:
                return True
        return len(columns) == 1 and columns[0] == meta.pk.attname

    def _sorts_like_python(self) -> bool:
        column = self.kind.model._meta.get_field(self.sort.column.removesuffix("_id")) if self.sort.column else None
        return column is not None and column.get_internal_type() not in (
            "CharField",
            "TextField",
            "SlugField",
            "EmailField",
        )


@prepared_for_ids
def _first_named(viewer: Viewer, key: tuple) -> Any:
    """The first rows of a list of those of some ids that the viewer sees, as `_Walk.take` gives them."""
    kind, sort, paths, empty, count, back = key
    walk = _Walk(kind, viewer, Filter(kind), sort, paths)
    rows = walk.with_sort_values(kind.rows(viewer, few=True)).filter(AmongGiven())
    return walk.in_order(rows, empty, None, back).values_list(KEY, "pk", *paths)[:count]


def _merged(heads: list[list[tuple]], falling: bool, count: int) -> list[tuple]:
    """The first rows of several sorted lists, each record once, however many arms show it."""
    if len(heads) == 1:
        return heads[0]
    found, seen = [], set()
    order = itemgetter(1) if any(h and h[0][0] is None for h in heads) else itemgetter(0, 1)
    for row in heapq.merge(*heads, key=order, reverse=falling):
        if row[1] not in seen:
            seen.add(row[1])
            found.append(row)
            if len(found) == count:
                break
    return found


def _encode(row: tuple) -> str:
    key, pk = row[:2]
    if isinstance(key, date | datetime):
        key = key.isoformat()
    elif isinstance(key, Decimal):
        key = str(key)
    return base64.urlsafe_b64encode(json.dumps([key, pk], ensure_ascii=False).encode()).decode().rstrip("=")


def _decode(cursor: str, walk: _Walk) -> tuple:
    try:
        key, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(pk, int) or not 0 < pk < 2**63:
            raise BadCursor
        if key is None:
            return (None, pk)
        column = walk.sources[0].annotate(
            **{KEY: F(walk.sort.path) if isinstance(walk.sort.path, str) else walk.sort.path}
        )
        value = column.query.annotations[KEY].output_field.to_python(key)
        if isinstance(value, str) and "\x00" in value:
            raise BadCursor
    except (ValueError, TypeError, binascii.Error, ValidationError, RecursionError, OverflowError) as error:
        raise BadCursor from error
    return (value, pk)
