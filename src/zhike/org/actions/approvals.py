"""Asking for approval and deciding: each step's people are found when the step begins (ORG-6)."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import acting, action, lock
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer, viewer_of
from zhike.org import approvals
from zhike.org.models import Approval, ApprovalFlow, ApprovalPlace, ApprovalStep, Department, Person, RecordShare
from zhike.org.viewers import the_system
from zhike.records import kinds
from zhike.records.actions import notify
from zhike.records.events import emit
from zhike.records.models import AuditEntry

REASSIGN = "org.approval.reassign"
LENT_DAYS = 30  # for which an approver outside the scope may read the record
WHY = "places of an approval the action was let in for"
WAITING, AGREED = ApprovalPlace.Status.WAITING, ApprovalPlace.Status.APPROVED


@action
def request_approval(
    subject_key: str, record: Any, *, by: Viewer, title: str, facts: dict[str, Any], reason: str | None = ""
) -> Approval | None:
    """Put a record up for approval under the first flow whose conditions hold; None where no flow applies.

    None means: go on at once; also where the system itself acts, in imports and set-up. Where all steps of the flow
    fall away (nobody is above the asker), the approval comes back approved and the subject's `decided` has run.
    Raises Refused if the record is in approval already.
    """
    subject, facts = approvals.get(subject_key), approvals.as_json(facts)
    if by.person_id is None or (flow := flow_for(subject_key, facts)) is None:
        return None
    if open_of(subject_key, record.pk) is not None:
        raise Refused(_("This is in approval already."))
    approval = Approval(
        subject=subject.key, object_id=record.pk, title=title[:200], facts=facts, reason=(reason or "")[:500],
        url=record.get_absolute_url() if hasattr(record, "get_absolute_url") else "", flow_name=flow.name,
        steps=[_as_asked(step) for step in flow.steps.select_related("role", "person")], asked_by_id=by.person_id,
    )  # fmt: skip
    approval.save()
    AuditEntry.write(approval, AuditEntry.Verb.CREATED, {"title": [None, approval.title]})
    _begin(approval, 0, by)
    return approval


def flow_for(subject_key: str, facts: dict[str, Any]) -> ApprovalFlow | None:
    """The flow that applies to a matter with these facts, or None."""
    for flow in ApprovalFlow.objects.filter(subject=subject_key, is_active=True).order_by("order", "id"):
        if all(approvals.holds(facts, condition) for condition in flow.conditions):
            return flow
    return None


def open_of(subject_key: str, object_id: int) -> Approval | None:
    """The open approval of a record, or None; for the room that owns the record."""
    rows = Approval.objects.whole_table("the open approval of a record its room has let in for")
    return rows.filter(subject=subject_key, object_id=object_id, status=Approval.Status.OPEN).first()


@action
def decide_approval(approval: Approval, *, by: Viewer, approve: bool, comment: str = "") -> Approval:
    """Agree or reject in the open step. Rejecting needs a comment. Raises Forbidden for who has no place in it.

    Of two who decide at once where one is enough, the first counts and the second is refused.
    """
    approval = _locked(approval)
    place = _place_of(approval, by)
    comment = " ".join(comment.split())[:500]
    if not approve and not comment:
        raise Refused({"comment": _("Say why.")})
    _say(place, AGREED if approve else ApprovalPlace.Status.REJECTED, comment)
    if not approve:
        _end(approval, Approval.Status.REJECTED, by)
    elif _step_done(approval):
        _begin(approval, approval.step + 1, by)
    return approval


@action
def delegate_approval(approval: Approval, *, by: Viewer, to: Person, comment: str = "") -> ApprovalPlace:
    """Let a colleague decide in one's place."""
    approval = _locked(approval)
    place = _place_of(approval, by)
    if to.pk == by.person_id or not to.is_active or to.pk == approval.asked_by_id:
        raise Refused({"to": _("Choose another colleague.")})
    if _places(approval).filter(step=approval.step, person=to).exists():
        raise Refused({"to": _("%(person)s decides in this step already.") % {"person": to}})
    _say(place, ApprovalPlace.Status.DELEGATED, comment)
    return _give_place(approval, to.pk, delegated_by=by.person_id)


@action
def reassign_approval(approval: Approval, *, by: Viewer, person: Person, to: Person, comment: str = "") -> Approval:
    """Pass what waits for a colleague, who has left or is away, on to another; the trace says who did so and why.

    Whoever has a place in the step already keeps that one: it counts for both.
    """
    require(by, REASSIGN)
    approval = _locked(approval)
    place = _places(approval).filter(step=approval.step, person=person, status=WAITING).first()
    if place is None:
        raise Refused(_("This does not wait for %(person)s any more.") % {"person": person})
    if to.pk == person.pk or not to.is_active:
        raise Refused({"to": _("Choose another colleague.")})
    if to.pk == approval.asked_by_id:
        raise Refused({"to": _("%(person)s asked for this and cannot decide about it.") % {"person": to}})
    place.reassigned_by_id = by.person_id
    _say(place, ApprovalPlace.Status.DELEGATED, " ".join(comment.split()))
    AuditEntry.write(approval, AuditEntry.Verb.CHANGED, {"approver": [str(person), str(to)]})
    _take_over(approval, place, to, by)
    _tell_of_change(approval, person, to, by)
    return approval


