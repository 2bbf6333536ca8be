"""Webhooks: what happens to records, told to other systems as far as the subscription's owner sees it (ACT-7).

The wire is that of Standard Webhooks: `webhook-id` (the same at each attempt and replay), `webhook-timestamp`,
`webhook-signature: v1,` + base64 of HMAC-SHA256 over "id.timestamp.body" with the secret behind `whsec_`. The body is

    {"id", "type": "customers.customer.changed", "version": 1, "timestamp",
     "data": {"kind": "customers", "id": 12, "record": {… as the API gives it …}, "changed": ["name"], "by": "li_na"}}

with the record as it was when the event was heard; null when it is gone.
"""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any

from django.utils.translation import gettext as _

from zhike.channels import http
from zhike.channels.actions.deliveries import deliver
from zhike.channels.actions.webhooks import stop_webhook
from zhike.channels.models import Delivery, Line, Webhook, unsealed
from zhike.channels.outcomes import Outcome, failed, sent
from zhike.kit import dates
from zhike.kit.access import VERBS
from zhike.kit.scope import Everyone
from zhike.kit.viewer import Viewer, viewer_of
from zhike.org.viewers import the_system
from zhike.records import config, events, kinds
from zhike.records.kinds import RecordKind
from zhike.records.lookups import usernames
from zhike.records.models import OutboxEvent
from zhike.records.shapes import as_json

VERSION = 1
STOPPED_AFTER = (10, timedelta(hours=72))  # failures in a row, and for how long
WHY = "every subscription hears of an event; each is sent what its owner sees"


@config.cached
def in_use() -> list[Webhook]:
    """The subscriptions in use, whoever's they are; each is sent what its owner sees."""
    return list(Webhook.objects.whole_table(WHY).filter(is_active=True))


@config.cached
def everything() -> list[tuple[int, str, bool]]:
    """All subscriptions, for whoever sets up the company: (id, name, is in use)."""
    return list(Webhook.objects.whole_table(WHY).values_list("pk", "name", "is_active"))


def subscribed(name: str) -> list[Webhook]:
    """The subscriptions in use that want events of this name."""
    return [hook for hook in in_use() if any(fnmatchcase(name, pattern) for pattern in hook.events)]


def wanted(name: str) -> bool:
    """Whether anybody has subscribed to this."""
    return bool(subscribed(name))


def hear(event: OutboxEvent) -> None:
    """Put an event on its way to all who subscribed to it; done again it finds them on their way."""
    for hook in subscribed(event.name):
        data = told(event, hook.owner_id)
        if data is not None:
            put(hook, event.name, data, key=f"event:{event.pk}:{hook.line}", at=event.created_at.isoformat())


def put(hook: Webhook, name: str, data: dict[str, Any], *, key: str, at: str) -> Delivery:
    """A delivery of one event to one subscription."""
    payload = {"id": key, "type": name, "version": VERSION, "timestamp": at, "data": data}
    return deliver(
        "webhook", key=key, line=hook.line, title=title_of(name, data), content={"payload": payload}, webhook_id=hook.pk
    )


def title_of(name: str, data: dict[str, Any]) -> str:
    """What a delivery is about in words: "Customer changed: Acme Ltd"; without a record to name only what happened."""
    kind = kinds.find(data.get("kind") or "")
    if kind is None:
        return _("Test of the subscription")
    what = _("Rule “%(name)s”") % {"name": data["rule"]} if data.get("rule") else events.said(name, kind)
    record = (data.get("record") or {}).get(kind.title)
    return _("%(what)s: %(record)s") % {"what": what, "record": record} if record else what


def call(
    hook: Webhook, name: str, kind: RecordKind, pk: int, *, key: str, at: datetime, **more: Any
) -> Delivery | None:
    """Tell a subscription of a record because a rule says so, whatever it subscribed to; `more` goes with the record.

    `key` says for which cause: once for each. None where the owner of the subscription does not see the record.
    """
    data = told(OutboxEvent(name=name, kind=kind.label, object_id=pk, payload={}), hook.owner_id)
    if data is None:
        return None
    return put(hook, name, {**data, **more}, key=f"{key}:{hook.line}", at=at.isoformat())


