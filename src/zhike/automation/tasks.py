"""Jobs of this room."""

from django_tasks import task

from zhike.automation.engine import pass_clocks
from zhike.kit import dates


@task()
def act_by_day() -> None:
    """The daily pass over the rules whose clocks count in days; safe to run twice."""
    pass_clocks(dates.now(), ("days",))


@task()
def act_by_minute() -> None:
    """The pass every few minutes over the rules whose clocks count in minutes."""
    pass_clocks(dates.now(), ("minutes",))
