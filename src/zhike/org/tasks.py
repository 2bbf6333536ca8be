"""Jobs of this room."""

from django_tasks import task

from zhike.org.actions import approvals, people


@task()
def end_of_employment() -> None:
    """Close the accounts of those whose last day is over."""
    people.end_of_employment()


@task()
def remind_of_approvals() -> None:
    """Remind those who let an approval wait; once for each step."""
    approvals.remind_of_approvals()
