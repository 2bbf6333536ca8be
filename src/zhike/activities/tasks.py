"""Jobs of this room."""

from django_tasks import task

from zhike.activities.actions import remind_of_tasks
from zhike.activities.reminding import remind
from zhike.kit import dates


@task()
def remind_by_day() -> None:
    """The daily pass over the rules that count in days; safe to run twice."""
    remind(units=("days",))


@task()
def remind_by_minute() -> None:
    """The pass every few minutes over the rules that count in minutes, and what was put off."""
    remind(units=("minutes",))


@task()
def remind_of_due_tasks() -> None:
    """Each minute: tell people of tasks that are about to begin."""
    remind_of_tasks(dates.now())
