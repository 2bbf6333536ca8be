"""Who sees what: declared once on the model, and checked when SQL is made (CRAFT §5, ORG-2, ORG-3).

A query on a scoped model that names no viewer raises UnscopedQuery when it runs; it never returns everything.
"""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.sql import Query

from zhike.kit.access import VERBS
from zhike.kit.actions import need_action
from zhike.kit.constraints import plainly_holds
from zhike.kit.errors import NotVisible, UnscopedQuery
from zhike.kit.idlists import listed
from zhike.kit.rowwise import asked_by_row, by_row
from zhike.kit.viewer import Viewer

# Further ways to see a record, such as shares and loans: each takes (viewer, model) and gives a Q or None.
_more_arms: list[Callable[[Viewer, type[models.Model]], Q | None]] = []
_inherited_arms: list[Callable[[Viewer, type[models.Model]], Q | None]] = []


def add_arm(arm: Callable[[Viewer, type[models.Model]], Q | None], *, inherited: bool = True) -> None:
    """Let a room add an alternative to every owner scope (sharing, lending).

    Who sees a record by an inherited arm also sees what belongs to it (`owned_within`); otherwise only what the arm
    names.
    """
    _more_arms.append(arm)
    if inherited:
        _inherited_arms.append(arm)


class SaidByOwner(Q):
    """An arm for what the viewer's people own something of: the search index names these owners too.

    So a search need not collect what such an arm shows (`RecordKind.owner_finds`).
    """


class Scope:
    """The alternatives ("arms") by which a viewer sees rows of a model. An empty list means none at all."""

    def arms(self, viewer: Viewer, model: type[models.Model]) -> list[Q]:
        raise AssertionError("a scope says its arms")

    def allows_change(self, viewer: Viewer, record: Any) -> bool:
        """Whether this record lies where the viewer may write, given a role that allows the verb."""
        raise AssertionError("a scope says who may change")


class ByOwner(Scope):
    """Mine and my people's, and what was shared with me or lent to me."""

    def __init__(self, field: str, *, unowned: str = ""):
        """`unowned` names a verb that lets its holders see rows nobody owns (the public pool, unassigned leads)."""
        self.field = field
        self.unowned = unowned

    def arms(self, viewer, model):
        if viewer.people is None:
            return [Q()]
        arms = [Q(**{f"{self.field}_id__in": listed(viewer.people)})]
        if self.unowned and viewer.can(self.unowned):
            arms.append(Q(**{f"{self.field}__isnull": True}))
        arms += [arm for more in _more_arms if (arm := more(viewer, model)) is not None]
        return arms

    def allows_change(self, viewer, record):
        owner_id = getattr(record, f"{self.field}_id")
        return viewer.sees_owner(owner_id) or any(change(viewer, record) for change in _more_changes)


_more_changes: list[Callable[[Viewer, Any], bool]] = []


def add_change_right(change: Callable[[Viewer, Any], bool]) -> None:
    """Let a room say that a record outside the owner scope may be written all the same (shared for writing)."""
    _more_changes.append(change)


class OwnedWithin(ByOwner):
    """A kind with a list of its own that belongs to a parent: mine and my people's, and what a shared parent shows.

    The rows carry the parent's owner, moved with it, so that their lists need no look at the parent. `also` names a
    second person whose records these are in any case, such as the author of a follow-up.
    """

    def __init__(self, field: str, parent: str, *, also: str = ""):
        super().__init__(field)
        self.parent, self.also = parent, also

    def arms(self, viewer, model):
        arms = super().arms(viewer, model)
        if viewer.people is None:
            return arms
        if self.also:
            arms.append(Q(**{f"{self.also}_id__in": listed(viewer.people)}))
        parent = model._meta.get_field(self.parent).related_model
        shared = [arm for more in _inherited_arms if (arm := more(viewer, parent)) is not None]
        rows = parent.objects.whole_table("the arms say who sees them")
        return [*arms, *(Q(**{f"{self.parent}__in": rows.filter(arm).values("pk")}) for arm in shared)]

    def allows_change(self, viewer, record):
        if self.also and viewer.sees_owner(getattr(record, f"{self.also}_id")):
            return True
        if super().allows_change(viewer, record):
            return True
        parent = getattr(record, self.parent)
        return parent is not None and any(change(viewer, parent) for change in _more_changes)


