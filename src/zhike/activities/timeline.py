"""One stream of what happened with a customer: follow-ups, deals on the move, changes of the record itself.

Each source is read by its own index, newest first; the streams are merged, and the cursor says where each one stopped.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhike.activities import money_events
from zhike.activities.kinds import SIGNS
from zhike.activities.models import Activity, ActivityComment
from zhike.activities.queries import add_files
from zhike.contracts.models import DunningNote
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer
from zhike.customers.queries import history_words
from zhike.kit import dates
from zhike.kit.keys import LARGEST_KEY, key_of
from zhike.kit.scope import follows
from zhike.kit.viewer import Viewer
from zhike.records.lookups import person_names
from zhike.records.models import AuditEntry
from zhike.records.prepared import AmongGiven, prepared, prepared_for_ids, that_have_rows
from zhike.sales.models import StageChange

PAGE = 20
FEW = 3  # sources that are read rather than asked first whether they have anything
FILTERS = {
    "": gettext_lazy("All"),
    "followups": gettext_lazy("Follow-ups"),
    "deals": gettext_lazy("Deals"),
    "money": pgettext_lazy("timeline", "Money"),
    "changes": gettext_lazy("Changes"),
}


@dataclass
class Event:
    """One entry of the stream. `record` is the follow-up, else the entry is a line: `person`, `text`, `lines`."""

    at: datetime
    source: str
    place: str
    icon: str
    tone: str
    person: str = ""
    text: str = ""
    url: str = ""
    group: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)
    record: Activity | None = None
    extra: str = ""  # markup of another room, below the line or instead of the follow-up's text
    comments: list[ActivityComment] = field(default_factory=list)


def events(viewer: Viewer, customer: Customer, *, show: str = "", cursor: str = "") -> tuple[list[Event], str]:
    """A page of the stream and the cursor of the next one ("" at the end). A cursor that makes no sense starts anew."""
    places = _places(cursor)
    names = [name for name in (*_sources, *_added) if show in ("", SHOWN_WITH.get(name, name))]
    names = _with_entries(viewer, customer, names, places)
    streams = {name: _sources[name](viewer, customer, places.get(name, "")) for name in names if name in _sources}
    streams |= {
        name: _added[name](viewer, customer, places.get(name, ""), show == name) for name in names if name in _added
    }
    merged = list(heapq.merge(*streams.values(), key=lambda event: event.at, reverse=True))
    page = merged[:PAGE]
    group = ""
    for event in page:
        places[event.source] = event.place
        if (now := _group(event.at)) != group:
            event.group = group = now
    _add_comments(viewer, page)
    _add_what_stands_behind(viewer, page)
    more = len(merged) > PAGE
    return page, ";".join(f"{name}={places[name]}" for name in places) if more else ""


def _with_entries(viewer: Viewer, customer: Customer, names: list[str], places: dict[str, str]) -> list[str]:
    """Without the sources that have nothing of a customer: few have deals, contracts, payments and letters at once."""
    asked = {name: _firsts[name](customer.pk) for name in names if name in _firsts and name not in places}
    if len(asked) < FEW:
        return names
    found = that_have_rows(viewer, asked)
    return [name for name in names if name not in asked or name in found]


def _group(at: datetime) -> str:
    """Under which heading an instant falls."""
    today, day = dates.today(), dates.local_day(at)
    if day == today:
        return _("Today")
    if day >= today - timedelta(days=today.weekday()):
        return _("This week")
    return _("This month") if day >= today.replace(day=1) else f"{day:%Y-%m}"


def _places(cursor: str) -> dict[str, str]:
    found = dict(part.split("=", 1) for part in cursor.split(";") if "=" in part)
    return {name: place for name, place in found.items() if name in _sources or name in _added}


def _followups(viewer: Viewer, customer: Customer, place: str) -> list[Event]:
    seen = follows(Activity, viewer, customer)
    moment, _sep, pk = place.partition("|")
    if (before := moment_of(moment)) and key_of(pk):
        rows = _followups_of(viewer, customer.pk, seen).filter(happened_at__lte=before)
        rows = rows.exclude(happened_at=before, pk__gte=key_of(pk))[: PAGE + 1]
    else:
        rows = _last_followups(viewer, customer.pk, seen)
    found = []
    for row in rows:
        icon, tone = SIGNS[row.kind]
        at = f"{row.happened_at.isoformat()}|{row.pk}"
        person = person_names().get(row.author_id, "")
        found.append(Event(row.happened_at, "followups", at, icon, tone, person, record=row))
    return found


def _followups_of(viewer: Viewer, customer_id: int, all_seen: bool) -> QuerySet[Activity]:
    rows = Activity.objects.within_id(viewer, customer_id, all_seen).select_related("contact", "opportunity")
    return rows.order_by("-happened_at", "-id")


@prepared
def _last_followups(viewer: Viewer, customer_id: int, all_seen: bool) -> QuerySet[Activity]:
    return _followups_of(viewer, customer_id, all_seen)[: PAGE + 1]


def _deals(viewer: Viewer, customer: Customer, place: str) -> list[Event]:
    rows = _moves(viewer, customer.pk, _below(place))
    tones = {"won": "ok", "lost": "bad"}
    return [
        Event(
            row.happened_at, "deals", str(row.pk), "chart-funnel", tones.get(row.new.kind, "info"),
            person_names().get(row.person_id, ""),
            _("%(deal)s: %(old)s → %(new)s") % {"deal": row.opportunity, "old": row.old, "new": row.new},
            row.opportunity.get_absolute_url(),
        )
        for row in rows
    ]  # fmt: skip


@prepared
def _moves(viewer: Viewer, customer_id: int, below: int) -> QuerySet[StageChange]:
    rows = StageChange.objects.visible_to(viewer).filter(opportunity__customer_id=customer_id, old__isnull=False)
    return rows.filter(pk__lt=below).select_related("opportunity", "old", "new").order_by("-id")[: PAGE + 1]


def _dunning(viewer: Viewer, customer: Customer, place: str) -> list[Event]:
    """When somebody asked for payment, and what was promised (SAL-8)."""
    found, url = [], f"{customer.get_absolute_url()}dunning/"
    for row in _notes(viewer, customer.pk, _below(place)):
        promised = _("promised for %(day)s") % {"day": row.promised_on} if row.promised_on else ""
        said = " · ".join(filter(None, (str(row.receivable or ""), row.said, promised)))
        person = person_names().get(row.person_id, "")
        text = _("asked for payment (%(way)s): %(said)s") % {"way": row.get_channel_display(), "said": said}
        found.append(Event(row.created_at, "money", str(row.pk), "coin-yuan", "warn", person, text, url))
    return found


@prepared
def _notes(viewer: Viewer, customer_id: int, below: int) -> QuerySet[DunningNote]:
    rows = DunningNote.objects.visible_to(viewer).filter(customer_id=customer_id, pk__lt=below)
    return rows.select_related("receivable").order_by("-id")[: PAGE + 1]


def _changes(viewer: Viewer, customer: Customer, place: str) -> list[Event]:
    found = []
    for row in _entries(viewer, customer.pk, _below(place)):
        lines = history_words(CUSTOMER, row) if row.verb == AuditEntry.Verb.CHANGED else []
        person = person_names().get(row.person_id, "")
        found.append(
            Event(
                row.happened_at,
                "changes",
                str(row.pk),
                "history",
                "mute",
                person,
                row.get_verb_display(),
                lines=lines[:4],
            )
        )
    return found


@prepared
def _entries(viewer: Viewer, customer_id: int, below: int) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.filter(kind=CUSTOMER.label, object_id=customer_id, pk__lt=below)
    return rows.order_by("-id")[: PAGE + 1]


def _below(place: str) -> int:
    """The id below which a stream goes on; without a place, one above all."""
    return key_of(place) or LARGEST_KEY


def _money(name: str) -> Callable[[Viewer, Customer, str], list[Event]]:
    def page(viewer: Viewer, customer: Customer, place: str) -> list[Event]:
        return [Event(source=name, **found) for found in money_events.read(name, viewer, customer, place, PAGE + 1)]

    return page


_sources: dict[str, Callable[[Viewer, Customer, str], Iterable[Event]]] = {
    "followups": _followups,
    "deals": _deals,
    "money": _dunning,
    **{name: _money(name) for name in money_events.SOURCES},
    "changes": _changes,
}
# Streams that come under the filter of another.
SHOWN_WITH = dict.fromkeys(money_events.SOURCES, "money")
# The question each source begins with, by the id of a customer: (a prepared one, its arguments).
_firsts: dict[str, Callable[[int], tuple]] = {
    "deals": lambda pk: (_moves, pk, LARGEST_KEY),
    "money": lambda pk: (_notes, pk, LARGEST_KEY),
    **{name: partial(money_events.first, name) for name in money_events.SOURCES},
}


_added: dict[str, Callable[[Viewer, Customer, str, bool], list[Event]]] = {}
_behind: dict[str, Callable[[Viewer, list[int]], dict[int, str]]] = {}


def add_source(
    name: str,
    label: Any,
    read: Callable[[Viewer, Customer, str, bool], list[Event]],
    first: Callable[[int], tuple],
) -> None:
    """Let a room above put its own entries into the stream, with a filter of this name.

    `read(viewer, customer, place, alone)` gives a page and one more, newest first; `place` is where it stopped before,
    `alone` whether nothing else is shown. `first` is as in `_firsts`.
    """
    FILTERS[name], _added[name], _firsts[name] = label, read, first


def add_behind(kind: str, read: Callable[[Viewer, list[int]], dict[int, str]]) -> None:
    """Let a room above show what follow-ups of a kind stand for, in place of their text: markup by id."""
    _behind[kind] = read


def _add_what_stands_behind(viewer: Viewer, page: list[Event]) -> None:
    for kind, read in _behind.items():
        shown = {event.record.pk: event for event in page if event.record and event.record.kind == kind}
        for pk, extra in (read(viewer, list(shown)) if shown else {}).items():
            shown[pk].extra = extra


def _add_comments(viewer: Viewer, page: list[Event]) -> None:
    shown = {event.record.pk: event for event in page if event.record}
    if not shown:
        return
    add_files(viewer, (event.record for event in shown.values()))
    for comment in comments_on(viewer, shown):
        shown[comment.activity_id].comments.append(comment)


def comments_on(viewer: Viewer, activity_ids: Iterable[int]) -> Iterable[ActivityComment]:
    """The comments on some follow-ups, oldest first, each with the name of its author."""
    for comment in _comments_on(viewer, activity_ids):
        comment.person = person_names().get(comment.author_id, "")
        yield comment


@prepared_for_ids
def _comments_on(viewer: Viewer) -> QuerySet[ActivityComment]:
    return ActivityComment.objects.visible_to(viewer).filter(AmongGiven("activity_id")).order_by("id")


def moment_of(text: str) -> datetime | None:
    """An instant out of a cursor; None where it makes no sense."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
