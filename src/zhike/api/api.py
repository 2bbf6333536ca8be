"""The whole API: generic routes of every kind, what single rooms add, search, audit (CONTRACT "API")."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Swagger

from zhike.api import (
    approvals,
    contracts,
    invoices,
    problems,
    projects,
    sales,
    targets,
    tasks,
    webhooks,
    work_reports,
)
from zhike.api.auth import TokenAuth
from zhike.api.records import router_of
from zhike.api.reports import reports
from zhike.kit.keys import key_of
from zhike.records import kinds, queries, search
from zhike.records.lookups import usernames


class OneApi(NinjaAPI):
    """An API that describes itself once: what it offers stays the same until the process ends."""

    described: Any = None

    def get_openapi_schema(self, **given: Any) -> Any:
        if self.described is None:
            self.described = super().get_openapi_schema(**given)
        return self.described


api = OneApi(title="ZhiKe", version="1", auth=TokenAuth(), urls_namespace="api-v1", docs=Swagger())
problems.install(api)


def build() -> NinjaAPI:
    """Join the routes of all kinds and rooms; called once, when every room is ready."""
    for kind in kinds.everything():
        if kind.has_routes:
            api.add_router(f"/{kind.slug}", router_of(kind))
    for prefix, router in (*ROOMS, *_more):
        api.add_router(prefix, router)
    return api


# What single rooms add to the routes of every kind.
ROOMS = [
    ("/pipelines", sales.pipelines),
    ("/opportunities", sales.deals),
    ("/opportunities", projects.deals),
    ("/resource-requests", projects.resources),
    ("/leads", sales.leads),
    ("/contracts", contracts.contracts),
    ("/quotes", contracts.quotes),
    ("/receivables", contracts.receivables),
    ("/payments", contracts.payments),
    ("/invoices", invoices.invoices),
    ("/reports", reports),
    ("/tasks", tasks.router),
    ("/work-reports", work_reports.router),
    ("/approvals", approvals.router),
    ("/targets", targets.router),
    ("/webhooks", webhooks.router),
]
_more: list[tuple[str, Any]] = []


def add_routes(prefix: str, router: Any) -> None:
    """Let a room above bring routes of its own."""
    _more.append((prefix, router))


@api.get("/search", operation_id="search", summary="Find records of every kind, best first")
def search_everything(request: HttpRequest, q: str = "", limit: int = 20):
    hits = search.find(request.viewer, q, limit=min(max(limit, 1), 100))
    return JsonResponse(
        {"items": [{"kind": kinds.get(h.kind).slug, "id": h.object_id, "title": h.title} for h in hits]}
    )


@api.get("/audit", operation_id="audit", summary="Who changed a record, when, from what to what")
def audit(request: HttpRequest, object: str, before: int = 0):
    slug, _sep, pk = object.partition("/")
    kind = kinds.find(slug)
    if kind is None or not key_of(pk):
        raise ValidationError({"object": [_("Like customers/12.")]})
    rows = queries.history_of(request.viewer, kind, key_of(pk))
    if before:
        rows = rows.filter(pk__lt=before)
    names, hidden = usernames(), kind.hidden_from(request.viewer)
    items = [
        {"id": e.pk, "who": names.get(e.person_id), "when": e.happened_at.isoformat(), "verb": e.verb}
        | {"field": field, "before": old, "after": new}
        for e in rows[:100]
        for field, (old, new) in (e.changes or {"": (None, None)}).items()
        if field not in hidden
    ]
    return JsonResponse({"items": items})
