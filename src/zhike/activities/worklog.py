"""The log of a person's day: it writes itself from what they did (ACT-4).

A source gives the entries of some people between two instants, as far as the viewer sees the records behind them.
Further rooms add theirs in `apps.py`: `worklog.add("cases", Source(_("Cases"), "headset", read=…))`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.activities.kinds import SIGNS
from zhike.activities.logged import followed_up
from zhike.activities.models import Task
from zhike.contracts.models import Contract, Payment
from zhike.kit import dates
from zhike.kit.format import short_money
from zhike.kit.viewer import Viewer
from zhike.sales.models import Quote, StageChange
from zhike.sales.models.pipelines import stages

MOST = 500  # entries of a source in one log


@dataclass(frozen=True)
class Entry:
    """One line: who did it, when (a day only, where nobody noted the time), in words, and where it leads."""

    person_id: int
    day: date
    text: str
    url: str
    icon: str
    tone: str = "mute"
    about: str = ""
    at: datetime | None = None


Read = Callable[[Viewer, list[int], date, date], Iterable[Entry]]


@dataclass(frozen=True)
class Source:
    """Something people do. `read(viewer, people, first day, last day)`."""

    label: str | Promise
    read: Read


_sources: dict[str, Source] = {}


def add(key: str, source: Source) -> None:
    """Let something people do appear in their logs."""
    _sources[key] = source


def log_of(viewer: Viewer, people: Iterable[int], first: date, last: date) -> list[Entry]:
    """What these people did on these days, in order; only of records the viewer sees."""
    wanted = sorted(people)
    found = [entry for source in _sources.values() for entry in source.read(viewer, wanted, first, last)]
    return sorted(found, key=lambda e: (e.day, e.at is None, e.at or dates.now(), e.text))


def _follow_ups(viewer: Viewer, people: list[int], first: date, last: date) -> Iterable[Entry]:
    rows = followed_up(viewer, people, first, last)
    for row in rows.select_related("customer", "lead").order_by("-happened_at", "-id")[:MOST]:
        icon, tone = SIGNS[row.kind]
        about = str(row.customer or row.lead or "")
        said = _("%(kind)s: %(summary)s") % {"kind": row.get_kind_display(), "summary": _short(row.summary)}
        yield _entry(row.author_id, row.happened_at, said, row, icon, tone, about)


def _tasks(viewer: Viewer, people: list[int], first: date, last: date) -> Iterable[Entry]:
    """What was carried out without a follow-up of its own."""
    begin, end = dates.bounds(first, last)
    rows = Task.objects.visible_to(viewer).filter(
        assignee_id__in=people, status=Task.Status.DONE, activity=None,
        updated_at__gte=begin, closed_at__gte=begin, closed_at__lt=end,
    )  # fmt: skip
    for row in rows.select_related("customer").order_by("-closed_at", "-id")[:MOST]:
        said = _("Done: %(task)s") % {"task": row.title}
        yield _entry(row.assignee_id, row.closed_at, said, row, "checkbox", "ok", str(row.customer or ""))


def _moves(viewer: Viewer, people: list[int], first: date, last: date) -> Iterable[Entry]:
    begin, end = dates.bounds(first, last)
    rows = StageChange.objects.visible_to(viewer).filter(
        new_id__in=sorted(stages()), happened_at__gte=begin, happened_at__lt=end, person_id__in=people,
        old__isnull=False,
    )  # fmt: skip
    for row in rows.select_related("opportunity__customer", "old", "new").order_by("-happened_at", "-id")[:MOST]:
        said = _("%(deal)s: %(old)s → %(new)s") % {"deal": row.opportunity, "old": row.old, "new": row.new}
        tone = {"won": "ok", "lost": "bad"}.get(row.new.kind, "info")
        about = str(row.opportunity.customer or "")
        yield _entry(row.person_id, row.happened_at, said, row.opportunity, "chart-funnel", tone, about)


def _quotes(viewer: Viewer, people: list[int], first: date, last: date) -> Iterable[Entry]:
    begin, _end = dates.bounds(first, last)
    rows = Quote.objects.visible_to(viewer).filter(
        owner_id__in=people, updated_at__gte=begin, quoted_on__gte=first, quoted_on__lte=last
    )
    for row in rows.exclude(status=Quote.Status.DRAFT).select_related("customer").order_by("-id")[:MOST]:
        said = _("Quote %(number)s over %(amount)s") % {"number": row.number, "amount": _yuan(row.total)}
        yield Entry(row.owner_id, row.quoted_on, said, row.get_absolute_url(), "file-text", "info", str(row.customer))


def _contracts(viewer: Viewer, people: list[int], first: date, last: date) -> Iterable[Entry]:
    rows = Contract.objects.visible_to(viewer).filter(
        status__in=[s for s in Contract.Status.values if s not in ("draft", "approving")],
        signed_on__gte=first, signed_on__lte=last, owner_id__in=people,
    )  # fmt: skip
    for row in rows.select_related("customer").order_by("-signed_on", "-id")[:MOST]:
        words = {"contract": row, "amount": _yuan(row.amount)}
        said = _("Signed %(contract)s over %(amount)s") % words
        yield Entry(row.owner_id, row.signed_on, said, row.get_absolute_url(), "file-check", "ok", str(row.customer))


def _payments(viewer: Viewer, people: list[int], first: date, last: date) -> Iterable[Entry]:
    rows = Payment.objects.visible_to(viewer).filter(
        owner_id__in=people, received_on__gte=first, received_on__lte=last, is_reversed=False
    )
    for row in rows.select_related("customer").order_by("-received_on", "-id")[:MOST]:
        said = _("Payment of %(amount)s received") % {"amount": _yuan(row.amount)}
        yield Entry(row.owner_id, row.received_on, said, row.get_absolute_url(), "cash", "ok", str(row.customer))


def _entry(person_id: int, at: datetime, text: str, record: Any, icon: str, tone: str, about: str) -> Entry:
    return Entry(person_id, dates.local_day(at), text, record.get_absolute_url(), icon, tone, about, at)


def _yuan(amount: Decimal) -> str:
    """An amount as plain text, for lines people go on writing."""
    return f"{'-' if amount < 0 else ''}¥ {short_money(abs(amount))}"


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= 80 else f"{said[:79]}…"


add("followups", Source(gettext_lazy("Follow-ups"), _follow_ups))
add("tasks", Source(gettext_lazy("Tasks"), _tasks))
add("moves", Source(gettext_lazy("Deals"), _moves))
add("quotes", Source(gettext_lazy("Quotes"), _quotes))
add("contracts", Source(gettext_lazy("Contracts"), _contracts))
add("payments", Source(gettext_lazy("Payments"), _payments))
