"""Tasks and appointments: what somebody has to do, when, and with whom (ACT-3, ACT-4)."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.activities.models.followups import Activity
from zhike.customers.models import Contact, Customer
from zhike.kit.idlists import listed
from zhike.kit.scope import OwnedWithin, ScopedModel, through
from zhike.records.models import OwnedRecord, person_key
from zhike.sales.models import Opportunity


class SeenByAllInvolved(OwnedWithin):
    """A task is seen by its assignee, who gave it, who takes part, everybody above them, and through its customer."""

    def arms(self, viewer, model):
        arms = super().arms(viewer, model)
        if viewer.people is None:
            return arms
        places = TaskParticipant.objects.whole_table("the viewer's own people").filter(
            person_id__in=listed(viewer.people)
        )
        return [*arms, Q(pk__in=places.values("task_id"))]


class Task(OwnedRecord):
    """Something to do. `due_at` is when it begins or has to be done by; an appointment also ends.

    The assignee answers for it; carrying it out writes the follow-up, so that nobody writes anything twice.
    """

    class Kind(models.TextChoices):
        TODO = "todo", pgettext_lazy("task", "To-do")
        CALL = "call", pgettext_lazy("follow-up", "Call")
        VISIT = "visit", pgettext_lazy("follow-up", "Visit")
        MEETING = "meeting", pgettext_lazy("follow-up", "Meeting")
        WECHAT = "wechat", pgettext_lazy("follow-up", "WeChat")
        EMAIL = "email", pgettext_lazy("follow-up", "E-mail")
        DEMO = "demo", pgettext_lazy("follow-up", "Demo")
        HOSPITALITY = "hospitality", pgettext_lazy("follow-up", "Hospitality")

    class Priority(models.TextChoices):
        LOW = "low", pgettext_lazy("priority", "Low")
        NORMAL = "normal", pgettext_lazy("priority", "Normal")
        HIGH = "high", pgettext_lazy("priority", "High")

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("task", "Open")
        DONE = "done", pgettext_lazy("task", "Done")
        DECLINED = "declined", pgettext_lazy("task", "Declined")
        CANCELLED = "cancelled", pgettext_lazy("task", "Cancelled")

    class Repeat(models.TextChoices):
        DAILY = "daily", _("Every day")
        WORKDAY = "workday", _("Every working day")
        WEEKLY = "weekly", _("Every week")
        FORTNIGHTLY = "fortnightly", _("Every two weeks")
        MONTHLY = "monthly", _("Every month")
        YEARLY = "yearly", _("Every year")

    title = models.CharField(pgettext_lazy("task", "what to do"), max_length=200)
    kind = models.CharField(pgettext_lazy("task", "kind"), max_length=12, choices=Kind.choices, default=Kind.TODO)
    priority = models.CharField(_("priority"), max_length=6, choices=Priority.choices, default=Priority.NORMAL)
    status = models.CharField(
        pgettext_lazy("task", "status"), max_length=10, choices=Status.choices, default=Status.OPEN, editable=False
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("assignee")
    )
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, editable=False,
        verbose_name=_("assigned by"),
    )  # fmt: skip
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True, editable=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("customer")
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("contact")
    )
    opportunity = models.ForeignKey(
        Opportunity, models.SET_NULL, null=True, blank=True, related_name="tasks", verbose_name=_("opportunity")
    )
    due_at = models.DateTimeField(pgettext_lazy("task", "due"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    is_all_day = models.BooleanField(_("all day"), default=False)
    remind_at = models.DateTimeField(_("remind at"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    place = models.CharField(_("place"), max_length=120, blank=True)
    note = models.TextField(_("note"), blank=True)
    repeat = models.CharField(_("repeats"), max_length=12, choices=Repeat.choices, blank=True)
    repeat_until = models.DateField(_("repeats until"), null=True, blank=True)
    # Where this one was moved alone: when it would have been, from which the repetition goes on.
    rhythm_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The day of the month a repetition aims at, where this month had none: the 31st after a 28th of February.
    rhythm_day = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    # The task this one came after, so that a repetition is made once.
    follows = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="followed_by", editable=False
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    outcome = models.CharField(_("outcome"), max_length=300, blank=True, editable=False)
    activity = models.OneToOneField(
        Activity, models.SET_NULL, null=True, blank=True, related_name="task", editable=False,
        verbose_name=_("follow-up"),
    )  # fmt: skip

    # While it is being moved without those that come after it, so that the old rhythm is kept.
    moves_alone = False

    scope = SeenByAllInvolved("assignee", "customer", also="assigned_by")
    not_audited = OwnedRecord.not_audited | {"reminded_at"}

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(due_at__isnull=True) | Q(ends_at__gte=F("due_at")),
                name="task_ends_after_start", violation_error_message=_("It ends before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True) | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="task_closed_when",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["assignee", "due_at", "id"], name="tasks_open_of", condition=Q(status="open")),
            models.Index(fields=["due_at", "id"], name="tasks_open_by_due", condition=Q(status="open")),
            models.Index(fields=["assigned_by", "due_at", "id"], name="tasks_open_by", condition=Q(status="open")),
            models.Index(fields=["assignee", "-updated_at", "-id"], name="tasks_of_assignee"),
            models.Index(fields=["-updated_at", "-id"], name="tasks_by_update"),
            models.Index(fields=["due_at", "id"], name="tasks_by_due"),
            models.Index(fields=["assignee", "due_at"], name="tasks_calendar", condition=Q(due_at__isnull=False)),
            models.Index(
                fields=["assignee", "ends_at"], name="tasks_calendar_ends", condition=Q(ends_at__isnull=False)
            ),
            models.Index(fields=["assignee"], name="tasks_repeating", condition=Q(status="open", repeat__gt="")),
            models.Index(
                fields=["remind_at"], name="tasks_to_remind", condition=Q(status="open", reminded_at__isnull=True)
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("activities:task_page", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.status == self.Status.OPEN

    @property
    def is_handed_down(self) -> bool:
        """Whether somebody else gave it to the assignee."""
        return self.assigned_by_id != self.assignee_id

    def is_late(self, now: datetime) -> bool:
        """Open past its time."""
        return self.is_open and self.due_at is not None and self.due_at < now


class TaskParticipant(ScopedModel):
    """A colleague who takes part in a task or appointment, and what they said to the invitation."""

    class Answer(models.TextChoices):
        WAITING = "", pgettext_lazy("invitation", "not answered")
        YES = "yes", pgettext_lazy("invitation", "comes")
        NO = "no", pgettext_lazy("invitation", "does not come")

    task = models.ForeignKey(Task, models.CASCADE, related_name="participants")
    person = person_key()
    answer = models.CharField(max_length=3, choices=Answer.choices, blank=True, default=Answer.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)

    scope = through("task")

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [models.UniqueConstraint(fields=["task", "person"], name="task_participant_once")]

    def __str__(self):
        return f"{self.person_id} in {self.task_id}"
