"""Reads of this room, viewer first."""

from collections import defaultdict
from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.access import VERBS
from zhike.kit.errors import NotVisible
from zhike.kit.keys import LARGEST_KEY
from zhike.kit.viewer import Viewer
from zhike.org import rules
from zhike.org.fields import department_tree
from zhike.org.models import AccessRequest, Approval, ApprovalPlace, Department, Person, RecordShare, Role
from zhike.records import config, kinds
from zhike.records import queries as records
from zhike.records.models import AuditEntry
from zhike.records.prepared import prepared_count

LOG_PAGE = 100


@config.cached
def company_name() -> str:
    """What the company is called: the name of its top department."""
    return Department.objects.filter(parent=None).order_by("id").values_list("name", flat=True).first() or ""


def person(viewer: Viewer, pk: int) -> Person:
    """A colleague with their place; raises NotVisible."""
    rows = Person.objects.visible_to(viewer).select_related("department", "supervisor")
    return _one(rows.filter(pk=pk) if 0 < pk <= LARGEST_KEY else rows.none())


def department(pk: int) -> Department:
    """A department; raises NotVisible."""
    return _one(Department.objects.select_related("parent", "head").filter(pk=min(pk, LARGEST_KEY)))


def role(pk: int) -> Role:
    """A role; raises NotVisible."""
    return _one(Role.objects.filter(pk=min(pk, LARGEST_KEY)))


def _one(rows):
    if (found := rows.first()) is None:
        raise NotVisible
    return found


def line_above(person: Person) -> list[Person]:
    """The supervisors of a person, from the top down."""
    everybody = Person.objects.in_bulk()
    line, above = [], everybody.get(person.supervisor_id)
    while above is not None and above not in line:
        line.append(above)
        above = everybody.get(above.supervisor_id)
    return line[::-1]


def reports_of(person: Person) -> list[Person]:
    """The direct reports of a person, those present first."""
    return list(person.reports.select_related("department").order_by("-is_active", "name"))


def history_of(person: Person) -> list[dict[str, Any]]:
    """The latest changes of an account and what was tried on it: {"at", "text", "who"} (for those who manage it)."""
    rows = AuditEntry.objects.filter(kind="org.person", object_id=person.pk).select_related("person")
    return [
        {"at": entry.happened_at, "text": _in_words(entry), "who": entry.author} for entry in rows.order_by("-id")[:20]
    ]


def _in_words(entry: AuditEntry) -> str:
    special = {
        "failed": _("Failed sign-in from %(what)s"),
        "locked": _("Sign-in locked, from %(what)s"),
        "password": _("New password"),
        "sessions": _("Signed out everywhere"),
    }
    if entry.verb == AuditEntry.Verb.CREATED:
        return entry.get_verb_display()
    kind, said = kinds.get("org.person"), []
    plain = AuditEntry(changes={name: pair for name, pair in entry.changes.items() if name not in special})
    for name in entry.changes.keys() & special.keys():
        said.append(special[name] % {"what": entry.changes[name][1]})
    for line in records.history_lines(kind, plain):
        said.append(f"{line['label']}: {line['before'] or '—'} → {line['after'] or '—'}")
    return _("; ").join(said) or entry.get_verb_display()


def log(viewer: Viewer, *, person: int | None, verb: str, before: int | None) -> list[AuditEntry]:
    """Who did what, newest first: a page of entries older than `before`, of the viewer's people (ORG-4, ORG-7)."""
    rows = AuditEntry.objects.select_related("person")
    if viewer.people is not None:
        rows = rows.filter(person_id__in=viewer.people)
    if person:
        rows = rows.filter(person_id=min(person, LARGEST_KEY))
    if verb:
        rows = rows.filter(verb=verb)
    if before:
        rows = rows.filter(pk__lt=min(before, LARGEST_KEY))
    return list(rows.order_by("-id")[:LOG_PAGE])


def sessions_of(person: Person) -> list[UserSession]:
    """Where a person is signed in, latest first."""
    return list(UserSession.objects.filter(user=person).order_by("-last_seen_at")[:20])


def chart() -> list[dict[str, Any]]:
    """The reporting line as rows from the top down: {"person", "depth", "below"} with those present."""
    people = list(Person.objects.present().select_related("department").order_by("name", "id"))
    below = defaultdict(list)
    here = {p.pk for p in people}
    for one in people:
        below[one.supervisor_id if one.supervisor_id in here else None].append(one)
    rows, todo = [], [(p, 0) for p in sorted(below[None], key=lambda p: len(below[p.pk]))]
    while todo:
        one, depth = todo.pop()
        rows.append({"person": one, "depth": min(depth, 8), "below": len(below[one.pk])})
        todo += [(p, depth + 1) for p in reversed(below[one.pk])]
    return rows


