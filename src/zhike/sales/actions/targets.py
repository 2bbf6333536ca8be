"""Setting targets down the line, and keeping forecasts as they stand (SAL-10)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer
from zhike.org.models import Department, Person
from zhike.sales import forecast, measures
from zhike.sales.models import Forecast, ForecastLine, Opportunity, Target
from zhike.sales.models.targets import may_set
from zhike.sales.targets import YEARS

CHANGE, KEEP = "sales.target.change", "sales.forecast.keep"
Values = Mapping[tuple[str, int, int], Decimal | None]


@action
def set_targets(*, by: Viewer, measure: str, year: int, values: Values) -> int:
    """Set targets of a measure for a year, in yuan or pieces, by ("person" or "department", id, month); None clears.

    Month 0 is the whole year. Gives how many changed; the same again changes nothing. Raises Forbidden for whom the
    viewer does not lead, and Refused for what no target can be.
    """
    require(by, CHANGE)
    known = measures.find(measure)
    if known is None:
        raise Refused({"measure": [_("There is no such measure.")]})
    if not YEARS[0] <= year <= YEARS[1]:
        raise Refused({"year": [_("A year from %(first)s to %(last)s.") % {"first": YEARS[0], "last": YEARS[1]}]})
    for kind, pk, month in values:
        _check_whose(by, kind, pk, month)
    rows = Target.objects.visible_to(by).filter(measure=measure, year=year)
    there = {(("person", t.person_id) if t.person_id else ("department", t.department_id), t.month): t for t in rows}
    changed = 0
    for (kind, pk, month), value in sorted(values.items()):
        target = there.get(((kind, pk), month))
        if value is not None:
            _check_value(known, value)
        if value is None and target is not None:
            target.delete()
        elif value is not None and (target is None or target.value != value):
            target = target or Target(measure=measure, year=year, month=month, **{f"{kind}_id": pk})
            target.value = value
            target.save()
        else:
            continue
        changed += 1
    return changed


def _check_whose(by: Viewer, kind: str, pk: int, month: int) -> None:
    if kind not in ("person", "department") or not 0 <= month <= 12:
        raise Refused({"month": [_("A month is 1 to 12, or 0 for the whole year.")]})
    if not may_set(by, **{f"{kind}_id": pk}):
        raise Forbidden(CHANGE)
    if not (Person if kind == "person" else Department).objects.filter(pk=pk).exists():
        raise Refused({kind: [_("There is nobody of this number.")]})


def _check_value(measure: measures.Measure, value: Decimal) -> None:
    if value < 0:
        raise Refused({"value": [_("A target cannot be negative.")]})
    if measure.unit == "count" and value != value.to_integral_value():
        raise Refused({"value": [_("This is counted in whole numbers.")]})


@action
def keep_forecast(*, by: Viewer, month: date | None = None) -> Forecast | None:
    """Keep the forecast of the whole company as it stands; None where this month's was kept by itself already.

    `month` is given by the monthly job; a person who keeps one needs the verb.
    """
    if by.person_id is not None:
        require(by, KEEP)
    if month is not None and Forecast.objects.filter(month=month).exists():
        return None
    held = Forecast.objects.create(taken_at=dates.now(), month=month, person_id=by.person_id)
    first = dates.today().replace(day=1)
    deals = Opportunity.objects.whole_table("a kept forecast is everybody's; each reads the lines they see")
    lines = [
        ForecastLine(forecast=held, owner_id=owner, month=of, **vars(sums))
        for (owner, of), sums in sorted(forecast.forecast(deals, first).items(), key=str)
        if of is not None and of >= first
    ]
    ForecastLine.objects.bulk_create(lines)
    return held
