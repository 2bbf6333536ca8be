"""What the system reminds of by itself: rules as data, and who was reminded of what (ACT-6)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.records.config import Configuration
from zhike.records.models import person_key

# Words a rule's text may use in braces.
WORDS = ("record", "day", "days", "owner")


class ReminderRule(Configuration):
    """When somebody is reminded of which records: a condition as in lists, a clock, and whom.

    `offset` is counted from the clock, in days (working minutes where the clock says so), and may be negative: before.
    `filter` is the condition in the filter language of lists. `recipients` are "owner", "supervisor" (the owner's),
    "role:KEY", "person:ID", and the lines of group robots and webhooks ("robot:ID", "webhook:ID").
    """

    key = models.SlugField(max_length=40, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(max_length=60)
    filter = models.JSONField(default=list)
    clock = models.CharField(_("counted from"), max_length=60)
    offset = models.IntegerField(_("how much later"), default=0)
    recipients = models.JSONField(_("whom"), default=list)
    text = models.CharField(_("text"), max_length=200)
    tone = models.CharField(max_length=8, default="warn")
    is_active = models.BooleanField(_("in use"), default=True)
    order = models.PositiveIntegerField(default=100)
    # Why the last pass of this rule failed; it does not keep the others.
    error = models.CharField(max_length=300, blank=True, editable=False)
    passed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("reminder rule")
        verbose_name_plural = _("reminder rules")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="reminder_rule_name_once",
                violation_error_message=_("There is already a rule of this name."),
            ),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="reminder_rule_key_once"),
        ]  # fmt: skip

    def __str__(self):
        return self.name


class Reminder(models.Model):
    """A person was reminded of a record by a rule, once for one cause; theirs alone, so read by person.

    Or a group or another system was, over its `line` ("robot:3"): there is no person then, and nobody sees it to.

    `cause` is what the clock stood at: a due day moved to another day is another cause.
    """

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("reminder", "open")
        SNOOZED = "snoozed", pgettext_lazy("reminder", "later")
        DONE = "done", pgettext_lazy("reminder", "done")

    rule = models.ForeignKey(ReminderRule, models.CASCADE, related_name="reminders", db_index=False)
    person = person_key(null=True)
    line = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    cause = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=200, blank=True)
    tone = models.CharField(max_length=8, default="warn")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    snoozed_until = models.DateTimeField(null=True)
    # Written, and the message about it still to be made: in a transaction of its own for each recipient.
    is_untold = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(fields=["rule", "object_id", "cause", "person"], name="reminded_once"),
            models.UniqueConstraint(
                fields=["rule", "object_id", "cause", "line"], condition=~Q(line=""), name="reminded_over_line_once"
            ),
            models.CheckConstraint(condition=Q(person__isnull=False) ^ ~Q(line=""), name="reminder_has_one_recipient"),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="reminders_open", condition=Q(status="open")),
            models.Index(fields=["snoozed_until"], name="reminders_snoozed", condition=Q(status="snoozed")),
            models.Index(fields=["kind", "object_id"], name="reminders_of_record"),
            models.Index(fields=["rule", "line", "person"], name="reminders_untold", condition=Q(is_untold=True)),
        ]

    def __str__(self):
        return self.text
