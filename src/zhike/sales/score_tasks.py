"""Jobs around the priority score; safe to run twice."""

from django_tasks import task

from zhike.records.models import OutboxEvent
from zhike.sales.actions.scores import refresh_all_scores, refresh_scores


@task()
def refresh_all() -> None:
    """Each night, and after the weights changed."""
    refresh_all_scores()


def rescore(event: OutboxEvent) -> None:
    """After a deal, or what stands around it, changed."""
    refresh_scores([event.object_id])
