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
        if not is_workday(day) or (self.hired_on and day < self.hired_on):
            return False
        return not self.is_away(day)

    def is_away(self, day: date) -> bool:
        """Whether they are on leave."""
        return bool(self.away_from and self.away_from <= day and (not self.away_until or day <= self.away_until))


@config.cached
def reporters() -> list[Reporter]:
    """Everybody reports are asked of, by name: those present whose role the settings name."""
    rows = Person.objects.present().filter(roles__key__in=report_rules().roles).distinct().order_by("name", "id")
    return [Reporter(p.pk, str(p), p.away_from, p.away_until, p.hired_on) for p in rows]
