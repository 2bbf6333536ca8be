"""Jobs of this room: they take ids, rebuild the viewer, call an action, and are safe to run twice."""

from django_tasks import task

from zhike.kit import dates
from zhike.records import events
from zhike.records.models import OutboxEvent


@task()
def deliver_event(event_id: int) -> None:
    """Hand an event to its subscribers; delivered once they all succeeded, else the worker tries again."""
    event = OutboxEvent.objects.filter(pk=event_id, delivered_at__isnull=True).first()
    if event is None:
        return
    for subscriber in events.subscribers_of(event.name):
        subscriber(event)
    OutboxEvent.objects.filter(pk=event_id).update(delivered_at=dates.now())
