"""What of a record goes into the index, and keeping it there (CUS-7).

A kind says it by declaration: fields with `search`, and two relations. `search_from` names references whose titles find
this record too (a contact by its company); `search_into` names references that are found by this record (a company by
its contacts). Both are kept as the other side changes. A document names whose it is, and by `owner_finds` others who
see it as they own something of it (a customer and its contacts: whose deals there are).
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import Q

from zhike.records import kinds
from zhike.records.kinds import RecordKind
from zhike.records.search import store, version
from zhike.records.search.words import WAYS, name_words, owner_word, text_words, title_words

WHY = "the index holds every record; questions are scoped"
BATCH = 1000
# So many are written anew at a time; nobody else can write meanwhile on SQLite.
CAUGHT_UP = 200
PAUSE = 0.02  # seconds between them
# A company with more contacts than this is found by its first ones only.
MOST_FAMILY = 500
NONE: Mapping[str, set[int]] = MappingProxyType({})


def index(
    kind: RecordKind, records: Iterable[Any], *, changed: dict[str, list[Any]] | None = None, new: bool = False
) -> None:
    """Put records into the index, in the transaction that saves them, together with those found by them.

    `changed` is what the save changed ({field: [before, after]}, or more values where it saved several records), if
    known; nothing is done when none of it matters.
    `new` says that they were made just now, so that nothing refers to them yet.
    """
    records = list(records)
    if changed is not None and not _matters(kind, changed):
        return
    for start in range(0, len(records), BATCH):
        _index(kind, records[start : start + BATCH], changed, new)


def forget(kind: RecordKind, pks: Iterable[int]) -> None:
    """Take records out of the index, before they are deleted."""
    pks = list(pks)
    records = list(_rows(kind).filter(pk__in=pks)) if kind.owner_finds or kind.search_into else []
    above = [*_found_by(kind, records, None), *_naming_owners_of(kind, records, None)]
    for target, ids in above:
        store.wait_for(target.label, ids)
    store.remove(kind.label, pks)
    for target, ids in above:
        _put_again(target, ids, without={kind.label: set(pks)})


@cache
def is_searched(kind: RecordKind) -> bool:
    """Whether records of this kind are found by searching."""
    return bool(ways_of(kind))


def ways_of(kind: RecordKind) -> list[tuple[str, Callable[[str], set[str]]]]:
    """The columns that find a record of this kind, each with the way its text is cut into words."""
    return [(f.attname, WAYS[_way(kind, f)]) for f in kind.own_fields.values() if f.search and not f.is_custom]


def custom_ways_of(kind: RecordKind) -> list[tuple[str, Callable[[str], set[str]]]]:
    """The same for values kept under their own names in the column `custom`."""
    return [(f.name, WAYS[_way(kind, f)]) for f in kind.own_fields.values() if f.search and f.is_custom]


def _way(kind: RecordKind, field: Any) -> str:
    if isinstance(field.search, str):
        return field.search
    if field.type == "longtext":  # nobody looks for a sentence by its initials, which would find any
        return "text"
    if field.name == kind.title:
        return "title"
    by_type = {"phone": "phone", "uscc": "code", "email": "email"}
    return by_type.get(field.type) or ("code" if field.name == "code" else "text")


@cache
def title_is_text(kind: RecordKind) -> bool:
    """Whether what stands for a record is a text, such as what was said, and no name or number."""
    field = kind.own_fields[kind.title]
    return field.type == "longtext" or (bool(field.search) and _way(kind, field) == "text")


def target_of(kind: RecordKind, name: str) -> RecordKind:
    """The kind a reference leads to."""
    return kinds.get(_column(kind, name).related_model._meta.label_lower)


def _column(kind: RecordKind, name: str) -> Any:
    return kind.model._meta.get_field(name)


def _rows(kind: RecordKind) -> Any:
    return kind.model.objects.whole_table(WHY)


def _matters(kind: RecordKind, changed: dict[str, list[Any]]) -> bool:
    names = {name for name, f in kind.own_fields.items() if f.search} | {kind.owner, kind.title}
    names.update(kind.search_from, kind.search_into, (reference for reference, _column in kind.owner_finds.values()))
    return not names.isdisjoint(changed)


def _index(kind: RecordKind, records: list[Any], changed: dict[str, list[Any]] | None, new: bool) -> None:
    above = [*_found_by(kind, records, changed), *_naming_owners_of(kind, records, changed)]
    for target, ids in above:  # before our own: who saves one of these goes the same way down
        store.wait_for(target.label, ids)
    _put(kind, records, new=new)
    for target, ids in above:
        _put_again(target, ids)
    if not new and (changed is None or kind.title in changed):
        for child, name in _relations("search_from", kind):
            family = _rows(child).filter(**{f"{name}__in": [record.pk for record in records]})
            _put_again(child, list(family.order_by("pk").values_list("pk", flat=True)))


Targets = Iterator[tuple[RecordKind, list[int]]]


def _found_by(kind: RecordKind, records: list[Any], changed: dict[str, list[Any]] | None) -> Targets:
    """What is found by these records, such as the companies of contacts: kinds and ids."""
    for name in kind.search_into if changed is None or set(changed) - {kind.owner} else ():
        yield target_of(kind, name), sorted(_values(records, _column(kind, name).attname, changed, name))


def _naming_owners_of(kind: RecordKind, records: list[Any], changed: dict[str, list[Any]] | None) -> Targets:
    """What names the owners of these records, such as the customers of deals and their contacts: kinds and ids."""
    for label, (reference, column) in kind.owner_finds.items():
        if changed is None or not {kind.owner, reference}.isdisjoint(changed):
            values, target = _values(records, _column(kind, reference).attname, changed, reference), kinds.get(label)
            rows = _rows(target).filter(**{f"{column}__in": values})
            yield target, list(rows.order_by("pk").values_list("pk", flat=True))


def _values(records: list[Any], attname: str, changed: dict[str, list[Any]] | None, name: str) -> set[int]:
    """What a reference says in these records, and what it said before they were changed."""
    return {value for record in records if (value := getattr(record, attname))}.union(
        value for value in (changed or {}).get(name, ()) if value
    )


def _put_again(kind: RecordKind, ids: list[int], without: Mapping[str, set[int]] = NONE) -> None:
    """Write documents of records anew that somebody else may be saving just now: read when that is done."""
    for start in range(0, len(ids), BATCH):
        store.wait_for(kind.label, ids[start : start + BATCH])
        rows = _rows(kind).filter(pk__in=ids[start : start + BATCH]).values(*columns(kind))
        _put(kind, list(rows), without)


def _relations(which: str, target: RecordKind) -> list[tuple[RecordKind, str]]:
    """The (kind, reference) pairs that declare this relation to the target."""
    return [
        (child, name)
        for child in kinds.everything()
        for name in getattr(child, which)
        if _column(child, name).related_model is target.model
    ]


def _put(kind: RecordKind, records: list[Any], without: Mapping[str, set[int]] = NONE, *, new: bool = False) -> None:
    if ways_of(kind):
        store.put(kind.label, documents(kind, records, without, new=new))


def documents(
    kind: RecordKind, records: list[Any], without: Mapping[str, set[int]] = NONE, *, new: bool = False
) -> Iterator[tuple[int, set[str]]]:
    """Ids and words of records, or of rows of their `columns`.

    `without` leaves out related ones on their way out, by their kind; `new` ones have none below them.
    """
    rows = [record if isinstance(record, dict) else record.__dict__ for record in records]
    key = kind.model._meta.pk.attname
    ways, custom_ways = ways_of(kind), custom_ways_of(kind)
    owner = _column(kind, kind.owner).attname if kind.owner else ""
    above = [(_column(kind, name).attname, _titles(kind, name, rows)) for name in kind.search_from]
    below = {} if new else _words_below(kind, [row[key] for row in rows], without)
    named = [
        (column, _owners_of(child, reference, {row[column] for row in rows}, without))
        for child, reference, column in _naming(kind)
        if not (new and column == key)  # nobody can have a deal with a customer made just now
    ]
    for row in rows:
        found = {owner_word(row[owner])} if owner else set()
        for column, owners in named:
            found.update(owners.get(row[column], ()))
        for attname, way in ways:
            if text := row[attname]:
                found |= way(str(text))
        for name, way in custom_ways:
            if text := row["custom"].get(name):
                found |= way(str(text))
        for attname, titles in above:
            if title := titles.get(row[attname]):
                found |= text_words(title)
        if more := below.get(row[key]):
            found |= more
        yield row[key], found


def columns(kind: RecordKind) -> list[str]:
    """The columns a document is made of."""
    related = [_column(kind, name).attname for name in (kind.owner, *kind.search_from) if name]
    said = [column for _child, _reference, column in _naming(kind)]
    found = [kind.model._meta.pk.attname, *related, *said, *(attname for attname, _way in ways_of(kind))]
    return list(dict.fromkeys([*found, "custom"] if custom_ways_of(kind) else found))


def _naming(target: RecordKind) -> list[tuple[RecordKind, str, str]]:
    """The kinds whose owners the documents of a kind name: (kind, its reference, the column of the target)."""
    return [
        (child, *child.owner_finds[target.label]) for child in kinds.everything() if target.label in child.owner_finds
    ]


def _owners_of(
    kind: RecordKind, reference: str, values: set[int], without: Mapping[str, set[int]]
) -> dict[int, set[str]]:
    """The words of the owners of what refers to these, by what it refers to; nobody's say nothing."""
    found: dict[int, set[str]] = defaultdict(set)
    attname, owner = _column(kind, reference).attname, _column(kind, kind.owner).attname
    rows = _rows(kind).filter(**{f"{reference}__in": values - {None}}).exclude(pk__in=without.get(kind.label, ()))
    for value, owner_id in rows.order_by().values_list(attname, owner).distinct():
        if owner_id:
            found[value].add(owner_word(owner_id))
    return found


