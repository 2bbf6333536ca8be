"""What is done with letters in the record: private, answered, filed elsewhere, moved with their customer."""

from typing import Any

from django.utils.translation import gettext as _

from zhike.activities.kinds import ACTIVITY
from zhike.activities.models import Activity
from zhike.customers.models import Customer
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer, viewer_of
from zhike.mail.models import Letter
from zhike.mail.rules import WRITE
from zhike.records.actions import create_record, delete_record

THREAD = "letters of one conversation, which an answer settles whoever wrote it"
In, Out = Letter.Direction.IN, Letter.Direction.OUT


def settle_answers(letter: Letter) -> None:
    """Our letter answers what came before it in its conversation; one that came before ours waits for nothing.

    What a machine of ours writes ("received, thank you") is no answer.
    """
    rows = Letter.objects.whole_table(THREAD).filter(thread=letter.thread)
    if letter.direction == Out:
        if letter.is_automatic:
            return
        rows.filter(direction=In, answer_due=True, at__lte=letter.at).update(answer_due=False)
    elif letter.answer_due:
        # What it names came before it, whatever the clocks of two houses say.
        before = [letter.in_reply_to, *letter.references.split()]
        sent = rows.filter(direction=Out, is_automatic=False, at__gte=letter.at, status=Letter.Status.SENT)
        sent = sent.exclude(message_id__in=before)
        if sent.exists():
            letter.answer_due = False
            letter.save(update_fields=["answer_due"])


def follow_up_by(letter: Letter) -> None:
    """A letter we sent is a follow-up of whoever sent it, unless it is private or a machine wrote it (ACT-1)."""
    if letter.is_private or letter.is_automatic or letter.activity_id or not letter.holder_id or letter.about is None:
        return
    try:
        viewer = viewer_of(letter.holder_id)
    except LookupError:  # they left
        return
    if not viewer.can(ACTIVITY.verb("create")):
        return
    values: dict[str, Any] = {
        "kind": Activity.Kind.EMAIL, "summary": "\n".join(filter(None, (str(letter), letter.snippet))),
        "happened_at": letter.at, "author": letter.holder_id,
    }  # fmt: skip
    values |= {name: getattr(letter, f"{name}_id") for name in ("customer", "contact", "opportunity", "lead")}
    letter.activity = create_record(ACTIVITY, values, by=viewer)
    letter.save(update_fields=["activity"])


@action
def set_private(letter: Letter, *, by: Viewer, is_private: bool) -> Letter:
    """Keep a letter for oneself, or show it again with the record; only whoever's mailbox it belongs to may."""
    require(by, WRITE)
    if letter.holder_id != by.person_id:
        raise Forbidden(WRITE)
    letter = lock(letter)
    if letter.is_private == is_private:
        return letter
    letter.is_private = is_private
    activity, letter.activity = (letter.activity, None) if is_private else (None, letter.activity)
    letter.save()
    if activity is not None:
        delete_record(ACTIVITY, activity, by=by)
    if not is_private and letter.status == Letter.Status.SENT and letter.direction == Out:
        follow_up_by(letter)
    return letter


@action
def answered(letter: Letter, *, by: Viewer) -> None:
    """A letter needs no answer, or was answered by telephone: it and what came before it in its conversation."""
    require(by, WRITE, letter)
    rows = Letter.objects.whole_table(THREAD).filter(thread=letter.thread, direction=In, at__lte=letter.at)
    rows.filter(answer_due=True).update(answer_due=False)


@action
def file_under(letter: Letter, *, by: Viewer, customer: Customer, contact=None, opportunity=None) -> Letter:
    """Lay a whole conversation with another customer or deal. Raises Refused where they do not belong together."""
    require(by, WRITE, letter)
    if contact is not None and contact.customer_id != customer.pk:
        raise Refused({"contact": _("This person belongs to another customer.")})
    if opportunity is not None and opportunity.customer_id not in (None, customer.pk):
        raise Refused({"opportunity": _("This deal belongs to another customer.")})
    for row in Letter.objects.visible_to(by).filter(thread=letter.thread).order_by("id"):
        row.customer, row.contact, row.opportunity, row.lead = customer, contact, opportunity, None
        row.owner_id = customer.owner_id
        row.save()
        if row.activity_id:
            activity = row.activity
            activity.customer, activity.contact, activity.opportunity = customer, contact, opportunity
            activity.lead, activity.owner_id = None, customer.owner_id
            activity.save()
    return lock(letter)


def move_letters(customer: Customer, old_owner_id: int, by: Viewer) -> None:
    """Letters go with their customer to its new owner; their holders stay."""
    rows = Letter.objects.whole_table("letters of a customer that was handed over")
    rows.filter(customer=customer).update(owner_id=customer.owner_id)
