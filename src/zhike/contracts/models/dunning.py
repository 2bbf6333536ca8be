"""The dunning log: who asked for the money, when, how, and what was promised (SAL-8)."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts.models.money import Receivable
from zhike.customers.models import Customer
from zhike.kit.money import MoneyField
from zhike.kit.scope import owned_within
from zhike.records.config import Configuration
from zhike.records.models import OwnedRecord, person_key


class DunningNote(OwnedRecord):
    """One time somebody asked a customer for money, about one receivable or about all of them.

    It carries its customer's owner, moved with it. Whether a promise was kept is worked out from the ledger
    (`dunning.promise_states`), never ticked by hand.
    """

    class Channel(models.TextChoices):
        CALL = "call", pgettext_lazy("dunning", "Call")
        VISIT = "visit", pgettext_lazy("dunning", "Visit")
        WECHAT = "wechat", pgettext_lazy("dunning", "WeChat")
        EMAIL = "email", pgettext_lazy("dunning", "E-mail")
        LETTER = "letter", pgettext_lazy("dunning", "Dunning letter")
        LAWYER = "lawyer", pgettext_lazy("dunning", "Lawyer's letter")

    class Level(models.IntegerChoices):
        OWNER = 0, pgettext_lazy("dunning", "Salesperson")
        SUPERVISOR = 1, pgettext_lazy("dunning", "Supervisor")
        FINANCE = 2, pgettext_lazy("dunning", "Finance")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="dunning", verbose_name=_("customer"))
    receivable = models.ForeignKey(
        Receivable, models.PROTECT, null=True, blank=True, related_name="dunning", verbose_name=_("receivable")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    person = person_key(verbose_name=pgettext_lazy("dunning", "by"))
    happened_on = models.DateField(pgettext_lazy("dunning", "day"))
    channel = models.CharField(pgettext_lazy("dunning", "by way of"), max_length=8, choices=Channel.choices)
    contact_name = models.CharField(_("spoken to"), max_length=60, blank=True)
    said = models.CharField(_("what was said"), max_length=500)
    promised_on = models.DateField(_("promised for"), null=True, blank=True)
    promised_amount = MoneyField(_("amount promised"), null=True, blank=True)
    level = models.PositiveSmallIntegerField(_("level"), choices=Level.choices, default=Level.OWNER)

    scope = owned_within("owner", "customer", also="person")

    class Meta:
        verbose_name = _("dunning note")
        verbose_name_plural = _("dunning notes")
        constraints = [
            models.CheckConstraint(
                condition=Q(promised_amount__isnull=True) | Q(promised_amount__gt=0), name="promise_is_positive",
                violation_error_message=_("The amount is more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(promised_amount__isnull=True) | Q(promised_on__isnull=False), name="promise_has_a_day",
                violation_error_message=_("For which day was it promised?"),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["owner", "-happened_on", "-id"], name="dunning_of_owner"),
            models.Index(fields=["receivable", "-happened_on"], name="dunning_of_receivable"),
        ]

    def __str__(self):
        return f"{self.happened_on} {self.get_channel_display()}"

    def get_absolute_url(self):
        return f"{self.customer.get_absolute_url()}dunning/"

    def is_due(self, as_of: date) -> bool:
        """Whether its promise should have been kept by now."""
        return self.promised_on is not None and self.promised_on < as_of


class DunningStep(Configuration):
    """From how many days overdue a line is the business of a level."""

    level = models.PositiveSmallIntegerField(choices=DunningNote.Level.choices, unique=True)
    after_days = models.PositiveSmallIntegerField(_("days overdue"))

    class Meta:
        verbose_name = _("dunning step")
        ordering = ["level"]

    def __str__(self):
        return f"{self.level}: {self.after_days}"
