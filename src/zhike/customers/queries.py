"""Reads of this room, viewer first: what the 360° page, the contact pages and the data card show."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from zhike.customers.kinds import CONTACT, CUSTOMER
from zhike.customers.models import ClassChange, Contact, Customer, CustomerRelation, month_and_day
from zhike.kit import dates
from zhike.kit.scope import follows
from zhike.kit.viewer import Viewer
from zhike.records import queries as records
from zhike.records.kinds import RecordKind
from zhike.records.models import AuditEntry
from zhike.records.prepared import once, prepared

# The fields a card should have before anybody calls it complete.
WANTED = (
    "uscc", "phone", "industry", "region", "city", "address", "source", "abc", "credit_grade", "legal_representative",
    "bank", "bank_account", "invoice_type", "organisation_type", "registered_capital", "founded_on", "business_lines",
    "annual_turnover", "payment_terms", "credit_days",
)  # fmt: skip
KEY_PEOPLE, MOST_PEOPLE = 6, 100
MOST_BELOW = 50
WHY = "relations of a customer seen already; the other side is asked for"
_ranks = {Contact.Role.DECIDER: 0, Contact.Role.INFLUENCER: 1, Contact.Role.USER: 2, Contact.Role.GATEKEEPER: 3}


def customer(viewer: Viewer, pk: int) -> Customer:
    """A customer with its main contact; raises NotVisible."""
    return records.record(viewer, CUSTOMER, pk, related=("main_contact",))


def customer_for(viewer: Viewer, pk: int, word: str = "change") -> Customer:
    """A customer the viewer may do this to; raises NotVisible or Forbidden."""
    return records.record_for(viewer, CUSTOMER, pk, word)


def contact(viewer: Viewer, pk: int) -> Contact:
    """A contact with its customer; raises NotVisible."""
    return records.record(viewer, CONTACT, pk, related=("customer",))


@once
def people_at(viewer: Viewer, customer: Customer) -> list[Contact]:
    """A customer's people, the main contact first, then by their role in the decision; a hundred at most."""
    people = _people_at(viewer, customer.pk, follows(Contact, viewer, customer))
    return sorted(people, key=lambda c: (not c.is_primary, _ranks.get(c.role, 9), c.pk))


@prepared
def _people_at(viewer: Viewer, customer_id: int, all_seen: bool) -> QuerySet[Contact]:
    return Contact.objects.within_id(viewer, customer_id, all_seen).order_by("-is_primary", "id")[:MOST_PEOPLE]


def key_people(viewer: Viewer, customer: Customer) -> list[Contact]:
    """The few people who matter most."""
    return people_at(viewer, customer)[:KEY_PEOPLE]


def count_people(viewer: Viewer, customer: Customer) -> int:
    """How many people we know at a customer."""
    known = len(people_at(viewer, customer))
    return known if known < MOST_PEOPLE else Contact.objects.within(viewer, customer).count()


def relations_of(viewer: Viewer, customer: Customer) -> list[dict[str, Any]]:
    """How the customer stands to others the viewer sees: {"label", "other", "note", "relation" or None} (CUS-14).

    Parent and subsidiaries come first; they are a field, not a relation that could be taken away here.
    """
    rows = _relations_of(viewer, customer.pk)
    others = {row.other_id if row.customer_id == customer.pk else row.customer_id for row in rows}
    others |= {customer.parent_id} - {None}
    seen = Customer.objects.visible_to(viewer).filter(pk__in=others) if others else ()
    known = {other.pk: other for other in seen}
    found = []
    if above := known.get(customer.parent_id):
        found.append({"label": _("parent company"), "other": above, "note": "", "relation": None})
    # Not sorted by the database: that would walk the whole table.
    for below in sorted(_below(viewer, customer.pk), key=lambda other: other.name):
        found.append({"label": _("subsidiary"), "other": below, "note": "", "relation": None})
    for row in sorted(rows, key=lambda row: row.pk):
        forwards = row.customer_id == customer.pk
        if other := known.get(row.other_id if forwards else row.customer_id):
            label = row.get_kind_display() if forwards else CustomerRelation.BACKWARDS[row.kind]
            found.append({"label": label, "other": other, "note": row.note, "relation": row})
    return found


@prepared
def _relations_of(viewer: Viewer, customer_id: int) -> QuerySet[CustomerRelation]:
    rows = CustomerRelation.objects.whole_table(WHY)
    return rows.filter(Q(customer_id=customer_id) | Q(other_id=customer_id))[:MOST_BELOW]


@prepared
def _below(viewer: Viewer, customer_id: int) -> QuerySet[Customer]:
    return Customer.objects.visible_to(viewer).filter(parent_id=customer_id)[:MOST_BELOW]


def relation(viewer: Viewer, pk: int) -> CustomerRelation | None:
    """A relation the viewer sees, or None."""
    return CustomerRelation.objects.visible_to(viewer).select_related("customer", "other").filter(pk=pk).first()


def class_changes_of(viewer: Viewer, customer: Customer) -> QuerySet[ClassChange]:
    """How a customer moved from class to class, newest first (CUS-5)."""
    return ClassChange.objects.within(viewer, customer).select_related("person").order_by("-id")


def history_words(kind: RecordKind, entry: AuditEntry) -> list[dict[str, Any]]:
    """What an entry of the history changed, with words for what is not a field."""
    words = {"files": _("Files"), "tags": _("Tags"), "relations": _("Relations"), "card": _("Data card")}
    return [
        {**line, "label": words.get(str(line["label"]), line["label"])} for line in records.history_lines(kind, entry)
    ]


def completeness(customer: Customer) -> tuple[int, list[str]]:
    """How much of the card is filled in, in percent, and the labels of what is missing."""
    missing = [str(CUSTOMER.own_fields[n].label) for n in WANTED if CUSTOMER.own_fields[n].read(customer) in (None, "")]
    return round(100 * (len(WANTED) - len(missing)) / len(WANTED)), missing


def like_this(viewer: Viewer, values: dict[str, Any], *, but: int | None = None) -> list[Customer]:
    """Customers that may be the same: equal name, credit code or phone. A hint before saving, never a bar (CUS-8)."""
    same = Q()
    for name in ("name", "uscc", "phone"):
        if values.get(name):
            same |= Q(**{name: values[name]})
    if not same:
        return []
    return list(Customer.objects.visible_to(viewer).filter(same).exclude(pk=but).order_by("id")[:5])


def birthdays(viewer: Viewer, days: int = 30, count: int = 200) -> list[Contact]:
    """Whose birthday comes within so many days, soonest first (CUS-4)."""
    today = dates.today()
    span = month_and_day(today), month_and_day(today + timedelta(days=days))
    if span[0] <= span[1]:
        return _birthdays(viewer, span, str(count))
    found = _birthdays(viewer, span, "200")  # over the turn of the year
    return sorted(found, key=lambda c: (c.birthday_md < span[0], c.birthday_md, c.pk))[:count]


@prepared
def _birthdays(viewer: Viewer, span: tuple[int, int], count: str) -> QuerySet[Contact]:
    first, last = span
    since, until = Q(birthday_md__gte=first), Q(birthday_md__lte=last)
    rows = Contact.objects.visible_to(viewer).select_related("customer")
    return rows.filter(since & until if first <= last else since | until).order_by("birthday_md", "id")[: int(count)]
