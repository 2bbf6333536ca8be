"""Of whom work reports are asked, and on which days (ACT-4)."""

from dataclasses import dataclass
from datetime import date

from zhike.activities.models.reports import report_rules
from zhike.kit.workdays import is_workday
from zhike.org.models import Person
from zhike.records import config


@dataclass(frozen=True)
class Reporter:
    """Somebody reports are asked of."""

    pk: int
    name: str
    away_from: date | None
    away_until: date | None
    hired_on: date | None

    def owes(self, day: date) -> bool:
        """Whether a report of this day is asked of them: a working day on which they are here."""
        return works_on(self, day)

    def is_away(self, day: date) -> bool:
        """Whether they are on leave."""
        return is_away(self, day)


def is_away(person: Reporter | Person, day: date) -> bool:
    """Whether somebody is on leave that day."""
    return bool(person.away_from and person.away_from <= day and (not person.away_until or day <= person.away_until))


def works_on(person: Reporter | Person, day: date) -> bool:
    """Whether somebody is expected at work: a working day, hired by then, not on leave."""
    return is_workday(day) and (person.hired_on is None or person.hired_on <= day) and not is_away(person, day)


@config.cached
def reporters() -> list[Reporter]:
    """Everybody reports are asked of, by name: those present whose role the settings name."""
    rows = Person.objects.present().filter(roles__key__in=report_rules().roles).distinct().order_by("name", "id")
    return [Reporter(p.pk, str(p), p.away_from, p.away_until, p.hired_on) for p in rows]
