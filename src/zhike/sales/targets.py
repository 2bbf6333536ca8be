"""Targets down the tree of departments and people, and how far each is reached: attainment with pace (SAL-10)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import ngettext, pgettext

from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.kit.workdays import workdays_between
from zhike.org.models import Department, Person
from zhike.records import config
from zhike.records.prepared import prepared
from zhike.sales.measures import Figures, Measure
from zhike.sales.models import Target
from zhike.sales.models.targets import WHOLE_YEAR, sees_department

BEHIND = 10  # points behind the pace from which a figure turns red
Key = tuple[str, int]  # ("department" or "person", id)
Own = dict[Key, dict[int, Decimal]]
Months = list[Decimal]
YEARS = (2000, 2099)
PERIOD = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])|-q([1-4]))?")


@dataclass
class Node:
    """A department, with the people and departments in it, or a person. `people` counts leavers too."""

    kind: str
    pk: int
    name: str
    people: frozenset[int]
    children: list["Node"] = field(default_factory=list)
    is_here: bool = True

    @property
    def key(self) -> Key:
        """Whose target it is."""
        return self.kind, self.pk

    @property
    def code(self) -> str:
        """The same for forms: d3, p7."""
        return f"{self.kind[0]}{self.pk}"


@config.cached
def _company() -> list[Node]:
    """All departments that have people, with these; those without a department stand beside them."""
    people = Person.objects.order_by("name", "id").values_list("pk", "name", "username", "department_id", "is_active")
    staff: dict[int | None, list[Node]] = {}
    for pk, name, username, place, is_here in people:
        node = Node("person", pk, name or username, frozenset({pk}), is_here=is_here)
        staff.setdefault(place, []).append(node)
    below: dict[int | None, list[Department]] = {}
    for department in Department.objects.order_by("order", "id"):
        below.setdefault(department.parent_id, []).append(department)

    def built(department: Department) -> Node:
        children = staff.get(department.pk, []) + [built(child) for child in below.get(department.pk, ())]
        children = [child for child in children if child.people]
        people = frozenset().union(*(child.people for child in children))
        return Node("department", department.pk, department.name, people, children)

    return [node for node in map(built, below.get(None, ())) if node.people] + staff.get(None, [])


def tree(viewer: Viewer) -> list[Node]:
    """The departments whose people the viewer all sees, and people outside of these the viewer sees."""
    return _seen(_company(), viewer)


def _seen(nodes: Iterable[Node], viewer: Viewer) -> list[Node]:
    found = []
    for node in nodes:
        if node.kind == "person":
            found += [node] if node.is_here and viewer.sees_owner(node.pk) else []
        elif sees_department(viewer, node.pk):
            children = _seen(node.children, viewer)
            found.append(Node(node.kind, node.pk, node.name, node.people, children))
        else:
            found += _seen(node.children, viewer)
    return found


def flat(nodes: Iterable[Node], depth: int = 0) -> list[tuple[Node, int]]:
    """The tree as rows from the top down, each with its depth."""
    found = []
    for node in nodes:
        found += [(node, depth), *flat(node.children, depth + 1)]
    return found


def own_targets(viewer: Viewer, year: int, measures: Iterable[Measure]) -> dict[str, Own]:
    """What was set for a year, by measure and by whose it is: {month: value}, month 0 the whole year."""
    found: dict[str, Own] = {}
    for key, person, department, month, value in _set(viewer, str(year), frozenset(m.key for m in measures)):
        whose = ("person", person) if person else ("department", department)
        found.setdefault(key, {}).setdefault(whose, {})[month] = value
    return found


@prepared
def _set(viewer: Viewer, year: str, measures: frozenset[str]) -> QuerySet:
    rows = Target.objects.visible_to(viewer).filter(year=int(year), measure__in=sorted(measures))
    return rows.values_list("measure", "person_id", "department_id", "month", "value")


def by_month(own: dict[int, Decimal] | None, step: Decimal) -> Months | None:
    """The twelve months of a target: what the year has beyond the months set is spread over the others, exactly."""
    if not own:
        return None
    given = {month: value for month, value in own.items() if month != WHOLE_YEAR}
    empty = [month for month in range(1, 13) if month not in given]
    left = max(own.get(WHOLE_YEAR, Decimal(0)) - sum(given.values()), Decimal(0))
    before = Decimal(0)
    for place, month in enumerate(empty, 1):
        until = left if place == len(empty) else _rounded(left * place / len(empty), step)
        given[month], before = until - before, until
    return [given[month] for month in range(1, 13)]


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def effective(node: Node, own: Own, step: Decimal) -> Months | None:
    """The target of a node by month: its own, or else the sum of those below it; None where there are none."""
    return by_month(own.get(node.key), step) or below(node, own, step)


def below(node: Node, own: Own, step: Decimal) -> Months | None:
    """The sum of the targets below a node, by month; None where there are none."""
    parts = [months for child in node.children if (months := effective(child, own, step))]
    return [sum(month, Decimal(0)) for month in zip(*parts, strict=True)] if parts else None


def target_of(nodes: Iterable[Node], people: frozenset[int], own: Own, step: Decimal) -> Months | None:
    """The target of a group of people: of whole departments among them, and of each one else."""
    parts = []
    for node in nodes:
        if node.people <= people:
            parts.append(effective(node, own, step))
        elif node.people & people:
            parts.append(target_of(node.children, people, own, step))
    found = [months for months in parts if months]
    return [sum(month, Decimal(0)) for month in zip(*found, strict=True)] if found else None


# Attainment


@dataclass(frozen=True)
class Period:
    """Whole months of a year: a month, a quarter, or the year."""

    year: int
    first_month: int
    last_month: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.first_month, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return month_after(date(self.year, self.last_month, 1)) - date.resolution

    def sum(self, months: Months | None) -> Decimal | None:
        """What a target asks in it."""
        return sum(months[self.first_month - 1 : self.last_month], Decimal(0)) if months else None

    def pace(self, today: date) -> int:
        """How far one should be by the end of a day, in percent of the period's working days."""
        if today < self.first:
            return 0
        whole = workdays_between(self.first, self.last)
        return 100 if today >= self.last or not whole else workdays_between(self.first, today) * 100 // whole


