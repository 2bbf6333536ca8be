"""Competitors, and where they stand in each deal (SAL-4)."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.money import MoneyField
from zhike.kit.scope import ScopedModel, everyone, through
from zhike.records.models import Record
from zhike.sales.models.opportunities import Opportunity


class Competitor(Record):
    """Who else sells what we sell: what they are good at, what not, what we answer. Everybody may look it up."""

    name = models.CharField(_("competitor"), max_length=120)
    website = models.CharField(_("website"), max_length=200, blank=True)
    strengths = models.TextField(_("strengths"), blank=True)
    weaknesses = models.TextField(_("weaknesses"), blank=True)
    our_answer = models.TextField(_("our answer"), blank=True)
    is_active = models.BooleanField(_("in the market"), default=True)

    scope = everyone()

    class Meta:
        verbose_name = _("competitor")
        verbose_name_plural = _("competitors")
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="competitor_name_once",
                violation_error_message=_("There is already a competitor of this name."),
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["-updated_at", "-id"], name="competitors_by_update")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("sales:competitor_page", args=[self.pk])


class DealCompetitor(ScopedModel):
    """A competitor in a deal: their price, and how they stand against us."""

    class Standing(models.TextChoices):
        AHEAD = "ahead", pgettext_lazy("competitor", "Ahead of us")
        LEVEL = "level", pgettext_lazy("competitor", "Level with us")
        BEHIND = "behind", pgettext_lazy("competitor", "Behind us")
        UNKNOWN = "unknown", pgettext_lazy("competitor", "Not known")

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="rivals", db_index=False)
    competitor = models.ForeignKey(Competitor, models.PROTECT, related_name="+", verbose_name=_("competitor"))
    price = MoneyField(_("their price"), null=True, blank=True)
    standing = models.CharField(
        pgettext_lazy("competitor", "standing"), max_length=8, choices=Standing.choices, default=Standing.UNKNOWN
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    scope = through("opportunity")

    class Meta:
        verbose_name = _("competitor in a deal")
        verbose_name_plural = _("competitors in deals")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "competitor"], name="deal_competitor_once",
                violation_error_message=_("This competitor is noted already."),
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0), name="deal_competitor_price",
                violation_error_message=_("Prices are not negative."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.opportunity_id}: {self.competitor_id}"
