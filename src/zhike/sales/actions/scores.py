"""Keeping the priority score: reckoned by the system after changes and each night, weights set by the administrator."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import acting, action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.org.viewers import the_system
from zhike.records.models import AuditEntry
from zhike.sales import score_facts, scoring
from zhike.sales.models import DealScore, Opportunity, ScoreWeight
from zhike.sales.models.scores import changed_weights

SET_WEIGHTS = "sales.score.change"
BATCH = 1000
WHY = "scores are reckoned for everybody"


def refresh_scores(ids: Iterable[int]) -> int:
    """Reckon the scores of these deals anew, each thousand in a transaction of its own; gives how many changed."""
    ids, usual, changed = list(ids), score_facts.usual_amounts(), 0
    for start in range(0, len(ids), BATCH):
        with acting(the_system(), "refresh_scores"):
            changed += _refresh(ids[start : start + BATCH], usual)
    return changed


def refresh_all_scores() -> int:
    """The same for every open deal: days pass, and the pipelines they are compared with change."""
    rows = Opportunity.objects.whole_table(WHY).filter(status=Opportunity.Status.OPEN).order_by("pk")
    return refresh_scores(rows.values_list("pk", flat=True))


def open_deals_with(customer_id: int | None) -> list[int]:
    """The open deals with a customer, by id, for the system to reckon anew."""
    rows = Opportunity.objects.whole_table(WHY).filter(customer=customer_id, status=Opportunity.Status.OPEN)
    return list(rows.order_by("pk").values_list("pk", flat=True)) if customer_id else []


def _refresh(ids: list[int], usual: dict) -> int:
    facts, weights, now = score_facts.facts_of(ids, usual), changed_weights(), dates.now()
    kept = dict(DealScore.objects.whole_table(WHY).filter(opportunity__in=ids).values_list("opportunity_id", "parts"))
    rows = Opportunity.objects.whole_table(WHY).filter(pk__in=ids)
    before = dict(rows.order_by().values_list("pk", "score"))
    reckoned = {pk: scoring.score(found, weights) for pk, found in facts.items()}
    moved = [pk for pk, score in before.items() if score != (reckoned[pk].total if pk in reckoned else None)]
    _write_totals(moved, reckoned)
    parts = {pk: [part.as_json() for part in score.parts] for pk, score in reckoned.items()}
    new = [
        DealScore(opportunity_id=pk, parts=said, scored_at=now) for pk, said in parts.items() if kept.get(pk) != said
    ]
    DealScore.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["opportunity"], update_fields=["parts", "scored_at"]
    )
    if decided := kept.keys() - parts.keys():
        DealScore.objects.whole_table(WHY).filter(opportunity__in=decided).delete()
    return len(moved)


def _write_totals(moved: list[int], reckoned: dict[int, scoring.Score]) -> None:
    """Deals of the same score are written together: at most a hundred statements, whatever the batch."""
    by_total: dict[int | None, list[int]] = {}
    for pk in moved:
        by_total.setdefault(reckoned[pk].total if pk in reckoned else None, []).append(pk)
    for total, ids in by_total.items():
        Opportunity.objects.whole_table(WHY).filter(pk__in=ids).update(score=total)


@action
def save_weights(weights: dict[str, int], *, by: Viewer) -> None:
    """Set what the parts of the score weigh; scores follow in the worker. Raises Refused where nothing weighs."""
    require(by, SET_WEIGHTS)
    if unknown := weights.keys() - scoring.PARTS.keys():
        raise Refused({min(unknown): _("The score has no such part.")})
    before = {name: changed_weights().get(name, rule.weight) for name, rule in scoring.PARTS.items()}
    after = before | weights
    if not sum(after.values()):
        raise Refused(_("At least one part has to weigh something."))
    if after == before:
        return
    for name, weight in after.items():
        row = ScoreWeight.objects.filter(part=name).first() or ScoreWeight(part=name)
        row.weight = weight
        row.full_clean()
        row.save()
        if before[name] != weight:
            AuditEntry.write(row, AuditEntry.Verb.CHANGED, {"weight": [before[name], weight]})
