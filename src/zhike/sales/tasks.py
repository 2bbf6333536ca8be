"""Jobs of this room."""

from django_tasks import task

from zhike.kit import dates
from zhike.org.viewers import the_system
from zhike.sales.actions import keep_forecast


@task()
def keep_forecast_of_month() -> None:
    """Each day: keep this month's forecast, once; a machine that was off on the first catches up."""
    keep_forecast(by=the_system(), month=dates.today().replace(day=1))
