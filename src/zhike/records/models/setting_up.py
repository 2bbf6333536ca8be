"""What is set up while the product runs: fields, picklists, lists as somebody likes them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.records.config import Configuration
from zhike.records.models.audit import person_key


class CustomField(Configuration):
    """A field the administrator added while running. Its values live in the record's `custom` under `f<id>` (IMP-6)."""

    class Type(models.TextChoices):
        TEXT = "text", pgettext_lazy("field type", "Text")
        NUMBER = "number", pgettext_lazy("field type", "Number")
        MONEY = "money", pgettext_lazy("field type", "Money")
        DATE = "date", pgettext_lazy("field type", "Date")
        CHOICE = "choice", pgettext_lazy("field type", "Choice")
        MULTI = "multi", pgettext_lazy("field type", "Multiple choice")
        PERSON = "person", pgettext_lazy("field type", "Person")
        REFERENCE = "reference", pgettext_lazy("field type", "Reference")

    kind = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=60)
    type = models.CharField(_("type"), max_length=12, choices=Type.choices)
    # Choices: {"choices": [{"id": "c1", "label": "…", "archived": false}]}; reference: {"kind": "customers.customer"}.
    options = models.JSONField(default=dict, blank=True)
    help = models.CharField(_("help text"), max_length=200, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    is_indexed = models.BooleanField(_("indexed"), default=False)
    is_archived = models.BooleanField(_("archived"), default=False)
    order = models.PositiveIntegerField(_("order"), default=100)

    class Meta:
        ordering = ["kind", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="custom_field_name_once",
                violation_error_message=_("There is already a field of this name."),
            )
        ]

    def __str__(self):
        return self.name

    @property
    def key(self) -> str:
        """The permanent key of its values, whatever the field is called."""
        return f"f{self.pk}"


class PicklistOption(Configuration):
    """An entry of a picklist the administrator may edit, such as "customers.source". Records hold its code."""

    picklist = models.CharField(max_length=60)
    code = models.CharField(max_length=40)
    label = models.CharField(_("label"), max_length=80)
    order = models.PositiveIntegerField(_("order"), default=100)
    is_archived = models.BooleanField(_("archived"), default=False)

    class Meta:
        ordering = ["picklist", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["picklist", "code"], name="picklist_code_once"),
            models.UniqueConstraint(
                fields=["picklist", "label"],
                name="picklist_label_once",
                violation_error_message=_("There is already an entry of this name."),
            ),
        ]

    def __str__(self):
        return self.label


class SavedView(Configuration):
    """A list as somebody likes it: filter, columns, sort; their own, or shared with all."""

    kind = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=40)
    person = person_key(null=True)
    is_shared = models.BooleanField(_("shared with all"), default=False)
    filter = models.JSONField(default=list)
    search = models.CharField(max_length=100, blank=True)
    columns = models.JSONField(default=list)
    sort = models.CharField(max_length=60, blank=True)
    order = models.PositiveIntegerField(default=100)

    class Meta:
        ordering = ["order", "id"]
        indexes = [models.Index(fields=["kind", "person"], name="views_of_person")]

    def __str__(self):
        return self.name