@action
def reassign_everything(person: Person, *, by: Viewer, to: Person, comment: str = "") -> tuple[int, int]:
    """Pass on all that waits for a colleague, of what the viewer sees; gives how many moved and how many stay.

    What the successor asked for stays: nobody decides about their own request. Raises Refused where nothing moves.
    """
    require(by, REASSIGN)
    rows = Approval.objects.visible_to(by).filter(
        status=Approval.Status.OPEN, places__person=person, places__status=WAITING
    )
    waiting = list(rows.order_by("id"))
    moved = [approval for approval in waiting if approval.asked_by_id != to.pk]
    for approval in moved:
        reassign_approval(approval, by=by, person=person, to=to, comment=comment)
    if waiting and not moved:
        raise Refused({"to": _("%(person)s asked for this and cannot decide about it.") % {"person": to}})
    if not waiting:
        raise Refused(_("Nothing waits for %(person)s.") % {"person": person})
    return len(moved), len(waiting) - len(moved)


@action
def recall_approval(approval: Approval, *, by: Viewer) -> Approval:
    """Take one's request back while nobody has had the last word."""
    approval = _locked(approval)
    if approval.asked_by_id != by.person_id:
        raise Forbidden("org.approval.recall")
    _end(approval, Approval.Status.RECALLED, by)
    return approval


def remind_of_approvals() -> int:
    """Remind those who have let an approval wait longer than its step allows, once for each step."""
    told, now = 0, dates.now()
    waiting = ApprovalPlace.objects.whole_table("each is reminded of their own").filter(
        status=WAITING, reminded_at__isnull=True
    )
    for place in waiting.select_related("approval"):
        hours = place.approval.steps[place.step].get("timeout")
        if not place.approval.is_open or not hours or place.created_at > now - timedelta(hours=hours):
            continue
        with acting(the_system(), "remind_of_approvals"):
            if waiting.filter(pk=place.pk).update(reminded_at=now):
                said = _("Still waiting for your decision: %(title)s") % {"title": place.approval.title}
                notify(place.person_id, said, url=place.approval.get_absolute_url(), tone="warn", about="approvals")
                told += 1
    return told


def _as_asked(step: ApprovalStep) -> dict[str, Any]:
    return {
        "label": str(step), "approver": step.approver, "levels": step.levels, "role": step.role_id,
        "person": step.person_id, "mode": step.mode, "timeout": step.timeout_hours,
    }  # fmt: skip


def _locked(approval: Approval) -> Approval:
    approval = lock(approval)
    if not approval.is_open:
        raise Refused(_("This was decided already."))
    return approval


def _places(approval: Approval):
    return ApprovalPlace.objects.whole_table(WHY).filter(approval=approval)


def _place_of(approval: Approval, by: Viewer) -> ApprovalPlace:
    place = _places(approval).filter(step=approval.step, person_id=by.person_id).first()
    if place is None:
        raise Forbidden("org.approval.decide")
    if place.status != WAITING:
        raise Refused(_("You have decided already."))
    return place


def _say(place: ApprovalPlace, status: str, comment: str) -> None:
    place.status, place.comment, place.decided_at = status, comment[:500], dates.now()
    place.save()


def _take_over(approval: Approval, place: ApprovalPlace, to: Person, by: Viewer) -> None:
    """Give the successor a place in the open step, or let the one they have count; the step may be done by that."""
    theirs = _places(approval).filter(step=approval.step, person=to).first()
    if theirs is None:
        _give_place(approval, to.pk, delegated_by=place.person_id)
    elif theirs.status == ApprovalPlace.Status.DELEGATED:  # comes back to who had passed it on
        theirs.status, theirs.decided_at, theirs.delegated_by_id = WAITING, None, place.person_id
        theirs.reminded_at = None
        theirs.save()
        _ask(approval, to.pk)
    elif theirs.status == AGREED and not _places(approval).filter(step=approval.step, status=WAITING).exists():
        _begin(approval, approval.step + 1, by)


def _tell_of_change(approval: Approval, person: Person, to: Person, by: Viewer) -> None:
    """Whoever asked, and whose place it was if they are still here, hear who decides now."""
    said = _("%(to)s decides instead of %(person)s: %(title)s") % {
        "to": to, "person": person, "title": approval.title
    }  # fmt: skip
    told = {approval.asked_by_id} | ({person.pk} if person.is_active else set())
    for person_id in sorted(told - {by.person_id}):
        notify(person_id, said, url=approval.get_absolute_url(), tone="info", about="approvals")


def _step_done(approval: Approval) -> bool:
    """Whether the open step has all it needs; whoever need not decide any more is let go."""
    here = _places(approval).filter(step=approval.step)
    if approval.steps[approval.step]["mode"] == ApprovalStep.Mode.ALL:
        return not here.filter(status=WAITING).exists()
    here.filter(status=WAITING).update(status=ApprovalPlace.Status.NOT_NEEDED, decided_at=dates.now())
    return True


