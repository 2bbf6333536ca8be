"""Gates: where a deal may go, what must be there before it moves on, and when it has stood still too long (SAL-2)."""

from collections.abc import Iterable
from typing import Any

from zhike.sales.models import Opportunity, Stage
from zhike.sales.models.pipelines import stages_of


def stuck_state(stage: Stage, days: int) -> str:
    """How long a deal is in an open stage against what is expected there: "", "stuck" past it, "late" past double."""
    if not stage.is_open or not stage.expected_days or days <= stage.expected_days:
        return ""
    return "late" if days > 2 * stage.expected_days else "stuck"


def stages_passed(old: Stage, new: Stage) -> Iterable[Stage]:
    """The open stages whose gates a move goes through: the one left and those skipped. None on the way back or out."""
    if new.kind == Stage.Kind.LOST or not old.is_open:
        return []
    ways = [s for s in stages_of(old.pipeline_id) if s.is_open and s.order >= old.order]
    return ways if not new.is_open else [s for s in ways if s.order < new.order]


def is_back(old: Stage, new: Stage) -> bool:
    """Whether a move goes back: to an earlier open stage."""
    return old.is_open and new.is_open and (new.order, new.pk) < (old.order, old.pk)


def ways_on(old: Stage) -> list[Stage]:
    """The stages a deal may go forwards to from here; lost is always open, and the way back is asked elsewhere."""
    later = [
        s for s in stages_of(old.pipeline_id) if s.kind != Stage.Kind.LOST and (s.order, s.pk) > (old.order, old.pk)
    ]
    if old.most_skipped is not None:
        later = later[: old.most_skipped + 1]
    known = {stage.pk for stage in later}
    named = known & set(old.goes_to)  # stages taken away since bar nothing
    return [stage for stage in later if not named or stage.pk in named]


def may_go(old: Stage, new: Stage) -> bool:
    """Whether the pipeline lets a deal go straight from one stage to another."""
    forwards = old.is_open and new.kind != Stage.Kind.LOST and not is_back(old, new)
    return not forwards or new in ways_on(old)


def missing_fields(opportunity: Opportunity, old: Stage, new: Stage) -> list[str]:
    """Names of fields the gates want and the deal does not have, in order."""
    wanted = dict.fromkeys(name for stage in stages_passed(old, new) for name in stage.required_fields)
    return [name for name in wanted if _is_empty(opportunity, name)]


def _is_empty(opportunity: Opportunity, name: str) -> bool:
    if not hasattr(opportunity, name):
        return opportunity.custom.get(name) in (None, "", [])
    return (
        getattr(opportunity, f"{name}_id", None) is None if _is_key(name) else getattr(opportunity, name) in (None, "")
    )


def _is_key(name: str) -> bool:
    return Opportunity._meta.get_field(name).is_relation


def missing_checks(opportunity: Opportunity, old: Stage, new: Stage) -> list[str]:
    """Texts of the required items of checklists that are not ticked yet."""
    return [
        item["text"]
        for stage in stages_passed(old, new)
        for item in stage.checklist
        if item.get("required") and tick_key(stage, item["id"]) not in opportunity.ticked
    ]


def tick_key(stage: Stage, item_id: str) -> str:
    """Under which key a ticked item is kept."""
    return f"{stage.pk}.{item_id}"


def checklist(opportunity: Opportunity, stage: Stage) -> list[dict[str, Any]]:
    """The items of a stage for a deal: {"id", "text", "required", "ticked": [person id, day] or None}."""
    return [{**item, "ticked": opportunity.ticked.get(tick_key(stage, item["id"]))} for item in stage.checklist]
