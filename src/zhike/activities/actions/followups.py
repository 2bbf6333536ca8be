"""Writes of this room: log a follow-up in one step, comment on it (ACT-1, ACT-2)."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from zhike.activities.mentions import mentioned, newly
from zhike.activities.models import Activity, ActivityComment, ActivityTemplate, FeedMark
from zhike.activities.photos import tidied
from zhike.customers.actions import note_contacted
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer, viewer_of
from zhike.records import kinds
from zhike.records.actions import attach_file, create_record, notify
from zhike.records.events import emit
from zhike.records.models import AuditEntry
from zhike.sales.actions import note_answered

LONGEST_COMMENT = 4000
MOST_FILES = 9
POSITION = re.compile(r"-?\d{1,2}\.\d{1,7},-?\d{1,3}\.\d{1,7},\d{1,6}")
TEMPLATES = "activities.templates.change"


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
    if {"summary", "details"} & set(changed):
        before = " ".join(str(changed[name][0] or "") for name in ("summary", "details") if name in changed)
        text = f"{activity.summary} {activity.details}"
        tell_mentioned(activity, newly(text, [] if created else mentioned(before), by.person_id), by)


def tell_mentioned(activity: Activity, people: list[int], by: Viewer) -> list[int]:
    """Tell colleagues that a follow-up names them; gives those who may not see it and are not told (ACT-8, ORG-3)."""
    blind = []
    for person_id in people:
        try:
            sees = Activity.objects.visible_to(viewer_of(person_id)).filter(pk=activity.pk).exists()
        except LookupError:  # left meanwhile
            continue
        if sees:
            said = _("%(person)s mentions you: %(text)s") % {
                "person": by.person or _("The system"), "text": activity.summary[:100],
            }  # fmt: skip
            notify(person_id, said, url=activity.get_absolute_url(), tone="vio", about="guidance")
        else:
            blind.append(person_id)
    return blind


def move_activities(customer: Customer, old_owner_id: int, by: Viewer) -> None:
    """Follow-ups go with their customer to its new owner; their authors stay."""
    rows = Activity.objects.whole_table("follow-ups of a customer that was handed over")
    rows.filter(customer=customer).update(owner_id=customer.owner_id)


@action
def log_follow_up(
    values: dict[str, Any], *, by: Viewer, key: str = "", position: str = "", uploads: Iterable[Any] = ()
) -> Activity:
    """Log a follow-up with its photos and files, all or nothing; the same key again gives the one logged before.

    `position` is "latitude,longitude,metres" of the author's device. Raises Refused at the field, at `file` for files.
    """
    if key:
        known = Activity.objects.visible_to(by).filter(author_id=by.person_id, key=key).first()
        if known is not None:
            return known
    activity = create_record(kinds.get("activities.activity"), values, by=by)
    more = {"key": key[:40] or None, "position": position if POSITION.fullmatch(position) else ""}
    Activity.objects.visible_to(by).filter(pk=activity.pk).update(**more)
    for upload in list(uploads)[:MOST_FILES]:
        attach_file(kinds.get("activities.activity"), activity, by=by, upload=tidied(upload))
    return activity


@action
def save_template(*, by: Viewer, kind: str, headings: list[str]) -> ActivityTemplate:
    """Which headings a kind of follow-up is written down by (ACT-1). Raises Refused at `headings`."""
    require(by, TEMPLATES)
    kept = list(dict.fromkeys(" ".join(line.split())[:40] for line in headings if line.strip()))
    if len(kept) > ActivityTemplate.MOST:
        raise Refused({"headings": _("At most %(most)s headings.") % {"most": ActivityTemplate.MOST}})
    row = ActivityTemplate.objects.filter(kind=kind).first() or ActivityTemplate(kind=kind)
    before, row.headings = row.headings, kept
    row.save()
    AuditEntry.write(row, AuditEntry.Verb.CHANGED, {"headings": [before, kept]})
    return row


@action
def mark_attention(activity: Activity, *, by: Viewer, on: bool) -> Activity:
    """A superior says that a follow-up needs attention, or that it is seen to; its author is told (ACT-2)."""
    require(by, "activities.activity.view")
    if activity.author_id != by.person_id and activity.author_id not in by.subordinates:
        raise Refused(_("Only the author and those above them mark a follow-up."))
    activity = lock(activity)
    if activity.needs_attention != on:
        activity.needs_attention = on
        activity.save()
        if on and activity.author_id != by.person_id:
            said = _("%(person)s: this follow-up needs attention: %(text)s") % {
                "person": by.person, "text": activity.summary[:100]}  # fmt: skip
            notify(activity.author_id, said, url=activity.get_absolute_url(), tone="warn", about="guidance")
    return activity


@action
def note_seen(*, by: Viewer, until: int) -> None:
    """Note that one has seen the feed of one's people up to a follow-up."""
    mark = FeedMark.objects.filter(person_id=by.person_id).first() or FeedMark(person_id=by.person_id)
    if until > mark.seen:
        mark.seen = until
        mark.save()


@action
def ask_question(activity: Activity, *, by: Viewer, text: str) -> Any:
    """A superior's question on a follow-up: a comment, and a to-do of its author until it is answered (ACT-2)."""
    if activity.author_id not in by.subordinates:
        raise Refused(_("Questions go down the line."))
    comment = comment_on(activity, by=by, text=text)
    values = {
        "title": _("Answer: %(text)s") % {"text": comment.text[:150]}, "kind": "todo", "assignee": activity.author_id,
        "customer": activity.customer_id, "opportunity": activity.opportunity_id,
    }  # fmt: skip
    task = create_record(kinds.get("activities.task"), values, by=by)
    ActivityComment.objects.visible_to(by).filter(pk=comment.pk).update(question=task)
    return comment


def answer_questions(activity: Activity, by: Viewer) -> None:
    """The author says something: what was asked before is answered, and its to-dos are done."""
    asked = ActivityComment.objects.within(by, activity).filter(question__status="open").select_related("question")
    for comment in asked:
        task = lock(comment.question)
        task.status, task.closed_at = type(task).Status.DONE, dates.now()
        task.save()


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
        tone = "vio" if guidance else "info"
        notify(activity.author_id, said, url=activity.get_absolute_url(), tone=tone, about="guidance")
    else:
        answer_questions(activity, by)
    tell_mentioned(activity, newly(text, {activity.author_id}, by.person_id), by)
    emit("activities.activity.commented", activity, by=by, comment=comment.pk)
    return comment