def _begin(approval: Approval, position: int, by: Viewer) -> None:
    """Open the step at a position, passing over those that need nobody; past the last it is approved."""
    while position < len(approval.steps):
        people = approvers(approval, approval.steps[position])
        agreed = set(_places(approval).filter(status=AGREED).values_list("person_id", flat=True))
        approval.step = position
        if people and not (people & agreed and approval.steps[position]["mode"] == ApprovalStep.Mode.ANY):
            approval.save()
            for person_id in sorted(people - agreed):
                _give_place(approval, person_id)
            if people - agreed:
                return
        position += 1
    _end(approval, Approval.Status.APPROVED, by)


def approvers(approval: Approval, step: dict[str, Any]) -> set[int]:
    """Who decides in a step. Nobody approves their own request: then whoever is above them does.

    Where nobody can be found, the administrators do; a step whose people would be the asker alone, with nobody above,
    falls away.
    """
    asker = Person.objects.select_related("department").get(pk=approval.asked_by_id)
    kind, found = step["approver"], set()
    if kind == ApprovalStep.Approver.SUPERVISOR:
        found = _above(asker, step["levels"])
    elif kind == ApprovalStep.Approver.HEAD:
        found = _head(asker.department, step["levels"])
    elif kind == ApprovalStep.Approver.ROLE:
        found = set(Person.objects.present().filter(roles=step["role"]).values_list("pk", flat=True))
    elif kind == ApprovalStep.Approver.PERSON:
        found = {step["person"]}
    present = set(Person.objects.present().filter(pk__in=found).values_list("pk", flat=True))
    others = present - {asker.pk}
    if others:
        return others
    if asker.pk in present or kind == ApprovalStep.Approver.SUPERVISOR:
        return _above(asker, 1)
    admins = Person.objects.present().filter(roles__is_administrator=True).exclude(pk=asker.pk)
    return set(admins.values_list("pk", flat=True))


def _above(person: Person, levels: int) -> set[int]:
    """The supervisor so many levels up who is still here, or the highest there is."""
    found, now, seen = set(), person, {person.pk}
    while levels > 0 and now.supervisor_id and now.supervisor_id not in seen:
        now = now.supervisor
        seen.add(now.pk)
        if now.is_active:
            found, levels = {now.pk}, levels - 1
    return found


def _head(department: Department | None, levels: int) -> set[int]:
    while department is not None:
        if department.head_id:
            levels -= 1
            if levels <= 0:
                return {department.head_id}
        department = department.parent
    return set()


def _give_place(approval: Approval, person_id: int, *, delegated_by: int | None = None) -> ApprovalPlace:
    place = ApprovalPlace(approval=approval, step=approval.step, person_id=person_id, delegated_by_id=delegated_by)
    place.save()
    _ask(approval, person_id)
    return place


def _ask(approval: Approval, person_id: int) -> None:
    _lend(approval, person_id)
    asked = _("%(person)s asks for approval: %(title)s") % {"person": approval.asked_by, "title": approval.title}
    notify(person_id, asked, url=approval.get_absolute_url(), tone="vio", about="approvals")


def _lend(approval: Approval, person_id: int) -> None:
    """Let an approver read what they decide about, where it lies outside their scope; the history says so (ORG-4)."""
    subject = approvals.get(approval.subject)
    kind = kinds.find(subject.model._meta.label_lower)
    if kind is None or not kind.owner:
        return
    if kind.rows(viewer_of(person_id)).filter(pk=approval.object_id).exists():
        return
    until = dates.today() + timedelta(days=LENT_DAYS)
    RecordShare.objects.update_or_create(
        person_id=person_id, kind=kind.label, object_id=approval.object_id,
        defaults={"until": until, "granted_by_id": approval.asked_by_id},
    )  # fmt: skip
    record = lock(subject.model(pk=approval.object_id))
    AuditEntry.write(record, AuditEntry.Verb.SHARED, {"shared": [None, f"{Person.objects.get(pk=person_id)} {until}"]})


def _end(approval: Approval, status: str, by: Viewer) -> None:
    """The last word: close what still waits, tell the asker, let the room act."""
    _places(approval).filter(status=WAITING).update(status=ApprovalPlace.Status.NOT_NEEDED, decided_at=dates.now())
    approval.status, approval.decided_at = status, dates.now()
    approval.save()
    AuditEntry.write(approval, AuditEntry.Verb.CHANGED, {"status": [Approval.Status.OPEN, status]})
    if approval.asked_by_id != by.person_id:
        tone = "ok" if status == Approval.Status.APPROVED else "bad"
        said = f"{approval.get_status_display()}: {approval.title}"
        notify(approval.asked_by_id, said, url=approval.get_absolute_url(), tone=tone, about="approvals")
    subject = approvals.get(approval.subject)
    record = lock(subject.model(pk=approval.object_id))
    subject.decided(record, approval, by)
    if hasattr(record, "kind_label"):
        emit(f"{approval.subject}.{status}", record, by=by, approval=approval.pk)