class Through(Scope):
    """What only shows inside another record: visible exactly where that record is."""

    def __init__(self, field: str):
        self.field = field

    def arms(self, viewer, model):
        parent = model._meta.get_field(self.field).related_model
        seen = parent.objects.visible_to(viewer)
        if not seen.query.where and not seen.query.is_empty():
            return [Q()]
        # Asked row by row: as `IN (…)` SQLite would first collect every parent the viewer sees.
        return [Q(Exists(seen.filter(pk=OuterRef(f"{self.field}_id"))))]

    def allows_change(self, viewer, record):
        parent = getattr(record, self.field)
        return parent.scope.allows_change(viewer, parent)


class Everyone(Scope):
    """What all colleagues may see: products, pipelines. Writing is a matter of verbs alone."""

    def arms(self, viewer, model):
        return [Q()]

    def allows_change(self, viewer, record):
        return True


def by_owner(field: str, *, unowned: str = "") -> ByOwner:
    return ByOwner(field, unowned=unowned)


def owned_within(field: str, parent: str, *, also: str = "") -> OwnedWithin:
    return OwnedWithin(field, parent, also=also)


def through(field: str) -> Through:
    return Through(field)


def everyone() -> Everyone:
    return Everyone()


def arms_of(model: type[models.Model], viewer: Viewer) -> list[Q]:
    """The alternatives by which a viewer sees rows of a model; none without the verb to look at it at all."""
    verb = f"{model._meta.label_lower}.view"
    return [] if verb in VERBS and not viewer.can(verb) else model.scope.arms(viewer, model)


def owner_shows(viewer: Viewer, record: models.Model) -> bool:
    """Whether the owner of a record is reason enough for a viewer to see it, known without asking; else ask."""
    model, scope = type(record), type(record).scope
    verb = f"{model._meta.label_lower}.view"
    if not isinstance(scope, ByOwner) or (verb in VERBS and not viewer.can(verb)):
        return False
    return viewer.sees_owner(getattr(record, f"{scope.field}_id"))


def follows(model: type[models.Model], viewer: Viewer, parent: models.Model) -> bool:
    """Whether who sees this record sees all rows of a model inside it, given the verb to look at them."""
    scope = model.scope
    return not isinstance(scope, OwnedWithin) or viewer.sees_owner(getattr(parent, f"{scope.field}_id"))


_checking_uniqueness: ContextVar[bool] = ContextVar("checking_uniqueness", default=False)


class ScopedQuery(Query):
    """SQL of a scoped model is not compiled until somebody said for whom, or why for nobody."""

    scoped_for: str = ""

    def get_compiler(self, *args, **kwargs):
        if not self.scoped_for and not self.is_empty() and not _checking_uniqueness.get():
            raise UnscopedQuery(
                f"{self.model._meta.label}: say .visible_to(viewer), or .whole_table(reason) if a test lists it"
            )
        return super().get_compiler(*args, **kwargs)


