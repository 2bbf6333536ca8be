"""Competitors and resource requests for tests."""

import factory

from zhike.kit import dates
from zhike.kit.workdays import next_workday
from zhike.org.tests.factories import RecordFactory
from zhike.sales.models import Competitor, ResourceRequest


class CompetitorFactory(RecordFactory):
    class Meta:
        model = Competitor

    name = factory.Sequence(lambda n: f"对手 {n}")


class ResourceRequestFactory(RecordFactory):
    """Asked for the next working day, all of it."""

    class Meta:
        model = ResourceRequest

    kind = "presales"
    first_on = factory.LazyFunction(lambda: next_workday(dates.today()))
    last_on = factory.SelfAttribute("first_on")
    hours = 8
    reason = "演示方案"


def workdays(count: int) -> list:
    """The next working days after today."""
    found, day = [], dates.today()
    while len(found) < count:
        day = next_workday(day)
        found.append(day)
    return found


__all__ = ["CompetitorFactory", "ResourceRequestFactory", "workdays"]