def told(event: OutboxEvent, owner_id: int) -> dict[str, Any] | None:
    """What the owner of a subscription may know of an event; None where that is nothing (ORG-3)."""
    kind = kinds.find(event.kind)
    if kind is None:
        return None
    with config.reading():
        try:
            viewer = viewer_of(owner_id)
        except LookupError:  # who has left knows nothing any more
            return None
        record = kind.rows(viewer, few=True).filter(pk=event.object_id).first()
        if record is None and not (event.name.endswith(".deleted") and saw(viewer, kind, event)):
            return None
        hidden = kind.hidden_from(viewer)
        return {
            "kind": kind.slug, "id": event.object_id,
            "record": json.loads(json.dumps(as_json(kind, record, viewer), default=str)) if record else None,
            "changed": [name for name in event.payload.get("fields", []) if name not in hidden],
            "by": usernames().get(event.person_id),
        }  # fmt: skip


def saw(viewer: Viewer, kind: RecordKind, event: OutboxEvent) -> bool:
    """Whether a record that is gone lay in the scope of a viewer; in doubt not."""
    verb = kind.verb("view")
    if verb in VERBS and not viewer.can(verb):
        return False
    owner = event.payload.get("owner")
    return viewer.people is None or isinstance(kind.model.scope, Everyone) or (owner and viewer.sees_owner(owner))


def new_secret() -> str:
    """A secret as Standard Webhooks write it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """The value of `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def send(rows: list[Delivery]) -> Outcome:
    """Post one event to its subscription."""
    (row,) = rows
    hook = Webhook.objects.whole_table(WHY).filter(pk=row.webhook_id).first()
    if hook is None or not hook.is_active:
        return failed(_("This subscription is not in use."), again=False)
    if not (secret := unsealed(hook.secret)):
        return failed(_("The secret cannot be read any more. Make a new one."), again=False)
    payload = row.content["payload"]
    if not still_seen(hook, payload["data"]):
        return failed(_("The owner of the subscription does not see this record any more."), again=False)
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    message_id, stamp = f"msg_{row.letter}", str(int(dates.now().timestamp()))
    headers = {
        "Content-Type": "application/json", "webhook-id": message_id, "webhook-timestamp": stamp,
        "webhook-signature": signature(secret, message_id, stamp, body),
    }  # fmt: skip
    more: dict[str, Any] = {"request": f"POST {hook.url}\nwebhook-id: {message_id}\n\n{body.decode()}"}
    try:
        answer = http.request("POST", hook.url, body=body, headers=headers, largest=16_384)
    except http.Guarded as error:
        return failed(str(error), again=False, **more)
    except http.Failed as error:
        return failed(str(error), unclear=error.sent, **more)
    return judged(hook, answer, more)


def still_seen(hook: Webhook, data: dict[str, Any]) -> bool:
    """Whether the owner still sees the record; what waits for a day must not tell more than the page would."""
    if not data.get("record"):
        return True
    with config.reading():
        try:
            return kinds.get(data["kind"]).rows(viewer_of(hook.owner_id), few=True).filter(pk=data["id"]).exists()
        except LookupError:
            return False


def judged(hook: Webhook, answer: http.Answer, more: dict[str, Any]) -> Outcome:
    """What an answer means: 2xx is well, 410 means never again, a redirect is not followed, the rest is tried again."""
    more |= {"status_code": answer.status, "response": answer.text}
    if 200 <= answer.status < 300:
        return sent(**more)
    if answer.status == 410:
        stop_webhook(hook, by=the_system(), reason=_("The other side says that it is gone for good (410)."))
        return failed("HTTP 410", again=False, **more)
    if answer.status in http.REDIRECTS:
        return failed(_("A redirect is not followed: enter the address it leads to."), **more)
    return failed(f"HTTP {answer.status}", wait=retry_after(answer), **more)


def retry_after(answer: http.Answer) -> float:
    """For how many seconds the other side asked us to wait; at most an hour."""
    said = answer.headers.get("retry-after", "")
    if said.isdecimal():
        return min(int(said[:6]), 3600)
    try:
        return min(max((parsedate_to_datetime(said) - dates.now()).total_seconds(), 0), 3600)
    except (ValueError, TypeError):
        return 0


def ailing(line: Line, row: Delivery) -> None:
    """Stop a subscription whose address has been failing for long, and tell who can do something about it."""
    failures, time = STOPPED_AFTER
    if line.failures >= failures and line.failing_since and dates.now() - line.failing_since >= time:
        hook = Webhook.objects.whole_table(WHY).filter(pk=row.webhook_id, is_active=True).first()
        if hook:
            stop_webhook(hook, by=the_system(), reason=_("Every attempt of the last three days has failed."))
