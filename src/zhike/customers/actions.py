"""Writes of this room beside create, change and assign: classes kept, relations, the main contact, follow-ups noted."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from zhike.customers.models import (
    ClassChange,
    Contact,
    Customer,
    CustomerRelation,
    FollowUpRhythm,
    month_and_day,
    rhythm_days,
)
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import kinds, search
from zhike.records.models import AuditEntry

WHY = "rows of a customer the action was let in for"
_followers: list[Callable[[Customer, int, Viewer], None]] = []


def moves_with_owner(move: Callable[[Customer, int, Viewer], None]) -> None:
    """Let a room above move its rows when a customer gets another owner, in the same transaction.

    `move(customer, old_owner_id, by)` is called after the customer was saved.
    """
    if move not in _followers:
        _followers.append(move)


def prepare_customer(customer: Customer, changed: dict[str, Any], by: Viewer) -> None:
    """Before saving: no circle of parents (CUS-14). Raises Refused at `parent`."""
    if "parent" in changed and customer.parent_id:
        above, seen = customer.parent_id, {customer.pk}
        while above is not None:
            if above in seen:
                raise Refused({"parent": _("This would make a circle of parent companies.")})
            seen.add(above)
            above = Customer.objects.whole_table(WHY).filter(pk=above).values_list("parent_id", flat=True).first()


def customer_saved(customer: Customer, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: keep changes of class (CUS-5), and move what goes with the owner."""
    customers_saved([(customer, changed)] if created else [], [] if created else [(customer, changed)], by)


def customers_saved(created: list, updated: list, by: Viewer) -> None:
    """The same for the many rows of an import; new customers have no earlier class and nothing to move."""
    ClassChange.objects.bulk_create(
        ClassChange(
            customer=customer, field=name, old=changed[name][0] or "", new=changed[name][1] or "",
            owner_id=customer.owner_id, person_id=by.person_id or customer.owner_id,  # the system acts for the owner
        )
        for customer, changed in updated for name in Customer.CLASSES if name in changed
    )  # fmt: skip
    for customer, changed in updated:
        if "owner" in changed:
            move_contacts(customer, changed["owner"][0], by)
            for move in _followers:
                move(customer, changed["owner"][0], by)


def move_contacts(customer: Customer, old_owner_id: int, by: Viewer) -> None:
    """Give a customer's contacts its owner, each with its line in the history."""
    contacts = list(Contact.objects.whole_table(WHY).filter(customer=customer).exclude(owner_id=customer.owner_id))
    if not contacts:
        return
    change = {"owner": [old_owner_id, customer.owner_id]}
    AuditEntry.objects.bulk_create(AuditEntry.of(c, AuditEntry.Verb.CHANGED, change) for c in contacts)
    Contact.objects.whole_table(WHY).filter(pk__in=[c.pk for c in contacts]).update(
        owner_id=customer.owner_id, version=F("version") + 1
    )
    for contact in contacts:
        contact.owner_id = customer.owner_id
    search.index(kinds.get("customers.contact"), contacts, changed=change)


def prepare_contact(contact: Contact, changed: dict[str, Any], by: Viewer) -> None:
    """Before saving: a contact belongs to its customer's owner. Raises Refused where one may only read the customer."""
    contact.birthday_md = month_and_day(contact.birthday)  # here too, as an import does not call save()
    if "customer" not in changed:
        return
    customer = contact.customer
    if not customer.scope.allows_change(by, customer):
        raise Refused({"customer": _("You may read this customer, but not add to it.")})
    contact.owner_id = customer.owner_id


