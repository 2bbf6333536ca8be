"""What a customer signed and paid, on its timeline: contracts signed, changed and ended, payments received (SAL-6/7).

Each is read newest first by its business day; a cursor is a day and an id. What was noted later than its day stands at
the end of it, so that the moments of a stream go down as its days and ids do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from zhike.contracts.models import Contract, ContractChange, Payment
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.keys import LARGEST_KEY
from zhike.kit.scope import ScopedModel
from zhike.kit.viewer import Viewer
from zhike.records.lookups import person_names
from zhike.records.prepared import prepared

A_MOMENT = timedelta(seconds=1)


def _signed(contract: Contract) -> dict[str, Any]:
    said = _("signed the contract %(contract)s over %(amount)s") % _words(contract, contract.amount)
    return _event("file-check", "ok", said, contract, contract.owner_id)


def _ended(contract: Contract) -> dict[str, Any]:
    said = _("the contract %(contract)s was terminated: %(reason)s")
    return _event("ban", "bad", said % {"contract": contract, "reason": contract.termination_reason}, contract)


def _changed(change: ContractChange) -> dict[str, Any]:
    words = _words(change.contract, change.delta, reason=change.reason)
    said = _("changed the contract %(contract)s by %(amount)s: %(reason)s") % words
    return _event("adjustments", "warn", said, change, change.person_id)


def _payment(row: Payment) -> dict[str, Any]:
    said = _("paid %(amount)s (%(number)s)") % {"amount": fmt.yuan(row.amount), "number": row.number}
    if row.is_reversed:
        said = _("%(payment)s, taken back later") % {"payment": said}
    elif row.unallocated:
        said = _("%(payment)s, %(left)s of it not allocated yet") % {
            "payment": said, "left": fmt.yuan(row.unallocated),
        }  # fmt: skip
    return _event("cash", "mute" if row.is_reversed else "ok", said, row)


@dataclass(frozen=True)
class Source:
    """Rows of a kind with a day; `say` makes an entry of one."""

    model: type[ScopedModel]
    customer: str
    day: str
    say: Callable[[Any], dict[str, Any]]
    related: tuple[str, ...] = ()


SOURCES = {
    "signed": Source(Contract, "customer_id", "signed_on", _signed),
    "ended": Source(Contract, "customer_id", "terminated_on", _ended),
    "changed": Source(ContractChange, "contract__customer_id", "applied_on", _changed, ("contract",)),
    "paid": Source(Payment, "customer_id", "received_on", _payment),
}


def read(name: str, viewer: Viewer, customer: Customer, place: str, count: int) -> list[dict[str, Any]]:
    """A page of a source from a cursor on, newest first: what an entry of the timeline is made of."""
    source = SOURCES[name]
    before, pk = _place(place)
    if before:
        older = Q(**{f"{source.day}__lt": before}) | Q(**{source.day: before, "pk__lt": pk})
        rows = _rows(viewer, name, customer.pk).filter(older)[:count]
    else:
        rows = _latest(viewer, name, customer.pk, str(count))
    found = []
    for row in rows:
        on = getattr(row, source.day)
        found.append({**source.say(row), "at": _moment(on, row.created_at), "place": f"{on.isoformat()}|{row.pk}"})
    return found


def first(name: str, customer_id: int) -> tuple:
    """The prepared question for the latest entries of a source, with its arguments."""
    return _latest, name, customer_id, "1"


@prepared
def _latest(viewer: Viewer, name: str, customer_id: int, count: str) -> QuerySet:
    return _rows(viewer, name, customer_id)[: int(count)]


def _rows(viewer: Viewer, name: str, customer_id: int) -> QuerySet:
    source = SOURCES[name]
    rows = source.model.objects.visible_to(viewer).filter(
        **{source.customer: customer_id, f"{source.day}__isnull": False}
    )
    return rows.select_related(*source.related).order_by(f"-{source.day}", "-id")


def _event(icon: str, tone: str, text: str, record: Any, person_id: int | None = None) -> dict[str, Any]:
    person = person_names().get(person_id, "")
    return {"icon": icon, "tone": tone, "person": person, "text": text, "url": record.get_absolute_url()}


def _words(contract: Contract, amount: Any, **more: Any) -> dict[str, Any]:
    return {"contract": contract, "amount": fmt.yuan(amount), **more}


def _moment(on: date, noted_at: datetime) -> datetime:
    """When on its day something stands: where it was noted then, at its beginning or its end otherwise."""
    start, end = dates.bounds(on)
    return min(max(noted_at, start), end - A_MOMENT)


def _place(text: str) -> tuple[date | None, int]:
    day, _sep, pk = text.partition("|")
    try:
        return date.fromisoformat(day), min(int(pk), LARGEST_KEY)
    except ValueError:
        return None, 0
