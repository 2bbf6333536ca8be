"""Targets of the demo company's year, and last month's forecast as it was kept (SAL-10)."""

from datetime import date
from decimal import Decimal
from random import Random

from zhike.kit import dates
from zhike.org.viewers import the_system
from zhike.packs.distribution.people import People
from zhike.sales import measures
from zhike.sales.models import Forecast, ForecastLine, Target
from zhike.sales.targets import month_after

ROUND = {"money": Decimal(10_000), "count": Decimal(1)}


def aim(random: Random, people: People, today: date) -> None:
    """Give each salesperson monthly targets a little above what they reach, and keep last month's forecast.

    The months differ as those of the company do: it grows.
    """
    first, rows = date(today.year, 1, 1), []
    for measure in measures.everything(the_system()):
        reached = measure.figures(the_system(), None, first, today)
        if not reached:
            continue
        seasons = _seasons(measure, today)
        for seller in people.present_sellers:
            usual = reached.get(seller.pk, Decimal(0)) / today.month * random.randrange(95, 125) / 100
            for month, season in enumerate(seasons, 1):
                step = ROUND[measure.unit]
                value = max((usual * season / step).to_integral_value(), Decimal(1)) * step
                rows.append(Target(measure=measure.key, year=today.year, month=month, person=seller, value=value))
    Target.objects.bulk_create(rows)
    _keep_last_month(random, people, month_after(today.replace(day=1), -1))


def _seasons(measure: measures.Measure, today: date) -> list[Decimal]:
    """What each month of the year comes to beside a usual one, smoothed; the months ahead go on as the last did."""
    sums = []
    for month in range(1, today.month + 1):
        first = date(today.year, month, 1)
        last = min(month_after(first) - date.resolution, today)
        sums.append(sum(measure.figures(the_system(), None, first, last).values(), Decimal(0)))
    near = [sums[max(n - 1, 0) : n + 2] for n in range(len(sums))]
    smooth = [sum(few) / len(few) for few in near]
    usual = sum(smooth) / len(smooth) or Decimal(1)
    return [smooth[min(n, len(smooth) - 1)] / usual for n in range(12)]


def _keep_last_month(random: Random, people: People, month: date) -> None:
    held = Forecast.objects.create(taken_at=dates.bounds(month)[0], month=month)
    came = measures.won_amount(the_system(), None, month, month_after(month) - date.resolution)
    ForecastLine.objects.bulk_create(
        ForecastLine(
            forecast=held, owner=seller, month=month, deals=random.randrange(2, 9),
            commit=(usual := came.get(seller.pk, Decimal(80_000))) * random.randrange(60, 130) // 100,
            best_case=usual * random.randrange(20, 50) // 100, pipeline=usual * random.randrange(30, 90) // 100,
            weighted=usual * random.randrange(70, 140) // 100,
        )
        for seller in people.present_sellers
    )  # fmt: skip
