"""Reads of this room, viewer first."""

from django.db.models import QuerySet

from zhike.channels.models import Delivery, Webhook
from zhike.kit.errors import NotVisible
from zhike.kit.keys import LARGEST_KEY
from zhike.kit.viewer import Viewer


def deliveries(viewer: Viewer) -> QuerySet[Delivery]:
    """What went out that this viewer may see, newest first."""
    return Delivery.objects.visible_to(viewer).select_related("person", "robot", "webhook").order_by("-id")


def told(hook: Webhook) -> QuerySet[Delivery]:
    """What was sent over a subscription that was read by its own scope, newest first."""
    rows = Delivery.objects.whole_table("what was sent over a subscription its viewer was let in for")
    return rows.filter(webhook=hook).order_by("-id")


def delivery(viewer: Viewer, pk: int) -> Delivery:
    """One of them. Raises NotVisible."""
    found = deliveries(viewer).filter(pk=min(pk, LARGEST_KEY)).first()
    if found is None:
        raise NotVisible
    return found


def webhooks(viewer: Viewer) -> QuerySet[Webhook]:
    """The subscriptions this viewer may see."""
    return Webhook.objects.visible_to(viewer).select_related("owner")


def webhook(viewer: Viewer, pk: int) -> Webhook:
    """A subscription this viewer may see. Raises NotVisible."""
    found = webhooks(viewer).filter(pk=min(pk, LARGEST_KEY)).first()
    if found is None:
        raise NotVisible
    return found
