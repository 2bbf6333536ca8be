"""Numbers without gaps and doubles: a counter in the transaction that uses it (SAL-6)."""

from datetime import date
from typing import Any

from zhike.contracts.models.settings import counter_of, number_from
from zhike.records.actions import next_number

WHY = "whether an import brought this number already"


def draw_number(pattern: str, day: date, model: Any) -> str:
    """The next free number of a rule. The counter's row is held until the transaction ends, so draw late."""
    while True:
        number = number_from(pattern, day, next_number(counter_of(pattern, day)[:60]))
        if not model.objects.whole_table(WHY).filter(number=number).exists():
            return number
