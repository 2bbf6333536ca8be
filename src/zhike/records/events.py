"""Events: written with what caused them, heard by the rooms above after commit, in the worker (CRAFT §1)."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from zhike.kit.actions import running
from zhike.kit.viewer import Viewer
from zhike.records.models import OutboxEvent

_subscribers: dict[str, list[Callable[[OutboxEvent], None]]] = defaultdict(list)


def on(name: str, subscriber: Callable[[OutboxEvent], None]) -> None:
    """Call `subscriber(event)` in the worker for each event of this name; it must be safe to run twice."""
    if subscriber not in _subscribers[name]:
        _subscribers[name].append(subscriber)


def subscribers_of(name: str) -> list[Callable[[OutboxEvent], None]]:
    """Who listens to events of this name."""
    return _subscribers.get(name, [])


def emit(name: str, record: Any, *, by: Viewer, **payload: Any) -> None:
    """Say that something happened to a record. Needs an action under way; delivered only if it commits."""
    from zhike.records.tasks import deliver_event  # tasks name their queue at import, which needs the apps to be ready

    running()
    if not subscribers_of(name):
        return
    event = OutboxEvent.objects.create(
        name=name, kind=record.kind_label(), object_id=record.pk, payload=payload, person_id=by.person_id
    )
    deliver_event.enqueue(event.pk)
