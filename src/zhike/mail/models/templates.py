"""Texts one writes again and again: the company's, and one's own."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import braces
from zhike.records.models import person_key

# What a template may hold in braces.
PLACEHOLDERS = (
    "contact.name", "contact.title", "customer.name", "customer.short_name", "opportunity.name", "quote.number",
    "me.name", "me.title", "me.mobile", "me.email", "me.signature", "company.name", "today",
)  # fmt: skip


def wrong_with(text: str) -> str:
    """What is wrong with a template's text and where; "" where nothing is."""
    try:
        braces.check(text, PLACEHOLDERS)
    except braces.BadBraces as wrong:
        return str(wrong)
    return ""


class LetterTemplate(models.Model):
    """A letter to begin with; without a person it is everybody's, else read by person."""

    person = person_key(null=True, blank=True)
    name = models.CharField(pgettext_lazy("template", "name"), max_length=60)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=8000)
    order = models.PositiveIntegerField(default=100)

    class Meta:
        verbose_name = _("letter template")
        verbose_name_plural = _("letter templates")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "name"], name="letter_template_name_once",
                violation_error_message=_("There is already a template of this name."),
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(person__isnull=True), name="letter_template_of_company_once",
                violation_error_message=_("There is already a template of this name."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    @property
    def wrong(self) -> str:
        """What is wrong with it, where it was saved before such things were refused."""
        return wrong_with(self.subject) or wrong_with(self.text)
