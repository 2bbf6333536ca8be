"""Jobs of this room."""

from django_tasks import task

from zhike.contracts.actions import checking


@task()
def check_ledger() -> None:
    """Compare the kept sums with the ledger; the administrators hear of any difference."""
    checking.check_ledger()
