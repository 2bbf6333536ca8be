"""The company itself: its departments and roles."""

from datetime import time

from django.utils.text import slugify
from django.utils.translation import gettext as _

from zhike.kit.access import VERBS, require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.pinyin import syllables
from zhike.kit.viewer import Viewer
from zhike.org import rules
from zhike.org.actions.people import one_at_a_time
from zhike.org.models import Department, Person, Role, WorkingHours
from zhike.org.viewers import departments_below
from zhike.records.models import AuditEntry


@action
def create_department(*, by: Viewer, name: str, parent: Department | None, head: Person | None = None) -> Department:
    """Add a department below another."""
    require(by, "org.department.change")
    department = Department(name=name, parent=parent or top_department(), head=head)
    return _save(department, AuditEntry.Verb.CREATED, {"name": [None, name]})


@action
def change_department(
    department: Department, *, by: Viewer, name: str, parent: Department | None, head: Person | None = None
) -> Department:
    """Rename or move a department, or give it another head. Raises Refused if it would come to lie below itself."""
    require(by, "org.department.change")
    before = {"name": department.name, "parent": str(department.parent or ""), "head": str(department.head or "")}
    is_top = department.parent_id is None
    one_at_a_time()
    if not is_top and parent and parent.pk in departments_below(department.pk):
        raise Refused({"parent": [_("A department cannot lie below itself.")]})
    department.name, department.head = name, head
    if not is_top:
        department.parent = parent or top_department()
    after = {"name": department.name, "parent": str(department.parent or ""), "head": str(department.head or "")}
    return _save(
        department, AuditEntry.Verb.CHANGED, {k: [before[k], after[k]] for k in after if before[k] != after[k]}
    )


def _save(row, verb, changes):
    row.full_clean()
    row.save()
    AuditEntry.write(row, verb, changes)
    return row


def top_department() -> Department | None:
    """The company."""
    return Department.objects.filter(parent=None).order_by("id").first()


@action
def delete_department(department: Department, *, by: Viewer) -> None:
    """Delete a department nobody is in and nothing lies below; raises Refused otherwise."""
    require(by, "org.department.change")
    if department.parent_id is None:
        raise Refused(_("The company itself stays."))
    if department.people.exists() or department.children.exists():
        raise Refused(_("First move the people and departments in it elsewhere."))
    AuditEntry.write(department, AuditEntry.Verb.DELETED, {"name": [department.name, None]})
    department.delete()


@action
def rename_company(*, by: Viewer, name: str) -> Department:
    """Give the company its name."""
    require(by, "org.company.change")
    top = top_department() or Department()
    before, top.name = top.name, name
    return _save(top, AuditEntry.Verb.CHANGED, {"name": [before, name]})


@action
def set_working_hours(
    *, by: Viewer, begins: time, ends: time, break_begins: time | None = None, break_ends: time | None = None
) -> WorkingHours:
    """Say when the company works, from now on: what was measured before stays as it was measured (SAL-1).

    Raises Refused for hours out of order, and a break outside of them.
    """
    require(by, "org.company.change")
    hours = WorkingHours.objects.select_for_update().first() or WorkingHours(pk=WorkingHours.ROW)
    before = str(hours)
    hours.begins, hours.ends, hours.break_begins, hours.break_ends = begins, ends, break_begins, break_ends
    if str(hours) == before and not hours._state.adding:
        return hours
    return _save(hours, AuditEntry.Verb.CHANGED, {"hours": [before, str(hours)]})


@action
def create_role(*, by: Viewer, name: str, data_scope: str, verbs: list[str]) -> Role:
    """Add a role. Raises Refused where it would go further than the writer's own rights."""
    require(by, "org.role.change")
    role = Role(key=_free_key(name), name=name, order=Role.objects.count() * 10 + 10)
    return _save_role(role, by, AuditEntry.Verb.CREATED, name, data_scope, verbs)


@action
def change_role(role: Role, *, by: Viewer, name: str, data_scope: str, verbs: list[str]) -> Role:
    """Rename a role or change what its holders may do and see; an administrator role can only be renamed."""
    require(by, "org.role.change")
    if role.is_administrator:
        data_scope, verbs = role.data_scope, role.verbs
    return _save_role(role, by, AuditEntry.Verb.CHANGED, name, data_scope, verbs)


@action
def copy_role(role: Role, *, by: Viewer, name: str) -> Role:
    """A new role that starts with the rights of another (an administrator's copy is an ordinary role)."""
    require(by, "org.role.change")
    verbs = sorted(VERBS) if role.is_administrator else role.verbs
    return create_role(by=by, name=name, data_scope=role.data_scope, verbs=verbs)


def _save_role(role: Role, by: Viewer, verb: str, name: str, data_scope: str, verbs: list[str]) -> Role:
    if unknown := set(verbs) - set(VERBS) - set(role.verbs):
        raise Refused({"verbs": [_("Unknown permissions: %(names)s") % {"names": ", ".join(sorted(unknown)[:5])}]})
    before = {"name": role.name, "data_scope": role.data_scope}
    added, taken = sorted(set(verbs) - set(role.verbs)), sorted(set(role.verbs) - set(verbs))
    role.name, role.data_scope, role.verbs, role.offered = name, data_scope, sorted(set(verbs)), sorted(VERBS)
    if not role.is_administrator and not rules.may_give(by, role):
        raise Refused({"verbs": [_("A role cannot go further than your own rights.")]})
    changes = {k: [v, getattr(role, k)] for k, v in before.items() if v != getattr(role, k)}
    if added or taken:
        changes["verbs"] = [taken, added]
    return _save(role, verb, changes)


def _free_key(name: str) -> str:
    base = slugify("-".join("".join(syllables(word)) for word in name.split()))[:30] or "role"
    number, key = 1, base
    while Role.objects.filter(key=key).exists():
        number += 1
        key = f"{base}-{number}"
    return key


@action
def delete_role(role: Role, *, by: Viewer) -> None:
    """Delete a role nobody holds; the administrator role stays."""
    require(by, "org.role.change")
    if role.is_administrator:
        raise Refused(_("The administrator role stays."))
    if role.people.exists():
        raise Refused(_("Somebody still holds this role."))
    AuditEntry.write(role, AuditEntry.Verb.DELETED, {"name": [role.name, None]})
    role.delete()
