"""Writes of this room: log a follow-up in one step, comment on it (ACT-1, ACT-2)."""

from typing import Any

from django.utils.translation import gettext as _

from zhike.activities.models import Activity, ActivityComment
from zhike.customers.actions import note_contacted
from zhike.customers.models import Customer
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records.actions import notify
from zhike.records.events import emit
from zhike.sales.actions import note_answered
from zhike.sales.models import Lead

LONGEST_COMMENT = 4000


def prepare_activity(activity: Activity, changed: dict[str, Any], by: Viewer) -> None:
    """Before saving: it is about a customer, its contact and deal belong to that customer, its owner is the customer's.

    Raises Refused at `customer`, `contact` or `opportunity`.
    """
    if activity.contact_id and "contact" in changed and not activity.customer_id:
        activity.customer = activity.contact.customer
    if activity.opportunity_id and not activity.customer_id:
        activity.customer = activity.opportunity.customer
    if activity.lead_id and not activity.customer_id:
        activity.customer = activity.lead.customer  # it became one
    if not activity.customer_id and not activity.opportunity_id and not activity.lead_id:
        raise Refused({"customer": _("Say which customer this is about.")})
    if {"customer", "contact", "opportunity"} & set(changed):
        if activity.contact_id and activity.contact.customer_id != activity.customer_id:
            raise Refused({"contact": _("This person belongs to another customer.")})
        if activity.opportunity_id and activity.opportunity.customer_id not in (None, activity.customer_id):
            raise Refused({"opportunity": _("This deal belongs to another customer.")})
    about = activity.customer or activity.opportunity or activity.lead
    activity.owner_id = about.owner_id or activity.author_id  # a lead may be nobody's yet


def activity_saved(activity: Activity, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: the customer knows when it was last followed up, and the next step; a lead has been answered."""
    if activity.customer_id and (created or {"happened_at", "next_step", "next_at", "kind"} & set(changed)):
        step = {"next_step": activity.next_step, "next_at": activity.next_at} if activity.next_step else {}
        note_contacted(activity.customer, by=by, kind=activity.kind, at=activity.happened_at, **step)
    if activity.lead_id and created:
        note_answered(activity.lead, by=by, at=activity.happened_at)


def move_activities(customer: Customer, old_owner_id: int, by: Viewer) -> None:
    """Follow-ups go with their customer to its new owner; their authors stay."""
    rows = Activity.objects.whole_table("follow-ups of a customer that was handed over")
    rows.filter(customer=customer).update(owner_id=customer.owner_id)


def move_with_lead(lead: Lead, by: Viewer) -> None:
    """Follow-ups go with their lead to its new owner, and to the customer it becomes; their authors stay."""
    rows = Activity.objects.whole_table("follow-ups of a lead that was handed over or converted").filter(lead=lead)
    if lead.owner_id:
        rows.update(owner_id=lead.owner_id)
    if lead.customer_id:
        rows.filter(customer=None).update(customer_id=lead.customer_id, contact_id=lead.contact_id,
                                          opportunity_id=lead.opportunity_id)  # fmt: skip


@action
def comment_on(activity: Activity, *, by: Viewer, text: str) -> ActivityComment:
    """Say something to a follow-up; its author is told. From above it is guidance. Raises Refused if empty."""
    require(by, "activities.activity.view")
    text = text.replace("\x00", "").strip()
    if not text:
        raise Refused({"text": _("This is required.")})
    if len(text) > LONGEST_COMMENT:
        raise Refused({"text": _("At most %(limit)s characters.") % {"limit": LONGEST_COMMENT}})
    guidance = activity.author_id in by.subordinates
    comment = ActivityComment(activity=activity, author_id=by.person_id, text=text, is_guidance=guidance)
    comment.save()
    if activity.author_id != by.person_id:
        said = _("%(person)s on your follow-up: %(text)s") % {"person": by.person, "text": text[:100]}
        notify(
            activity.author_id,
            said,
            url=activity.get_absolute_url(),
            tone="vio" if guidance else "info",
            about="guidance",
        )
    emit("activities.activity.commented", activity, by=by, comment=comment.pk)
    return comment
