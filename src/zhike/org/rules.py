"""Who may do what to whom: nobody hands out more than they hold (ORG-3)."""

from typing import Any

from zhike.kit.access import may
from zhike.kit.viewer import Viewer, viewer_of
from zhike.org.models import Person, Role
from zhike.records.kinds import RecordKind


def is_administrator(viewer: Viewer) -> bool:
    """Whether the viewer holds an administrator role (the system does)."""
    return viewer.person_id is None or Role.objects.filter(key__in=viewer.roles, is_administrator=True).exists()


def may_give(viewer: Viewer, role: Role) -> bool:
    """Whether the viewer may give or take a role: one that goes no further than their own."""
    if is_administrator(viewer):
        return True
    if role.is_administrator or not set(role.verbs) <= viewer.verbs:
        return False
    return role.data_scope != Role.DataScope.EVERYTHING or viewer.people is None


def may_manage(viewer: Viewer, person: Person) -> bool:
    """Whether the viewer may change the account of a person: all of whose roles they could give."""
    return may(viewer, "org.person.change") and all(may_give(viewer, role) for role in person.roles.all())


def is_last_administrator(person: Person) -> bool:
    """Whether nobody else who may sign in is an administrator."""
    others = Person.objects.present().filter(roles__is_administrator=True).exclude(pk=person.pk)
    return person.pk is not None and person.roles.filter(is_administrator=True).exists() and not others.exists()


def may_share(viewer: Viewer, kind: RecordKind, record: Any) -> bool:
    """Whether the viewer may show a record to others: its owner or somebody above, not whom it was shared with."""
    return "share" in kind.verbs and may(viewer, kind.verb("share"), record) and viewer.sees_owner(owner_of(record))


def owner_of(record: Any) -> int | None:
    """The id of a record's owner, by its scope."""
    return getattr(record, f"{record.scope.field}_id", None) if hasattr(record.scope, "field") else None


def may_decide(viewer: Viewer, record: Any) -> bool:
    """Whether the viewer grants access to a record: its owner, or a supervisor of the owner (ORG-4)."""
    owner_id = owner_of(record)
    if owner_id is None:
        return viewer.people is None
    return viewer.person_id == owner_id or owner_id in viewer.subordinates or viewer.people is None


def sees_everything(person: Person) -> bool:
    """Whether a person's roles show them every record."""
    return viewer_of(person.pk).people is None
