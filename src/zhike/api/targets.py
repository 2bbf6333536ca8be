"""Targets over the API: what was set, setting it, how far it is reached; the same actions as the pages (SAL-10)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from zhike.api.idempotency import once
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.errors import NotVisible, Refused
from zhike.org.models import Department
from zhike.records.lookups import people, usernames
from zhike.sales import actions, measures, targets
from zhike.sales.models import Target

router = Router(tags=["targets"])


class TargetIn(Schema):
    """Whose (`person` by username or `department` by id), which month (0: the year), how much; empty clears it."""

    person: str = ""
    department: int | None = None
    month: int = 0
    value: Decimal | None = None


class TargetsIn(Schema):
    """Targets of a measure in a year."""

    measure: str
    year: int
    items: list[TargetIn]


@router.get("", operation_id="targets_list", summary="Targets of a year, of everybody one sees")
def list_targets(request: HttpRequest, year: int = 0, measure: str = ""):
    require(request.viewer, "sales.target.view")
    rows = Target.objects.visible_to(request.viewer).filter(year=_year(year))
    return JsonResponse({"items": _shown(rows.filter(measure=measure) if measure else rows)})


def _year(year: int) -> int:
    return year if 2000 <= year <= 2099 else dates.today().year


def _shown(rows: Iterable[Target]) -> list[dict[str, Any]]:
    names = usernames()
    return [
        {"measure": t.measure, "year": t.year, "month": t.month, "person": names.get(t.person_id),
         "department": t.department_id, "value": f"{t.value:.2f}"}
        for t in sorted(rows, key=lambda t: (t.measure, t.department_id or 0, t.person_id or 0, t.month))
    ]  # fmt: skip


@router.post("", operation_id="targets_set", summary="Set targets of those one leads")
def set_targets(request: HttpRequest, body: TargetsIn):
    def done() -> JsonResponse:
        values = {_whose(item): item.value for item in body.items[:5000]}
        changed = actions.set_targets(by=request.viewer, measure=body.measure, year=body.year, values=values)
        return JsonResponse({"changed": changed})

    return once(request, done)


def _whose(item: TargetIn) -> tuple[str, int, int]:
    if bool(item.person) == (item.department is not None):
        raise Refused({"person": [_("Give either a person or a department.")]})
    if item.department is not None:
        if not Department.objects.filter(pk=min(max(item.department, 0), 2**62)).exists():
            raise Refused({"department": [_("There is no such department.")]})
        return "department", item.department, item.month
    found = next((pk for pk, username, name, _active in people() if item.person in (username, name)), None)
    if found is None:
        raise Refused({"person": [_("There is no such person.")]})
    return "person", found, item.month


@router.get("/attainment", operation_id="targets_attainment", summary="How far targets are reached: ?measure=&period=")
def attainment(request: HttpRequest, measure: str = "won", period: str = ""):
    """`period` is a month (2026-11), a quarter (2026-q4) or a year; this month if left out."""
    require(request.viewer, "sales.target.view")
    known = next((m for m in measures.everything(request.viewer) if m.key == measure), None)
    if known is None:
        raise NotVisible
    asked = targets.period_of(period)
    rows = targets.attainment(request.viewer, known, asked)
    names = usernames()
    return JsonResponse({"measure": known.key, "from": asked.first.isoformat(), "to": asked.last.isoformat(), "items": [
        {"kind": row["node"].kind, "id": row["node"].pk, "name": row["node"].name,
         "person": names.get(row["node"].pk) if row["node"].kind == "person" else None,
         "target": None if at.target is None else f"{at.target:.2f}", "actual": f"{at.actual:.2f}",
         "share": at.share, "pace": at.pace}
        for row in rows for at in [row["at"]]
    ]})  # fmt: skip
