"""Settings: pipelines and their stages (SAL-2, SAL-3)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.sales import actions
from zhike.sales.forms import PipelineForm, StageForm
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Pipeline, Stage
from zhike.sales.models.pipelines import pipelines

VIEW, CHANGE = "sales.pipeline.view", "sales.pipeline.change"


@require_safe
def pipeline_list(request: HttpRequest) -> HttpResponse:
    """All pipelines with their stages."""
    require(request.viewer, VIEW)
    labels = {name: field.label for name, field in OPPORTUNITY.fields.items()}
    shown = [
        (p, [(s, [labels.get(name, name) for name in s.required_fields]) for s in p.stages_in_order])
        for p in pipelines()
    ]
    context = {"pipelines": shown, "can_change": request.viewer.can(CHANGE)}
    return htmx.part(request, "sales/pipelines.html", context)


@require_http_methods(["GET", "POST"])
def pipeline_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a pipeline or change one."""
    require(request.viewer, CHANGE)
    pipeline = _pipeline(pk) if pk else Pipeline(order=1000)
    initial = {name: getattr(pipeline, name) for name in PipelineForm.base_fields}
    form = PipelineForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.run(actions.save_pipeline, pipeline, by=request.viewer):
        return htmx.redirect(request, reverse("sales:pipeline_list"), _("Saved."))
    return _dialog(request, form, str(pipeline) or _("New pipeline"))


@require_http_methods(["GET", "POST"])
def stage_edit(request: HttpRequest, pipeline_pk: int, pk: int = 0) -> HttpResponse:
    """Add a stage to a pipeline or change one."""
    require(request.viewer, CHANGE)
    pipeline = _pipeline(pipeline_pk)
    stage = _stage(pipeline, pk) if pk else Stage(pipeline=pipeline, order=actions.next_place(pipeline))
    lines = "\n".join(f"{'!' if item.get('required') else ''}{item['text']}" for item in stage.checklist)
    initial = {name: getattr(stage, name) for name in StageForm.base_fields} | {"checklist": lines}
    form = StageForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.run(actions.save_stage, stage, by=request.viewer):
        return htmx.redirect(request, reverse("sales:pipeline_list"), _("Saved."))
    return _dialog(request, form, str(stage) or _("New stage"))


@require_POST
def stage_delete(request: HttpRequest, pipeline_pk: int, pk: int) -> HttpResponse:
    """Take away a stage nobody uses."""
    require(request.viewer, CHANGE)
    actions.delete_stage(_stage(_pipeline(pipeline_pk), pk), by=request.viewer)
    return htmx.redirect(request, reverse("sales:pipeline_list"), _("Deleted."))


def _pipeline(pk: int) -> Pipeline:
    found = Pipeline.objects.filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def _stage(pipeline: Pipeline, pk: int) -> Stage:
    found = pipeline.stages.filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def _dialog(request: HttpRequest, form, title: str) -> HttpResponse:
    context = {"form": form, "title": title, "back": reverse("sales:pipeline_list")}
    return htmx.part(request, "sales/pipeline_form.html#dialog", context, status=422 if form.errors else 200)
