"""Putting messages on their way, in the transaction that causes them; and taking up those that got stuck."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.channels import sending
from zhike.channels.models import Delivery
from zhike.channels.rules import HANDLE
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.viewer import Viewer

Status = Delivery.Status
WHY = "the row of a message its sender puts on its way, or that was read by its scope"


@transaction.atomic
def deliver(
    channel: str, *, key: str, line: str, title: str, content: dict[str, Any], about: str = "",
    person_id: int | None = None, item_id: int | None = None, robot_id: int | None = None,
    webhook_id: int | None = None, due_at: datetime | None = None, bundle: str = "", is_held: bool = False,
) -> Delivery:  # fmt: skip
    """Put a message on its way over one channel to one recipient (ACT-7); it goes when the transaction commits.

    `key` says which message to whom: the same key again gives the row of before and sends nothing. `due_at` is when it
    may go (now unless given), `is_held` that quiet hours are why; `item_id` is the message of the inbox it carries.
    Call it in the transaction that causes the message.
    """
    now = dates.now()
    delivery, is_new = Delivery.objects.whole_table(WHY).get_or_create(
        key=key[:120],
        defaults={
            "channel": channel, "line": line, "title": title[:300], "content": content, "about": about,
            "person_id": person_id, "item_id": item_id, "robot_id": robot_id, "webhook_id": webhook_id,
            "bundle": bundle, "due_at": due_at or now, "queued_at": due_at or now,
            "status": Status.HELD if is_held else Status.WAITING,
        },
    )  # fmt: skip
    if is_new:
        sending.enqueue(delivery)
    return delivery


@action
def resend(delivery: Delivery, *, by: Viewer) -> Delivery:
    """Send again: what was given up, what is unclear, what waits, and over a webhook also what was sent (a replay).

    It keeps the id of its letter, so that the other side can tell a repeat. Raises Refused for what is under way.
    """
    require(by, HANDLE)
    delivery = _locked(delivery)
    if delivery.status == Status.SENDING:
        raise Refused(_("It is being sent at this moment."))
    if delivery.status == Status.SENT and delivery.channel != Delivery.Channel.WEBHOOK:
        raise Refused(_("It has been sent already."))
    if delivery.status == Status.SKIPPED:
        raise Refused(_("It was read in the product before it went."))
    now = dates.now()
    delivery.status, delivery.attempts, delivery.error = Status.WAITING, 0, ""
    delivery.first_tried_at = delivery.sent_at = None
    delivery.due_at = delivery.queued_at = now
    delivery.save()
    sending.wake(delivery.line)
    sending.enqueue(delivery)
    return delivery


@action
def give_up(delivery: Delivery, *, by: Viewer) -> Delivery:
    """Send it no more. Raises Refused for what is under way or gone."""
    require(by, HANDLE)
    delivery = _locked(delivery)
    if delivery.status in (Status.SENDING, Status.SENT, Status.SKIPPED):
        raise Refused(_("It is being sent, or has been, or need not go."))
    delivery.status = Status.GIVEN_UP
    delivery.save(update_fields=["status", "changed_at"])
    return delivery


def _locked(delivery: Delivery) -> Delivery:
    found = Delivery.objects.whole_table(WHY).select_for_update().filter(pk=delivery.pk).first()
    if found is None:
        raise NotVisible
    return found
