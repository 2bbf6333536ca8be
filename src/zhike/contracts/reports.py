"""Reports of this room: what is owed by age, and what was signed (INS-1, INS-2, SAL-8)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from zhike.contracts.ageing import PARTS
from zhike.contracts.kinds import CONTRACT, RECEIVABLE
from zhike.contracts.overview import NAMES, Row, summary
from zhike.kit.viewer import Viewer
from zhike.records import reports
from zhike.records.filters import Filter
from zhike.records.reports import Column, Report, Table

SIGNED = {"owner": "owner_id", "customer": "customer_id", "department": "owner__department_id", "month": "month"}


def receivables(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None) -> Table:
    """What is owed at the end of the last day, by age."""
    found = summary(viewer, by, last)
    return Table([_aged(row) for row in found.rows], _aged(found.total))


def _aged(row: Row) -> dict[str, Any]:
    return {"key": row.key, "name": row.name, "outstanding": row.outstanding, "overdue": row.overdue, **row.ageing}


def contracts_signed(viewer: Viewer, first: date, last: date, by: str, flt: Filter | None) -> Table:
    """Contracts signed in the period, whatever became of them."""
    rows = CONTRACT.rows(viewer).filter(signed_on__gte=first, signed_on__lte=last)
    rows = flt.apply(rows, viewer) if flt else rows
    if by == "month":
        rows = rows.annotate(month=TruncMonth("signed_on"))
    sums = rows.order_by().values_list(SIGNED[by]).annotate(n=Count("pk"), amount=Sum("amount"), got=Sum("received"))
    found = [(key, n, amount or Decimal(0), got or Decimal(0)) for key, n, amount, got in sums]
    names = NAMES[by](viewer, [key for key, *_rest in found]) if by in NAMES else {}
    lines = []
    for key, n, amount, got in found:
        key, name = (f"{key:%Y-%m}", f"{key:%Y-%m}") if by == "month" else (key, names.get(key, ""))
        lines.append({"key": key, "name": name, "contracts": n, "amount": amount, "received": got})
    lines.sort(key=lambda line: (line["name"],) if by == "month" else (-line["amount"], line["name"]))
    total = {name: sum((line[name] for line in lines), Decimal(0)) for name in ("amount", "received")}
    return Table(lines, {"name": "", "contracts": sum(line["contracts"] for line in lines), **total})


_people = {"owner": _("Salesperson"), "customer": _("Customer"), "department": _("Department")}

reports.add(Report(
    "receivables", _("Receivables by age"),
    _("What is owed at the end of the last day, out of the ledger's entries until then: not due, and 1–30, 31–60, "
      "61–90 and more than 90 days past the due day. The salesperson is the contract's present owner."),
    columns=(
        Column("outstanding", _("Outstanding"), "money"), Column("overdue", _("Overdue"), "money"),
        *(Column(part, label, "money") for part, label in zip(
            PARTS, (_("Not due"), _("1–30 days"), _("31–60 days"), _("61–90 days"), _("Over 90 days")), strict=True)),
    ),
    by=_people, run=receivables, verb=RECEIVABLE.verb("view"), order=60,
))  # fmt: skip
reports.add(Report(
    "contracts_signed", _("Contracts signed"),
    _("Contracts signed in the period by the day of signature, with their present amount and what was received on "
      "them; terminated ones count as they were signed."),
    columns=(
        Column("contracts", _("Contracts")), Column("amount", _("Amount"), "money"),
        Column("received", _("Received"), "money"),
    ),
    by={**_people, "month": _("Month")}, run=contracts_signed, kind=CONTRACT, order=65,
))  # fmt: skip
