"""Suggestions for a text box that chooses a record: found by the search index, the newest where nothing was typed."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.records import kinds, search

MOST = 8


@require_safe
def pick(request: HttpRequest, slug: str) -> JsonResponse:
    """{"items": [{"id", "title", "note"}]} of the records of a kind that the viewer sees and `q` may mean."""
    if (kind := kinds.find(slug)) is None:
        raise NotVisible
    require(request.viewer, kind.verb("view"))
    if text := request.GET.get("q", "").strip()[:100]:
        hits = search.find(request.viewer, text, kinds=[kind], limit=MOST)
        items = [{"id": hit.object_id, "title": hit.title, "note": hit.subtitle} for hit in hits]
    else:
        rows = kind.rows(request.viewer).order_by("-updated_at", "-pk").values_list("pk", kind.title)[:MOST]
        items = [{"id": pk, "title": str(title), "note": ""} for pk, title in rows]
    return JsonResponse({"items": items})
