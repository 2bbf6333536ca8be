"""A lead: somebody who may become a customer. Those who do not are kept with the reason, and found again (SAL-1)."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.scope import by_owner
from zhike.kit.workdays import working_minutes
from zhike.records.models import OwnedRecord
from zhike.sales.models.opportunities import Opportunity

SEE_UNOWNED = "sales.lead.see_unowned"


class Lead(OwnedRecord):
    """A lead, with or without an owner yet. Converting it makes customer, contact and opportunity."""

    class Status(models.TextChoices):
        NEW = "new", pgettext_lazy("lead", "New")
        WORKING = "working", pgettext_lazy("lead", "Working on it")
        QUALIFIED = "qualified", pgettext_lazy("lead", "Qualified")
        UNQUALIFIED = "unqualified", pgettext_lazy("lead", "Not qualified")
        CONVERTED = "converted", pgettext_lazy("lead", "Converted")

    class Grade(models.TextChoices):
        A = "A", pgettext_lazy("lead grade", "A")
        B = "B", pgettext_lazy("lead grade", "B")
        C = "C", pgettext_lazy("lead grade", "C")
        D = "D", pgettext_lazy("lead grade", "D")

    OPEN = (Status.NEW, Status.WORKING, Status.QUALIFIED)

    name = models.CharField(pgettext_lazy("person", "name"), max_length=60)
    company = models.CharField(_("company"), max_length=200, blank=True)
    title = models.CharField(_("job title"), max_length=60, blank=True)
    mobile = models.CharField(_("mobile"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    source = models.CharField(pgettext_lazy("lead", "source"), max_length=40, blank=True)
    region = models.CharField(_("province or region"), max_length=40, blank=True)
    grade = models.CharField(pgettext_lazy("lead", "grade"), max_length=1, choices=Grade.choices, blank=True)
    need = models.TextField(pgettext_lazy("lead", "what they need"), blank=True)
    status = models.CharField(
        pgettext_lazy("lead", "status"), max_length=12, choices=Status.choices, default=Status.NEW
    )
    unqualified_reason = models.CharField(_("why not qualified"), max_length=40, blank=True)
    responded_at = models.DateTimeField(_("first answered"), null=True, blank=True)
    # Working minutes from coming in to the first answer.
    response_minutes = models.PositiveIntegerField(
        _("minutes to the first answer"), null=True, blank=True, editable=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("owner"),
    )  # fmt: skip
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="+", editable=False, verbose_name=_("customer")
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", editable=False, verbose_name=_("contact")
    )
    opportunity = models.ForeignKey(
        Opportunity, models.SET_NULL, null=True, blank=True, related_name="+", editable=False,
        verbose_name=_("opportunity"),
    )  # fmt: skip
    converted_at = models.DateTimeField(_("converted"), null=True, blank=True, editable=False)

    scope = by_owner("owner", unowned=SEE_UNOWNED)
    not_audited = OwnedRecord.not_audited | {"response_minutes"}

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="converted") | Q(converted_at__isnull=False),
                name="lead_converted_when",
                violation_error_message=_("A lead is converted by its own action."),
            )
        ]
        indexes = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="leads_of_owner"),
            models.Index(fields=["-updated_at", "-id"], name="leads_by_update"),
            models.Index(fields=["status", "owner"], name="leads_by_status"),
            models.Index(fields=["mobile"], name="leads_by_mobile"),
            models.Index(Lower("email"), name="leads_by_address"),
        ]

    def __str__(self):
        return f"{self.company} {self.name}".strip()

    def get_absolute_url(self):
        return reverse("sales:lead_page", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether somebody should still work on it."""
        return self.status in self.OPEN

    def waited(self, now: datetime | None = None) -> int | None:
        """Working minutes this lead waits for its first answer, or waited; None once closed without one."""
        if self.responded_at:
            known = self.response_minutes
            return working_minutes(self.created_at, self.responded_at) if known is None else known
        return working_minutes(self.created_at, now or dates.now()) if self.is_open else None
