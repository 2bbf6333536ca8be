"""How a viewer is made of a person: their people down the line, their roles' scope and verbs (ORG-2, ORG-3)."""

from collections import defaultdict
from datetime import date

from django.db.models import Q

from zhike.kit import access, dates
from zhike.kit.viewer import Viewer
from zhike.org.models import Department, Person, RecordShare, Role
from zhike.records import config


@config.cached
def _reports() -> dict[int, list[int]]:
    """Direct reports by supervisor, leavers included: what they left behind stays with their line."""
    below = defaultdict(list)
    for pk, supervisor_id in Person.objects.filter(supervisor__isnull=False).values_list("pk", "supervisor_id"):
        below[supervisor_id].append(pk)
    return dict(below)


def subordinates(person_id: int) -> frozenset[int]:
    """Everybody below a person in the reporting line, at any depth."""
    below, found, todo = _reports(), set(), [person_id]
    while todo:
        for pk in below.get(todo.pop(), ()):
            if pk not in found and pk != person_id:
                found.add(pk)
                todo.append(pk)
    return frozenset(found)


@config.cached
def departments_below(department_id: int) -> frozenset[int]:
    """A department and all below it."""
    children = defaultdict(list)
    for pk, parent_id in Department.objects.values_list("pk", "parent_id"):
        children[parent_id].append(pk)
    found, todo = {department_id}, [department_id]
    while todo:
        for pk in children[todo.pop()]:
            if pk not in found:
                found.add(pk)
                todo.append(pk)
    return frozenset(found)


@config.cached
def viewer_of_person(person_id: int) -> Viewer:
    """The viewer of a person; raises LookupError if unknown or not allowed to sign in."""
    person = Person.objects.select_related("department").filter(pk=person_id, is_active=True).first()
    if person is None:
        raise LookupError(f"no active person {person_id}")
    roles = list(person.roles.all())
    below = subordinates(person_id)
    people: set[int] | None = {person_id, *below}
    verbs: set[str] = set()
    for role in roles:
        verbs |= set(access.VERBS) if role.is_administrator else set(role.verbs)
        if role.data_scope == Role.DataScope.EVERYTHING:
            people = None
        elif people is not None and person.department_id and role.data_scope in ("department", "below"):
            here = person.department_id
            there = departments_below(here) if role.data_scope == "below" else {here}
            people |= set(Person.objects.filter(department_id__in=there).values_list("pk", flat=True))
    return Viewer(
        person=person,
        person_id=person_id,
        people=None if people is None else frozenset(people),
        verbs=frozenset(verbs),
        subordinates=below,
        roles=frozenset(role.key for role in roles),
    )


def the_system() -> Viewer:
    """Who acts where nobody is signed in: set-up, the day's end. Sees and may do everything, and is no person."""
    return Viewer(person=None, person_id=None, people=None, verbs=frozenset(access.VERBS))


def shared_arm(viewer: Viewer, model) -> Q | None:
    """Rows of a model shared with or lent to the viewer today; None for the many to whom nothing of it is."""
    if model._meta.label_lower not in _kinds_shared(viewer.person_id, dates.today()):
        return None
    return Q(pk__in=_shares(viewer, model._meta.label_lower).values("object_id"))


def shared_change(viewer: Viewer, record) -> bool:
    """Whether a record was shared with the viewer for editing."""
    if record._meta.label_lower not in _kinds_shared(viewer.person_id, dates.today()):
        return False
    return _shares(viewer, record._meta.label_lower).filter(object_id=record.pk, can_change=True).exists()


@config.cached
def _kinds_shared(person_id: int | None, today: date) -> frozenset[str]:
    """The kinds of which anything is shared with a person on a day: asked by every query, so it is remembered."""
    rows = RecordShare.objects.filter(_in_force(today), person_id=person_id)
    return frozenset(rows.values_list("kind", flat=True).distinct())


def _shares(viewer: Viewer, kind: str):
    return RecordShare.objects.filter(_in_force(dates.today()), person_id=viewer.person_id, kind=kind)


def _in_force(today: date) -> Q:
    return Q(until__isnull=True) | Q(until__gte=today)


__all__ = ["shared_arm", "shared_change", "subordinates", "the_system", "viewer_of_person"]
