"""How soon leads are answered, by source, person, …: in working time (SAL-1)."""

from collections import defaultdict
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.records import reports, search
from zhike.records.filters import Filter
from zhike.records.lookups import person_names, picklist, usernames
from zhike.records.reports import Column, Report, Table, median, p90, ratio
from zhike.sales.kinds import LEAD
from zhike.sales.lead_fields import RED
from zhike.sales.models import Lead

GROUPS = {
    "source": pgettext_lazy("lead", "source"),
    "owner": _("Salesperson"),
    "month": _("Month"),
}
PATHS = {"source": "source", "owner": "owner_id", "month": "created_at"}


def lead_response(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None = None) -> Table:
    """Working minutes to the first answer of the leads that came in within the period."""
    begin, end = dates.bounds(first, last)
    rows = LEAD.rows(viewer).filter(created_at__gte=begin, created_at__lt=end)
    if flt:
        rows = search.narrow(flt.apply(rows, viewer), LEAD, viewer, flt.search)
    groups: dict[Any, list[tuple]] = defaultdict(list)
    every = []
    for value, status, minutes in rows.order_by().values_list(PATHS[by], "status", "response_minutes"):
        group = f"{dates.local_day(value):%Y-%m}" if by == "month" else value
        groups[group].append((status, minutes))
        every.append((status, minutes))
    found = [{**_named(by, group), **_figures(leads)} for group, leads in groups.items()]
    found.sort(key=lambda row: row["key"] if by == "month" else (-row["leads"], row["name"]))
    return Table(found, _figures(every))


def _named(by: str, group: Any) -> dict[str, str]:
    if by == "owner":
        return {"key": usernames().get(group, ""), "name": person_names().get(group, str(_("nobody")))}
    if by == "source":
        return {"key": group, "name": picklist("customers.source").get(group, group) or str(_("unknown"))}
    return {"key": group, "name": group}


def _figures(leads: list[tuple[str, int | None]]) -> dict[str, Any]:
    answered = [minutes for _status, minutes in leads if minutes is not None]
    converted = sum(status == Lead.Status.CONVERTED for status, _minutes in leads)
    return {
        "leads": len(leads), "answered": len(answered), "waiting": len(leads) - len(answered),
        "median": median(answered), "p90": p90(answered),
        "in_time": ratio(sum(minutes <= RED for minutes in answered), len(answered)),
        "converted": converted, "conversion": ratio(converted, len(leads)),
    }  # fmt: skip


reports.add(Report(
    "lead_response", _("Response to leads"),
    _("Of the leads that came in within the period: working minutes from coming in to the first answer, which is the "
      "first follow-up or the first change of status. In time is within 30 working minutes. Converted are those that "
      "became customers so far."),
    columns=(
        Column("leads", _("Leads")), Column("answered", _("Answered")), Column("waiting", _("Not answered")),
        Column("median", _("Median, minutes"), "minutes"), Column("p90", _("90%, minutes"), "minutes"),
        Column("in_time", _("In time"), "ratio"), Column("converted", pgettext_lazy("lead", "Converted")),
        Column("conversion", _("Conversion"), "ratio"),
    ),
    by=GROUPS, run=lead_response, kind=LEAD, order=5,
))  # fmt: skip
