"""Gates: where a deal may go, what must be there before it moves on, and when it has stood still too long (SAL-2)."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from zhike.kit.viewer import Viewer
from zhike.org.models import Person
from zhike.sales.models import Opportunity, ResourceRequest, Stage
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


def barred(old: Stage, new: Stage) -> str:
    """Why the pipeline does not let a deal go straight from one stage to another; empty where it does."""
    if is_back(old, new):
        return "" if old.allow_back else _("From “%(stage)s” deals do not move back.") % {"stage": old.name}
    if not old.is_open or new.kind == Stage.Kind.LOST or new in (ways := ways_on(old)):
        return ""
    said = {"stage": old.name, "names": _(", ").join(stage.name for stage in ways)}
    return _("From “%(stage)s” deals go on to: %(names)s.") % said


def stages_open_to(old: Stage) -> list[Stage]:
    """The stages of its pipeline a deal may go to straight from here, backwards and out too; gates not asked."""
    return [stage for stage in stages_of(old.pipeline_id) if stage.pk != old.pk and not barred(old, stage)]


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


# Colleagues asked for (SAL-4)


def resource_decider(asked: ResourceRequest) -> int | None:
    """Who is told of a request: the supervisor of the colleague asked for (or they themselves where nobody is above
    them), or the head of the department."""
    if asked.asked_person_id:
        return asked.asked_person.supervisor_id or asked.asked_person_id
    return asked.asked_department.head_id


def may_decide_resource(viewer: Viewer, asked: ResourceRequest) -> bool:
    """Whether the viewer grants or declines: who is told of it, anybody above, and who runs the whole company."""
    decider = resource_decider(asked)
    above = decider is not None and (viewer.person_id == decider or decider in viewer.subordinates)
    if not above and asked.asked_person_id:
        above = asked.asked_person_id in viewer.subordinates
    return above or (viewer.people is None and viewer.can("sales.opportunity.change"))


def may_send(viewer: Viewer, asked: ResourceRequest, person: Person) -> bool:
    """Whether the viewer may book this colleague: one of their line, themselves, or of the department they head."""
    if viewer.people is None or person.pk in (viewer.person_id, *viewer.subordinates):
        return True
    department = asked.asked_department
    return department is not None and department.head_id == viewer.person_id and person.department_id == department.pk


def may_cancel_resource(viewer: Viewer, asked: ResourceRequest) -> bool:
    """Whether the viewer may take a request back: who asked, those above them, and who decides it."""
    line = asked.requester_id == viewer.person_id or asked.requester_id in viewer.subordinates
    return line or may_decide_resource(viewer, asked)
