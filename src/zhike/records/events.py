"""Events: written with what caused them, heard by the rooms above after commit, in the worker (CRAFT §1).

Every kind of record has `created`, `changed`, `assigned` and `deleted`; rooms declare what else happens to theirs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import pgettext_lazy

from zhike.kit.actions import running
from zhike.kit.viewer import Viewer
from zhike.records.kinds import RecordKind
from zhike.records.models import OutboxEvent

Subscriber = Callable[[OutboxEvent], None]

_subscribers: dict[str, list[Subscriber]] = defaultdict(list)
_watchers: list[tuple[Callable[[str], bool], Subscriber]] = []
_declared: dict[str, str | Promise] = {}
_chain: ContextVar[tuple[str, ...]] = ContextVar("what_led_to_it", default=())

STANDARD = {
    "created": pgettext_lazy("event", "Created"),
    "changed": pgettext_lazy("event", "Changed"),
    "assigned": pgettext_lazy("event", "Handed to another owner"),
    "deleted": pgettext_lazy("event", "Deleted"),
}

# The same told on its own, with what else happens to several kinds.
SAID = {
    "created": pgettext_lazy("event", "%(kind)s created"),
    "changed": pgettext_lazy("event", "%(kind)s changed"),
    "assigned": pgettext_lazy("event", "%(kind)s handed to another owner"),
    "deleted": pgettext_lazy("event", "%(kind)s deleted"),
    "approved": pgettext_lazy("event", "%(kind)s approved"),
    "rejected": pgettext_lazy("event", "%(kind)s rejected"),
    "recalled": pgettext_lazy("event", "%(kind)s taken back from approval"),
}


def on(name: str, subscriber: Subscriber) -> None:
    """Call `subscriber(event)` in the worker for each event of this name; it must be safe to run twice."""
    if subscriber not in _subscribers[name]:
        _subscribers[name].append(subscriber)


def watch(wanted: Callable[[str], bool], subscriber: Subscriber) -> None:
    """Call `subscriber(event)` for each event whose name is `wanted` at the time it happens.

    For what people set up while running: `wanted` is asked in every write, so it has to answer from the configuration.
    """
    if (wanted, subscriber) not in _watchers:
        _watchers.append((wanted, subscriber))


def subscribers_of(name: str) -> list[Subscriber]:
    """Who listens to events of this name."""
    return [*_subscribers.get(name, ()), *(subscriber for wanted, subscriber in _watchers if wanted(name))]


def declare(name: str, label: str | Promise) -> None:
    """Say in words what else happens to a kind of record: "contracts.contract.signed", "Signed"."""
    _declared[name] = label


def names_of(kind: RecordKind) -> dict[str, str | Promise]:
    """What happens to records of a kind, by the names of its events: the standard ones, then those declared."""
    if kind.is_log:
        return {}
    standard = {f"{kind.label}.{word}": label for word, label in STANDARD.items() if word != "assigned" or kind.owner}
    return standard | {name: label for name, label in _declared.items() if name.rpartition(".")[0] == kind.label}


def said(name: str, kind: RecordKind) -> str:
    """An event as people say it: "Customer changed", "Contract signed"; of one nobody declared the kind alone."""
    word = SAID.get(name.rpartition(".")[2])
    return str(_declared.get(name) or capfirst(word % {"kind": kind.name} if word else kind.name))


@contextmanager
def caused_by(cause: str, event: OutboxEvent | None = None) -> Iterator[None]:
    """Within this block events remember what led to them (`payload["chain"]`), so that circles are noticed."""
    before = tuple(event.payload.get("chain", ())) if event else ()
    token = _chain.set((*before, cause))
    try:
        yield
    finally:
        _chain.reset(token)


def chain() -> tuple[str, ...]:
    """What led to what is being done now."""
    return _chain.get()


def emit(name: str, record: Any, *, by: Viewer, **payload: Any) -> None:
    """Say that something happened to a record. Needs an action under way; delivered only if it commits."""
    from zhike.records.tasks import deliver_event  # tasks name their queue at import, which needs the apps to be ready

    running()
    if not subscribers_of(name):
        return
    if chain := _chain.get():
        payload["chain"] = list(chain)
    event = OutboxEvent.objects.create(
        name=name, kind=record._meta.label_lower, object_id=record.pk, payload=payload, person_id=by.person_id
    )
    deliver_event.enqueue(event.pk)
