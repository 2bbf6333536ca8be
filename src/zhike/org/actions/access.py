"""Showing single records to colleagues outside their scope: shared, or lent until a day (ORG-3, ORG-4)."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.access import may
from zhike.kit.actions import action
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer
from zhike.org import rules
from zhike.org.models import AccessRequest, Person, RecordShare
from zhike.records.actions import notify
from zhike.records.kinds import RecordKind
from zhike.records.models import AuditEntry


@action
def share_record(
    kind: RecordKind,
    record: Any,
    *,
    by: Viewer,
    people: list[Person],
    can_change: bool = False,
    until: date | None = None,
) -> list[RecordShare]:
    """Show a record to colleagues, to read or also to edit, for good or until a day (that day included).

    Only for its owner and those above; nobody gives a right they lack. Sharing again replaces the earlier terms.
    """
    if not rules.may_share(by, kind, record):
        raise Forbidden(kind.verb("share"))
    if can_change and not may(by, kind.verb("change"), record):
        raise Refused({"can_change": [_("You may not edit this record yourself.")]})
    return _share(kind, record, by, people, can_change, until)


@action
def share_by_ids(kind: RecordKind, record: Any, *, by: Viewer, people: list[int], can_change: bool = False,
                 until: str | None = None) -> list[RecordShare]:  # fmt: skip
    """The same with ids and a written day, as a job over many records keeps them."""
    day = date.fromisoformat(until) if until else None
    return share_record(
        kind, record, by=by, people=list(Person.objects.filter(pk__in=people)), can_change=can_change, until=day
    )


def _share(kind, record, by, people, can_change, until):
    if until and until < dates.today():
        raise Refused({"until": [_("This day is over.")]})
    if not people:
        raise Refused({"people": [_("Choose at least one colleague.")]})
    shares = []
    for person in people:
        if not person.is_active:
            raise Refused({"people": [_("%(person)s has left.") % {"person": person}]})
        share, _made = RecordShare.objects.update_or_create(
            person=person, kind=kind.label, object_id=record.pk,
            defaults={"can_change": can_change, "until": until, "granted_by_id": by.person_id},
        )  # fmt: skip
        AuditEntry.write(record, AuditEntry.Verb.SHARED, {"shared": [None, terms(share)]})
        url = record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""
        text = _("%(person)s shared %(record)s with you.") % {"person": by.person or _("The system"), "record": record}
        notify(person.pk, text, url=url, about="handed")
        shares.append(share)
    return shares


def terms(share: RecordShare) -> str:
    """A share in words, for the history."""
    right = _("may edit") if share.can_change else _("may read")
    words = _("%(person)s: %(right)s") % {"person": share.person, "right": right}
    return _("%(words)s until %(day)s") % {"words": words, "day": share.until.isoformat()} if share.until else words


@action
def unshare_record(kind: RecordKind, record: Any, share: RecordShare, *, by: Viewer) -> None:
    """Take a share back; one may also give up one's own."""
    if by.person_id != share.person_id and not rules.may_share(by, kind, record):
        raise Forbidden(kind.verb("share"))
    AuditEntry.write(record, AuditEntry.Verb.SHARED, {"shared": [terms(share), None]})
    share.delete()


@action
def ask_access(kind: RecordKind, word: str, *, by: Viewer, reason: str, until: date) -> None:
    """Ask to read a record one does not see, by its exact name or code (ORG-4).

    Its owner, or where the owner has left their supervisor, is told. The asker learns nothing: not even whether there
    is such a record.
    """
    if until < dates.today():
        raise Refused({"until": [_("This day is over.")]})
    rows = kind.model.objects.whole_table(
        "an access request must find what its asker cannot see; it tells them nothing"
    )
    named = Q()
    for path in kind.natural_keys:
        named |= Q(**{path: word})
    for record in rows.filter(named).exclude(pk__in=kind.rows(by).values("pk"))[:3]:
        owner = Person.objects.select_related("supervisor").filter(pk=rules.owner_of(record)).first()
        decider = owner if owner and owner.is_active else owner and owner.supervisor
        asked, made = AccessRequest.objects.get_or_create(
            person_id=by.person_id, kind=kind.label, object_id=record.pk, status=AccessRequest.Status.OPEN,
            defaults={"reason": reason, "until": until},
        )  # fmt: skip
        if decider and made:
            text = _("%(person)s asks to read %(record)s: %(reason)s") % {
                "person": by.person, "record": record, "reason": reason}  # fmt: skip
            notify(decider.pk, text, url=asked.get_absolute_url(), about="approvals")


@action
def decide_access(asked: AccessRequest, kind: RecordKind, record: Any, *, by: Viewer, grant: bool,
                  until: date | None = None) -> AccessRequest:  # fmt: skip
    """Grant or refuse read access; by the owner or a supervisor of the owner. A grant is a loan until the day asked."""
    if not rules.may_decide(by, record):
        raise Forbidden(kind.verb("share"))
    if asked.status != AccessRequest.Status.OPEN:
        raise Refused(_("This was decided already."))
    asked.status = AccessRequest.Status.GRANTED if grant else AccessRequest.Status.REFUSED
    asked.until, asked.decided_by_id, asked.decided_at = until or asked.until, by.person_id, dates.now()
    asked.save()
    if grant:
        _share(kind, record, by, [asked.person], False, asked.until)
    else:
        notify(asked.person_id, _("Your request for access was refused."), about="approvals")
    return asked
