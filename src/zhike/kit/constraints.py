"""Constraints a record plainly meets by its own values need not be asked of the database before saving.

Django asks it about each check, in a savepoint of its own: two checks were a tenth of posting a payment.
"""

import operator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model, Q

COMPARED = {
    "exact": operator.eq, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le,
}  # fmt: skip
NUMBERS = (int, Decimal)


def plainly_holds(record: Model, condition: Any) -> bool:
    """Whether a condition is true by comparing numbers or days the record has; False where that is not certain."""
    if not isinstance(condition, Q) or condition.negated or condition.connector not in (Q.AND, Q.OR):
        return False
    holds = [_compares(record, *child) if isinstance(child, tuple) else plainly_holds(record, child)
             for child in condition.children]  # fmt: skip
    return bool(holds) and (all(holds) if condition.connector == Q.AND else any(holds))


def _compares(record: Model, path: str, wanted: Any) -> bool:
    name, _sep, lookup = path.partition("__")
    compare, own = COMPARED.get(lookup or "exact"), record.__dict__.get(name)
    alike = type(own) in NUMBERS and type(wanted) in NUMBERS or type(own) is date and type(wanted) is date
    return compare is not None and alike and compare(own, wanted)
