"""Jobs of this room."""

from django_tasks import task

from zhike.activities.actions import call_for_reports, remind_of_tasks
from zhike.activities.models import Activity
from zhike.activities.reminding import remind
from zhike.kit import dates
from zhike.records.models import OutboxEvent
from zhike.sales.actions import refresh_scores
from zhike.sales.actions.scores import open_deals_with


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


@task()
def ask_for_reports() -> None:
    """Every few minutes: tell who has not handed in a report whose time is up; safe to run twice."""
    call_for_reports(dates.now())


def rescore_deals(event: OutboxEvent) -> None:
    """After a follow-up: the open deals with that customer are fresh again (SAL-4)."""
    rows = Activity.objects.whole_table("which customer a follow-up was with, for the system to reckon scores")
    found = rows.filter(pk=event.object_id).values_list("customer_id", "opportunity_id").first()
    if found:
        customer, deal = found
        refresh_scores([*open_deals_with(customer), *([deal] if deal else [])])
