"""Reads around a deal, viewer first: buying centre and its gaps, competitors, team, resource requests (SAL-4)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.errors import NotVisible
from zhike.kit.viewer import Viewer
from zhike.records import queries as records
from zhike.sales.models import (
    BuyingRole,
    Competitor,
    DealCompetitor,
    DealScore,
    Opportunity,
    ResourceRequest,
    TeamMember,
)
from zhike.sales.project_kinds import COMPETITOR, RESOURCE
from zhike.sales.scoring import Part, part_of

VISIT_DAYS = 30
MANY = 200

# The room of follow-ups says when contacts were last visited: `(contact ids) -> {contact id: day}`.
_visits: Callable[[list[int]], dict[int, date]] | None = None


def visits_from(read: Callable[[list[int]], dict[int, date]]) -> None:
    """Called once by the room that knows visits."""
    global _visits
    _visits = read


# The buying centre


@dataclass
class Place:
    """A person in the buying centre with the day of the last visit, and where they stand on the map."""

    row: BuyingRole
    visited_on: date | None = None
    x: int = 0
    y: int = 0

    @property
    def is_neglected(self) -> bool:
        """Decides, and was not visited for a month."""
        return self.row.role == BuyingRole.Role.DECIDER and _is_long_ago(self.visited_on)


@dataclass
class BuyingCentre:
    """Who decides: the people, most influential first; the gaps in words."""

    places: list[Place] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def buying_centre(viewer: Viewer, opportunity: Opportunity) -> BuyingCentre:
    """The buying centre of a deal that was read through its scope, and what is missing in it."""
    rows = BuyingRole.objects.within(viewer, opportunity)
    rows = list(rows.select_related("contact", "reports_to__contact").order_by("-influence", "id"))
    visits = _visits([row.contact_id for row in rows]) if _visits and rows else {}
    places = [Place(row, visits.get(row.contact_id)) for row in rows]
    return BuyingCentre(places, gaps(places))


def gaps(places: list[Place]) -> list[str]:
    """What a good salesperson would see to first, in words."""
    deciders = [place for place in places if place.row.role == BuyingRole.Role.DECIDER]
    if not deciders:
        found = [_("Nobody knows yet who decides.")]
    else:
        found = [
            _("%(person)s decides and was not visited in %(days)s days.")
            % {"person": place.row.contact, "days": VISIT_DAYS}
            for place in deciders
            if place.is_neglected
        ]
        if all(place.row.stance != BuyingRole.Stance.SUPPORTS for place in deciders):
            found.append(_("Nobody who decides supports us."))
    for place in places:
        if place.row.stance == BuyingRole.Stance.AGAINST and place.row.influence == BuyingRole.Influence.GREAT:
            found.append(_("%(person)s is against us and has great influence.") % {"person": place.row.contact})
        if place.row.influence == BuyingRole.Influence.GREAT and not place.row.covered_by_id:
            found.append(_("Nobody of us covers %(person)s.") % {"person": place.row.contact})
    return found


def _is_long_ago(day: date | None) -> bool:
    return day is None or day < dates.today() - timedelta(days=VISIT_DAYS)


def buying_role(viewer: Viewer, opportunity: Opportunity, pk: int) -> BuyingRole:
    """A person in the buying centre; raises NotVisible."""
    return _one(BuyingRole.objects.within(viewer, opportunity).select_related("contact", "opportunity"), pk)


# Competitors


@dataclass
class Record:
    """How deals against a competitor went, of those the viewer sees. Amounts in yuan."""

    won: int = 0
    lost: int = 0
    open: int = 0
    won_amount: Any = 0
    lost_amount: Any = 0

    @property
    def decided(self) -> int:
        """Won and lost."""
        return self.won + self.lost


def records_against(viewer: Viewer, competitors: Iterable[int] | None = None) -> dict[int, Record]:
    """Won, lost and open deals against each competitor, in one query."""
    rows = DealCompetitor.objects.visible_to(viewer)
    if competitors is not None:
        rows = rows.filter(competitor__in=list(competitors))
    sums = rows.order_by().values_list("competitor_id", "opportunity__status").annotate(
        n=Count("pk"), total=Sum("opportunity__amount")
    )  # fmt: skip
    found: dict[int, Record] = defaultdict(Record)
    for competitor, status, count, total in sums:
        setattr(found[competitor], status, count)
        if status != Opportunity.Status.OPEN:
            setattr(found[competitor], f"{status}_amount", total or 0)
    return found


def rivals(viewer: Viewer, opportunity: Opportunity) -> list[DealCompetitor]:
    """The competitors in a deal that was read through its scope, each with `record`: how we did against them so far."""
    rows = list(DealCompetitor.objects.within(viewer, opportunity).select_related("competitor").order_by("id"))
    known = records_against(viewer, [row.competitor_id for row in rows]) if rows else {}
    for row in rows:
        row.record = known.get(row.competitor_id, Record())
    return rows


def rival(viewer: Viewer, opportunity: Opportunity, pk: int) -> DealCompetitor:
    """A competitor in a deal; raises NotVisible."""
    return _one(DealCompetitor.objects.within(viewer, opportunity).select_related("competitor", "opportunity"), pk)


def competitor(viewer: Viewer, pk: int) -> Competitor:
    """A competitor; raises NotVisible."""
    return records.record(viewer, COMPETITOR, pk)


def deals_against(viewer: Viewer, found: Competitor) -> list[DealCompetitor]:
    """The deals the viewer sees in which a competitor takes part, open ones first."""
    rows = DealCompetitor.objects.visible_to(viewer).filter(competitor=found)
    rows = rows.select_related("opportunity__customer").order_by("-opportunity__updated_at", "-id")[:MANY]
    return sorted(rows, key=lambda row: row.opportunity.status != Opportunity.Status.OPEN)


# The team, and colleagues asked for


def team(viewer: Viewer, opportunity: Opportunity) -> list[TeamMember]:
    """The team of a deal that was read through its scope."""
    return list(TeamMember.objects.within(viewer, opportunity).select_related("person__department").order_by("id"))


def member(viewer: Viewer, opportunity: Opportunity, pk: int) -> TeamMember:
    """A member of a deal's team; raises NotVisible."""
    return _one(TeamMember.objects.within(viewer, opportunity).select_related("person", "opportunity"), pk)


