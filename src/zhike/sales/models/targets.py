"""What is aimed at, and what was forecast: targets by person or department, and forecasts kept to compare (SAL-10)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhike.kit.idlists import listed
from zhike.kit.money import MoneyField
from zhike.kit.scope import Scope, ScopedModel, by_owner
from zhike.kit.viewer import Viewer
from zhike.org.models import Department, Person
from zhike.records import config
from zhike.records.models import Record, person_key

WHOLE_YEAR = 0


@config.cached
def staff() -> dict[int, frozenset[int]]:
    """Who works in each department and all below it: ids of those present, by the department's id."""
    parents = dict(Department.objects.values_list("pk", "parent_id"))
    found: dict[int, set[int]] = {pk: set() for pk in parents}
    for pk, place in Person.objects.present().filter(department__isnull=False).values_list("pk", "department_id"):
        while place is not None:
            found[place].add(pk)
            place = parents[place]
    return {pk: frozenset(people) for pk, people in found.items()}


def sees_department(viewer: Viewer, department_id: int) -> bool:
    """Whether the viewer sees everybody in a department, and so its figures."""
    people = staff().get(department_id, frozenset())
    return viewer.people is None or (bool(people) and people <= viewer.people)


def may_set(viewer: Viewer, *, person_id: int | None = None, department_id: int | None = None) -> bool:
    """Whether the viewer sets this target: of those below them, and of departments where all are; never their own."""
    if viewer.people is None:
        return True
    if person_id is not None:
        return person_id in viewer.subordinates
    people = staff().get(department_id, frozenset())
    return bool(people) and people <= viewer.subordinates


class SeenInLine(Scope):
    """A person's target: that person and those above; a department's: whoever sees everybody in it."""

    def arms(self, viewer, model):
        if viewer.people is None:
            return [Q()]
        departments = [pk for pk in staff() if sees_department(viewer, pk)]
        return [Q(person_id__in=listed(viewer.people)), Q(department_id__in=departments)]

    def allows_change(self, viewer, record):
        return may_set(viewer, person_id=record.person_id, department_id=record.department_id)


class Target(Record):
    """How much of a measure a person or department is to reach in a month, or (month 0) in a year.

    `value` is in yuan or pieces, as the measure counts.
    """

    measure = models.CharField(_("measure"), max_length=40)
    year = models.PositiveSmallIntegerField(_("year"))
    month = models.PositiveSmallIntegerField(_("month"), default=WHOLE_YEAR)
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    department = models.ForeignKey(
        Department, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("department")
    )
    value = MoneyField(_("target"))

    scope = SeenInLine()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, department__isnull=True)
                | Q(person__isnull=True, department__isnull=False),
                name="target_of_one",
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0), name="target_positive",
                violation_error_message=_("A target cannot be negative."),
            ),
            models.CheckConstraint(condition=Q(month__lte=12), name="target_month"),
            models.UniqueConstraint(
                fields=["year", "measure", "person", "month"], name="target_of_person_once",
                violation_error_message=_("Somebody else has just set this target."),
            ),
            models.UniqueConstraint(
                fields=["year", "measure", "department", "month"], name="target_of_department_once",
                violation_error_message=_("Somebody else has just set this target."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.measure} {self.year}-{self.month:02d}"


class Forecast(models.Model):
    """A forecast as it stood at an instant: once a month by itself, besides whenever somebody keeps one."""

    taken_at = models.DateTimeField()
    # The first day of the month it was kept for by itself; empty where somebody asked.
    month = models.DateField(null=True, unique=True)
    person = person_key(null=True)

    class Meta:
        verbose_name = _("kept forecast")
        ordering = ["-taken_at", "-id"]

    def __str__(self):
        return f"{self.taken_at:%Y-%m-%d}"


class ForecastLine(ScopedModel):
    """What a kept forecast said of a person and a month, in yuan. Appended, never changed."""

    forecast = models.ForeignKey(Forecast, models.PROTECT, related_name="lines", db_index=False)
    owner = person_key(db_index=False)
    month = models.DateField()
    won = MoneyField(default=0)
    commit = MoneyField(default=0)
    best_case = MoneyField(default=0)
    pipeline = MoneyField(default=0)
    weighted = MoneyField(default=0)
    deals = models.PositiveIntegerField(default=0)

    scope = by_owner("owner")

    class Meta:
        verbose_name = _("line of a kept forecast")
        constraints = [models.UniqueConstraint(fields=["forecast", "month", "owner"], name="forecast_line_once")]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.owner_id}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("a kept forecast is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("a kept forecast is never deleted")
