"""The list of the deals behind a figure of a report, under the report's own days and filter (INS-1)."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from zhike.org.models import Person
from zhike.records import config
from zhike.records.reports import Asked
from zhike.sales.models import Opportunity
from zhike.sales.targets import month_after

STATUS = Opportunity.Status
# By what a row stands, as a condition of the list.
CONDITIONS = {"competitor": "rival", "reason": "loss_reason", "owner": "owner", "product": "product",
              "pipeline": "pipeline", "source": "source"}  # fmt: skip
COUNTED = {"won": STATUS.WON, "won_amount": STATUS.WON, "lost": STATUS.LOST, "lost_amount": STATUS.LOST,
           "open": STATUS.OPEN, "open_amount": STATUS.OPEN}  # fmt: skip


def deals_behind(asked: Asked, row: dict[str, Any], column: str, *, filled: str = "") -> str:
    """The address of the list of the deals a figure counts; empty where no list says the same.

    `filled` is a field without which a deal is not in the report.
    """
    status = COUNTED.get(column)
    condition = {} if "key" not in row else _condition(asked.by, row["key"])
    if status is None or condition is None:
        return ""
    query = asked.filter.as_query() if asked.filter else {}
    query |= condition | {"status__in": status}
    if filled and f"{filled}__in" not in query:
        query[f"{filled}__filled"] = ""
    if status != STATUS.OPEN:
        first, last = _days(asked, row)
        query["closed_on__between"] = f"{first},{last}"
    return f"{reverse('sales:opportunity_list')}?{urlencode(query, safe=',')}"


def _condition(by: str, key: str) -> dict[str, str] | None:
    if by == "month":
        return {}
    if by in ("department", "manager"):
        return {"owner__in": people} if (people := _owners().get((by, key))) else None
    name = CONDITIONS.get(by)
    return None if name is None else {f"{name}__in": key} if key else {f"{name}__empty": ""}


@config.cached
def _owners() -> dict[tuple[str, str], str]:
    """Whose deals a department or manager stands for: usernames, as a list's condition takes them."""
    found: dict[tuple[str, str], list[str]] = {}
    rows = Person.objects.order_by("id").values_list("username", "department_id", "supervisor__username")
    for username, department, supervisor in rows:
        for key in (("department", str(department or "")), ("manager", supervisor or "")):
            if key[1]:
                found.setdefault(key, []).append(username)
    return {key: ",".join(names) for key, names in found.items()}


def _days(asked: Asked, row: dict[str, Any]) -> tuple[date, date]:
    if asked.by != "month" or "key" not in row:
        return asked.first, asked.last
    begin = date.fromisoformat(f"{row['key']}-01")
    return max(asked.first, begin), min(asked.last, month_after(begin) - date.resolution)
