"""Rewards for customers who buy again: the rule that earns one, and those granted (SAL-11)."""

from datetime import date

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Customer
from zhike.kit.scope import owned_within
from zhike.records.config import Configuration
from zhike.records.models import OwnedRecord, person_key

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class RewardRule(Configuration):
    """From how much, within how many months back, a customer earns which reward."""

    class Measure(models.TextChoices):
        SIGNED = "signed", _("contracts signed, yuan")
        RECEIVED = "received", _("payments received, yuan")
        COUNT = "count", _("contracts signed, how many")

    name = models.CharField(_("reward level"), max_length=40, unique=True)
    measure = models.CharField(_("what counts"), max_length=8, choices=Measure.choices, default=Measure.SIGNED)
    months = models.PositiveSmallIntegerField(
        _("within so many months"), default=12, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    at_least = models.DecimalField(_("from"), max_digits=15, decimal_places=2, validators=[MinValueValidator(1)])
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=0, validators=PERCENT)
    gift = models.CharField(_("gift or service"), max_length=120, blank=True)
    valid_months = models.PositiveSmallIntegerField(
        _("valid for so many months"), default=12, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("reward rule")
        ordering = ["measure", "at_least", "id"]

    def __str__(self):
        return self.name


class Reward(OwnedRecord):
    """A reward granted to a customer, or asked for: what it is, what earned it, who gave it and why.

    What it is stays as it was when it was given, whatever becomes of the rule.
    """

    class Status(models.TextChoices):
        ASKED = "asked", pgettext_lazy("reward", "In approval")
        GRANTED = "granted", pgettext_lazy("reward", "Granted")
        REJECTED = "rejected", pgettext_lazy("reward", "Rejected")
        ENDED = "ended", pgettext_lazy("reward", "Taken back")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="rewards", verbose_name=_("customer"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    rule = models.ForeignKey(RewardRule, models.PROTECT, related_name="rewards", verbose_name=_("reward rule"))
    name = models.CharField(_("reward level"), max_length=40)
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=0)
    gift = models.CharField(_("gift or service"), max_length=120, blank=True)
    # What counted on the day it was given: an amount in yuan, or a number of contracts.
    earned = models.DecimalField(_("earned by"), max_digits=15, decimal_places=2, default=0)
    reason = models.CharField(_("reason"), max_length=300)
    status = models.CharField(_("state"), max_length=8, choices=Status.choices, default=Status.GRANTED)
    granted_on = models.DateField(_("granted on"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    person = person_key(verbose_name=_("granted by"))

    scope = owned_within("owner", "customer")

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "rule"], condition=Q(status="asked"), name="reward_asked_once",
                violation_error_message=_("This reward is in approval already."),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["owner", "-id"], name="rewards_of_owner")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"{self.customer.get_absolute_url()}rewards/"

    def is_valid(self, on: date) -> bool:
        """Whether it may be used on a day."""
        return self.status == self.Status.GRANTED and self.granted_on <= on <= self.valid_until
