"""Reads of the dunning log, viewer first: notes, whether promises were kept, what is overdue (SAL-8)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from zhike.contracts import dunning_rules as rules
from zhike.contracts.dunning_rules import Paid
from zhike.contracts.models import Contract, DunningNote, LedgerEntry, Receivable
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.viewer import Viewer

NOTHING = Decimal(0)
MOST = 100


@dataclass
class Overdue:
    """A line that is overdue, for how long, whose business it is by now, and what was said last."""

    line: Receivable
    days: int
    level: int | None
    last: DunningNote | None
    promise: str = ""

    @property
    def level_label(self) -> str:
        """Whose business, in words."""
        return "" if self.level is None else str(DunningNote.Level(self.level).label)

    @property
    def tone(self) -> str:
        """How urgent."""
        return ("warn", "warn", "bad")[self.level or 0]


def overdue(viewer: Viewer, *, owner: int | None = None, count: int = 10, as_of: date | None = None) -> list[Overdue]:
    """What is overdue today, the largest first; of one owner, if given. A fixed number of queries."""
    today = as_of or dates.today()
    rows = Receivable.objects.visible_to(viewer).filter(balance__gt=0, due_on__lt=today)
    rows = rows.filter(owner=owner) if owner else rows
    lines = list(rows.select_related("customer", "contract").order_by("-balance", "due_on", "id")[:count])
    last = last_notes(viewer, lines)
    states = promise_states(viewer, [note for note in last.values() if note.promised_on], today)
    steps = rules.steps_in_force()
    return [
        Overdue(line, days := line.overdue_days(today), rules.level_of(days, steps), note := last.get(line.pk),
                states.get(note.pk, "") if note else "")
        for line in lines
    ]  # fmt: skip


def overdue_sum(viewer: Viewer, *, owner: int | None = None) -> tuple[int, Decimal]:
    """How many lines are overdue, and what they come to."""
    rows = Receivable.objects.visible_to(viewer).filter(balance__gt=0, due_on__lt=dates.today())
    rows = rows.filter(owner=owner) if owner else rows
    found = rows.order_by().aggregate(count=Count("*"), total=Sum("balance"))
    return found["count"], found["total"] or NOTHING


def last_notes(viewer: Viewer, lines: Iterable[Receivable]) -> dict[int, DunningNote]:
    """The latest note on each of some lines, by line."""
    ids = [line.pk for line in lines]
    latest = DunningNote.objects.visible_to(viewer).filter(receivable=OuterRef("receivable"))
    latest = latest.order_by("-happened_on", "-id").values("pk")[:1]
    rows = DunningNote.objects.visible_to(viewer).filter(receivable__in=ids, pk=Subquery(latest))
    return {note.receivable_id: note for note in rows.select_related("person")}


def notes_of(viewer: Viewer, record: Customer | Contract | Receivable) -> list[DunningNote]:
    """The notes about a customer, a contract or a line, the latest first."""
    rows = _about(viewer, record).select_related("person", "receivable__contract", "customer")
    return list(rows.order_by("-happened_on", "-id")[:MOST])


def _about(viewer: Viewer, record: Customer | Contract | Receivable) -> QuerySet[DunningNote]:
    name = {Customer: "customer", Contract: "receivable__contract", Receivable: "receivable"}[type(record)]
    return DunningNote.objects.visible_to(viewer).filter(**{name: record})


def promise_states(viewer: Viewer, notes: Iterable[DunningNote], today: date) -> dict[int, str]:
    """kept, broken or open for each note with a promise, worked out from the ledger in two queries."""
    promised = [note for note in notes if note.promised_on]
    if not promised:
        return {}
    by_line = _entries(viewer, "receivable", {n.receivable_id for n in promised if n.receivable_id})
    by_customer = _entries(viewer, "customer", {n.customer_id for n in promised if not n.receivable_id})
    found = {}
    for note in promised:
        entries = by_line[note.receivable_id] if note.receivable_id else by_customer[note.customer_id]
        paid = [Paid(day, amount) for day, kind, amount in entries if kind == LedgerEntry.Kind.ALLOCATION]
        paid = [Paid(p.on, -p.amount) for p in paid]
        before = sum((amount for day, _kind, amount in entries if day < note.happened_on), NOTHING)
        found[note.pk] = rules.promise_state(
            note.promised_on, note.promised_amount, note.happened_on, paid, max(before, NOTHING), today
        )
    return found


def _entries(viewer: Viewer, name: str, ids: set[int]) -> dict[int, list[tuple[date, str, Decimal]]]:
    found: dict[int, list[tuple[date, str, Decimal]]] = defaultdict(list)
    if ids:
        rows = LedgerEntry.objects.visible_to(viewer).filter(**{f"{name}__in": ids}).exclude(receivable_delta=0)
        columns = (f"{name}_id", "booked_on", "kind", "receivable_delta")
        for pk, day, kind, amount in rows.order_by("booked_on", "id").values_list(*columns):
            found[pk].append((day, kind, amount))
    return found
