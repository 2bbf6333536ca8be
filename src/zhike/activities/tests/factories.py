"""Follow-ups for tests; `customer` and `author` must be given."""

import factory

from zhike.activities.models import Activity, Task, WorkReport
from zhike.kit import dates
from zhike.org.tests.factories import RecordFactory


class ActivityFactory(RecordFactory):
    """A follow-up with a customer, owned like it."""

    class Meta:
        model = Activity

    owner = factory.SelfAttribute("customer.owner")
    author = factory.SelfAttribute("customer.owner")
    summary = factory.Sequence(lambda n: f"谈了第{n}件事")


class TaskFactory(RecordFactory):
    """A task somebody set for themselves, unless `assigned_by` says otherwise."""

    class Meta:
        model = Task

    assigned_by = factory.SelfAttribute("assignee")
    title = factory.Sequence(lambda n: f"要办的事{n}")


class WorkReportFactory(RecordFactory):
    """A daily report of today, handed in."""

    class Meta:
        model = WorkReport

    name = factory.Sequence(lambda n: f"日报{n}")
    first_on = factory.LazyFunction(dates.today)
    last_on = factory.SelfAttribute("first_on")
    status = "submitted"
    submitted_at = factory.LazyFunction(dates.now)
    done = "拜访客户"
