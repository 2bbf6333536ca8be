"""Setting up pipelines and stages while deals run in them: nothing in use disappears (SAL-2, IMP-6)."""

import secrets
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import kinds, search
from zhike.records.events import emit
from zhike.records.models import AuditEntry
from zhike.sales.models import Opportunity, Pipeline, Stage, StageChange

CHANGE = "sales.pipeline.change"
MOST_STAGES = 20
BATCH = 1000
LAST = 1_000_000
WHY = "whether a stage is in use, by whomever"


@action
def save_pipeline(pipeline: Pipeline, *, by: Viewer, name: str, evaluated_by: str, is_default: bool = False,
                  is_archived: bool = False) -> Pipeline:  # fmt: skip
    """Create or change a pipeline; a new one starts with an open, a won and a lost stage.

    There is always exactly one default, which cannot be archived.
    """
    require(by, CHANGE)
    is_new = pipeline.pk is None
    others = Pipeline.objects.exclude(pk=pipeline.pk).filter(is_default=True)
    is_default = is_default or not others.exists()
    if is_default and is_archived:
        raise Refused({"is_archived": _("New deals begin here; choose another default first.")})
    if is_default:
        others.update(is_default=False)
    pipeline.name, pipeline.evaluated_by = name, evaluated_by
    pipeline.is_default, pipeline.is_archived = is_default, is_archived
    pipeline.full_clean()
    pipeline.save()
    if is_new:
        first = [
            (Stage.Kind.OPEN, _("First stage"), 10),
            (Stage.Kind.WON, pgettext("opportunity", "Won"), 100),
            (Stage.Kind.LOST, pgettext("opportunity", "Lost"), 0),
        ]
        for place, (kind, title, probability) in enumerate(first, 1):
            Stage.objects.create(pipeline=pipeline, name=title, kind=kind, probability=probability, order=place * 10)
    return pipeline


@action
def save_stage(stage: Stage, *, by: Viewer, name: str, kind: str, probability: int, expected_days: int | None = None,
               allow_back: bool = True, required_fields: list[str] | None = None, checklist: list[str] | None = None,
               most_skipped: int | None = None, goes_to: list[int] | None = None) -> Stage:  # fmt: skip
    """Create or change a stage; lines of the checklist with "!" in front must be ticked before a deal moves on.

    A new one comes after the last of its kind. Open deals that stood at the stage's probability follow it, in the same
    transaction. Raises Refused for a change of kind while deals are in it, and for a pipeline left without open, won
    or lost stage.
    """
    require(by, CHANGE)
    is_new = stage.pk is None
    before = None if is_new else lock(stage).probability
    if is_new and stage.pipeline.stages.filter(is_archived=False).count() >= MOST_STAGES:
        raise Refused(_("A pipeline has at most %(limit)s stages.") % {"limit": MOST_STAGES})
    if not is_new and stage.kind != kind:
        if _deals_in(stage).exists():
            raise Refused({"kind": _("Deals are in this stage; what kind it is cannot change now.")})
        _check_left(stage)
    stage.name, stage.kind, stage.expected_days = name, kind, expected_days
    stage.order = LAST if is_new else stage.order
    stage.probability = {Stage.Kind.WON: 100, Stage.Kind.LOST: 0}.get(kind, probability)
    stage.allow_back, stage.required_fields = allow_back, list(required_fields or [])
    stage.most_skipped, stage.goes_to = most_skipped, list(goes_to or [])
    stage.checklist = _items(stage, checklist or [])
    stage.full_clean()
    stage.save()
    _put_in_order(stage.pipeline, [])
    if before is not None and stage.probability != before and stage.is_open:
        _weigh_anew(stage, before)
    return stage


def _weigh_anew(stage: Stage, before: int) -> None:
    """Let the open deals of a stage follow its probability; what somebody estimated otherwise stays.

    Written down in the history of each deal, but no event: it is the pipeline that changes, nothing happened to them.
    """
    from zhike.sales.score_tasks import refresh_all  # tasks name their queue at import

    rows = _deals_in(stage).filter(status=Opportunity.Status.OPEN, probability=before).order_by("id")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    deals = list(rows.only("id", "name", "code"))
    said = {"probability": [before, stage.probability]}
    for start in range(0, len(deals), BATCH):
        some = deals[start : start + BATCH]
        _deals_in(stage).filter(pk__in=[deal.pk for deal in some]).update(
            probability=stage.probability, version=F("version") + 1, updated_at=dates.now()
        )
        AuditEntry.objects.bulk_create([AuditEntry.of(deal, AuditEntry.Verb.CHANGED, said) for deal in some])
    if deals:
        refresh_all.enqueue()


