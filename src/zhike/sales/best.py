"""The best projects: open deals by score, with who is booked and what holds each back (SAL-4, FIELD-NOTES 19)."""

from dataclasses import dataclass, field

from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.records import search
from zhike.records.filters import Filter
from zhike.sales import projects as around
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Opportunity, ResourceRequest
from zhike.sales.scoring import Part

FIRST = 50
# What the deal and its stage are, rather than what is left undone.
GIVEN = ("cover", "amount", "probability", "tier")
STRONG = 60  # from here on a project should not wait for people


@dataclass
class Project:
    """A deal in the ranking: who is booked, and where it loses most points."""

    deal: Opportunity
    booked: list[str] = field(default_factory=list)
    weak: list[Part] = field(default_factory=list)

    @property
    def is_alone(self) -> bool:
        """A strong project nobody is booked for."""
        return not self.booked and (self.deal.score or 0) >= STRONG


def projects(viewer: Viewer, flt: Filter, *, uncovered: bool = False) -> list[Project]:
    """The first fifty open deals of a filter by score; with `uncovered`, of those nobody is booked for from today on.

    Raises ValidationError {field: message} for a filter that makes no sense.
    """
    wanted = Filter(OPPORTUNITY, [c for c in flt.conditions if c.field != "status"], flt.search)
    # Only open deals have a score, so the index by score alone finds them; one just decided is left out below.
    rows = wanted.apply(OPPORTUNITY.rows(viewer).filter(score__isnull=False), viewer)
    rows = search.narrow(rows, OPPORTUNITY, viewer, flt.search)
    if uncovered:
        booked = ResourceRequest.objects.whole_table("bookings of the deals of the outer query, which is scoped")
        booked = booked.filter(status=ResourceRequest.Status.GRANTED, last_on__gte=dates.today())
        rows = rows.exclude(pk__in=booked.values("opportunity_id"))
    found = rows.select_related("customer").order_by("-score", "-id")[:FIRST]
    deals = [deal for deal in found if deal.status == Opportunity.Status.OPEN]
    ids = [deal.pk for deal in deals]
    booked, parts = around.booked_for(viewer, ids), around.parts_by_deal(viewer, ids)
    return [Project(deal, booked.get(deal.pk, []), weakest(parts.get(deal.pk, []))) for deal in deals]


def weakest(parts: list[Part], count: int = 2) -> list[Part]:
    """The parts that lose the most points, of those one can do something about; resources have their own column."""
    losing = [part for part in parts if part.lost > 0 and part.part not in GIVEN]
    return sorted(losing, key=lambda part: -part.lost)[:count]
