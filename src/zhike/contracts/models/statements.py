"""Statements of the bank: what came in, line by line, until each line is a payment or known not to be one (SAL-7)."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts.models.money import Payment
from zhike.customers.models import Customer
from zhike.kit.money import MoneyField
from zhike.kit.scope import ByOwner, ScopedModel, through
from zhike.records.models import OwnedRecord, person_key

# Who may import statements and turn their lines into payments. Not a "view": a statement shows all the company gets.
MATCH = "contracts.statement.match"


class ForMatchers(ByOwner):
    """Statements show to those who match payments: those their own people imported, or all with full scope."""

    def arms(self, viewer, model):
        return super().arms(viewer, model) if viewer.can(MATCH) else []


class BankStatement(OwnedRecord):
    """A file of the bank as it was imported; its owner imported it. Before `imported_at` it is only looked at."""

    owner = person_key(db_index=False, verbose_name=_("imported by"))
    file_name = models.CharField(_("file"), max_length=200)
    bank = models.CharField(_("received into"), max_length=120, blank=True)
    upload = models.FileField(upload_to="statements/%Y/%m", null=True)
    # Which titles of the file are which field: {field: [titles]}.
    columns = models.JSONField(default=dict)
    imported_at = models.DateTimeField(null=True)
    first_on = models.DateField(pgettext_lazy("period", "from"), null=True)
    last_on = models.DateField(pgettext_lazy("period", "until"), null=True)
    read = models.PositiveIntegerField(default=0)
    debits = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    scope = ForMatchers("owner")
    not_audited = OwnedRecord.not_audited | {"upload", "columns"}

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        indexes = [models.Index(fields=["owner", "-id"], name="statements_of_owner")]

    def __str__(self):
        return self.file_name

    def get_absolute_url(self):
        return reverse("contracts:statement_page", args=[self.pk])


class BankLine(ScopedModel):
    """An amount that came in, in yuan. `digest` says which line it is, so that no file brings it twice."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("bank line", "Open")
        MATCHED = "matched", pgettext_lazy("bank line", "Posted")
        IGNORED = "ignored", pgettext_lazy("bank line", "Put aside")

    statement = models.ForeignKey(BankStatement, models.CASCADE, related_name="lines")
    line = models.PositiveIntegerField(_("line of the file"))
    digest = models.CharField(max_length=64, unique=True, error_messages={"unique": _("This line is known already.")})
    booked_on = models.DateField(_("booked on"))
    amount = MoneyField(_("amount"))
    payer = models.CharField(_("payer"), max_length=200, blank=True)
    account = models.CharField(_("payer's account"), max_length=60, blank=True)
    reference = models.CharField(_("bank reference"), max_length=80, blank=True)
    memo = models.CharField(_("memo"), max_length=300, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    payment = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="bank_line")
    reason = models.CharField(_("why put aside"), max_length=200, blank=True)
    person = person_key(null=True)
    settled_at = models.DateTimeField(null=True)

    scope = through("statement")

    class Meta:
        verbose_name = _("bank line")
        verbose_name_plural = _("bank lines")
        ordering = ["-booked_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_line_comes_in"),
            models.CheckConstraint(
                condition=Q(status="matched", payment__isnull=False) | (~Q(status="matched") & Q(payment__isnull=True)),
                name="bank_line_matched_with_payment",
            ),
        ]
        indexes = [models.Index(fields=["booked_on", "id"], name="bank_lines_open", condition=Q(status="open"))]

    def __str__(self):
        return f"{self.booked_on} {self.payer} {self.amount}"


class PayerAlias(ScopedModel):
    """A name under which money of a customer came in before: a parent company, a person, a name the bank cut off.

    `key` is the name as `matching.key` compares it.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="payers")
    key = models.CharField(max_length=200, db_index=True)
    name = models.CharField(_("payer"), max_length=200)
    account = models.CharField(_("payer's account"), max_length=60, blank=True)
    times = models.PositiveIntegerField(default=1)
    learnt_at = models.DateTimeField(auto_now=True)
    person = person_key()

    scope = through("customer")

    class Meta:
        verbose_name = _("payer")
        verbose_name_plural = _("payers")
        constraints = [models.UniqueConstraint(fields=["customer", "key"], name="payer_of_customer_once")]

    def __str__(self):
        return self.name
