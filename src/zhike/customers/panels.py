"""What this room shows on a customer's own page: tabs and key figures, registered as other rooms register theirs."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.customers import queries
from zhike.customers.kinds import CONTACT, CUSTOMER
from zhike.customers.models import Contact, Customer
from zhike.customers.rhythm import days_left, said
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.access import may
from zhike.kit.registry import Stat
from zhike.kit.viewer import Viewer
from zhike.records.kinds import RecordKind
from zhike.records.queries import history_of

HISTORY = 50


def contacts(request: HttpRequest, customer: Customer) -> SafeString:
    """The people at a customer, each with what to remember (CUS-4)."""
    context = {
        "customer": customer,
        "people": queries.people_at(request.viewer, customer),
        "can_add": may(request.viewer, CONTACT.verb("create"), customer),
        "today": dates.today(),
    }
    return render_to_string("customers/parts/contacts.html", context, request)


def contact_count(viewer: Viewer, customer: Customer) -> int:
    """How many people we know there."""
    return queries.count_people(viewer, customer)


def card(request: HttpRequest, customer: Customer) -> SafeString:
    """The data card on screen, in the groups of the form; fields the administrator added come last."""
    fields, left = CUSTOMER.fields, {name for name, field in CUSTOMER.fields.items() if field.is_custom}
    groups = []
    for title, names in CUSTOMER.sections:
        groups.append((title, [_fact(fields[name], customer) for name in names]))
        left -= set(names)
    if left:
        groups.append((_("More fields"), [_fact(fields[name], customer) for name in fields if name in left]))
    context = {
        "customer": customer,
        "groups": groups,
        "can_change": may(request.viewer, CUSTOMER.verb("change"), customer),
    }
    return render_to_string("customers/parts/card.html", context, request)


def _fact(field, customer: Customer) -> tuple:
    shown = customer.name if field.name == CUSTOMER.title else field.cell(field.values_of(customer))
    return field.label, shown, field.wide


def changes(request: HttpRequest, customer: Customer) -> SafeString:
    """Who changed what, and how the customer moved from class to class (ORG-7, CUS-5)."""
    context = {"entries": history(request.viewer, CUSTOMER, customer.pk)}
    return render_to_string("customers/parts/changes.html", context, request)


def history(viewer: Viewer, kind: RecordKind, pk: int) -> list[tuple]:
    """The latest entries of a record's history, each with what it changed in words."""
    return [(row, queries.history_words(kind, row)) for row in history_of(viewer, kind, pk)[:HISTORY]]


def contact_groups(contact: Contact) -> list[tuple]:
    """What is known of a person, in the groups of the form; blanks are left out."""
    fields, groups = CONTACT.fields, []
    for title, names in CONTACT.sections:
        facts = [(f.label, f.cell(f.values_of(contact))) for f in (fields[n] for n in names) if f.read(contact)]
        groups.append((title, facts))
    return [(title, facts) for title, facts in groups if facts]


def last_followed(viewer: Viewer, customer: Customer) -> Stat:
    """When somebody last spoke with the customer."""
    since = customer.last_activity_at
    left = days_left(customer.tier, customer.lifecycle, since, customer.created_at, dates.now())
    next_one = "" if left is None else _("next: %(when)s") % {"when": said(left)}
    tone = "warn" if left is not None and left < 0 else ""
    if since is None:
        return Stat("—", note=next_one or _("not followed up yet"), tone="warn")
    days = (dates.today() - dates.local_day(since)).days
    if days == 0:
        return Stat(_("today"), note=next_one or f"{fmt.local(since):%H:%M}", tone=tone)
    return Stat(days, _("days ago"), next_one or f"{fmt.local(since):%Y-%m-%d}", tone=tone)


def credit(viewer: Viewer, customer: Customer) -> Stat | None:
    """How far we trust the customer: limit and days."""
    if customer.credit_limit is None:
        return Stat("—", note=_("no credit limit set"))
    days = _("%(days)s days") % {"days": customer.credit_days} if customer.credit_days is not None else ""
    return Stat(fmt.money(customer.credit_limit), note=days)
