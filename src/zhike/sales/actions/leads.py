"""Leads: claimed, answered, put aside with a reason, or made into customer, contact and opportunity (SAL-1)."""

from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer
from zhike.kit.workdays import working_minutes
from zhike.records import kinds
from zhike.records.actions import create_record, save_record
from zhike.records.events import emit
from zhike.sales.actions.assigning import give_out, has_rules
from zhike.sales.models import Lead
from zhike.sales.models.leads import SEE_UNOWNED

CHANGE = "sales.lead.change"


@action
def claim_lead(lead: Lead, *, by: Viewer) -> Lead:
    """Take a lead nobody owns. Of two who claim at once one wins; the other is told by Refused."""
    if not by.can(SEE_UNOWNED) or not by.can(CHANGE):
        raise Forbidden(SEE_UNOWNED)
    lead = lock(lead)
    if lead.owner_id == by.person_id:
        return lead
    if lead.owner_id is not None:
        raise Refused({"owner": _("Somebody else has this lead already.")})
    lead.owner_id = by.person_id
    return _save(lead, by)


@action
def release_lead(lead: Lead, *, by: Viewer) -> Lead:
    """Give a lead back, so that others may claim it."""
    require(by, CHANGE, lead)
    lead = lock(lead)
    if not lead.is_open:
        raise Refused(_("This lead is closed."))
    lead.owner_id = None
    return _save(lead, by)


@action
def disqualify_lead(lead: Lead, *, by: Viewer, reason: str) -> Lead:
    """Put a lead aside, with the reason; it stays and is found again. Raises Refused without a reason."""
    require(by, CHANGE, lead)
    lead = lock(lead)
    if lead.status == Lead.Status.CONVERTED:
        raise Refused(_("This lead is converted already."))
    lead.status, lead.unqualified_reason = Lead.Status.UNQUALIFIED, reason
    return _save(lead, by)


@action
def reopen_lead(lead: Lead, *, by: Viewer) -> Lead:
    """Take a lead up again that was put aside; the history keeps why it had been. To an open one nothing happens."""
    require(by, CHANGE, lead)
    lead = lock(lead)
    if lead.status == Lead.Status.CONVERTED:
        raise Refused(_("This lead is converted already."))
    if lead.status == Lead.Status.UNQUALIFIED:
        lead.status = Lead.Status.WORKING
    return _save(lead, by)


@action
def convert_lead(
    lead: Lead, *, by: Viewer, customer: Customer | None = None, opportunity: dict[str, Any] | None = None
) -> Lead:
    """Make a lead a customer with a contact and, given its values, an opportunity: all or nothing, and only once.

    `customer` is an existing customer the lead turns out to belong to. The lead's owner owns what is made. Raises
    Refused where the lead is converted already, or one of the new records is not let through.
    """
    require(by, CHANGE, lead)
    lead = lock(lead)
    if lead.status == Lead.Status.CONVERTED:
        raise Refused(_("This lead is converted already."))
    owner_id = lead.owner_id or by.person_id
    customer = customer or create_record(kinds.get("customers.customer"), customer_values(lead, owner_id), by=by)
    contact = _known_contact(lead, customer, by) or create_record(
        kinds.get("customers.contact"), contact_values(lead, customer), by=by
    )
    deal = None
    if opportunity is not None:
        values = {
            "owner": owner_id,
            "source": lead.source,
            **opportunity,
            "customer": customer.pk,
            "contact": contact.pk,
        }
        deal = create_record(kinds.get("sales.opportunity"), values, by=by)
    lead.customer, lead.contact, lead.opportunity = customer, contact, deal
    lead.status, lead.converted_at, lead.owner_id = Lead.Status.CONVERTED, dates.now(), owner_id
    lead = _save(lead, by)
    emit("sales.lead.converted", lead, by=by, customer=customer.pk)
    return lead


def customer_values(lead: Lead, owner_id: int) -> dict[str, Any]:
    """What of a lead makes a customer."""
    known = kinds.get("customers.customer").field("source").labels()
    return {
        "name": lead.company or lead.name, "phone": lead.phone or lead.mobile, "region": lead.region,
        "source": lead.source if lead.source in known else "", "owner": owner_id,
    }  # fmt: skip


