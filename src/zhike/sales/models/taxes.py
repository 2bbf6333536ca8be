"""Tax rates as data: they change by decree, and documents keep the rate they were made with (SAL-5, SAL-9)."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.records import config
from zhike.records.config import Configuration

DATA = Path(__file__).parent.parent / "data" / "tax_rates.csv"


class TaxRate(Configuration):
    """A rate of value-added tax, in percent of the net amount, and the days on which it may be chosen."""

    class Kind(models.TextChoices):
        GENERAL = "general", pgettext_lazy("tax", "General method")
        SIMPLE = "simple", pgettext_lazy("tax", "Simplified method")
        ZERO = "zero", pgettext_lazy("tax", "Zero rate")
        EXEMPT = "exempt", pgettext_lazy("tax", "Exempt")

    # Without tax on it, so that nothing but 0 goes with them.
    UNTAXED = (Kind.ZERO, Kind.EXEMPT)

    name = models.CharField(_("name"), max_length=60)
    rate = models.DecimalField(
        _("tax rate (%)"), max_digits=5, decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(Decimal("99.99"))],
    )  # fmt: skip
    kind = models.CharField(pgettext_lazy("tax", "kind"), max_length=8, choices=Kind.choices, default=Kind.GENERAL)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["-rate", "kind", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="tax_rate_ends_after_start",
                violation_error_message=_("It does not end before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(rate=0) | ~Q(kind__in=["zero", "exempt"]), name="tax_rate_of_nothing_is_zero",
                violation_error_message=_("What is exempt or at zero has a rate of 0."),
            ),
            models.UniqueConstraint(
                fields=["rate", "kind", "valid_from"], name="tax_rate_once",
                violation_error_message=_("There is such a rate from this day on."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    def is_valid(self, on: date) -> bool:
        """Whether it may be chosen on a day."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


def shipped(language: str = "zh") -> list[TaxRate]:
    """Those of a company in China with what stood on older invoices, named in a language; not saved."""
    with DATA.open(encoding="utf-8", newline="") as file:
        return [
            TaxRate(
                name=row[language], rate=Decimal(row["rate"]), kind=row["kind"],
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


@config.cached
def tax_rates() -> list[TaxRate]:
    """All rates, the highest first; the shipped ones until somebody keeps others."""
    return list(TaxRate.objects.all()) or sorted(shipped(), key=lambda row: (-row.rate, row.kind))


def rates_on(day: date) -> list[TaxRate]:
    """The rates that may be chosen on a day, the highest first."""
    return [row for row in tax_rates() if row.is_valid(day)]
