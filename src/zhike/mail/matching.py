"""Whom a letter is about: by the thread it belongs to, by exact addresses, by a domain declared for a customer.

Addresses in a colleague's own mailbox are looked for among the records that colleague sees, those in the company's
drop-box among all. What matches nothing is nobody's business: it is not even fetched.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Lower

from zhike.customers.models import Contact, Customer
from zhike.kit.viewer import Viewer
from zhike.mail.models import Letter, MailAccount, MailDomain
from zhike.mail.parsing import Head
from zhike.mail.providers import public_domains
from zhike.org.models import Person
from zhike.sales.models import Lead

THREAD = "which letters of one conversation are known already"


@dataclass
class About:
    """What a letter lies with. `customer` or `lead` is set."""

    customer: Customer | None = None
    contact: Contact | None = None
    lead: Lead | None = None
    opportunity_id: int | None = None
    quote_id: int | None = None


@dataclass
class Known:
    """What is known of the addresses and letters that some headers name."""

    ours: dict[str, int | None]
    contacts: dict[str, list[Contact]] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    domains: dict[str, Customer] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)


def our_addresses() -> dict[str, int | None]:
    """Everybody's addresses of our own, with whose they are; the drop-box is nobody's."""
    found: dict[str, int | None] = {}
    for pk, address in Person.objects.exclude(email="").values_list("pk", "email"):
        found[address.lower()] = pk
    for pk, address in MailAccount.objects.values_list("person_id", "address"):
        found.setdefault(address.lower(), pk)
    return found


def look_up(heads: Iterable[Head], viewer: Viewer, ours: dict[str, int | None], more: Iterable[str] = ()) -> Known:
    """What is known about these letters, in few queries."""
    heads, known = list(heads), Known(ours)
    addresses = {address for head in heads for address in head.addresses} - ours.keys() | set(more)
    contacts = Contact.objects.visible_to(viewer).annotate(lower=Lower("email")).filter(lower__in=addresses)
    for contact in contacts.select_related("customer").order_by("id") if addresses else ():
        known.contacts.setdefault(contact.lower, []).append(contact)
    leads = Lead.objects.visible_to(viewer).annotate(lower=Lower("email")).filter(lower__in=addresses)
    for lead in leads.filter(status__in=Lead.OPEN).order_by("-id") if addresses else ():
        known.leads[lead.lower] = lead
    domains = {address.rpartition("@")[2] for address in addresses} - public_domains()
    for row in MailDomain.objects.visible_to(viewer).filter(domain__in=domains).select_related("customer"):
        known.domains[row.domain] = row.customer
    ids = {one for head in heads for one in (head.message_id, *head.ancestors)}
    letters = Letter.objects.whole_table(THREAD).filter(message_id__in=ids)
    known.letters = {row.message_id: row for row in letters.select_related("customer", "contact", "lead")}
    return known


def about(head: Head, known: Known, forwarded: str = "") -> About | None:
    """Whom a letter is about, or None. `forwarded` is the address of whoever wrote what a colleague passes on."""
    outside = [address for address in head.addresses if address not in known.ours]
    if forwarded and forwarded not in known.ours:
        outside = [forwarded, *outside]
    if not outside:
        return None
    earlier = next((known.letters[one] for one in reversed(head.ancestors) if one in known.letters), None)
    if earlier is not None and earlier.about is not None:
        contact = next((c for a in outside for c in known.contacts.get(a, ()) if c.customer_id == earlier.customer_id),
                       None)  # fmt: skip
        return About(earlier.customer, contact or earlier.contact, earlier.lead, earlier.opportunity_id,
                     earlier.quote_id)  # fmt: skip
    for address in outside:
        if people := known.contacts.get(address):
            return About(customer=people[-1].customer, contact=people[-1])
    for address in outside:
        if lead := known.leads.get(address):
            return About(lead=lead)
    for address in outside:
        if customer := known.domains.get(address.rpartition("@")[2]):
            return About(customer=customer)
    return None


def thread_of(message_id: str, ancestors: list[str], letters: dict[str, Any]) -> str:
    """The conversation a letter belongs to: that of the nearest letter known, else named after its first."""
    for one in reversed(ancestors):
        if one in letters:
            return letters[one].thread
    return hashlib.sha256((ancestors[0] if ancestors else message_id).encode()).hexdigest()[:32]
