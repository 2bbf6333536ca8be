"""Who is booked when: people by days for two weeks, free or busy; with what only where one may know (SAL-4)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from zhike.kit.viewer import Viewer
from zhike.kit.workdays import is_workday
from zhike.org.models import Person
from zhike.sales import rules
from zhike.sales.models import ResourceRequest
from zhike.sales.models.teams import DAY_HOURS
from zhike.sales.projects import RELATED

DAYS = 14
MOST_PEOPLE = 100
STATUS = ResourceRequest.Status


@dataclass
class Cell:
    """A day of a colleague: hours booked, and with what, as far as the viewer may know."""

    day: date
    is_work: bool
    hours: Decimal = Decimal(0)
    known: list[ResourceRequest] = field(default_factory=list)

    @property
    def state(self) -> str:
        """ "off", "free", "part" or "full"."""
        if not self.is_work:
            return "off"
        return "free" if not self.hours else "full" if self.hours >= DAY_HOURS else "part"

    @property
    def share(self) -> Decimal:
        """How much of the day is booked, in percent."""
        return min(100 * self.hours / DAY_HOURS, Decimal(100))

    @property
    def words(self) -> str:
        """With what, as far as one may know."""
        return "; ".join(str(row.opportunity) for row in self.known)


@dataclass
class Row:
    """A colleague and their days."""

    person: Person
    cells: list[Cell]

    @property
    def free_hours(self) -> Decimal:
        """Hours of working days that are left."""
        return sum((DAY_HOURS - min(cell.hours, DAY_HOURS) for cell in self.cells if cell.is_work), Decimal(0))


def days_from(first: date) -> list[date]:
    """Two weeks, from the Monday on or before a day."""
    monday = first - timedelta(days=first.weekday())
    return [monday + timedelta(days=n) for n in range(DAYS)]


def calendar(viewer: Viewer, first: date, department: int | None = None) -> list[Row]:
    """People × days: those of a department, or those ever asked for and the viewer's own line; in four queries."""
    days = days_from(first)
    people = _people(viewer, department)
    rows = {p.pk: Row(p, [Cell(day, is_workday(day)) for day in days]) for p in people}
    for person_id, start, end, hours in _bookings(rows, days):
        for cell in _between(rows[person_id].cells, start, end):
            cell.hours += hours
    for asked in _known(viewer, rows, days):
        for cell in _between(rows[asked.person_id].cells, asked.first_on, asked.last_on):
            cell.known.append(asked)
    return sorted(rows.values(), key=lambda row: not any(cell.hours for cell in row.cells))  # who is booked comes first


def to_decide(viewer: Viewer) -> list[ResourceRequest]:
    """The requests this viewer grants or declines, the next ones first."""
    rows = ResourceRequest.objects.visible_to(viewer).filter(status=STATUS.ASKED)
    found = rows.select_related(*RELATED).order_by("first_on", "id")[:200]
    return [row for row in found if rules.may_decide_resource(viewer, row)]


def candidates(viewer: Viewer, asked: ResourceRequest) -> list[Row]:
    """Whom the viewer may send for a request, the freest first, with their days of the request."""
    rows = Person.objects.visible_to(viewer).present().select_related("department")
    if asked.asked_department_id:
        rows = rows.filter(department_id=asked.asked_department_id)
    else:
        rows = rows.filter(Q(pk=asked.asked_person_id) | Q(department_id=asked.asked_person.department_id))
    people = [p for p in rows.order_by("name")[:MOST_PEOPLE] if rules.may_send(viewer, asked, p)]
    days = [asked.first_on + timedelta(days=n) for n in range((asked.last_on - asked.first_on).days + 1)]
    found = {p.pk: Row(p, [Cell(day, is_workday(day)) for day in days]) for p in people}
    for person_id, start, end, hours in _bookings(found, days):
        for cell in _between(found[person_id].cells, start, end):
            cell.hours += hours
    return sorted(found.values(), key=lambda row: (row.person.pk != asked.asked_person_id, -row.free_hours))


def _people(viewer: Viewer, department: int | None) -> list[Person]:
    rows = Person.objects.visible_to(viewer).present().select_related("department")
    if department is not None:
        rows = rows.filter(department_id=department)
    else:
        asked = ResourceRequest.objects.whole_table("who is ever asked for, without saying what for")
        named = asked.exclude(status=STATUS.CANCELLED).order_by()
        rows = rows.filter(
            Q(pk__in=named.values("asked_person_id")) | Q(pk__in=named.values("person_id"))
            | Q(pk__in=sorted({viewer.person_id, *viewer.subordinates}))
        )  # fmt: skip
    return list(rows.order_by("department__order", "department__name", "name", "id")[:MOST_PEOPLE])


def _bookings(people: Iterable[int], days: list[date]) -> list[tuple[int, date, date, Decimal]]:
    rows = ResourceRequest.objects.whole_table("how busy colleagues are, without saying with what")
    rows = rows.filter(person__in=list(people), status=STATUS.GRANTED, first_on__lte=days[-1], last_on__gte=days[0])
    return list(rows.order_by().values_list("person_id", "first_on", "last_on", "hours"))


def _known(viewer: Viewer, people: Iterable[int], days: list[date]) -> list[ResourceRequest]:
    rows = ResourceRequest.objects.visible_to(viewer)
    rows = rows.filter(person__in=list(people), status=STATUS.GRANTED, first_on__lte=days[-1], last_on__gte=days[0])
    return list(rows.select_related("opportunity").order_by("first_on", "id"))


def _between(cells: list[Cell], first: date, last: date) -> list[Cell]:
    return [cell for cell in cells if cell.is_work and first <= cell.day <= last]