def contact_saved(contact: Contact, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: the customer knows its main contact."""
    contacts_saved([(contact, changed)] if created else [], [] if created else [(contact, changed)], by)


def contacts_saved(created: list, updated: list, by: Viewer) -> None:
    """The same for the many rows of an import. The first contact of a customer becomes its main one by itself."""
    for contact, changed in updated:
        if "birthday" in changed:
            Contact.objects.whole_table(WHY).filter(pk=contact.pk).update(birthday_md=month_and_day(contact.birthday))
    chosen = {c.customer_id: c for c, changed in [*created, *updated] if c.is_primary and "is_primary" in changed}
    for customer_id, contact in chosen.items():
        others = Contact.objects.whole_table(WHY).filter(customer_id=customer_id, is_primary=True)
        others.exclude(pk=contact.pk).update(is_primary=False)
        Customer.objects.whole_table(WHY).filter(pk=customer_id).update(main_contact=contact)
    moved = [contact for contact, changed in updated if {"customer", "is_primary"} & set(changed)]
    touched = {contact.customer_id for contact in [*(c for c, _changed in created), *moved]}
    touched |= {changed["customer"][0] for _contact, changed in updated if "customer" in changed}
    if not touched:
        return
    first = Contact.objects.whole_table(WHY).filter(customer=OuterRef("pk")).order_by("-is_primary", "id")
    unset = Q(main_contact__isnull=True) | ~Q(main_contact__customer=F("pk"))
    stale = Customer.objects.whole_table(WHY).filter(unset, pk__in=touched).values("pk")
    Customer.objects.whole_table(WHY).filter(pk__in=stale).update(main_contact=Subquery(first.values("pk")[:1]))
    main = Customer.objects.whole_table(WHY).filter(pk__in=touched).values("main_contact")
    Contact.objects.whole_table(WHY).filter(pk__in=main, is_primary=False).update(is_primary=True)


@action
def note_contacted(customer: Customer, *, by: Viewer, kind: str, at: datetime, next_step: str | None = None,
                   next_at: datetime | None = None) -> None:  # fmt: skip
    """Keep when a customer was last followed up, and the next step if one was agreed (ACT-1).

    Only for those who see the customer. Neither version nor `updated_at` moves: somebody editing the customer at this
    moment is not told that it changed. A follow-up logged late does not hide a newer one. `next_step` None leaves the
    step as it is, "" clears it.
    """
    rows = Customer.objects.visible_to(by).filter(pk=customer.pk)
    rows = Customer.objects.whole_table(WHY).filter(pk__in=rows.values("pk"))
    newer = rows.filter(Q(last_activity_at__isnull=True) | Q(last_activity_at__lte=at))
    newer.update(last_activity_at=at, last_activity_kind=kind)
    if next_step is not None:
        rows.update(next_step=next_step[:200], next_at=next_at)


@action
def set_next_step(customer: Customer, *, by: Viewer, next_step: str, next_at: datetime | None = None) -> None:
    """Put down what is to be done next, or clear it. Raises Forbidden for those who may only read the customer."""
    require(by, "customers.customer.change", customer)
    AuditEntry.write(customer, AuditEntry.Verb.CHANGED, {"next_step": [customer.next_step, next_step]})
    Customer.objects.visible_to(by).filter(pk=customer.pk).update(next_step=next_step[:200], next_at=next_at)


@action
def add_relation(customer: Customer, *, by: Viewer, other: Customer, kind: str, note: str = "") -> CustomerRelation:
    """Note how a customer stands to another the viewer sees too (CUS-14). Raises Refused for a second time."""
    require(by, "customers.customer.change", customer)
    if other.pk == customer.pk:
        raise Refused({"other": _("A customer has no relation to itself.")})
    relation = CustomerRelation(customer=customer, other=other, kind=kind, note=note[:200])
    relation.save()
    AuditEntry.write(customer, AuditEntry.Verb.CHANGED, {"relations": [None, str(other)]})
    return relation


@action
def remove_relation(relation: CustomerRelation, *, by: Viewer) -> None:
    """Take a relation away; the history keeps it."""
    require(by, "customers.customer.change", relation.customer)
    AuditEntry.write(relation.customer, AuditEntry.Verb.CHANGED, {"relations": [str(relation.other), None]})
    relation.delete()


@action
def log_card(customer: Customer, *, by: Viewer, form: str) -> None:
    """Note that a person printed or took away the data card (ORG-4). `form` is "print" or "pdf"."""
    require(by, "customers.customer.view")
    AuditEntry.write(customer, AuditEntry.Verb.PRINTED, {"card": [None, form]})


@action
def save_rhythm(*, by: Viewer, **days: int | None) -> None:
    """Within how many days customers of each tier are followed up; None for a tier without a rhythm (ACT-6)."""
    require(by, "customers.rhythm.change")
    before = rhythm_days()
    for tier in Customer.Tier.values:
        if tier in days and days[tier] != before.get(tier):
            row = FollowUpRhythm.objects.filter(tier=tier).first() or FollowUpRhythm(tier=tier)
            row.days = days[tier]
            row.save()
            AuditEntry.write(row, AuditEntry.Verb.CHANGED, {tier: [before.get(tier), days[tier]]})
