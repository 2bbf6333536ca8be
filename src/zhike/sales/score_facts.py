"""What the score of many deals looks at, in a fixed number of queries (SAL-4)."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Count, Sum

from zhike.kit import dates
from zhike.kit.money import round_fen
from zhike.sales.models import BuyingRole, DealCompetitor, Opportunity, ResourceRequest
from zhike.sales.models.pipelines import stages
from zhike.sales.scoring import Facts

WHY = "scores are reckoned for everybody; each is kept with its deal and shown to who sees it"
OPEN = Opportunity.Status.OPEN


def facts_of(ids: Iterable[int], usual: dict[int, Decimal | None]) -> dict[int, Facts]:
    """The facts of those of these deals that are open, by id; `usual` from `usual_amounts`."""
    ids, today, now = list(ids), dates.today(), dates.now()
    deciders, rivals, cover = _deciders(ids), _standings(ids), _cover(ids)
    rows = Opportunity.objects.whole_table(WHY).filter(pk__in=ids, status=OPEN).order_by().values_list(
        "pk", "pipeline_id", "stage_id", "stage_since", "amount", "probability", "next_step", "next_on",
        "customer__tier", "customer__last_activity_at",
    )  # fmt: skip
    found, known = {}, stages()
    for pk, pipeline, stage, since, amount, probability, step, step_on, tier, last in rows:
        found[pk] = Facts(
            amount=amount, usual=usual.get(pipeline), probability=probability, days=max((now - since).days, 0),
            expected=known[stage].expected_days, deciders=tuple(deciders[pk]), has_step=bool(step),
            step_in=(step_on - today).days if step_on else None,
            quiet_days=max((today - dates.local_day(last)).days, 0) if last else None,
            tier=tier or "", rivals=tuple(rivals[pk]), cover=cover.get(pk, ""),
        )  # fmt: skip
    return found


def usual_amounts() -> dict[int, Decimal | None]:
    """The average amount of the open deals of each pipeline that have one, in yuan, rounded to fen."""
    rows = Opportunity.objects.whole_table(WHY).filter(status=OPEN, amount__gt=0).order_by()
    sums = rows.values_list("pipeline_id").annotate(n=Count("pk"), total=Sum("amount"))
    return {pipeline: round_fen(total / n) if n else None for pipeline, n, total in sums}


def _deciders(ids: list[int]) -> dict[int, list[str]]:
    rows = BuyingRole.objects.whole_table(WHY).filter(opportunity__in=ids, role=BuyingRole.Role.DECIDER)
    return _grouped(rows.order_by("id").values_list("opportunity_id", "stance"))


def _standings(ids: list[int]) -> dict[int, list[str]]:
    rows = DealCompetitor.objects.whole_table(WHY).filter(opportunity__in=ids)
    return _grouped(rows.order_by("id").values_list("opportunity_id", "standing"))


def _grouped(rows: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    found = defaultdict(list)
    for pk, word in rows:
        found[pk].append(word)
    return found


def _cover(ids: list[int]) -> dict[int, str]:
    status = ResourceRequest.Status
    rows = ResourceRequest.objects.whole_table(WHY).filter(
        opportunity__in=ids, status__in=[status.ASKED, status.GRANTED], last_on__gte=dates.today()
    )
    found: dict[int, str] = {}
    for pk, state in rows.order_by().values_list("opportunity_id", "status"):
        found[pk] = status.GRANTED if status.GRANTED in (state, found.get(pk)) else status.ASKED
    return found