@action
def order_stages(pipeline: Pipeline, *, by: Viewer, order: list[int]) -> None:
    """Put the stages into this order: open ones first, then won, then lost. Deals stay in the stages they are in."""
    require(by, CHANGE)
    _put_in_order(pipeline, order)


def _put_in_order(pipeline: Pipeline, order: list[int]) -> None:
    """Number the stages anew; an archived one stays behind the stage it came after, as the funnel reads its place."""
    now = list(pipeline.stages.order_by("order", "id"))
    place, ranks = {pk: n for n, pk in enumerate(order)}, list(Stage.Kind)
    active = [stage for stage in now if not stage.is_archived]
    active.sort(key=lambda s: (ranks.index(s.kind), place.get(s.pk, len(place)), s.order, s.pk))
    behind: dict[int | None, list[Stage]] = {}
    before = None
    for stage in now:
        if stage.is_archived:
            behind.setdefault(before, []).append(stage)
        else:
            before = stage.pk
    line = [*behind.get(None, []), *(s for stage in active for s in (stage, *behind.get(stage.pk, [])))]
    for n, stage in enumerate(line, 1):
        if stage.order != n * 10:
            stage.order = n * 10
            stage.save()


@action
def remove_stage(stage: Stage, *, by: Viewer, to: Stage | None = None, reason: str = "") -> int:
    """Take a stage out of its pipeline; its open deals go to `to`, each with a line in its history. Gives how many.

    All in one transaction. Gates are not asked: it is the pipeline that changes, not the deals that move on. Decided
    deals keep pointing to the stage, which is then archived; one that was never used is deleted. Raises Refused for
    the last of its kind, and where open deals have nowhere to go or nobody says why.
    """
    require(by, CHANGE)
    stage = Stage.objects.select_for_update().get(pk=stage.pk)
    _check_left(stage)
    moved = _move_out(stage, to, reason, by) if stage.is_open else 0
    used = (
        _deals_in(stage).exists() or StageChange.objects.whole_table(WHY).filter(Q(old=stage) | Q(new=stage)).exists()
    )
    if not used:
        stage.delete()
        return moved
    stage.is_archived = True
    stage.save()
    return moved


def _move_out(stage: Stage, to: Stage | None, reason: str, by: Viewer) -> int:
    rows = _deals_in(stage).order_by("id")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    deals, reason = list(rows), " ".join(reason.replace("\x00", "").split())[:300]
    if not deals:
        return 0
    if to is None or to.pipeline_id != stage.pipeline_id or not to.is_open or to.is_archived or to.pk == stage.pk:
        raise Refused({"to": _("Choose the stage the open deals of this one go to.")})
    if not reason:
        raise Refused({"reason": _("Say why; it is kept in the history of each deal.")})
    now, changes = dates.now(), []
    for deal in deals:
        days = max((now - deal.stage_since).days, 0)
        changes.append(StageChange(opportunity=deal, old=stage, new=to, person_id=by.person_id, reason=reason,
                                   happened_at=now, days=days))  # fmt: skip
        if deal.probability == stage.probability:  # what somebody estimated stays
            deal.probability = to.probability
        deal.stage, deal.stage_since = to, now
        deal.save()
    StageChange.objects.bulk_create(changes)
    search.index(kinds.get("sales.opportunity"), deals)
    for deal in deals:
        emit("sales.opportunity.moved", deal, by=by, old=stage.pk, new=to.pk, status=deal.status)
    return len(deals)


@action
def restore_stage(stage: Stage, *, by: Viewer) -> Stage:
    """Take an archived stage back into its pipeline, at its old place. Raises Refused if its name is taken now."""
    require(by, CHANGE)
    stage.is_archived = False
    stage.full_clean()
    stage.save()
    return stage


def _deals_in(stage: Stage):
    return Opportunity.objects.whole_table(WHY).filter(stage=stage)


def _check_left(stage: Stage) -> None:
    if not stage.pipeline.stages.filter(kind=stage.kind, is_archived=False).exclude(pk=stage.pk).exists():
        kind = Stage.Kind(stage.kind).label
        raise Refused({"kind": _("A pipeline needs at least one stage that is %(kind)s.") % {"kind": kind}})


def _items(stage: Stage, lines: list[str]) -> list[dict[str, Any]]:
    """The checklist; an item that was there keeps its id, and so its ticks."""
    known = {item["text"]: item["id"] for item in stage.checklist}
    texts = dict.fromkeys((line.lstrip("!").strip()[:200], line.startswith("!")) for line in lines[:30])
    return [
        {"id": known.get(text) or f"k{secrets.token_hex(4)}", "text": text, "required": required}
        for text, required in texts
    ]
