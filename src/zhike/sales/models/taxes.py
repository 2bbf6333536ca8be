"""Tax rates as data: they change by decree, and documents keep the rate they were made with (SAL-5, SAL-9)."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import parse
from zhike.records import config
from zhike.records.config import Configuration

DATA = Path(__file__).parent.parent / "data" / "tax_rates.csv"


class Treatment(models.TextChoices):
    """How value-added tax treats a thing: at a rate; or, each for a reason of its own, without tax on it.

    At zero rate (exports) the tax paid on purchases is refunded; exempt sales bear none of it back; what is not
    taxable (deposits, subsidies) is no sale in the sense of the law. An invoice says which.
    """

    TAXED = "taxed", pgettext_lazy("tax", "Taxed")
    ZERO = "zero", pgettext_lazy("tax", "Zero rate")
    EXEMPT = "exempt", pgettext_lazy("tax", "Exempt")
    NONE = "none", pgettext_lazy("tax", "Not taxable")


UNTAXED = (Treatment.ZERO, Treatment.EXEMPT, Treatment.NONE)


@dataclass(frozen=True)
class Tax:
    """What tax is on something: a rate in percent, and how it comes about."""

    rate: Decimal
    treatment: str = Treatment.TAXED
    is_told: bool = field(default=True, compare=False)  # False for the treatment of a bare 0

    @property
    def code(self) -> str:
        """The same as one word, for controls and files: 13, 0.5, exempt."""
        return plain(self.rate) if self.treatment == Treatment.TAXED else str(self.treatment)

    @property
    def said(self) -> str:
        """As documents say it: 13%, exempt."""
        return f"{plain(self.rate)}%" if self.treatment == Treatment.TAXED else str(Treatment(self.treatment).label)

    @property
    def columns(self) -> dict[str, Any]:
        """As a line or product keeps it."""
        return {"tax_rate": self.rate, "tax_treatment": self.treatment}

    @classmethod
    def read(cls, raw: Any) -> "Tax":
        """A rate as people write it (13, "13%"), or the word for a treatment in any language spoken here.

        A bare 0 is exempt, which is what a sale at home without tax nearly always is. Raises ParseError.
        """
        if (treatment := _words().get(parse.fold(str(raw)))) is not None:
            return cls(Decimal(0), treatment)
        rate = Decimal(str(parse.number(str(raw).strip().removesuffix("%").removesuffix("％"))))
        return cls(rate) if rate else cls(rate, Treatment.EXEMPT, is_told=False)

    @classmethod
    def of_line(cls, given: Mapping[str, Any]) -> "Tax | None":
        """The tax of a line that came from outside: `tax_treatment` where it says more than `tax_rate`; None for none.

        Raises ParseError.
        """
        rate, treatment = given.get("tax_rate"), given.get("tax_treatment")
        if treatment not in (None, "", Treatment.TAXED):
            tax = cls.read(treatment)
            if tax.rate or (rate not in (None, "") and cls.read(rate).rate):
                raise parse.ParseError(_("What is exempt or at zero has a rate of 0."))
            return tax
        return None if rate in (None, "") else cls.read(rate)


def plain(rate: Decimal) -> str:
    """A rate as it is typed: 13, 0.5."""
    return f"{rate.normalize():f}"


@cache
def _words() -> dict[str, str]:
    words = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words |= {parse.fold(str(one.label)): one.value for one in UNTAXED}
    return words | {one.value: one.value for one in UNTAXED}


class Taxed(models.Model):
    """Something with a `tax_rate` in percent, and beside it how tax treats it; an untaxed one has a rate of 0."""

    tax_treatment = models.CharField(
        pgettext_lazy("tax", "treatment"), max_length=8, choices=Treatment.choices, default=Treatment.TAXED
    )

    class Meta:
        abstract = True

    @property
    def taxation(self) -> Tax:
        """Rate and treatment in one."""
        return Tax(Decimal(self.tax_rate), self.tax_treatment)


def untaxed_at_zero(name: str) -> models.CheckConstraint:
    """The constraint that goes with `Taxed`."""
    return models.CheckConstraint(
        condition=Q(tax_rate=0) | Q(tax_treatment="taxed"), name=name,
        violation_error_message=_("What is exempt or at zero has a rate of 0."),
    )  # fmt: skip


class TaxRate(Configuration):
    """A rate of value-added tax, in percent of the net amount, and the days on which it may be chosen."""

    class Kind(models.TextChoices):
        GENERAL = "general", pgettext_lazy("tax", "General method")
        SIMPLE = "simple", pgettext_lazy("tax", "Simplified method")
        ZERO = "zero", pgettext_lazy("tax", "Zero rate")
        EXEMPT = "exempt", pgettext_lazy("tax", "Exempt")
        NONE = "none", pgettext_lazy("tax", "Not taxable")

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
                condition=Q(rate=0) | ~Q(kind__in=["zero", "exempt", "none"]), name="tax_rate_of_nothing_is_zero",
                violation_error_message=_("What is exempt or at zero has a rate of 0."),
            ),
            models.UniqueConstraint(
                fields=["rate", "kind", "valid_from"], name="tax_rate_once",
                violation_error_message=_("There is such a rate from this day on."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    @property
    def tax(self) -> Tax:
        """What a document that chooses it says."""
        return Tax(self.rate, self.kind) if self.kind in UNTAXED else Tax(self.rate)

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