def _titles(kind: RecordKind, name: str, rows: list[dict]) -> dict[int, str]:
    attname, target = _column(kind, name).attname, target_of(kind, name)
    ids = {pk for row in rows if (pk := row[attname])}
    return dict(_rows(target).filter(pk__in=ids).values_list("pk", target.title)) if ids else {}


def _words_below(kind: RecordKind, pks: list[int], without: Mapping[str, set[int]]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for child, name in _relations("search_into", kind):
        # Found by what is written only: the pinyin of its contacts would double what a company has of its own.
        ways = [(attname, text_words if way in (title_words, name_words) else way) for attname, way in ways_of(child)]
        attname = _column(child, name).attname
        rows = _rows(child).filter(Q(**{f"{attname}__in": pks})).exclude(pk__in=without.get(child.label, ()))
        count: dict[int, int] = defaultdict(int)
        for pk, *values in rows.order_by("pk").values_list(attname, *(a for a, _way in ways)):
            count[pk] += 1
            if count[pk] > MOST_FAMILY:
                continue
            for value, (_attname, way) in zip(values, ways, strict=True):
                if value:
                    found[pk] |= way(str(value))
    return found


# Rebuilding


def reindex(kind: RecordKind, *, progress: Callable[[int], None] | None = None) -> int:
    """Write the documents of all records of a kind anew; gives how many. `progress` hears the number so far."""
    done = 0
    for batch in _in_batches(_rows(kind).order_by("pk").values(*columns(kind)).iterator(BATCH)):
        _put(kind, batch)
        done += len(batch)
        if progress:
            progress(done)
    return done


def rebuild(*, progress: Callable[[RecordKind, int], None] | None = None) -> int:
    """Make the whole index anew, as after a restore; gives how many documents. Until it ends, searches find little."""
    done = 0
    with store.rebuilding():
        for kind in kinds.everything():
            if ways_of(kind):
                done += reindex(kind, progress=(lambda n, k=kind: progress(k, n)) if progress else None)
    return done


def catch_up(seconds: float) -> bool:
    """Write documents anew that earlier rules made, for so long at most; gives whether all is done. For the background.

    It goes on where it was the last time; what the rules did not change is read and not written.
    """
    ends = time.monotonic() + seconds
    if version.reached_so_far() >= version.RULES:
        return True
    for kind in kinds.everything():
        while ways_of(kind) and _catch_up(kind):
            if time.monotonic() > ends:
                return False
            time.sleep(PAUSE)
    version.reached()
    return True


@transaction.atomic
def _catch_up(kind: RecordKind) -> bool:
    after = version.place_of(kind.label)
    ids = list(_rows(kind).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:CAUGHT_UP])
    # Before the records are read: whoever saves one of them writes after us. What is being written now comes again.
    if ids and (held := store.hold(kind.label, ids)):
        _put(kind, list(_rows(kind).filter(pk__in=held).values(*columns(kind))))
        version.keep_place(kind.label, held[-1])
    return bool(ids)


def _in_batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
