"""Rows that have done their work are removed, so that queues and logs of queues do not grow for ever."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from zhike.kit import dates
from zhike.records.models import OutboxEvent

KEEP = timedelta(days=14)


@task()
def tidy_up() -> None:
    """Remove finished jobs' queue entries, delivered events and expired sessions after two weeks."""
    before = dates.now() - KEEP
    DBTaskResult.objects.finished().filter(finished_at__lt=before).delete()
    OutboxEvent.objects.filter(delivered_at__lt=before).delete()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