def contact_values(lead: Lead, customer: Customer) -> dict[str, Any]:
    """What of a lead makes a contact."""
    return {
        "customer": customer.pk, "name": lead.name, "title": lead.title, "mobile": lead.mobile, "phone": lead.phone,
        "email": lead.email, "note": lead.need,
    }  # fmt: skip


def _known_contact(lead: Lead, customer: Customer, by: Viewer) -> Contact | None:
    return Contact.objects.visible_to(by).filter(customer=customer, name=lead.name).order_by("id").first()


def _save(lead: Lead, by: Viewer) -> Lead:
    return save_record(kinds.get("sales.lead"), lead, by=by, created=False)


def prepare_lead(lead: Lead, changed: dict[str, Any], by: Viewer) -> None:
    """Check and complete a lead before saving: a reason for putting it aside, when it was first answered, an owner.

    A new lead without an owner is its creator's, unless rules give leads out (`lead_saved`).
    """
    if lead.status == Lead.Status.UNQUALIFIED:
        if not lead.unqualified_reason:
            raise Refused({"unqualified_reason": _("Say why the lead is put aside.")})
    else:
        lead.unqualified_reason = ""
    if lead.status == Lead.Status.CONVERTED and lead.converted_at is None:
        raise Refused({"status": _("A lead is converted by its own action.")})
    if lead.status != Lead.Status.CONVERTED and lead.converted_at is not None:
        raise Refused({"status": _("This lead is converted already.")})
    if lead.status != Lead.Status.NEW and lead.responded_at is None:
        lead.responded_at = dates.now()
    if lead.responded_at is None:
        lead.response_minutes = None
    elif "responded_at" in lead.changes() or lead.response_minutes is None:
        lead.response_minutes = working_minutes(lead.created_at or dates.now(), lead.responded_at)
    if lead._state.adding and lead.owner_id is None and not has_rules():
        lead.owner_id = by.person_id
    changed.update(lead.changes())


def lead_saved(lead: Lead, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: a new lead nobody owns is given out by the rules; what hangs on a lead goes where it goes."""
    if created:
        leads_saved([(lead, changed)], [], by)
    elif {"owner", "customer"} & changed.keys():
        for model in _going_along:
            _move(model, lead)


def leads_saved(created: list, updated: list, by: Viewer) -> None:
    """The same for the many rows of an import. Whom no rule finds a colleague for stay with who brought them in."""
    new = [lead for lead, _changed in created if lead.owner_id is None]
    if new:
        give_out(new, by)
        for lead in new:
            if lead.owner_id is None and by.person_id:
                lead.remember()
                lead.owner_id = by.person_id
                _save(lead, by)
    for lead, changed in updated:
        lead_saved(lead, changed, by, created=False)


_going_along: list[type[Model]] = []


def goes_with_lead(model: type[Model]) -> None:
    """Let a room above say what hangs on a lead and goes with it: to its new owner, and to the customer it becomes.

    The model points at `lead` and `owner`, and at the `customer`, `contact` and `opportunity` a lead becomes.
    """
    _going_along.append(model)


def _move(model: type[Model], lead: Lead) -> None:
    rows = model.objects.whole_table("what hangs on a lead that was handed over or converted").filter(lead=lead)
    if lead.owner_id:
        rows.update(owner_id=lead.owner_id)
    if lead.customer_id:
        became = {f"{name}_id": getattr(lead, f"{name}_id") for name in ("customer", "contact", "opportunity")}
        rows.filter(customer=None).update(**became)


def note_answered(lead: Lead, *, by: Viewer, at: datetime) -> None:
    """A follow-up was logged on a lead: the first one answers it, and a new lead is worked on. Inside an action."""
    lead = lock(lead)
    if lead.responded_at is None:
        lead.responded_at = max(at, lead.created_at)
    if lead.status == Lead.Status.NEW:
        lead.status = Lead.Status.WORKING
    _save(lead, by)
