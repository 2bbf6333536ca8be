"""Asking for a colleague by the day, granting, declining, cancelling (SAL-4, 000 §4.5-4.2).

Nobody is booked for more than a day has hours: the grant locks the colleague, so that two managers cannot both do it.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.kit import dates
from zhike.kit.access import may, require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer
from zhike.kit.workdays import is_workday
from zhike.org.models import Department, Person
from zhike.records import kinds
from zhike.records.actions import notify, save_record
from zhike.records.events import emit
from zhike.sales import rules
from zhike.sales.actions.projects import CHANGE, join_team
from zhike.sales.models import Opportunity, ResourceRequest, TeamMember
from zhike.sales.models.teams import DAY_HOURS

ASK = "sales.resourcerequest.create"
LONGEST = 92
STATUS = ResourceRequest.Status


@action
def ask_resource(
    opportunity: Opportunity, *, by: Viewer, kind: str, first_on: date, last_on: date, reason: str,
    hours: Decimal = DAY_HOURS, asked_person: Person | None = None, asked_department: Department | None = None,
) -> ResourceRequest:  # fmt: skip
    """Ask for a colleague, or for somebody of a department, for the working days between two days (both included).

    Their supervisor, or the department's head, is told. The same asked again before it is decided is the same request.
    Raises Refused at the field that makes no sense.
    """
    require(by, ASK)
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity)
    if opportunity.status != Opportunity.Status.OPEN:
        raise Refused(_("This deal is decided."))
    if (asked_person is None) == (asked_department is None):
        raise Refused({"asked_person": _("Ask for a colleague or for a department.")})
    if asked_person is not None and not asked_person.is_active:
        raise Refused({"asked_person": _("%(person)s has left.") % {"person": asked_person}})
    _check_days(first_on, last_on)
    given = {
        "opportunity": opportunity, "requester_id": by.person_id, "kind": kind, "first_on": first_on,
        "last_on": last_on, "hours": hours, "reason": reason, "asked_person": asked_person,
        "asked_department": asked_department,
    }  # fmt: skip
    if there := ResourceRequest.objects.visible_to(by).filter(status=STATUS.ASKED, **given).first():
        return there
    asked = ResourceRequest(**given)
    decider = rules.resource_decider(asked)
    if decider is None:
        raise Refused({"asked_department": _("Nobody heads this department.")})
    asked = save_record(_kind(), asked, by=by, created=True)
    text = _("%(person)s asks for %(whom)s: %(deal)s, %(days)s.") % {
        "person": by.person or _("The system"), "whom": asked_person or asked_department, "deal": opportunity,
        "days": span(asked)}  # fmt: skip
    if decider != by.person_id:
        notify(decider, text, url=asked.get_absolute_url(), tone="warn", about="approvals")
    _tell_score(opportunity, by)
    return asked


def _check_days(first_on: date, last_on: date) -> None:
    if first_on < dates.today():
        raise Refused({"first_on": _("This day is over.")})
    if last_on < first_on:
        raise Refused({"last_on": _("The last day lies before the first.")})
    if (last_on - first_on).days >= LONGEST:
        raise Refused({"last_on": _("At most %(limit)s days at a time.") % {"limit": LONGEST}})
    if not working_days(first_on, last_on):
        raise Refused({"last_on": _("There is no working day between these days.")})


@action
def grant_resource(asked: ResourceRequest, *, by: Viewer, person: Person | None = None) -> ResourceRequest:
    """Send a colleague: the one asked for unless another is named. They join the deal's team, to read it.

    Raises Refused on the first day on which they would be booked beyond a full day; where they are booked for a part of
    it, the result's `overlaps` names the days.
    """
    _may_decide(asked, by)
    asked = lock(asked)
    person = person or asked.asked_person
    if asked.status == STATUS.GRANTED and person and asked.person_id == person.pk:
        return asked
    _must_be_open(asked)
    if person is None:
        raise Refused({"person": _("Name the colleague who comes.")})
    if not person.is_active:
        raise Refused({"person": _("%(person)s has left.") % {"person": person}})
    if not rules.may_send(by, asked, person):
        raise Refused({"person": _("You do not answer for %(person)s.") % {"person": person}})
    lock(person)
    overlaps = _fit_in(asked, person)
    asked.status, asked.person = STATUS.GRANTED, person
    asked = _decided(asked, by)
    join_team(
        asked.opportunity, by=by, person=person, role=asked.kind,
        can_change=TeamMember.objects.whole_table("the right a colleague has already").filter(
            opportunity=asked.opportunity, person=person, can_change=True).exists(),
    )  # fmt: skip
    text = _("%(person)s comes for %(deal)s, %(days)s.") % {
        "person": person, "deal": asked.opportunity, "days": span(asked)}  # fmt: skip
    for who in {asked.requester_id, person.pk} - {by.person_id}:
        notify(who, text, url=asked.get_absolute_url(), tone="ok", about="tasks")
    asked.overlaps = overlaps
    return asked


@action
def decline_resource(asked: ResourceRequest, *, by: Viewer, answer: str) -> ResourceRequest:
    """Say no, with the reason."""
    _may_decide(asked, by)
    asked = lock(asked)
    if asked.status == STATUS.DECLINED:
        return asked
    _must_be_open(asked)
    if not answer.strip():
        raise Refused({"answer": _("Say why not.")})
    asked.status, asked.answer = STATUS.DECLINED, " ".join(answer.split())[:300]
    asked = _decided(asked, by)
    text = _("%(person)s cannot send anybody for %(deal)s: %(answer)s") % {
        "person": by.person or _("The system"), "deal": asked.opportunity, "answer": asked.answer}  # fmt: skip
    if asked.requester_id != by.person_id:
        notify(asked.requester_id, text, url=asked.get_absolute_url(), tone="warn", about="tasks")
    return asked


@action
def cancel_resource(asked: ResourceRequest, *, by: Viewer, answer: str = "") -> ResourceRequest:
    """Take a request or a booking back: by who asked, who edits the deal, who granted it. The days are free again."""
    if not rules.may_cancel_resource(by, asked) and not may(by, CHANGE, asked.opportunity):
        raise Forbidden(ASK)
    asked = lock(asked)
    if asked.status == STATUS.CANCELLED:
        return asked
    if asked.status == STATUS.DECLINED:
        raise Refused(_("This was decided already."))
    asked.status, asked.answer = STATUS.CANCELLED, " ".join(answer.split())[:300] or asked.answer
    asked = save_record(_kind(), asked, by=by, created=False)
    _tell_score(asked.opportunity, by)
    text = _("Not needed any more: %(deal)s, %(days)s.") % {"deal": asked.opportunity, "days": span(asked)}
    for who in {asked.requester_id, asked.person_id or rules.resource_decider(asked)} - {by.person_id, None}:
        notify(who, text, url=asked.get_absolute_url(), about="tasks")
    return asked


def working_days(first_on: date, last_on: date) -> list[date]:
    """The working days from the first to the last day, both included."""
    days = (first_on + timedelta(days=n) for n in range((last_on - first_on).days + 1))
    return [day for day in days if is_workday(day)]


def span(asked: ResourceRequest) -> str:
    """The days of a request in words, such as 2026-11-30 – 2026-12-02, 8 hours a day."""
    hours = f"{asked.hours.normalize():f}"
    each = ngettext("%(hours)s hour a day", "%(hours)s hours a day", 2 if asked.hours != 1 else 1) % {"hours": hours}
    return f"{asked.first_on} – {asked.last_on}, {each}"


def booked_hours(person_id: int, first_on: date, last_on: date, *, without: int | None = None) -> dict[date, Decimal]:
    """How many hours of each working day somebody is booked for."""
    rows = ResourceRequest.objects.whole_table("how busy a colleague is, without saying with what")
    rows = rows.filter(person_id=person_id, status=STATUS.GRANTED, first_on__lte=last_on, last_on__gte=first_on)
    found: dict[date, Decimal] = defaultdict(Decimal)
    for start, end, hours in rows.exclude(pk=without).values_list("first_on", "last_on", "hours"):
        for day in working_days(max(start, first_on), min(end, last_on)):
            found[day] += hours
    return dict(found)


def _fit_in(asked: ResourceRequest, person: Person) -> list[date]:
    """The days on which somebody is booked already; raises Refused where a day has not enough hours left."""
    booked = booked_hours(person.pk, asked.first_on, asked.last_on, without=asked.pk)
    for day, hours in sorted(booked.items()):
        if hours + asked.hours > DAY_HOURS:
            free = f"{max(DAY_HOURS - hours, Decimal(0)).normalize():f}"
            words = {"person": person, "free": free, "day": day}
            raise Refused({"person": _("%(person)s has only %(free)s hours left on %(day)s.") % words})
    return sorted(booked)


def _may_decide(asked: ResourceRequest, by: Viewer) -> None:
    if not rules.may_decide_resource(by, asked):
        raise Forbidden("sales.resourcerequest.grant")


def _must_be_open(asked: ResourceRequest) -> None:
    if asked.status != STATUS.ASKED:
        raise Refused(_("This was decided already."))


def _decided(asked: ResourceRequest, by: Viewer) -> ResourceRequest:
    asked.decided_by_id, asked.decided_at = by.person_id, dates.now()
    asked = save_record(_kind(), asked, by=by, created=False)
    _tell_score(asked.opportunity, by)
    return asked


def _tell_score(opportunity: Opportunity, by: Viewer) -> None:
    emit("sales.opportunity.changed", opportunity, by=by, fields=["resources"])


def _kind():
    return kinds.get("sales.resourcerequest")