RELATED = ("opportunity__customer", "requester", "asked_person", "asked_department", "person", "decided_by")


def resource_requests(viewer: Viewer, opportunity: Opportunity) -> list[ResourceRequest]:
    """The requests for a deal that was read through its scope, those to come first."""
    rows = ResourceRequest.objects.visible_to(viewer).filter(opportunity=opportunity)
    return list(rows.select_related(*RELATED).order_by("-last_on", "-id")[:MANY])


def resource_request(viewer: Viewer, pk: int) -> ResourceRequest:
    """A request the viewer sees; raises NotVisible."""
    return records.record(viewer, RESOURCE, pk, related=RELATED)


def booked_for(viewer: Viewer, ids: list[int]) -> dict[int, list[str]]:
    """Who is booked from today on for each of these deals: names by deal, in one query."""
    rows = ResourceRequest.objects.visible_to(viewer).filter(
        opportunity__in=ids, status=ResourceRequest.Status.GRANTED, last_on__gte=dates.today()
    )
    found: dict[int, list[str]] = defaultdict(list)
    for deal, name, username in rows.order_by("first_on").values_list(
        "opportunity_id", "person__name", "person__username"
    ):
        if (name or username) not in found[deal]:
            found[deal].append(name or username)
    return found


# The score


def score_parts(viewer: Viewer, opportunity: Opportunity) -> tuple[list[Part], Any]:
    """The parts a deal's score was added up from, and when; empty before it was reckoned and once it is decided."""
    row = DealScore.objects.within(viewer, opportunity).first()
    if row is None:
        return [], None
    return [part for kept in row.parts if (part := part_of(kept))], row.scored_at


def parts_by_deal(viewer: Viewer, ids: list[int]) -> dict[int, list[Part]]:
    """The same for many deals, in one query."""
    rows = DealScore.objects.visible_to(viewer).filter(opportunity__in=ids)
    return {row.opportunity_id: [part for kept in row.parts if (part := part_of(kept))] for row in rows}


def _one(rows: Any, pk: int) -> Any:
    found = rows.filter(pk=pk).first() if 0 < pk <= records.LARGEST_KEY else None
    if found is None:
        raise NotVisible
    return found