def departments() -> list[dict[str, Any]]:
    """The tree of departments as rows: {"department", "depth", "people", "head"}."""
    counts = dict(
        Person.objects.present().filter(department__isnull=False).values_list("department_id").annotate(n=Count("pk"))
    )
    rows = Department.objects.select_related("head").in_bulk()
    return [
        {"department": rows[pk], "depth": min(depth, 8), "people": counts.get(pk, 0)}
        for pk, _name, depth in department_tree()
    ]


def roles() -> list[dict[str, Any]]:
    """All roles with how many people present hold them."""
    rows = Role.objects.all()
    counts = dict(Role.objects.filter(people__is_active=True).values_list("pk").annotate(n=Count("people")))
    return [{"role": one, "people": counts.get(one.pk, 0)} for one in rows]


def verb_groups(held: set[str]) -> list[dict[str, Any]]:
    """All permissions by group, as a form shows them: {"label", "verbs": [{"name", "label", "held"}]}."""
    groups: dict[str, list] = {}
    for verb in VERBS.values():
        shown = {"name": verb.name, "label": verb.label, "held": verb.name in held}
        groups.setdefault(str(verb.group), []).append(shown)
    return [{"label": label, "verbs": verbs} for label, verbs in groups.items()]


def shares_of(kind: Any, record: Any) -> list[RecordShare]:
    """With whom a record is shared today (the record must have been read through a scope)."""
    rows = RecordShare.objects.filter(kind=kind.label, object_id=record.pk).select_related("person")
    return [share for share in rows if share.until is None or share.until >= dates.today()]


def shares(viewer: Viewer, *, limit: int = 200) -> list[dict[str, Any]]:
    """What was shared with the viewer and what the viewer's people show others, as {"row", "record", "kind"}.

    The register of loans (ORG-4): rows whose record the viewer does not see any more are left out.
    """
    rows = RecordShare.objects.select_related("person").order_by("-granted_at", "-id")
    return _with_records(viewer, rows, limit)


def share(viewer: Viewer, pk: int) -> dict[str, Any]:
    """A share of a record the viewer sees: {"row", "record", "kind"}; raises NotVisible."""
    rows = RecordShare.objects.select_related("person").filter(pk=min(pk, LARGEST_KEY))
    if not (found := _with_records(viewer, rows, 1)):
        raise NotVisible
    return found[0]


def access_requests(viewer: Viewer, *, limit: int = 100) -> list[dict[str, Any]]:
    """Requests this viewer may decide on, open ones first: {"row", "record", "kind"}."""
    rows = AccessRequest.objects.select_related("person").order_by("-status", "-asked_at")
    return [row for row in _with_records(viewer, rows, limit) if rules.may_decide(viewer, row["record"])]


def access_request(viewer: Viewer, pk: int) -> dict[str, Any]:
    """A request this viewer may decide on; raises NotVisible."""
    rows = AccessRequest.objects.select_related("person").filter(pk=min(pk, LARGEST_KEY))
    found = [row for row in _with_records(viewer, rows, 1) if rules.may_decide(viewer, row["record"])]
    if not found:
        raise NotVisible
    return found[0]


def _with_records(viewer: Viewer, rows: Any, limit: int) -> list[dict[str, Any]]:
    """Rows that name a record, together with it, where the viewer sees it; read in bunches until there are enough."""
    found: list[dict[str, Any]] = []
    for start in range(0, 2000, 500):
        bunch = list(rows[start : start + 500])
        wanted = defaultdict(set)
        for row in bunch:
            wanted[row.kind].add(row.object_id)
        seen = {}
        for label, ids in wanted.items():
            if kind := kinds.find(label):
                seen |= {(label, pk): (kind, one) for pk, one in kind.rows(viewer).in_bulk(ids).items()}
        for row in bunch:
            if (row.kind, row.object_id) in seen:
                kind, record = seen[row.kind, row.object_id]
                found.append({"row": row, "kind": kind, "record": record})
        if len(bunch) < 500 or len(found) >= limit:
            break
    return found[:limit]


APPROVAL_TABS = ("waiting", "asked", "decided")
APPROVAL_PAGE = 50
MOST_WAITING = 1000


def approval(viewer: Viewer, pk: int) -> Approval:
    """An approval the viewer has part in; raises NotVisible."""
    return _one(Approval.objects.visible_to(viewer).select_related("asked_by").filter(pk=min(pk, LARGEST_KEY)))


