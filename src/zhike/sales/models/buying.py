"""Who decides at the customer: the buying centre of a deal (SAL-4)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Contact
from zhike.kit.scope import ScopedModel, through
from zhike.records.models import person_key
from zhike.sales.models.opportunities import Opportunity


class BuyingRole(ScopedModel):
    """A contact of the customer in this deal: what they are in the decision, how they stand to us, who covers them.

    A contact may decide one deal and only use what another brings, so this belongs to the deal.
    """

    class Role(models.TextChoices):
        DECIDER = "decider", pgettext_lazy("role in the decision", "Decides")
        INFLUENCER = "influencer", pgettext_lazy("role in the decision", "Influences")
        FINANCE = "finance", pgettext_lazy("role in the decision", "Holds the money")
        PURCHASING = "purchasing", pgettext_lazy("role in the decision", "Purchases")
        TECHNICAL = "technical", pgettext_lazy("role in the decision", "Judges the technology")
        USER = "user", pgettext_lazy("role in the decision", "Uses")
        GATEKEEPER = "gatekeeper", pgettext_lazy("role in the decision", "Guards the gate")

    class Stance(models.TextChoices):
        SUPPORTS = "supports", pgettext_lazy("stance", "Supports us")
        NEUTRAL = "neutral", pgettext_lazy("stance", "Neutral")
        AGAINST = "against", pgettext_lazy("stance", "Against us")
        UNKNOWN = "unknown", pgettext_lazy("stance", "Unknown")

    class Influence(models.IntegerChoices):
        GREAT = 3, pgettext_lazy("influence", "Great")
        SOME = 2, pgettext_lazy("influence", "Some")
        LITTLE = 1, pgettext_lazy("influence", "Little")

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="buying_roles", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+", verbose_name=_("contact"))
    role = models.CharField(_("role in the decision"), max_length=12, choices=Role.choices)
    stance = models.CharField(
        pgettext_lazy("stance", "stance"), max_length=8, choices=Stance.choices, default=Stance.UNKNOWN
    )
    influence = models.PositiveSmallIntegerField(
        pgettext_lazy("influence", "influence"), choices=Influence.choices, default=Influence.SOME
    )
    covered_by = person_key(null=True, blank=True, verbose_name=_("covered by"))
    reports_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("reports to")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    scope = through("opportunity")

    class Meta:
        verbose_name = _("person in the buying centre")
        verbose_name_plural = _("buying centre")
        ordering = ["-influence", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "contact"], name="buying_role_once",
                violation_error_message=_("This person is in the buying centre already."),
            ),
            models.CheckConstraint(
                condition=Q(influence__gte=1) & Q(influence__lte=3), name="buying_role_influence",
                violation_error_message=_("Influence goes from 1 to 3."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.contact_id}: {self.role}"
