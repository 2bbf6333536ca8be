"""What the system does by itself: when something happens and a condition holds, then steps; and what it did (ACT-6)."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.mail.models import Letter
from zhike.records.config import Configuration

CLOCK = "clock:"


class AutomationRule(Configuration):
    """When something happens to a record of a kind, or a day of it comes, and the condition holds: then these steps.

    `trigger` is the name of an event ("sales.opportunity.moved") or "clock:" and a clock of the kind, counted with
    `offset` as reminder rules count. `field` narrows a change down to one field. `filter` is the condition in the
    filter language of lists. `steps` are [{"do": key, "with": {…}}]: all of them are carried out, or none.
    """

    key = models.SlugField(max_length=40, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(max_length=60)
    trigger = models.CharField(pgettext_lazy("automation", "when"), max_length=80)
    field = models.CharField(_("which field"), max_length=60, blank=True)
    offset = models.IntegerField(_("how much later"), default=0)
    filter = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    is_active = models.BooleanField(_("in use"), default=False)
    order = models.PositiveIntegerField(default=100)

    class Meta:
        verbose_name = _("automation rule")
        verbose_name_plural = _("automation rules")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="automation_rule_name_once",
                violation_error_message=_("There is already a rule of this name."),
            ),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="automation_rule_key_once"),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("automation:rule_page", args=[self.pk])

    @property
    def clock(self) -> str:
        """The clock a timed rule goes by; empty for a rule that waits for an event."""
        return self.trigger.removeprefix(CLOCK) if self.trigger.startswith(CLOCK) else ""


class AutomationRun(models.Model):
    """A rule met a record, once for one cause: what it did, or why it did not. Read by who sets up automation."""

    class Status(models.TextChoices):
        DONE = "done", pgettext_lazy("automation", "done")
        FAILED = "failed", pgettext_lazy("automation", "failed")
        FAULT = "fault", pgettext_lazy("automation", "fault of the product")
        STOPPED = "stopped", pgettext_lazy("automation", "stopped: would go round in a circle")

    WENT_WRONG = (Status.FAILED, Status.FAULT)

    rule = models.ForeignKey(AutomationRule, models.CASCADE, related_name="runs", db_index=False)
    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    # The event ("event:17") or what the clock stood at; the same cause again does nothing.
    cause = models.CharField(max_length=60)
    status = models.CharField(max_length=8, choices=Status.choices)
    said = models.JSONField(default=list)
    happened_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("run of a rule")
        verbose_name_plural = _("runs of rules")
        constraints = [models.UniqueConstraint(fields=["rule", "object_id", "cause"], name="automation_run_once")]
        indexes = [
            models.Index(fields=["rule", "-id"], name="automation_runs_of_rule"),
        ]

    def __str__(self):
        return f"{self.title} {self.cause}"

    @property
    def went_wrong(self) -> bool:
        """Whether it did nothing and can be tried again."""
        return self.status in self.WENT_WRONG


class AutomationLetter(models.Model):
    """A letter a rule wrote, with the chain of rules that led to it: by it circles over e-mail are noticed."""

    rule = models.ForeignKey(AutomationRule, models.CASCADE, related_name="letters", db_index=False)
    letter = models.OneToOneField(Letter, models.CASCADE, related_name="+")
    address = models.EmailField()
    chain = models.JSONField(default=list)
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("letter of a rule")
        verbose_name_plural = _("letters of rules")
        indexes = [models.Index(fields=["rule", "address", "-id"], name="automation_letters_to")]

    def __str__(self):
        return self.address
