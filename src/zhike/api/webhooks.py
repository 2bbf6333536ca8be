"""Subscriptions to events: the same actions as their pages (ACT-7)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router, Schema

from zhike.api.idempotency import once
from zhike.channels import actions, queries
from zhike.channels.models import Delivery, Webhook
from zhike.channels.rules import SET_WEBHOOKS
from zhike.channels.webhooks import new_secret
from zhike.kit.access import require
from zhike.kit.errors import NotVisible

router = Router(tags=["webhooks"])
PAGE = 100


class WebhookIn(Schema):
    """`events`: names such as "customers.customer.created", "sales.opportunity.*", or "*"."""

    name: str
    url: str
    events: list[str]
    is_active: bool = True


class WebhookChange(Schema):
    """What is left out stays."""

    name: str | None = None
    url: str | None = None
    events: list[str] | None = None
    is_active: bool | None = None


class ReplayIn(Schema):
    """A span of time, and whether also what arrived is sent again."""

    since: datetime
    until: datetime
    everything: bool = False


@router.get("", operation_id="webhooks_list", summary="List subscriptions")
def list_webhooks(request: HttpRequest):
    require(request.viewer, SET_WEBHOOKS)
    items = [shown(hook) for hook in queries.webhooks(request.viewer)]
    return JsonResponse({"items": items, "next": None, "count": len(items)})


@router.get("/events", operation_id="webhooks_events", summary="List what can be subscribed to")
def list_events(request: HttpRequest):
    require(request.viewer, SET_WEBHOOKS)
    return JsonResponse({"items": sorted(actions.known_events())})


@router.post("", operation_id="webhooks_create", summary="Subscribe; the answer holds the secret, once")
def create(request: HttpRequest, body: WebhookIn):
    require(request.viewer, SET_WEBHOOKS)

    def make() -> JsonResponse:
        secret = new_secret()
        hook = actions.save_webhook(Webhook(), by=request.viewer, secret=secret, **body.dict())
        return JsonResponse(shown(hook) | {"secret": secret}, status=201)

    return once(request, make)


@router.get("/{int:pk}", operation_id="webhooks_read", summary="Read a subscription")
def read(request: HttpRequest, pk: int):
    return JsonResponse(shown(_hook(request, pk)))


@router.patch("/{int:pk}", operation_id="webhooks_change", summary="Change a subscription")
def change(request: HttpRequest, pk: int, body: WebhookChange):
    hook = _hook(request, pk)
    given = {name: value for name, value in body.dict().items() if value is not None}
    values = {name: getattr(hook, name) for name in WebhookChange.model_fields} | given
    return JsonResponse(shown(actions.save_webhook(hook, by=request.viewer, **values)))


@router.delete("/{int:pk}", operation_id="webhooks_delete", summary="Delete a subscription with its log")
def delete(request: HttpRequest, pk: int):
    actions.delete_webhook(_hook(request, pk), by=request.viewer)
    return HttpResponse(status=204)


@router.post("/{int:pk}/secret", operation_id="webhooks_secret", summary="Make a new secret; the answer holds it, once")
def renew(request: HttpRequest, pk: int):
    secret = new_secret()
    hook = actions.renew_secret(_hook(request, pk), by=request.viewer, secret=secret)
    return JsonResponse(shown(hook) | {"secret": secret})


@router.get("/{int:pk}/deliveries", operation_id="webhooks_log", summary="What was sent, newest first")
def log(request: HttpRequest, pk: int, before: int = 0):
    rows = queries.told(_hook(request, pk))
    rows = list((rows.filter(pk__lt=before) if before > 0 else rows)[:PAGE])
    more = rows[-1].pk if len(rows) == PAGE else None
    return JsonResponse({"items": [delivery_json(row) for row in rows], "next": more})


@router.post(
    "/{int:pk}/deliveries/{int:delivery_pk}/replay", operation_id="webhooks_replay_one", summary="Send one again"
)
def replay_one(request: HttpRequest, pk: int, delivery_pk: int):
    row = queries.told(_hook(request, pk)).filter(pk=min(delivery_pk, queries.LARGEST_KEY)).first()
    if row is None:
        raise NotVisible
    return JsonResponse(delivery_json(actions.resend(row, by=request.viewer)))


@router.post("/{int:pk}/replay", operation_id="webhooks_replay", summary="Send a span of time again")
def replay(request: HttpRequest, pk: int, body: ReplayIn):
    hook = _hook(request, pk)
    return JsonResponse({"sent": actions.replay(hook, by=request.viewer, **body.dict())})


def _hook(request: HttpRequest, pk: int) -> Webhook:
    require(request.viewer, SET_WEBHOOKS)
    return queries.webhook(request.viewer, pk)


def shown(hook: Webhook) -> dict[str, Any]:
    """A subscription, without its secret."""
    return {
        "id": hook.pk, "name": hook.name, "owner": hook.owner.username, "url": hook.url, "events": hook.events,
        "is_active": hook.is_active, "stopped_because": hook.stopped_because,
        "created_at": hook.created_at.isoformat(),
    }  # fmt: skip


def delivery_json(row: Delivery) -> dict[str, Any]:
    """One delivery of the log."""
    return {
        "id": row.pk, "type": row.content["payload"]["type"], "status": row.status, "attempts": row.attempts,
        "error": row.error, "created_at": row.created_at.isoformat(), "due_at": row.due_at.isoformat(),
        "sent_at": row.sent_at.isoformat() if row.sent_at else None, "payload": row.content["payload"],
    }  # fmt: skip
