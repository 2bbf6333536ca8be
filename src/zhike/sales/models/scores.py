"""The priority score of deals as it was last reckoned, and the weights of its parts (SAL-4, FIELD-NOTES 19)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhike.kit.scope import ScopedModel, through
from zhike.records import config
from zhike.records.config import Configuration
from zhike.sales.models.opportunities import Opportunity


class DealScore(ScopedModel):
    """What a deal's score was added up from: [{"part", "points", "most", "code", "said"}]. Derived, not audited."""

    opportunity = models.OneToOneField(Opportunity, models.CASCADE, related_name="reckoned")
    parts = models.JSONField(default=list)
    scored_at = models.DateTimeField()

    scope = through("opportunity")

    class Meta:
        verbose_name = _("priority score")
        verbose_name_plural = _("priority scores")

    def __str__(self):
        return f"{self.opportunity_id}"


class ScoreWeight(Configuration):
    """How much a part of the score weighs against the others; parts without a row weigh what is shipped."""

    part = models.SlugField(max_length=20, unique=True)
    weight = models.PositiveSmallIntegerField(_("weight"))

    class Meta:
        verbose_name = _("weight of the score")
        verbose_name_plural = _("weights of the score")
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__lte=100), name="score_weight_percent",
                violation_error_message=_("A weight is between 0 and 100."),
            )
        ]  # fmt: skip

    def __str__(self):
        return f"{self.part}: {self.weight}"


@config.cached
def changed_weights() -> dict[str, int]:
    """The weights the administrator set, by part."""
    return dict(ScoreWeight.objects.values_list("part", "weight"))