def approval_page(viewer: Viewer, tab: str, before: int = 0) -> tuple[list[Approval], int]:
    """A page of approvals, newest first, and the id from which the next page goes on (0 at the end)."""
    rows = Approval.objects.visible_to(viewer).select_related("asked_by").order_by("-id")
    mine = {"places__person_id": viewer.person_id}
    waiting, said = ApprovalPlace.Status.WAITING, ("approved", "rejected", "delegated")
    rows = {
        "waiting": rows.filter(status=Approval.Status.OPEN, places__status=waiting, **mine),
        "asked": rows.filter(asked_by_id=viewer.person_id),
        "decided": rows.filter(places__status__in=said, **mine).distinct(),
    }[tab]
    found = list((rows.filter(pk__lt=before) if before else rows)[: APPROVAL_PAGE + 1])
    return found[:APPROVAL_PAGE], found[APPROVAL_PAGE - 1].pk if len(found) > APPROVAL_PAGE else 0


@prepared_count
def waiting_count(viewer: Viewer) -> QuerySet[ApprovalPlace]:
    """How many approvals wait for this person, for the navigation."""
    rows = ApprovalPlace.objects.whole_table("the viewer's own places")
    return rows.filter(person_id=viewer.person_id, status=ApprovalPlace.Status.WAITING)


def trace_of(viewer: Viewer, approval: Approval) -> list[dict[str, Any]]:
    """The steps of an approval with who said what: {"label", "mode", "places", "state"}; steps to come have none."""
    places = ApprovalPlace.objects.within(viewer, approval).select_related("person", "delegated_by", "reassigned_by")
    by_step: dict[int, list[ApprovalPlace]] = defaultdict(list)
    for place in places:
        by_step[place.step].append(place)
    ended = not approval.is_open
    return [
        {"label": step["label"], "mode": step["mode"], "places": by_step[n],
         "state": "done" if n < approval.step or ended else "now" if n == approval.step else "later"}
        for n, step in enumerate(approval.steps)
    ]  # fmt: skip


def waiting_by_person(viewer: Viewer) -> list[dict[str, Any]]:
    """For whom open approvals wait that the viewer sees: {"person", "left", "away", "approvals"}.

    Those who cannot decide come first, then who has kept others waiting longest.
    """
    places = ApprovalPlace.objects.visible_to(viewer).filter(
        status=ApprovalPlace.Status.WAITING, approval__status=Approval.Status.OPEN
    )
    rows: dict[int, dict[str, Any]] = {}
    for place in places.select_related("person", "approval__asked_by").order_by("created_at", "id")[:MOST_WAITING]:
        row = rows.setdefault(place.person_id, {"person": place.person, "approvals": []} | _absence(place.person))
        row["approvals"].append({"approval": place.approval, "since": place.created_at, "place": place})
    return sorted(rows.values(), key=lambda row: not (row["left"] or row["away"]))


def _absence(person: Person) -> dict[str, bool]:
    today = dates.today()
    left = not person.is_active or (person.left_on is not None and person.left_on < today)
    return {"left": left, "away": not left and person.is_away(today)}


def place_waiting(viewer: Viewer, approval: Approval, person_id: int) -> ApprovalPlace:
    """The place in which an approval waits for a person; raises NotVisible."""
    rows = ApprovalPlace.objects.within(viewer, approval).select_related("person")
    return _one(rows.filter(approval=approval, step=approval.step, person_id=person_id, status="waiting"))


def waits_for(viewer: Viewer, approval: Approval) -> bool:
    """Whether this person has to decide now."""
    places = ApprovalPlace.objects.within(viewer, approval)
    here = places.filter(step=approval.step, person_id=viewer.person_id, status=ApprovalPlace.Status.WAITING)
    return approval.is_open and here.exists()


def approvals_of(subject_key: str, record: Any) -> list[Approval]:
    """The approvals of a record that was read through its own scope, newest first, each with its `trace`."""
    return approvals_among({subject_key: [record.pk]})


def approvals_among(matters: dict[str, list[int]]) -> list[Approval]:
    """The approvals of several matters, ids by subject, of records that were read through their own scope."""
    wanted = Q(pk__in=[])
    for subject_key, ids in matters.items():
        wanted |= Q(subject=subject_key, object_id__in=ids)
    rows = Approval.objects.whole_table("approvals of a record that was read through its scope")
    found = list(rows.filter(wanted).select_related("asked_by").order_by("-id")[:20])
    if not found:
        return []
    places = ApprovalPlace.objects.whole_table("places of approvals of a record read through its scope")
    by_approval: dict[int, list[ApprovalPlace]] = defaultdict(list)
    places = places.filter(approval__in=found).select_related("person", "delegated_by", "reassigned_by")
    for place in places.order_by("step", "id"):
        by_approval[place.approval_id].append(place)
    for one in found:
        one.trace = by_approval[one.pk]
    return found


def open_approval(subject_key: str, record: Any) -> Approval | None:
    """The open approval of a record that was read through its own scope, or None."""
    return next((a for a in approvals_of(subject_key, record) if a.is_open), None)
