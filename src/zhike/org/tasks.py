"""Jobs of this room."""

from django_tasks import task

from zhike.org.actions import people


@task()
def end_of_employment() -> None:
    """Close the accounts of those whose last day is over."""
    people.end_of_employment()
