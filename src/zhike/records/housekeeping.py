"""What keeps the database small and quick: rows that have done their work, statistics, the search index."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.db import connection
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from zhike.kit import dates
from zhike.records import kinds, search
from zhike.records.models import AuditEntry, OutboxEvent

KEEP = timedelta(days=14)
TIDYING = 60  # seconds a turn
# An import of so many rows changes what planners should know.
MANY_ROWS = 5000


@task()
def tidy_up() -> None:
    """Remove finished jobs' queue entries, delivered events and expired sessions after two weeks."""
    before = dates.now() - KEEP
    DBTaskResult.objects.finished().filter(finished_at__lt=before).delete()
    OutboxEvent.objects.filter(delivered_at__lt=before).delete()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@task()
def tidy_search() -> None:
    """Put together what saves left apart in the search index; write anew what earlier rules made."""
    search.catch_up(TIDYING / 2)
    search.tidy(TIDYING / 2)


@task()
def take_statistics() -> None:
    """Every night: let SQLite count what it chooses indexes by. PostgreSQL does that by itself (autovacuum)."""
    if connection.vendor == "sqlite":
        _analyze(connection.introspection.django_table_names(only_existing=True))


@task()
def take_statistics_of(label: str) -> None:
    """The same on either database for one kind of record, after a large import: the next page needs them at once."""
    _analyze([kinds.get(label).model._meta.db_table, AuditEntry._meta.db_table])
    if connection.vendor == "postgresql":
        _analyze([search.TABLE])


def _analyze(tables: list[str]) -> None:
    # One by one: SQLite lets nobody write while it counts, seconds for a large table.
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
