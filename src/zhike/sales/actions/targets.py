"""Setting targets down the line, and keeping forecasts as they stand (SAL-10)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
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
def set_targets(*, by: Viewer, measure: str, year: int, values: Values, seen: Values | None = None) -> int:
    """Set targets of a measure for a year, in yuan or pieces, by ("person" or "department", id, month); None clears.

    Month 0 is the whole year. `seen` is what the writer had before their eyes: a target somebody has set otherwise
    since is not overwritten. Gives how many changed; the same again changes nothing. Raises Forbidden for whom the
    viewer does not lead, and Refused for what no target can be, or at "p7-12", "d3-0" for what somebody else has set.
    """
    require(by, CHANGE)
    known = _measure(measure)
    _check_year(year)
    for kind, pk, month in values:
        _check_whose(by, kind, pk, month)
    there = _held(by, measure, year)
    if seen is not None:
        _check_seen(known, values, seen, {whose: target.value for whose, target in there.items()})
    changed = 0
    for (kind, pk, month), value in sorted(values.items()):
        target = there.get((kind, pk, month))
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


def check_target(target: Target, changed: dict[str, Any], by: Viewer) -> None:
    """What a target out of a file has to observe; raises Refused at the field. Who leads nobody sets none."""
    measure = _measure(target.measure)
    _check_year(target.year)
    if (target.person_id is None) == (target.department_id is None):
        raise Refused({"person": [_("Give either a person or a department.")]})
    kind = "person" if target.person_id else "department"
    try:
        _check_whose(by, kind, getattr(target, f"{kind}_id"), target.month)
    except Forbidden:
        raise Refused({kind: [_("Only those above set this target.")]}) from None
    _check_value(measure, target.value)


def _measure(key: str) -> measures.Measure:
    if (known := measures.find(key)) is None:
        raise Refused({"measure": [_("There is no such measure.")]})
    return known


def _check_year(year: int) -> None:
    if not YEARS[0] <= year <= YEARS[1]:
        raise Refused({"year": [_("A year from %(first)s to %(last)s.") % {"first": YEARS[0], "last": YEARS[1]}]})


def _held(by: Viewer, measure: str, year: int) -> dict[tuple[str, int, int], Target]:
    """The targets set so far, under lock: who sets them at the same time waits, and then sees these."""
    rows = Target.objects.visible_to(by).filter(measure=measure, year=year).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    return {
        ("person", t.person_id, t.month) if t.person_id else ("department", t.department_id, t.month): t for t in rows
    }


def _check_seen(measure: measures.Measure, values: Values, seen: Values, now: Values) -> None:
    """Refuse, each at its place, what somebody has set to something else since the writer looked."""
    taken = {}
    for (kind, pk, month), value in values.items():
        theirs = now.get((kind, pk, month))
        if theirs in (seen.get((kind, pk, month)), value):
            continue
        said = _("Somebody has cleared this meanwhile.")
        if theirs is not None:
            said = _("Somebody has set this to %(value)s meanwhile.") % {"value": measure.short(theirs)}
        taken[f"{kind[0]}{pk}-{month}"] = [said]
    if taken:
        raise Refused(taken)


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
