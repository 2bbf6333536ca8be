"""Pipelines and their stages: rows the administrator edits, never known to the code by name (SAL-2, SAL-3)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhike.kit.errors import Refused
from zhike.records import config
from zhike.records.config import Configuration


class Pipeline(Configuration):
    """A way of selling. A company may run several; one is the default."""

    class EvaluatedBy(models.TextChoices):
        PROCESS = "process", pgettext_lazy("pipeline", "by process")
        RESULT = "result", pgettext_lazy("pipeline", "by result")

    # Of shipped pipelines: so that set-up finds them again whatever they are called by then.
    key = models.SlugField(max_length=40, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=60)
    evaluated_by = models.CharField(
        _("evaluated"), max_length=8, choices=EvaluatedBy.choices, default=EvaluatedBy.PROCESS,
        help_text=_("Long and complex sales by process, short and simple ones by result."),
    )  # fmt: skip
    is_default = models.BooleanField(_("default"), default=False)
    is_archived = models.BooleanField(_("archived"), default=False)
    order = models.PositiveIntegerField(_("order"), default=100)

    class Meta:
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="pipeline_name_once",
                violation_error_message=_("There is already a pipeline of this name."),
            ),
            models.UniqueConstraint(fields=["key"], name="pipeline_key_once", condition=~Q(key="")),
            models.UniqueConstraint(
                fields=["is_default"],
                name="pipeline_default_once",
                condition=Q(is_default=True),
                violation_error_message=_("There is one default pipeline."),
            ),
        ]

    def __str__(self):
        return self.name


class Stage(Configuration):
    """A stage of a pipeline. Its gate is passed when its required fields are filled and its required checks ticked."""

    class Kind(models.TextChoices):
        OPEN = "open", pgettext_lazy("stage", "open")
        WON = "won", pgettext_lazy("stage", "won")
        LOST = "lost", pgettext_lazy("stage", "lost")

    pipeline = models.ForeignKey(
        Pipeline, models.CASCADE, related_name="stages", db_index=False, verbose_name=_("pipeline")
    )
    name = models.CharField(_("name"), max_length=60)
    order = models.PositiveIntegerField(_("order"), default=100)
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices, default=Kind.OPEN)
    probability = models.PositiveSmallIntegerField(_("win probability (%)"), default=0)
    expected_days = models.PositiveIntegerField(_("expected days"), null=True, blank=True)
    # [{"id": "k1", "text": "…", "required": false}]: what is to be done before a deal leaves the stage forwards.
    checklist = models.JSONField(_("checklist"), default=list, blank=True)
    # Names of fields of an opportunity that must be filled in before a deal leaves the stage forwards.
    required_fields = models.JSONField(_("required fields"), default=list, blank=True)
    allow_back = models.BooleanField(_("deals may move back from here"), default=True)
    # How far forwards a deal may go from here: so many stages at most left out, and only to these (ids); empty: any.
    most_skipped = models.PositiveSmallIntegerField(_("stages that may be skipped"), null=True, blank=True)
    goes_to = models.JSONField(_("goes on to"), default=list, blank=True)
    # Taken out of the pipeline; decided deals and history still point here.
    is_archived = models.BooleanField(_("archived"), default=False)

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["pipeline", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "name"],
                name="stage_name_once",
                condition=Q(is_archived=False),
                violation_error_message=_("There is already a stage of this name."),
            ),
            models.CheckConstraint(
                condition=Q(probability__lte=100),
                name="stage_probability_percent",
                violation_error_message=_("A probability is between 0 and 100."),
            ),
        ]
        indexes = [models.Index(fields=["pipeline", "order"], name="stages_in_order")]

    def __str__(self):
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether deals here are still undecided."""
        return self.kind == self.Kind.OPEN


# As the rest of the room reads them: all at once, cached like any configuration.


@config.cached
def pipelines() -> list[Pipeline]:
    """All pipelines in order, each with its stages in order: `stages_in_order`, and `stages_archived`."""
    found = list(Pipeline.objects.all())
    stages: dict[int, list[Stage]] = {pipeline.pk: [] for pipeline in found}
    for stage in Stage.objects.order_by("order", "id"):
        stages[stage.pipeline_id].append(stage)
    for pipeline in found:
        pipeline.stages_in_order = [stage for stage in stages[pipeline.pk] if not stage.is_archived]
        pipeline.stages_archived = [stage for stage in stages[pipeline.pk] if stage.is_archived]
    return found


@config.cached
def stages() -> dict[int, Stage]:
    """All stages by id, archived ones too."""
    return {stage.pk: stage for p in pipelines() for stage in (*p.stages_in_order, *p.stages_archived)}


def pipeline(pk: int | None) -> Pipeline:
    """A pipeline by id; without one the default. Raises Refused where there is none at all."""
    found = [p for p in pipelines() if p.pk == pk] if pk else default_first()
    if not found:
        raise Refused({"pipeline": gettext("There is no pipeline yet; an administrator sets one up.")})
    return found[0]


def default_first() -> list[Pipeline]:
    """The pipelines in use, the default one first."""
    return sorted((p for p in pipelines() if not p.is_archived), key=lambda p: not p.is_default)


def stages_of(pipeline_id: int) -> list[Stage]:
    """The stages of a pipeline in order."""
    return pipeline(pipeline_id).stages_in_order


def first_stage(pipeline_id: int) -> Stage:
    """Where a new deal begins. Raises Refused for a pipeline without an open stage."""
    for stage in stages_of(pipeline_id):
        if stage.is_open:
            return stage
    raise Refused({"pipeline": gettext("This pipeline has no open stage.")})


def stage_of_kind(pipeline_id: int, kind: str) -> Stage:
    """The first stage of a pipeline that is won, or lost. Raises Refused where it has none."""
    for stage in stages_of(pipeline_id):
        if stage.kind == kind:
            return stage
    raise Refused(
        {"stage": gettext("This pipeline has no stage of the kind “%(kind)s”.") % {"kind": Stage.Kind(kind).label}}
    )


def stage_named(pipeline_id: int, word: str, now: Stage | None = None) -> Stage:
    """The stage a word means within a pipeline: its name, or "won" or "lost". Raises Refused at `stage`.

    A deal that is `now` in one of several won stages stays there when it is said to be won.
    """
    found, wanted = pipeline(pipeline_id), word.casefold()
    for stage in found.stages_in_order:
        if stage.name.casefold() == wanted:
            return stage
    if wanted in (Stage.Kind.WON, Stage.Kind.LOST):
        return now if now and now.pipeline_id == found.pk and now.kind == wanted else stage_of_kind(found.pk, wanted)
    names = gettext(", ").join(stage.name for stage in found.stages_in_order)
    raise Refused({"stage": gettext("“%(word)s” is no stage of %(pipeline)s: %(names)s.") % {
        "word": word[:40], "pipeline": found, "names": names}})  # fmt: skip
