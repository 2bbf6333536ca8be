"""The routes every kind of record has: list, read, create, change, delete; page and API call the same actions."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import Router

from zhike.api.idempotency import once
from zhike.api.schemas import in_schema, out_schema, page_schema
from zhike.kit.access import require
from zhike.kit.viewer import Viewer
from zhike.records import queries
from zhike.records.actions import assign_record, change_record, create_record, delete_record
from zhike.records.filters import Filter
from zhike.records.forms import cleaned_values
from zhike.records.kinds import RecordKind
from zhike.records.paging import BadCursor, count_capped, read_page
from zhike.records.shapes import as_json, items, shown

LARGEST_PAGE = 200


def router_of(kind: RecordKind) -> Router:
    """The routes of a kind. Its room may add its own verbs beside them."""
    router = Router(tags=[str(kind.slug)])
    out, body_in = out_schema(kind), in_schema(kind)

    @router.get("", response=page_schema(kind, out), operation_id=f"{kind.slug}_list", summary=f"List {kind.slug}")
    def list_records(
        request: HttpRequest, page_size: int = 50, cursor: str = "", sort: str = "", q: str = "", count: str = ""
    ):
        return JsonResponse(list_answer(kind, request, page_size, cursor, sort, count))

    if "create" in kind.verbs:

        @router.post("", response={201: out}, operation_id=f"{kind.slug}_create", summary=f"Create one of {kind.slug}")
        def create(request: HttpRequest, body: body_in):
            return once(
                request,
                lambda: JsonResponse(created(kind, request.viewer, sent(request)), status=201),
            )

    @router.get("/{int:pk}", response=out, operation_id=f"{kind.slug}_read", summary=f"Read one of {kind.slug}")
    def read(request: HttpRequest, pk: int):
        require(request.viewer, kind.verb("view"))
        return JsonResponse(as_json(kind, queries.record(request.viewer, kind, pk), request.viewer))

    if "change" in kind.verbs:

        @router.patch(
            "/{int:pk}", response=out, operation_id=f"{kind.slug}_change", summary=f"Change one of {kind.slug}"
        )
        def change(request: HttpRequest, pk: int, body: body_in):
            return JsonResponse(changed(kind, request.viewer, pk, sent(request)))

    if "delete" in kind.verbs:

        @router.delete(
            "/{int:pk}", response={204: None}, operation_id=f"{kind.slug}_delete", summary=f"Delete one of {kind.slug}"
        )
        def delete(request: HttpRequest, pk: int):
            delete_record(kind, queries.record_for(request.viewer, kind, pk, "delete"), by=request.viewer)
            return HttpResponse(status=204)

    return router


def sent(request: HttpRequest) -> dict[str, Any]:
    """The body as it was sent; the schema, which only documents, drops what it does not know."""
    body = json.loads(request.body)
    if not isinstance(body, dict):
        raise ValidationError(_("An object of values."))
    return body


def list_answer(
    kind: RecordKind, request: HttpRequest, size: int, cursor: str, sort: str, count: str
) -> dict[str, Any]:
    """A page of what the viewer sees, filtered like the list page: {"items", "next", "count"}."""
    viewer = request.viewer
    require(viewer, kind.verb("view"))
    flt = Filter.from_query(kind, request.GET)
    sort = sort or kind.sort
    field = kind.fields.get(sort.lstrip("-"))
    may_sort = field and field.sortable and field.name not in kind.hidden_from(viewer)
    if not may_sort and sort.lstrip("-") not in ("id", "created_at", "updated_at"):
        raise ValidationError({"sort": [_("One cannot sort by this.")]})
    try:
        page = read_page(
            kind, viewer, flt, sort=sort, size=min(max(size, 1), LARGEST_PAGE), cursor=cursor.replace("\x00", "")
        )
    except BadCursor:
        raise ValidationError({"cursor": [_("This cursor is not one of ours.")]}) from None
    total = count_capped(kind, viewer, flt, exact=count == "exact")
    return {"items": items(kind, viewer, page.ids), "next": page.next or None, "count": total}


def created(kind: RecordKind, viewer: Viewer, data: dict[str, Any]) -> dict[str, Any]:
    """Create from a body and give the record back."""
    require(viewer, kind.verb("create"))
    record = create_record(kind, cleaned_values(kind, _flat(kind, data), viewer, partial=False), by=viewer)
    return as_json(kind, record, viewer)


def changed(kind: RecordKind, viewer: Viewer, pk: int, data: dict[str, Any]) -> dict[str, Any]:
    """Change by a body; its `version` makes a stale change 409, a new `owner` is an assignment."""
    record = queries.record_for(viewer, kind, pk, "change")
    stamp = kind.said_as.get("version", "version")
    data = {_meant(kind, name): value for name, value in data.items()}
    version = data.pop("version", None)
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise ValidationError({stamp: [_("A whole number.")]})
    values = cleaned_values(kind, _flat(kind, data), viewer, partial=True)
    owner_id = values.pop(kind.owner, None) if kind.owner else None
    if values or version is not None:
        record = change_record(kind, record, values, by=viewer, version=version)
    if owner_id is not None:
        record = assign_record(kind, record, by=viewer, owner_id=owner_id)
    return as_json(kind, record, viewer)


def _meant(kind: RecordKind, said: str) -> str:
    """The name of ours that the API says otherwise."""
    return next((name for name, word in kind.said_as.items() if word == said), said)


def _flat(kind: RecordKind, data: dict[str, Any]) -> dict[str, Any]:
    """Card and custom values beside ours; the administrator's may be named by id or by what they are called."""
    data = dict(data)
    card = data.pop("card", None) or {}
    if not isinstance(card, dict):
        raise ValidationError({"card": [_("An object of values.")]})
    data |= card
    custom = data.pop("custom", None) or {}
    if not isinstance(custom, dict):
        raise ValidationError({"custom": [_("An object of values.")]})
    by_name = {str(f.label): f.name for f in kind.fields.values() if f.is_custom}
    for name, value in custom.items():
        key = by_name.get(name, name)
        if not (found := kind.fields.get(key)) or not found.is_custom:
            raise ValidationError({f"custom.{name}": [_("There is no such field.")]})
        data[key] = value
    if unknown := [
        name for name in data if name not in kind.fields and name not in ("id", "version", "created_at", "updated_at")
    ]:
        raise ValidationError({name: [_("There is no such field.")] for name in unknown})
    return data


__all__ = ["as_json", "items", "list_answer", "router_of", "sent", "shown"]
