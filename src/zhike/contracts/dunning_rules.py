"""When a line that is overdue becomes whose business, and whether a promise was kept: pure rules (SAL-8)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from zhike.contracts.models import DunningNote
from zhike.records import config

Level = DunningNote.Level
# After how many days overdue a line is whose business, where nobody set it otherwise.
STEPS = {Level.OWNER: 1, Level.SUPERVISOR: 7, Level.FINANCE: 30}


def level_of(overdue_days: int, steps: Mapping[int, int]) -> int | None:
    """The highest level a line has reached after so many days overdue; None while it is not overdue."""
    reached = [level for level, after in steps.items() if overdue_days >= max(after, 1)]
    return max(reached, default=None)


def check_steps(steps: Mapping[int, int]) -> bool:
    """Whether the days rise from level to level."""
    days = [steps[level] for level in sorted(steps)]
    return all(first < then for first, then in zip(days, days[1:], strict=False)) and days[0] >= 1


@config.cached
def steps_in_force() -> dict[int, int]:
    """The days as the company set them."""
    from zhike.contracts.models import DunningStep

    return {**STEPS, **dict(DunningStep.objects.values_list("level", "after_days"))}


@dataclass(frozen=True)
class Paid:
    """Money that came in on a day, in yuan."""

    on: date
    amount: Decimal


def promise_state(
    promised_on: date, amount: Decimal | None, since: date, paid: Iterable[Paid], owed: Decimal, today: date
) -> str:
    """kept, broken or open: what came in from the day of the promise until the day promised, against what was promised.

    Without an amount all that was `owed` on the day of the promise counts as promised.
    """
    wanted = owed if amount is None else amount
    came = sum((p.amount for p in paid if since <= p.on <= promised_on), Decimal(0))
    if came >= wanted:
        return "kept"
    return "broken" if promised_on < today else "open"