def period_of(text: str) -> Period:
    """2026-11, 2026-q4 or 2026; this month where the text says none."""
    found, today = PERIOD.fullmatch(text), dates.today()
    if not found or not YEARS[0] <= int(found[1]) <= YEARS[1]:
        return Period(today.year, today.month, today.month)
    year, month, quarter = int(found[1]), found[2], found[3]
    if month:
        return Period(year, int(month), int(month))
    return Period(year, int(quarter) * 3 - 2, int(quarter) * 3) if quarter else Period(year, 1, 12)


def name_of(period: Period) -> str:
    """The same the other way round."""
    months = period.last_month - period.first_month + 1
    if months == 12:
        return f"{period.year}"
    return f"{period.year}-q{period.last_month // 3}" if months == 3 else f"{period.year}-{period.first_month:02d}"


def month_after(month: date, count: int = 1) -> date:
    """The first day of the month so many months later."""
    place = month.year * 12 + month.month - 1 + count
    return date(place // 12, place % 12 + 1, 1)


@dataclass(frozen=True)
class Attained:
    """How far a target is reached: `share` and `pace` in percent."""

    measure: Measure
    target: Decimal | None
    actual: Decimal
    pace: int

    @property
    def share(self) -> int | None:
        """Reached, in whole percent of the target; None without one."""
        if not self.target:
            return None
        return int((self.actual * 100 / self.target).quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def tone(self) -> str:
        """Ahead, a little behind, far behind."""
        ahead = self.ahead
        return "" if ahead is None else "ok" if ahead >= 0 else "warn" if ahead > -BEHIND else "bad"

    @property
    def ahead(self) -> int | None:
        """Points ahead of the pace, or behind it if negative."""
        return None if self.share is None else self.share - self.pace

    @property
    def behind(self) -> int:
        """Points behind the pace."""
        return max(-(self.ahead or 0), 0)

    @property
    def gap(self) -> Decimal | None:
        """What is still missing."""
        return None if self.target is None else max(self.target - self.actual, Decimal(0))

    @property
    def note(self) -> str:
        """Where it stands, in words."""
        if self.ahead is None:
            return ""
        if not self.gap:
            return pgettext("goal", "Reached")
        words = {"gap": self.measure.short(self.gap), "n": abs(self.ahead)}
        if self.ahead >= 0:
            return ngettext("%(n)s point ahead", "%(n)s points ahead", self.ahead) % words
        said = ngettext("%(n)s point behind, %(gap)s to go", "%(n)s points behind, %(gap)s to go", self.behind)
        return said % words

    @property
    def of(self) -> str:
        """Behind the figure: what was aimed at, and the share of it."""
        return f"/ {self._aim} · {self.share}%"

    @property
    def value(self) -> str:
        """The figure, in few characters; without its unit where the target has the same."""
        said = self.measure.short(self.actual)
        figure, _space, unit = said.partition(" ")
        return figure if unit and self._aim.endswith(f" {unit}") else said

    @property
    def _aim(self) -> str:
        return self.measure.short(self.target or Decimal(0)).replace(".0 ", " ")


def attainment(viewer: Viewer, measure: Measure, period: Period) -> list[dict[str, Any]]:
    """Each department and person the viewer sees that has a target or a figure: {"node", "depth", "at"}."""
    nodes = tree(viewer)
    own = own_targets(viewer, period.year, [measure]).get(measure.key, {})
    reached = measure.figures(viewer, viewer.people, period.first, period.last)
    pace, found = period.pace(dates.today()), []
    for node, depth in flat(nodes):
        at = Attained(measure, period.sum(effective(node, own, measure.step)), total(reached, node.people), pace)
        if at.target is not None or at.actual:
            found.append({"node": node, "depth": depth, "at": at})
    return found


def total(reached: Figures, people: Iterable[int]) -> Decimal:
    """What these people reached together."""
    return sum((reached[pk] for pk in people if pk in reached), Decimal(0))


def goals(viewer: Viewer, people: Iterable[int], known: Iterable[Measure]) -> list[Attained]:
    """This month's targets of these people, each with what they reached; nothing for measures without a target."""
    today, group = dates.today(), frozenset(people)
    period = Period(today.year, today.month, today.month)
    known = list(known)
    by_measure = own_targets(viewer, today.year, known)
    nodes, found = tree(viewer) if by_measure else [], []
    for measure in known:
        aim = period.sum(target_of(nodes, group, by_measure.get(measure.key, {}), measure.step))
        if aim:
            reached = measure.figures(viewer, group, period.first, period.last)
            found.append(Attained(measure, aim, total(reached, group), period.pace(today)))
    return found
