"""Jobs of this room."""

from django_tasks import task

from zhike.activities.reminding import remind


@task()
def remind_by_day() -> None:
    """The daily pass over the rules that count in days; safe to run twice."""
    remind(units=("days",))


@task()
def remind_by_minute() -> None:
    """The pass every few minutes over the rules that count in minutes, and what was put off."""
    remind(units=("minutes",))
