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
    stamps = {row["pk"]: row for row in rows_of(kind, ids).values("pk", *STAMPS)}
    found = dict(read_columns(kind, fields, ids))
    return [shown(kind, pk, fields, found[pk], stamps[pk]) for pk in ids if pk in found]


def as_json(kind: RecordKind, record: Any, viewer: Viewer) -> dict[str, Any]:
    """One record as the API shows it to this viewer."""
    hidden = kind.hidden_from(viewer)
    fields = [f for f in kind.fields.values() if f.name not in hidden]
    stamps = {name: getattr(record, name, None) for name in STAMPS}
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
        record[name] = stamps[name].isoformat() if stamps[name] else None
    record[kind.said_as.get("version", "version")] = stamps["version"]
    return record
