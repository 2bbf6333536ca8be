"""How contracts and payments are numbered, and what happens when a customer is above its credit (SAL-6, CUS-13)."""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.records import config
from zhike.records.config import Configuration

PLACES = re.compile(r"\{(year|month|day|n(?::(\d))?)\}")


def check_pattern(pattern: str) -> None:
    """A numbering rule has one running number and no braces nobody fills; raises ValidationError."""
    left = PLACES.sub("", pattern)
    if "{" in left or "}" in left or len(re.findall(r"\{n(?::\d)?\}", pattern)) != 1:
        raise ValidationError(_("A rule is made of text, {year}, {month}, {day} and one running number such as {n:4}."))


def number_from(pattern: str, day: date, count: int) -> str:
    """The number a rule makes: "HT-{year}-{n:4}" gives HT-2026-0017."""

    def fill(found: re.Match) -> str:
        if found[1].startswith("n"):
            return f"{count:0{found[2] or 1}d}"
        return f"{getattr(day, found[1]):02d}"

    return PLACES.sub(fill, pattern)


def counter_of(pattern: str, day: date) -> str:
    """Under which key a rule counts: it begins anew with each year, month or day the rule names."""
    return PLACES.sub(lambda found: "" if found[1].startswith("n") else f"{getattr(day, found[1]):02d}", pattern)


class ContractRules(Configuration):
    """The one row of settings of this room."""

    class CreditCheck(models.TextChoices):
        WARN = "warn", pgettext_lazy("credit check", "Warn")
        BLOCK = "block", pgettext_lazy("credit check", "Block, unless the general manager signs")

    contract_numbers = models.CharField(
        _("contract numbers"), max_length=40, default="HT-{year}-{n:4}", validators=[check_pattern]
    )
    payment_numbers = models.CharField(
        _("payment numbers"), max_length=40, default="HK-{year}{month}-{n:5}", validators=[check_pattern]
    )
    credit_check = models.CharField(
        _("when a contract goes above the credit limit or the customer is overdue"),
        max_length=5, choices=CreditCheck.choices, default=CreditCheck.WARN,
    )  # fmt: skip
    default_credit_days = models.PositiveSmallIntegerField(
        _("days to pay, where the customer has none of its own"), default=30
    )
    cross_sell_months = models.PositiveSmallIntegerField(
        _("months of sales that say what is bought together"), default=24,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )  # fmt: skip

    def __str__(self):
        return str(_("rules for contracts"))


@config.cached
def rules_in_force() -> ContractRules:
    """The settings of this room; the shipped ones until somebody changes them."""
    return ContractRules.objects.first() or ContractRules()
