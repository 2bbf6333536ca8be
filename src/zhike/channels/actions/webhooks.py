"""Subscriptions: set up, renewed, stopped; and what they missed, sent again."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from zhike.channels import http, sending
from zhike.channels.models import Delivery, Line, Webhook
from zhike.channels.rules import SET_WEBHOOKS
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.sealed import seal
from zhike.kit.viewer import Viewer
from zhike.org.models import Person
from zhike.records import events, kinds
from zhike.records.actions import notify
from zhike.records.models import AuditEntry

MOST_AT_ONCE = 2000
Status = Delivery.Status


def known_events() -> set[str]:
    """What can be subscribed to: everything, all of a kind, or one event."""
    names = {name for kind in kinds.heard_of() for name in events.names_of(kind)}
    return {"*", *(f"{kind.label}.*" for kind in kinds.heard_of()), *names}


@action
def save_webhook(
    hook: Webhook, *, by: Viewer, name: str, url: str, events: list[str], is_active: bool = True, secret: str = ""
) -> Webhook:
    """Add a subscription (with its secret) or change one. Its owner is who made it: it tells what that person sees."""
    require(by, SET_WEBHOOKS, hook if hook.pk else None)
    created = hook.pk is None
    if created:
        hook.owner_id = by.person_id
    if secret:
        hook.secret = seal(secret)
    if unknown := [one for one in events if one not in known_events()]:
        raise Refused({"events": [_("There is no such event: %(name)s") % {"name": unknown[0]}]})
    if not events:
        raise Refused({"events": [_("Choose at least one event.")]})
    try:
        http.check(url)
    except http.Guarded as error:
        raise Refused({"url": [str(error)]}) from error
    hook.name, hook.url, hook.events = " ".join(name.split()), url.strip(), sorted(set(events))
    if is_active and not hook.is_active:
        hook.stopped_because = ""
        Line.objects.filter(key=hook.line).update(failures=0, failing_since=None, rests_until=None)
    hook.is_active = is_active
    hook.full_clean(exclude=["events", "secret", "url"])
    hook.save()
    verb = AuditEntry.Verb.CREATED if created else AuditEntry.Verb.CHANGED
    AuditEntry.write(hook, verb, {"name": [None, hook.name], "url": [None, hook.url], "is_active": [None, is_active]})
    return hook


@action
def renew_secret(hook: Webhook, *, by: Viewer, secret: str) -> Webhook:
    """Sign with another secret from now on."""
    require(by, SET_WEBHOOKS, hook)
    hook.secret = seal(secret)
    hook.save()
    AuditEntry.write(hook, AuditEntry.Verb.CHANGED, {"secret": [None, "•••"]})
    return hook


@action
def delete_webhook(hook: Webhook, *, by: Viewer) -> None:
    """Delete a subscription with its log."""
    require(by, SET_WEBHOOKS, hook)
    AuditEntry.write(hook, AuditEntry.Verb.DELETED, {"name": [hook.name, None]})
    hook.delete()


@action
def stop_webhook(hook: Webhook, *, by: Viewer, reason: str) -> None:
    """Stop a subscription by itself, and tell its owner and the administrators."""
    hook = Webhook.objects.whole_table("stopped by the system").select_for_update().get(pk=hook.pk)
    if not hook.is_active:
        return
    hook.is_active, hook.stopped_because = False, reason[:300]
    hook.save()
    AuditEntry.write(hook, AuditEntry.Verb.CHANGED, {"is_active": [True, False]})
    administrators = Person.objects.present().filter(roles__is_administrator=True).values_list("pk", flat=True)
    said = _("The webhook “%(name)s” was stopped. %(reason)s") % {"name": hook.name, "reason": reason}
    for person_id in sorted({hook.owner_id, *administrators}):
        notify(person_id, said, url=reverse("channels:webhook_page", args=[hook.pk]), tone="bad", about="system")


@action
def replay(hook: Webhook, *, by: Viewer, since: datetime, until: datetime, everything: bool = False) -> int:
    """Send again what a subscription was told in a span of time: what was given up, or everything. Gives how many.

    Each goes under its own id again, so that the other side can drop what it has. Raises Refused for too many.
    """
    require(by, SET_WEBHOOKS, hook)
    if not hook.is_active:
        raise Refused(_("Put the subscription in use first."))
    states = [Status.GIVEN_UP, *([Status.SENT] if everything else [])]
    told = Delivery.objects.whole_table("what a subscription was told that the action was let in for")
    rows = told.filter(webhook=hook, created_at__gte=since, created_at__lte=until, status__in=states)
    found = list(rows.order_by("pk")[: MOST_AT_ONCE + 1])
    if len(found) > MOST_AT_ONCE:
        raise Refused({"until": [_("That is more than %(n)s; choose a shorter span.") % {"n": MOST_AT_ONCE}]})
    sending.wake(hook.line)
    now = dates.now()
    for row in found:
        row.status, row.attempts, row.error, row.first_tried_at, row.sent_at = Status.WAITING, 0, "", None, None
        row.due_at = row.queued_at = now
        row.save()
        sending.enqueue(row)
    return len(found)
