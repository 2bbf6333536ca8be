"""How this company quotes: the letter that goes with a quote, how long one is valid, its usual terms (SAL-5)."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhike.records import config
from zhike.records.config import Configuration

PLACES = ("name", "customer", "company", "number", "title", "total", "valid_until", "person", "mobile")
_PLACE = re.compile(r"\{(\w+)\}")


def check_letter(text: str) -> None:
    """A template has no braces but those of known places; raises ValidationError."""
    left = _PLACE.sub(lambda found: "" if found[1] in PLACES else found[0], text)
    if "{" in left or "}" in left:
        raise ValidationError(_("Only these places are filled in: %(places)s."), params={
            "places": " ".join(f"{{{name}}}" for name in PLACES),
        })  # fmt: skip


def filled(text: str, values: dict[str, str]) -> str:
    """A template with its places filled in."""
    return _PLACE.sub(lambda found: str(values.get(found[1], found[0])), text)


class QuoteRules(Configuration):
    """The one row of settings about quotes. An empty template stands for the shipped letter."""

    letter_subject = models.CharField(_("subject"), max_length=200, blank=True, validators=[check_letter])
    letter_text = models.TextField(pgettext_lazy("letter", "text"), blank=True, validators=[check_letter])
    valid_days = models.PositiveSmallIntegerField(
        _("days a quote is valid"), default=30, validators=[MinValueValidator(1), MaxValueValidator(730)]
    )
    payment_terms = models.CharField(_("payment terms"), max_length=200, blank=True)
    delivery = models.CharField(_("delivery"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("rules for quotes")

    def __str__(self):
        return str(_("rules for quotes"))

    @property
    def subject_template(self) -> str:
        """The company's own subject, or the shipped one."""
        return self.letter_subject or gettext("Quote {number} from {company}")

    @property
    def text_template(self) -> str:
        """The company's own letter, or the shipped one."""
        return self.letter_text or gettext(
            "Dear {name},\n\nplease find our quote {number} attached.\n\n{person}\n{company}"
        )  # fmt: skip


@config.cached
def quote_rules() -> QuoteRules:
    """The settings about quotes; the shipped ones until somebody changes them."""
    return QuoteRules.objects.first() or QuoteRules()
