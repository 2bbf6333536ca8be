"""Signs of this room for templates."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.contracts import kinds, queries
from zhike.contracts.models import Contract, LedgerEntry, Payment
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.records.fields import EMPTY
from zhike.records.kinds import get
from zhike.records.lookups import person_names

register = template.Library()
ENDS_SOON = 30  # days before its end a contract says so

ENTRY_TONES = {"charge": "info", "change": "warn", "receipt": "ok", "allocation": "ok", "write_off": "mute",
               "refund": "warn"}  # fmt: skip


@register.simple_tag
def contract_status(contract: Contract) -> SafeString:
    """How far a contract is, as a badge; one in approval that was approved waits for the signature."""
    if contract.is_ready:
        return fmt.badge(str(kinds.READY), "info")
    return kinds.status_badge(contract.status, contract.get_status_display())


@register.simple_tag
def ends_soon(contract: Contract) -> SafeString:
    """That a contract in force ends within a month, or that its term is over; empty otherwise (SAL-6)."""
    if contract.status != Contract.Status.ACTIVE or contract.ends_on is None:
        return SafeString("")
    days = (contract.ends_on - dates.today()).days
    if days < 0:
        return fmt.badge(ngettext("term over for %(n)s day", "term over for %(n)s days", -days) % {"n": -days}, "bad")
    if days > ENDS_SOON:
        return SafeString("")
    said = ngettext("ends in %(n)s day", "ends in %(n)s days", days) % {"n": days} if days else _("ends today")
    return fmt.badge(said, "warn")


@register.simple_tag
def payment_state(payment: Payment) -> SafeString:
    """How far a payment is, as a badge."""
    field = kinds.PAYMENT.field("state")
    return field.cell(field.values_of(payment))


@register.simple_tag
def entry_kind(entry: LedgerEntry) -> SafeString:
    """What an entry of the ledger is, as a badge."""
    return fmt.badge(queries.kind_words(entry), "mute" if entry.reverses_id else ENTRY_TONES[entry.kind])


@register.simple_tag
def owner_of(record: Any, size: str = "xs") -> SafeString:
    """The responsible colleague, without a query."""
    return fmt.who(record.owner_id, person_names().get(record.owner_id, ""), size) if record.owner_id else EMPTY


@register.simple_tag
def shown(record: Any, name: str) -> SafeString:
    """A field of a record as its list shows it."""
    field = get(record.kind_label()).field(name)
    return field.cell(field.values_of(record))
