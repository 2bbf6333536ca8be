"""A page that builds the conditions of a rule: as in the list of its kind, kept in the address until they are saved."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from zhike.records.filters import Filter
from zhike.records.kinds import RecordKind
from zhike.records.paging import count_capped


def query_of(kind: RecordKind, stored: list) -> str:
    """The query string that opens the page with the conditions a rule has; "" for none."""
    kept = Filter.from_json(kind, stored).as_query()
    return f"?{urlencode(kept)}" if kept else ""


def context_of(request: HttpRequest, kind: RecordKind, stored: list) -> dict[str, Any]:
    """What `records/parts/conditions.html` and the page around it show of the conditions in the address.

    {kind, chips, count (None past 10,000), error, is_changed (not as stored)}.
    """
    flt = Filter.from_query(kind, request.GET)
    chips, count, error = [], None, ""
    try:
        chips = [_chip(flt, chip) for chip in flt.chips(request.viewer)]
        count = count_capped(kind, request.viewer, flt)
    except ValidationError as wrong:
        error = " ".join(wrong.messages)
    is_changed = flt != Filter.from_json(kind, stored)
    return {"kind": kind, "chips": chips, "count": count, "error": error, "is_changed": is_changed}


def _chip(flt: Filter, chip: dict[str, Any]) -> dict[str, str]:
    condition = chip["condition"]
    return {
        "key": chip["label"], "text": f"{chip['op']} {chip['words']}".strip(),
        "edit": reverse("records:filter", args=[flt.kind.slug, condition.field]) + f"?op={condition.op}",
        "remove": f"?{urlencode(flt.without(condition).as_query())}",
    }  # fmt: skip
