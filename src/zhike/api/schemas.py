"""The shapes of a kind in OpenAPI, made from its fields. Values are cleaned by the fields, not here."""

from typing import Annotated, Any

from ninja import Schema
from pydantic import WithJsonSchema, create_model

from zhike.records.fields import Field
from zhike.records.kinds import RecordKind

TEXT = {"type": "string"}
SHAPES: dict[str, dict[str, Any]] = {
    "number": {"type": ["number", "string"]},
    "money": {"type": "string", "description": "yuan, two decimals", "examples": ["1250.00"]},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "bool": {"type": "boolean"},
    "person": {"type": "string", "description": "username"},
    "ref": {"type": ["integer", "string"], "description": "id, or code or exact name"},
    "multi": {"type": "array", "items": {"type": "string"}},
}


class Lax(Schema):
    """A body or answer whose values are checked elsewhere."""

    model_config = {"extra": "allow", "arbitrary_types_allowed": True}


def shape(field: Field, *, reading: bool) -> dict[str, Any]:
    """The JSON schema of a field's value."""
    found = dict(SHAPES.get(field.type, TEXT))
    if field.type == "ref" and field.gather:
        found = dict(SHAPES["multi"])  # names, as there are several
    elif field.type == "ref" and reading:
        found = {"type": "integer"}
    if field.type == "number" and reading:
        found = {"type": "number"}
    if not field.required or not reading:
        kind = found["type"] if isinstance(found["type"], list) else [found["type"]]
        found["type"] = [*kind, "null"]
    if field.max_length and "string" in found["type"] and found == TEXT:
        found["maxLength"] = field.max_length
    return found | {"title": str(field.label)}


def out_schema(kind: RecordKind) -> type[Schema]:
    """What a record of this kind looks like when read."""
    fields: dict[str, Any] = {"id": (int, ...)}
    for field in kind.own_fields.values():
        if field.is_custom:
            fields["card"] = (dict[str, Any], {})
            continue
        fields[kind.said_as.get(field.name, field.name)] = (
            Annotated[Any, WithJsonSchema(shape(field, reading=True))],
            None,
        )
    fields |= {"custom": (dict[str, Any], {}), "created_at": (str | None, None), "updated_at": (str | None, None)}
    fields[kind.said_as.get("version", "version")] = (int, 1)
    return create_model(f"{_name(kind)}Out", __base__=Lax, **fields)


def in_schema(kind: RecordKind) -> type[Schema]:
    """What may be sent to create or change a record of this kind."""
    fields: dict[str, Any] = {}
    for field in kind.own_fields.values():
        if field.is_custom:
            fields["card"] = (Annotated[Any, WithJsonSchema({"type": ["object", "null"]})], None)
        elif field.editable:
            fields[field.name] = (Annotated[Any, WithJsonSchema(shape(field, reading=False))], None)
    fields["custom"] = (Annotated[Any, WithJsonSchema({"type": ["object", "null"]})], None)
    fields[kind.said_as.get("version", "version")] = (
        Annotated[Any, WithJsonSchema({"type": ["integer", "null"]})],
        None,
    )
    return create_model(f"{_name(kind)}In", __base__=Lax, **fields)


def page_schema(kind: RecordKind, out: type[Schema]) -> type[Schema]:
    """A page of a list."""
    return create_model(
        f"{_name(kind)}Page", __base__=Lax, items=(list[out], ...), next=(str | None, None), count=(int | None, None)
    )


def _name(kind: RecordKind) -> str:
    return kind.model.__name__
