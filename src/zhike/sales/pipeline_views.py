"""Settings: pipelines and their stages (SAL-2, SAL-3)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.forms import ActionForm
from zhike.kit.keys import LARGEST_KEY, keys_of
from zhike.records.dialogs import settings_dialog
from zhike.sales import actions, queries
from zhike.sales.forms import PipelineForm, RemoveStageForm, StageForm
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Pipeline, Stage
from zhike.sales.models.pipelines import pipelines

VIEW, CHANGE = "sales.pipeline.view", "sales.pipeline.change"


@require_safe
def pipeline_list(request: HttpRequest) -> HttpResponse:
    """All pipelines with their stages."""
    require(request.viewer, VIEW)
    context = {"pipelines": pipelines(), "can_change": request.viewer.can(CHANGE)}
    return htmx.part(request, "sales/pipelines.html", context)


@require_safe
def pipeline_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A pipeline: its stages in order, what each asks, how many open deals stand there, what was taken out."""
    require(request.viewer, VIEW)
    _pipeline(pk)  # 404 for what is not there
    pipeline = next(p for p in pipelines() if p.pk == pk)
    labels = {name: field.label for name, field in OPPORTUNITY.fields.items()}
    counts, names = queries.open_counts(pipeline), {s.pk: s.name for s in pipeline.stages_in_order}
    shown = [
        {
            "stage": stage,
            "deals": counts.get(stage.pk, 0),
            "required": [labels.get(name, name) for name in stage.required_fields],
            "goes_to": [names[to] for to in stage.goes_to if to in names],
        }
        for stage in pipeline.stages_in_order
    ]
    context = {"pipeline": pipeline, "stages": shown, "can_change": request.viewer.can(CHANGE)}
    return htmx.part(request, "sales/pipeline_page.html", context)


@require_http_methods(["GET", "POST"])
def pipeline_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a pipeline or change one."""
    require(request.viewer, CHANGE)
    pipeline = _pipeline(pk) if pk else Pipeline(order=1000)
    initial = {name: getattr(pipeline, name) for name in PipelineForm.base_fields}
    form = PipelineForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.run(actions.save_pipeline, pipeline, by=request.viewer):
        return _back(request, form.result, _("Saved."))
    return _dialog(request, form, str(pipeline) or _("New pipeline"), _("Save"))


@require_http_methods(["GET", "POST"])
def stage_edit(request: HttpRequest, pipeline_pk: int, pk: int = 0) -> HttpResponse:
    """Add a stage to a pipeline or change one."""
    require(request.viewer, CHANGE)
    pipeline = _pipeline(pipeline_pk)
    stage = _stage(pipeline, pk) if pk else Stage(pipeline=pipeline)
    form = StageForm(request.POST or None, stage=stage)
    if request.method == "POST" and form.run(actions.save_stage, stage, by=request.viewer):
        return _back(request, pipeline, _("Saved."))
    return _dialog(request, form, str(stage) or _("New stage"), _("Save"))


@require_POST
def stage_order(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the stages of a pipeline into the order given."""
    require(request.viewer, CHANGE)
    order = keys_of(request.POST.get("order", "").split(","))
    actions.order_stages(_pipeline(pk), by=request.viewer, order=order)
    return htmx.done(_("Saved."))


@require_http_methods(["GET", "POST"])
def stage_remove(request: HttpRequest, pipeline_pk: int, pk: int) -> HttpResponse:
    """Take a stage out of its pipeline; where its open deals go is asked first."""
    require(request.viewer, CHANGE)
    pipeline = _pipeline(pipeline_pk)
    stage = _stage(pipeline, pk)
    deals = queries.open_counts(pipeline).get(stage.pk, 0)
    form = RemoveStageForm(request.POST if request.method == "POST" else None, stage=stage, deals=deals)
    if request.method == "POST" and form.run(actions.remove_stage, stage, by=request.viewer):
        said = ngettext("%(n)s deal moved, stage taken out.", "%(n)s deals moved, stage taken out.", form.result)
        return _back(request, pipeline, said % {"n": form.result})
    title = _("Take “%(stage)s” out of the pipeline?") % {"stage": stage}
    return _dialog(request, form, title, _("Take out"), danger=True, text=_where_deals_go(deals))


def _where_deals_go(deals: int) -> str:
    open_ones = ngettext(
        "%(n)s open deal is in this stage and goes to another one now.",
        "%(n)s open deals are in this stage and go to another one now.",
        deals,
    )
    said = open_ones % {"n": deals} if deals else _("No open deal is in this stage.")
    decided = _("Decided deals keep it, and so does every history.")
    return f"{said} {decided}"


@require_POST
def stage_restore(request: HttpRequest, pipeline_pk: int, pk: int) -> HttpResponse:
    """Take an archived stage back."""
    require(request.viewer, CHANGE)
    pipeline = _pipeline(pipeline_pk)
    actions.restore_stage(_stage(pipeline, pk), by=request.viewer)
    return _back(request, pipeline, pgettext("stage", "Taken back."))


def _back(request: HttpRequest, pipeline: Pipeline, said: str) -> HttpResponse:
    return htmx.redirect(request, reverse("sales:pipeline_page", args=[pipeline.pk]), said)


def _pipeline(pk: int) -> Pipeline:
    found = Pipeline.objects.filter(pk=min(pk, LARGEST_KEY)).first()
    if found is None:
        raise NotVisible
    return found


def _stage(pipeline: Pipeline, pk: int) -> Stage:
    found = pipeline.stages.filter(pk=min(pk, LARGEST_KEY)).first()
    if found is None:
        raise NotVisible
    return found


def _dialog(request: HttpRequest, form: ActionForm, title: str, submit: str, **more: Any) -> HttpResponse:
    back, about = reverse("sales:pipeline_list"), _("Pipelines")
    return settings_dialog(request, form, title=title, submit=submit, back=back, about=about, **more)
