"""Small pictures of what was photographed, for timelines: whoever sees the follow-up sees them (ACT-1)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zhike.activities.photos import thumbnail
from zhike.kit.errors import NotVisible
from zhike.records import queries

KEPT = 30 * 24 * 3600  # seconds; a kept file never changes


@require_safe
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """The small picture of an image file of a record the viewer sees."""
    stored = queries.file(request.viewer, pk)
    with stored.content.open("rb") as content:
        small = thumbnail(content)
    if small is None:
        raise NotVisible
    return HttpResponse(small, content_type="image/jpeg", headers={"Cache-Control": f"private, max-age={KEPT}"})
