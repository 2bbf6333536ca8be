"""Who gets a new lead: rules in order, the first whose conditions fit decides; each assignment is kept (SAL-1)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.scope import ScopedModel, through
from zhike.org.models import Department, Role
from zhike.records.config import Configuration
from zhike.records.models import person_key
from zhike.sales.models.leads import Lead


class AssignmentRule(Configuration):
    """Which leads go to whom, and how one of them is chosen."""

    class How(models.TextChoices):
        TURN = "turn", pgettext_lazy("assignment", "in turn")
        LOAD = "load", pgettext_lazy("assignment", "whoever has the fewest open leads")
        CUSTOMER = "customer", pgettext_lazy("assignment", "whoever looks after that customer")

    name = models.CharField(_("name"), max_length=60)
    order = models.PositiveIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)
    # Conditions of the list of leads, as `Filter.as_json` keeps them; none fits every lead.
    filter = models.JSONField(default=list, blank=True)
    # Only leads of customers we know, of these classes; none asks for no customer.
    customer_grades = models.JSONField(_("only of customers of class"), default=list, blank=True)
    how = models.CharField(_("chosen"), max_length=8, choices=How.choices, default=How.TURN)
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("colleagues")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("department")
    )
    role = models.ForeignKey(Role, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("role"))
    most_open = models.PositiveIntegerField(_("most open leads each"), null=True, blank=True)
    # Who had the last turn. Written at every assignment, so not through `save`, which would make everybody read anew.
    last_person = person_key(null=True, editable=False)

    class Meta:
        verbose_name = _("assignment rule")
        verbose_name_plural = _("assignment rules")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="assignment_rule_once",
                violation_error_message=_("There is already a rule of this name."),
            ),
            models.CheckConstraint(
                condition=Q(most_open__isnull=True) | Q(most_open__gt=0),
                name="assignment_rule_most_positive",
                violation_error_message=_("At least one."),
            ),
        ]

    def __str__(self):
        return self.name


class LeadAssignment(ScopedModel):
    """A lead was given to somebody by a rule: which, to whom, when, and how they were chosen. Never changed."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="assignments", verbose_name=_("lead"))
    rule = models.ForeignKey(AssignmentRule, models.SET_NULL, null=True, related_name="+")
    rule_name = models.CharField(max_length=60)  # as it was called then
    how = models.CharField(max_length=8, choices=AssignmentRule.How.choices)
    person = person_key()
    asked_by = person_key(null=True)
    assigned_at = models.DateTimeField(auto_now_add=True)

    scope = through("lead")

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["id"]

    def __str__(self):
        return f"{self.lead_id} → {self.person_id}"
