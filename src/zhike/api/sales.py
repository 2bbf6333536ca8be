"""What selling adds to the API: pipelines, moving deals, converting leads; the same actions as the pages."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from zhike.api.idempotency import once
from zhike.api.records import as_json, sent
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.keys import key_of
from zhike.records import queries
from zhike.records.fields import Day
from zhike.records.forms import cleaned_values
from zhike.records.lookups import Lookups
from zhike.sales import actions
from zhike.sales.kinds import LEAD, OPPORTUNITY
from zhike.sales.models import Pipeline, Stage
from zhike.sales.models.pipelines import pipelines as all_pipelines
from zhike.sales.models.pipelines import stage_named, stages

pipelines = Router(tags=["pipelines"])
deals = Router(tags=["opportunities"])
leads = Router(tags=["leads"])


class MoveIn(Schema):
    """`stage`: its id or name, or "won" or "lost"; `reason`: why back, lost or reopened; `closed_on`: when decided."""

    stage: int | str
    reason: str | None = None
    closed_on: str | None = None
    version: int | None = None


class ConvertIn(Schema):
    """`customer`: an existing one by id, code or name; `opportunity`: its values, or false for none."""

    customer: int | str | None = None
    opportunity: dict[str, Any] | bool | None = None


@pipelines.get("", operation_id="pipelines_list", summary="List pipelines with their stages")
def list_pipelines(request: HttpRequest):
    require(request.viewer, OPPORTUNITY.verb("view"))
    items = [pipeline_json(p) for p in all_pipelines()]
    return JsonResponse({"items": items, "next": None, "count": len(items)})


@pipelines.get("/{int:pk}", operation_id="pipelines_read", summary="Read a pipeline")
def read_pipeline(request: HttpRequest, pk: int):
    require(request.viewer, OPPORTUNITY.verb("view"))
    found = next((p for p in all_pipelines() if p.pk == pk), None)
    if found is None:
        raise NotVisible
    return JsonResponse(pipeline_json(found))


def pipeline_json(pipeline: Pipeline) -> dict[str, Any]:
    """A pipeline as the API shows it."""
    return {
        "id": pipeline.pk, "name": pipeline.name, "evaluated_by": pipeline.evaluated_by,
        "is_default": pipeline.is_default, "is_archived": pipeline.is_archived,
        "stages": [stage_json(stage) for stage in pipeline.stages_in_order],
    }  # fmt: skip


def stage_json(stage: Stage) -> dict[str, Any]:
    """A stage as the API shows it."""
    return {
        "id": stage.pk, "name": stage.name, "probability": stage.probability, "expected_days": stage.expected_days,
        "kind": stage.kind, "most_skipped": stage.most_skipped, "goes_to": stage.goes_to,
        "allow_back": stage.allow_back, "required_fields": stage.required_fields,
        "checklist": [{"text": item["text"], "required": bool(item.get("required"))} for item in stage.checklist],
    }  # fmt: skip


@deals.post("/{int:pk}/move", operation_id="opportunities_move", summary="Move a deal to another stage")
def move(request: HttpRequest, pk: int, body: MoveIn):
    return once(request, lambda: JsonResponse(moved(request, pk, body)))


def moved(request: HttpRequest, pk: int, body: MoveIn) -> dict[str, Any]:
    """Move a deal as a body says, and give it back."""
    opportunity = queries.record_for(request.viewer, OPPORTUNITY, pk, "change")
    word = str(body.stage).strip()
    stage = stages().get(key_of(word))
    stage = stage or stage_named(opportunity.pipeline_id, word, stages().get(opportunity.stage_id))
    if stage.pipeline_id != opportunity.pipeline_id:
        raise ValidationError({"stage": [_("This stage belongs to another pipeline.")]})
    try:
        closed_on = Day("closed_on").bind(OPPORTUNITY).clean(body.closed_on, Lookups(request.viewer))
    except ValidationError as error:
        raise ValidationError({"closed_on": error.messages}) from error
    opportunity = actions.move_opportunity(
        opportunity, by=request.viewer, stage=stage, reason=body.reason or "", closed_on=closed_on, version=body.version
    )
    return as_json(OPPORTUNITY, opportunity, request.viewer)


@leads.post("/{int:pk}/convert", operation_id="leads_convert", summary="Make a lead customer, contact and opportunity")
def convert(request: HttpRequest, pk: int, body: ConvertIn):
    return once(request, lambda: JsonResponse(converted(request, pk)))


def converted(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Convert a lead as the body says, and give it back with what it was made into."""
    viewer, body = request.viewer, sent(request)
    lead = queries.record_for(viewer, LEAD, pk, "change")
    target, customer, values = LEAD.field("customer").target, None, body.get("opportunity")
    if body.get("customer") not in (None, ""):
        try:
            customer = target.rows(viewer).get(pk=Lookups(viewer).record(target, body["customer"]))
        except ValidationError as error:
            raise ValidationError({"customer": error.messages}) from error
    if values is not False:
        given = values if isinstance(values, dict) else {}
        given = {"name": lead.company or lead.name, **{k: v for k, v in given.items() if k != "customer"}}
        values = cleaned_values(OPPORTUNITY, given, viewer, partial=True)
    lead = actions.convert_lead(lead, by=viewer, customer=customer, opportunity=values or None)
    return as_json(LEAD, lead, viewer) | {"contact": lead.contact_id}
