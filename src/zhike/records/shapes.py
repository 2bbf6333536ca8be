"""A record as JSON: the one shape in which the API, webhooks and whoever else outside gets it."""

from typing import Any

from zhike.kit.viewer import Viewer
from zhike.records.fields import Field
from zhike.records.kinds import RecordKind
from zhike.records.lists import read_columns
from zhike.records.paging import rows_of

STAMPS = ("created_at", "updated_at", "version")


def items(kind: RecordKind, viewer: Viewer, ids: list[int]) -> list[dict[str, Any]]:
    """Records as the API shows them, in the order of their ids; as many queries for two hundred as for one."""
    hidden = kind.hidden_from(viewer)
    fields = [f for f in kind.fields.values() if f.name not in hidden]
    stamps = {row["pk"]: row for row in rows_of(kind, ids).values("pk", *_stamps(kind))}
    found = dict(read_columns(kind, fields, ids))
    return [shown(kind, pk, fields, found[pk], stamps[pk]) for pk in ids if pk in found]


def _stamps(kind: RecordKind) -> list[str]:
    """The stamps rows of a kind carry; those of a log know only when they were written."""
    own = {column.name for column in kind.model._meta.concrete_fields}
    return [name for name in STAMPS if name in own]


def as_json(kind: RecordKind, record: Any, viewer: Viewer) -> dict[str, Any]:
    """One record as the API shows it to this viewer."""
    hidden = kind.hidden_from(viewer)
    fields = [f for f in kind.fields.values() if f.name not in hidden]
    stamps = {name: getattr(record, name) for name in _stamps(kind)}
    return shown(kind, record.pk, fields, [f.values_of(record) for f in fields], stamps)


def shown(
    kind: RecordKind, pk: int, fields: list[Field], values: list[tuple], stamps: dict[str, Any]
) -> dict[str, Any]:
    """Our fields by name, the data card's in `card`, the administrator's in `custom`."""
    record: dict[str, Any] = {"id": pk}
    card, custom = {}, {}
    for field, taken in zip(fields, values, strict=True):
        place = record if not field.is_custom else card if field.name in kind.own_fields else custom
        place[kind.said_as.get(field.name, field.name)] = field.api(taken)
    if card:
        record["card"] = card
    record["custom"] = custom
    for name in ("created_at", "updated_at"):
        record[name] = stamps[name].isoformat() if stamps.get(name) else None
    record[kind.said_as.get("version", "version")] = stamps.get("version", 1)
    return record
