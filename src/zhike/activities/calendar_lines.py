"""What a calendar shows of tasks, read as lines: a month of a team is thousands, and of each a dozen columns are shown.

The names are those of `Task`, so that whoever reckons with times takes either.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from zhike.activities.models import Task
from zhike.kit.addresses import address_of

COLUMNS = (
    "id", "version", "title", "kind", "priority", "status", "assignee_id", "due_at", "ends_at", "is_all_day", "repeat",
    "place", "customer_id", "customer__name", "customer__short_name",
)  # fmt: skip


class Line(NamedTuple):
    """One task; `customer_name` is empty where it is about nobody."""

    pk: int
    version: int
    title: str
    kind: str
    priority: str
    status: str
    assignee_id: int
    due_at: datetime | None
    ends_at: datetime | None
    is_all_day: bool
    repeat: str
    place: str
    customer_id: int | None
    customer_name: str | None
    customer_short_name: str | None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.status == Task.Status.OPEN

    @property
    def is_urgent(self) -> bool:
        """Open and of high priority."""
        return self.is_open and self.priority == Task.Priority.HIGH

    @property
    def customer_called(self) -> str:
        """The customer's short name where there is one."""
        return self.customer_short_name or self.customer_name or ""

    def get_absolute_url(self) -> str:
        """The page of the task."""
        return address_of("activities:task_page", self.pk)


def lines(rows: QuerySet[Task]) -> Iterator[Line]:
    """The tasks of a query as lines, in its order."""
    return map(Line._make, rows.values_list(*COLUMNS))


def line_of(task: Task) -> Line:
    """A task that was read whole, with its customer."""
    names = (task.customer.name, task.customer.short_name) if task.customer else (None, None)
    return Line._make([*(getattr(task, column) for column in COLUMNS[:-2]), *names])
