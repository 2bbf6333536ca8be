"""Setting up pipelines and stages while deals run in them: nothing in use disappears (SAL-2, IMP-6)."""

import secrets
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.sales.models import Opportunity, Pipeline, Stage

CHANGE = "sales.pipeline.change"
MOST_STAGES = 20
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
        kinds = [
            (Stage.Kind.OPEN, _("First stage"), 10),
            (Stage.Kind.WON, pgettext("opportunity", "Won"), 100),
            (Stage.Kind.LOST, pgettext("opportunity", "Lost"), 0),
        ]
        for place, (kind, title, probability) in enumerate(kinds, 1):
            Stage.objects.create(pipeline=pipeline, name=title, kind=kind, probability=probability, order=place * 10)
    return pipeline


@action
def save_stage(stage: Stage, *, by: Viewer, name: str, order: int, kind: str, probability: int,
               expected_days: int | None = None, allow_back: bool = True, required_fields: list[str] | None = None,
               checklist: list[str] | None = None) -> Stage:  # fmt: skip
    """Create or change a stage; lines of the checklist with "!" in front must be ticked before a deal moves on.

    Raises Refused for a change of kind while deals are in it, and for a pipeline left without open, won or lost stage.
    """
    require(by, CHANGE)
    if stage.pk is None and stage.pipeline.stages.count() >= MOST_STAGES:
        raise Refused(_("A pipeline has at most %(limit)s stages.") % {"limit": MOST_STAGES})
    if stage.pk and stage.kind != kind:
        if _deals_in(stage):
            raise Refused({"kind": _("Deals are in this stage; what kind it is cannot change now.")})
        _check_left(stage)
    stage.name, stage.order, stage.kind, stage.expected_days = name, order, kind, expected_days
    stage.probability = {Stage.Kind.WON: 100, Stage.Kind.LOST: 0}.get(kind, probability)
    stage.allow_back, stage.required_fields = allow_back, list(required_fields or [])
    stage.checklist = _items(stage, checklist or [])
    stage.full_clean()
    stage.save()
    return stage


@action
def delete_stage(stage: Stage, *, by: Viewer) -> None:
    """Take a stage away in which no deal is or ever was. Raises Refused otherwise, or for the last one of its kind."""
    require(by, CHANGE)
    if _deals_in(stage):
        raise Refused(_("Deals are in this stage; move them first."))
    _check_left(stage)
    stage.delete()


def next_place(pipeline: Pipeline) -> int:
    """Where a new stage goes: after the last open one."""
    last = pipeline.stages.filter(kind=Stage.Kind.OPEN).aggregate(last=Max("order"))["last"]
    return (last or 0) + 5


def _deals_in(stage: Stage) -> bool:
    return Opportunity.objects.whole_table(WHY).filter(stage=stage).exists()


def _check_left(stage: Stage) -> None:
    if not stage.pipeline.stages.filter(kind=stage.kind).exclude(pk=stage.pk).exists():
        raise Refused(
            {
                "kind": _("A pipeline needs at least one stage that is %(kind)s.")
                % {"kind": Stage.Kind(stage.kind).label}
            }
        )


def _items(stage: Stage, lines: list[str]) -> list[dict[str, Any]]:
    """The checklist; an item that was there keeps its id, and so its ticks."""
    known = {item["text"]: item["id"] for item in stage.checklist}
    texts = dict.fromkeys((line.lstrip("!").strip()[:200], line.startswith("!")) for line in lines[:30])
    return [
        {"id": known.get(text) or f"k{secrets.token_hex(4)}", "text": text, "required": required}
        for text, required in texts
    ]