class ScopedQuerySet(models.QuerySet):
    """Rows of a scoped model. Nothing runs before `visible_to` or `whole_table`."""

    def visible_to(self, viewer: Viewer, *, few: bool = False, along: bool = False) -> "ScopedQuerySet":
        """Only what this viewer may see: their own, their people's, shared with them, lent to them (ORG-2…4).

        `few` says that the query names few rows by other means, so that each is asked for itself (`kit.rowwise`);
        `along` that it walks an index of its order and meets what the viewer sees soon: each row met is asked.
        """
        arms = arms_of(self.model, viewer)
        scoped = self._scoped(f"viewer {viewer.person_id}")
        if not arms:
            return scoped.none()
        if not all(arms):  # an arm without condition: everything
            return scoped
        seen = reduce(or_, map(by_row, arms) if few or along else arms)
        return scoped.filter(asked_by_row(seen) if along else seen)

    def within(self, viewer: Viewer, parent: models.Model) -> "ScopedQuerySet":
        """The rows inside a record that was read through its own scope, without asking again who sees each of them.

        Only where that follows: rows seen through the record, or owned like it by one of the viewer's people.
        """
        return self.within_id(viewer, parent.pk, follows(self.model, viewer, parent))

    def within_id(self, viewer: Viewer, parent_id: int, follows: bool) -> "ScopedQuerySet":
        """The same by the id of the record, where it is known whether seeing it is enough."""
        scope = self.model.scope
        inside = {f"{scope.parent if isinstance(scope, OwnedWithin) else scope.field}_id": parent_id}
        if not follows:
            return self.visible_to(viewer).filter(**inside)
        verb = f"{self.model._meta.label_lower}.view"
        rows = self._scoped(f"within {parent_id}").filter(**inside)
        return rows if verb not in VERBS or viewer.can(verb) else rows.none()

    def of_people(self, viewer: Viewer, field: str, people: Iterable[int]) -> "ScopedQuerySet":
        """The rows in which these people of the viewer stand as `field`, where that alone is a reason to see them.

        Counting them needs nothing but an index. People whose rows the viewer does not see add nothing.
        """
        scope = self.model.scope
        if not isinstance(scope, ByOwner) or field not in (scope.field, getattr(scope, "also", "")):
            raise AssertionError(f"{self.model._meta.label}: {field} is no reason to see a row")
        verb = f"{self.model._meta.label_lower}.view"
        rows = self._scoped(f"people of viewer {viewer.person_id}")
        if verb in VERBS and not viewer.can(verb):
            return rows.none()
        return rows.filter(**{f"{field}_id__in": listed([pk for pk in people if viewer.sees_owner(pk)])})

    def whole_table(self, reason: str) -> "ScopedQuerySet":
        """Every row, for the few jobs that need it; a test lists the places that may say this."""
        return self._scoped(f"whole table: {reason}")

    def _scoped(self, who: str) -> "ScopedQuerySet":
        rows = self._chain()
        rows.query.scoped_for = who
        return rows

    def _check_write(self):
        if not self.query.scoped_for:
            raise UnscopedQuery(f"{self.model._meta.label}: a bulk write without a viewer")
        need_action(self.model)

    def update(self, **kwargs):
        self._check_write()
        return super().update(**kwargs)

    def delete(self):
        self._check_write()
        return super().delete()

    def bulk_create(self, objs: Iterable[Any], *args, **kwargs):
        need_action(self.model)
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Any], *args, **kwargs):
        need_action(self.model)
        return self.whole_table("rows given one by one")._bulk_update(objs, *args, **kwargs)

    def _bulk_update(self, objs, *args, **kwargs):
        return super().bulk_update(objs, *args, **kwargs)


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):
    def get_queryset(self):
        return ScopedQuerySet(self.model, query=ScopedQuery(self.model), using=self._db, hints=self._hints)


class ScopedModel(models.Model):
    """Base of every model whose rows not everybody may see. `scope` says who does.

    It is written by actions only, unless it says otherwise (`kit.actions.need_action`).
    """

    scope: Scope
    in_actions_only = True

    objects = ScopedManager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        need_action(type(self))
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        need_action(type(self))
        return super().delete(*args, **kwargs)

    def clean_fields(self, exclude=None):
        # A record that was read and set here exists; the database's foreign key still stands behind it.
        known = {f.name for f in self._meta.fields if f.is_relation and f.is_cached(self) and _is_read(self, f)}
        super().clean_fields({*(exclude or ()), *known})

    def _perform_unique_checks(self, unique_checks):
        return _all_rows_during(super()._perform_unique_checks, unique_checks)

    def validate_constraints(self, exclude=None):
        return _all_rows_during(super().validate_constraints, exclude)

    def get_constraints(self):
        return [(model, [one for one in given if not _is_met(self, one)]) for model, given in super().get_constraints()]


def _is_met(record, constraint) -> bool:
    return isinstance(constraint, models.CheckConstraint) and plainly_holds(record, constraint.condition)


def _is_read(record, relation) -> bool:
    target = relation.get_cached_value(record)
    return target is not None and not target._state.adding and target.pk == getattr(record, relation.attname)


def _all_rows_during(check, *arguments):
    # A unique name is unique among all rows, also those the writer cannot see; Django asks the default manager.
    token = _checking_uniqueness.set(True)
    try:
        return check(*arguments)
    finally:
        _checking_uniqueness.reset(token)


def visible_or_404(rows: ScopedQuerySet, pk: int):
    """The row with this key out of rows already scoped, or NotVisible."""
    record = rows.filter(pk=pk).first()
    if record is None:
        raise NotVisible
    return record
