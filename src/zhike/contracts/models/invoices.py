"""Invoices to customers: asked for by sales, issued by finance, taken back by void or red letter (SAL-9)."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts.models.agreements import Contract
from zhike.contracts.models.money import Receivable
from zhike.customers.models import Customer
from zhike.kit.money import MoneyField
from zhike.kit.scope import ScopedModel, owned_within, through
from zhike.records.models import OwnedRecord, person_key
from zhike.sales.models.taxes import Taxed, untaxed_at_zero


class Invoice(OwnedRecord, Taxed):
    """A VAT invoice, from the application on. `amount` is the total in yuan, tax included; `net` + `tax` = `amount`.

    A red invoice is a row of its own with negative amounts that names its `original`. So what a contract is invoiced
    at is the plain sum of the amounts of all its invoices in `COUNTED`.
    """

    class Kind(models.TextChoices):
        DIGITAL_SPECIAL = "digital_special", _("Fully digitalised, special VAT invoice")
        DIGITAL_ORDINARY = "digital_ordinary", _("Fully digitalised, ordinary invoice")
        ELECTRONIC_SPECIAL = "electronic_special", _("Electronic special VAT invoice")
        ELECTRONIC_ORDINARY = "electronic_ordinary", _("Electronic ordinary VAT invoice")
        PAPER_SPECIAL = "paper_special", _("Paper special VAT invoice")
        PAPER_ORDINARY = "paper_ordinary", _("Paper ordinary VAT invoice")

    class Status(models.TextChoices):
        REQUESTED = "requested", pgettext_lazy("invoice", "Applied for")
        APPROVING = "approving", pgettext_lazy("invoice", "In approval")
        APPROVED = "approved", pgettext_lazy("invoice", "To be issued")
        REJECTED = "rejected", pgettext_lazy("invoice", "Rejected")
        ISSUED = "issued", pgettext_lazy("invoice", "Issued")
        PART_RED = "part_red", pgettext_lazy("invoice", "Partly red-lettered")
        RED = "red", pgettext_lazy("invoice", "Red-lettered")
        VOIDED = "voided", pgettext_lazy("invoice", "Voided")

    class TitleType(models.TextChoices):
        COMPANY = "company", pgettext_lazy("invoice title", "Company")
        PERSON = "person", pgettext_lazy("invoice title", "Person")

    DIGITAL = (Kind.DIGITAL_SPECIAL, Kind.DIGITAL_ORDINARY)
    SPECIAL = (Kind.DIGITAL_SPECIAL, Kind.ELECTRONIC_SPECIAL, Kind.PAPER_SPECIAL)
    WAITING = (Status.REQUESTED, Status.APPROVING, Status.APPROVED)
    COUNTED = (Status.ISSUED, Status.PART_RED, Status.RED)

    code = models.CharField(_("application number"), max_length=40, blank=True)
    number = models.CharField(_("invoice number"), max_length=20, blank=True)
    old_code = models.CharField(_("invoice code"), max_length=12, blank=True)
    kind = models.CharField(
        pgettext_lazy("invoice", "kind"), max_length=20, choices=Kind.choices, default=Kind.DIGITAL_SPECIAL
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="invoices", verbose_name=_("customer"))
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="invoices", verbose_name=_("contract")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    status = models.CharField(
        pgettext_lazy("invoice", "status"), max_length=10, choices=Status.choices, default=Status.REQUESTED,
        editable=False,
    )  # fmt: skip
    amount = MoneyField(_("amount, tax included"))
    net = MoneyField(_("amount without tax"), default=0, editable=False)
    tax = MoneyField(_("tax"), default=0, editable=False)
    tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, default=Decimal(13))
    content = models.CharField(_("goods or service"), max_length=120, blank=True)
    # Whom it is made out to: a copy of the data card as it was when the invoice was asked for.
    title_type = models.CharField(
        _("made out to a"), max_length=7, choices=TitleType.choices, default=TitleType.COMPANY
    )
    title = models.CharField(_("invoice title"), max_length=200, blank=True)
    tax_number = models.CharField(_("tax number"), max_length=20, blank=True)
    bank = models.CharField(_("bank"), max_length=120, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=60, blank=True)
    address = models.CharField(_("registered address"), max_length=200, blank=True)
    phone = models.CharField(_("registered phone"), max_length=60, blank=True)
    email = models.EmailField(_("sent to"), blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    approved_by = person_key(verbose_name=_("approved by"), null=True, editable=False)
    may_exceed = models.BooleanField(_("approved above the contract"), default=False, editable=False)
    original = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="red_letters", editable=False,
        verbose_name=_("original invoice"),
    )  # fmt: skip
    # The amounts of its red invoices together, as a positive figure.
    reddened = MoneyField(_("red-lettered"), default=0, editable=False)
    confirmation = models.CharField(_("red-letter confirmation"), max_length=40, blank=True, editable=False)
    ended_on = models.DateField(_("voided on"), null=True, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    scope = owned_within("owner", "customer")

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            models.UniqueConstraint(
                fields=["old_code", "number"], condition=~Q(number=""), name="invoice_number_once",
                violation_error_message=_("This invoice number is in use."),
            ),
            models.CheckConstraint(condition=Q(amount=F("net") + F("tax")), name="invoice_adds_up"),
            untaxed_at_zero("invoice_untaxed_at_zero"),
            models.CheckConstraint(
                condition=Q(original__isnull=True, amount__gt=0) | Q(original__isnull=False, amount__lt=0),
                name="invoice_amount_signed",
                violation_error_message=_("The amount is more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(reddened=0) | Q(original__isnull=True, reddened__gt=0, reddened__lte=F("amount")),
                name="invoice_reddened_within",
                violation_error_message=_("This is more than the invoice it takes back."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["issued", "part_red", "red", "voided"])
                | (Q(issued_on__isnull=False) & ~Q(number="")),
                name="invoice_issued_with_number",
                violation_error_message=_("An issued invoice has its number and day."),
            ),
            models.CheckConstraint(
                condition=~Q(status="voided", kind__in=["digital_special", "digital_ordinary"]),
                name="invoice_digital_never_voided",
                violation_error_message=_("A fully digitalised invoice cannot be voided, only red-lettered."),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="invoices_of_owner"),
            models.Index(fields=["-updated_at", "-id"], name="invoices_by_update"),
            models.Index(fields=["status", "issued_on"], name="invoices_by_status"),
        ]

    def __str__(self):
        return self.number or self.code

    def delete(self, *args, **kwargs):
        if self.number:
            # An invoice that was issued exists outside this house too: it is taken back, never deleted.
            raise models.ProtectedError("issued", {self.contract or self.customer})
        return super().delete(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("contracts:invoice_page", args=[self.pk])

    @property
    def is_digital(self) -> bool:
        """Whether it is a fully digitalised one, with a number of twenty digits and no code."""
        return self.kind in self.DIGITAL

    @property
    def is_red(self) -> bool:
        """Whether it takes another invoice back."""
        return self.original_id is not None

    @property
    def is_counted(self) -> bool:
        """Whether it counts as invoiced."""
        return self.status in self.COUNTED

    @property
    def left(self) -> Decimal:
        """What of it still stands, in yuan."""
        return self.amount - self.reddened


class InvoiceLine(ScopedModel, Taxed):
    """A line of an invoice: amount in yuan with tax; `tax` is rounded, `net` is the rest, so that they add up."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    content = models.CharField(_("goods or service"), max_length=120)
    spec = models.CharField(_("specification"), max_length=60, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, null=True, blank=True)
    tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, default=Decimal(13))
    amount = MoneyField(_("amount, tax included"))
    net = MoneyField(_("amount without tax"), editable=False)
    tax = MoneyField(_("tax"), editable=False)

    scope = through("invoice")

    class Meta:
        verbose_name = _("invoice line")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount=F("net") + F("tax")), name="invoice_line_adds_up"),
            models.CheckConstraint(
                condition=Q(tax_rate__gte=0, tax_rate__lt=100), name="invoice_line_tax_rate",
                violation_error_message=_("A tax rate is between 0 and 100 %."),
            ),
            untaxed_at_zero("invoice_line_untaxed_at_zero"),
        ]  # fmt: skip

    def __str__(self):
        return self.content


class InvoiceCover(ScopedModel):
    """Which receivables an invoice is for."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="covers")
    receivable = models.ForeignKey(Receivable, models.PROTECT, related_name="covered_by")

    scope = through("invoice")

    class Meta:
        verbose_name = _("receivable of an invoice")
        constraints = [models.UniqueConstraint(fields=["invoice", "receivable"], name="invoice_covers_once")]

    def __str__(self):
        return f"{self.invoice_id} → {self.receivable_id}"
