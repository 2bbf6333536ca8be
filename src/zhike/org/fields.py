"""Fields only people have: their place in the tree, their supervisor, their roles.

An import may name departments and supervisors that do not exist yet: the value is then a `NewName`, and
`prepare_person` makes the department or colleague in the transaction that saves the row.
"""

import re
from collections import defaultdict

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from zhike.kit import format as fmt
from zhike.kit import parse
from zhike.kit.keys import key_of
from zhike.org.models import Department, Person, Role
from zhike.records import config
from zhike.records import lookups as look
from zhike.records.fields import EMPTY, Choice, Ref
from zhike.records.widgets import PersonInput

BETWEEN_WORDS = re.compile(r"[,;、，；/|\n]+")


class NewName(str):
    """The name of a department or colleague that is still to be made."""


@config.cached
def department_tree() -> list[tuple[int, str, int]]:
    """All departments from the top down: (id, name, depth)."""
    below = defaultdict(list)
    for pk, parent_id, name in Department.objects.values_list("pk", "parent_id", "name"):
        below[parent_id].append((pk, name))
    found, todo = [], [(pk, name, 0) for pk, name in reversed(below[None])]
    while todo:
        pk, name, depth = todo.pop()
        found.append((pk, name, depth))
        todo += [(child, child_name, depth + 1) for child, child_name in reversed(below[pk])]
    return found


@config.cached
def department_paths() -> dict[int, list[str]]:
    """The names from the top down to each department, by its id."""
    found: dict[int, list[str]] = {}
    way: list[str] = []
    for pk, name, depth in department_tree():
        way[depth:] = [name]
        found[pk] = list(way)
    return found


@config.cached
def role_labels() -> dict[int, tuple[str, str]]:
    """Key and name of each role by id, in order."""
    return {pk: (key, name) for pk, key, name in Role.objects.values_list("pk", "key", "name")}


@config.cached
def roles_by_person() -> dict[int, list[int]]:
    """Ids of roles by person id."""
    held = defaultdict(list)
    for person_id, role_id in Person.roles.through.objects.order_by("role_id").values_list("person_id", "role_id"):
        held[person_id].append(role_id)
    return dict(held)


class DepartmentField(Choice):
    """A department, by id, by name, or, where several are called so, with those above it ("Sales/East").

    An import makes what there is not yet, unless `makes` is off.
    """

    type = "department"
    empty = None
    makes = True

    def choices(self):
        return [(pk, "\u3000" * depth + name) for pk, name, depth in department_tree()]

    def labels(self):
        return {pk: name for pk, name, _depth in department_tree()}

    def parse(self, raw, lookups):
        word = parse.clean_text(str(raw))
        names = self.labels()
        if (pk := key_of(word)) in names:
            return pk
        wanted = [parse.fold(part) for part in re.split(r"[/>\\]", word)]
        found = [pk for pk, name in names.items() if parse.fold(name) == wanted[-1]]
        if len(found) > 1:
            paths = department_paths()
            found = [pk for pk in found if [*map(parse.fold, paths[pk])][-len(wanted) :] == wanted]
        if len(found) > 1:
            raise ValidationError(_("Several departments are called %(name)s."), params={"name": word[:60]})
        if not found and self.makes and lookups.is_import and lookups.viewer.can("org.department.change"):
            return NewName(word[:80])
        if not found:
            raise ValidationError(_("There is no department called %(name)s."), params={"name": word[:60]})
        return found[0]

    def write(self, record, value):
        record.promise(self.name, value) if isinstance(value, NewName) else super().write(record, value)

    def sort_paths(self):
        return (f"{self.name}__name",)

    def export(self, values):
        """The name, with those above it where several are called so, as an import reads it."""
        name, names = self.text(values[0]), list(self.labels().values())
        return name if names.count(name) < 2 else "/".join(department_paths()[values[0]])

    def api(self, values):
        return self.text(values[0]) or None


class SupervisorField(Ref):
    """A colleague above another; in an import also one who comes later in the file, or is only named here."""

    @property
    def paths(self):
        return (self.attname,)

    def values_of(self, record):
        return (self.read(record),)

    def parse(self, raw, lookups):
        try:
            return lookups.person(raw)
        except ValidationError:
            try:
                return super().parse(raw, lookups)
            except ValidationError:
                if lookups.is_last_pass and lookups.viewer.can("org.person.create"):
                    return NewName(parse.clean_text(str(raw))[:60])
                raise

    def write(self, record, value):
        # A dry run remembers people it did not create under 0.
        record.promise(self.name, value) if isinstance(value, NewName) else super().write(record, value or None)

    def text(self, value):
        return look.person_names().get(value, "") if value else ""

    def cell(self, values):
        return fmt.who(values[0], self.text(values[0])) if values[0] else EMPTY

    def export(self, values):
        return look.name_in_files(values[0])

    def api(self, values):
        return look.usernames().get(values[0]) if values[0] else None

    def sort_paths(self):
        return (f"{self.name}__name",)

    def widget(self, lookups):
        return PersonInput(required=self.required)


class RolesField(Choice):
    """The roles of a person: several, by key or name."""

    type = "roles"
    operators = ("in", "empty", "filled")
    empty = ()

    def __init__(self, name, label=None, **more):
        super().__init__(name, label, **{"sortable": False, **more})

    def choices(self):
        return [(pk, name) for pk, (_key, name) in role_labels().items()]

    def read(self, record):
        return record.role_ids()

    def write(self, record, value):
        record.promise(self.name, sorted(value or ()))

    @property
    def paths(self):
        return ("id",)

    def values_of(self, record):
        return (record.pk,)

    def words_in(self, raw):
        words = raw if isinstance(raw, list | tuple) else BETWEEN_WORDS.split(str(raw or ""))
        return [str(w).strip() for w in words if str(w).strip()]

    def clean(self, raw, lookups):
        return super().clean(self.words_in(raw), lookups)

    def parse(self, raw, lookups):
        found = set()
        for word in [raw] if isinstance(raw, str) else raw:
            key = parse.fold(word)
            fits = [pk for pk, names in role_labels().items() if key in (str(pk), *map(parse.fold, names))]
            if not fits:
                raise ValidationError(_("There is no role called %(name)s."), params={"name": word[:60]})
            found.add(fits[0])
        return sorted(found)

    def text(self, value):
        ids = roles_by_person().get(value, ()) if isinstance(value, int) else value or ()
        return _(", ").join(role_labels()[pk][1] for pk in ids if pk in role_labels())

    def cell(self, values):
        ids = [pk for pk in roles_by_person().get(values[0], ()) if pk in role_labels()]
        badges = format_html_join(" ", "{}", ((fmt.badge(role_labels()[pk][1]),) for pk in ids))
        return format_html('<span class="nw">{}</span>', badges) if ids else EMPTY

    def api(self, values):
        return [role_labels()[pk][0] for pk in roles_by_person().get(values[0], ()) if pk in role_labels()]

    def condition(self, op, values, lookups):
        held = Person.roles.through.objects.values("person_id")
        if op == "in":
            return Q(pk__in=held.filter(role_id__in={pk for v in values for pk in self.parse(v, lookups)}))
        if op in ("empty", "filled"):
            return ~Q(pk__in=held) if op == "empty" else Q(pk__in=held)
        raise ValidationError(_("This condition does not fit the field."))

    def widget(self, lookups):
        return forms.CheckboxSelectMultiple(choices=self.choices())

    def initial(self, value):
        return value
