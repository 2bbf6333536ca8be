"""Approvals: the flows an administrator sets up, and each approval with its trace (ORG-6).

A flow is configuration. An approval keeps what the flow said and what the record was when it was asked for, so that
later changes of either rewrite nothing.
"""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.idlists import listed
from zhike.kit.scope import Scope, ScopedModel, through
from zhike.org.models.people import Person, Role
from zhike.records.config import Configuration
from zhike.records.models import person_key


class ApprovalFlow(Configuration):
    """Which approvals one kind of matter needs. The first flow in use whose conditions all hold applies."""

    key = models.SlugField(max_length=40, blank=True, editable=False)
    subject = models.CharField(_("about"), max_length=60)
    name = models.CharField(_("name"), max_length=60)
    # [[fact, operator, value], …]; all must hold.
    conditions = models.JSONField(_("conditions"), default=list, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    order = models.PositiveIntegerField(_("order"), default=100)

    class Meta:
        verbose_name = _("approval flow")
        verbose_name_plural = _("approval flows")
        ordering = ["subject", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "name"], name="approval_flow_name_once",
                violation_error_message=_("There is already a flow of this name."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name


class ApprovalStep(Configuration):
    """A step of a flow: who decides, one of them or all."""

    class Approver(models.TextChoices):
        SUPERVISOR = "supervisor", _("Supervisor")
        HEAD = "head", _("Head of the department")
        ROLE = "role", _("Role")
        PERSON = "person", _("A colleague")

    class Mode(models.TextChoices):
        ANY = "any", _("one of them is enough")
        ALL = "all", _("all of them")

    flow = models.ForeignKey(ApprovalFlow, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("step"), default=1)
    approver = models.CharField(_("who decides"), max_length=10, choices=Approver.choices)
    # How far up: 1 is the asker's own supervisor or department.
    levels = models.PositiveSmallIntegerField(_("levels up"), default=1)
    role = models.ForeignKey(Role, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("role"))
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("colleague")
    )
    mode = models.CharField(_("how many"), max_length=3, choices=Mode.choices, default=Mode.ANY)
    timeout_hours = models.PositiveIntegerField(_("remind after (hours)"), null=True, blank=True)

    class Meta:
        verbose_name = _("step")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["flow", "position"], name="approval_step_once"),
            models.CheckConstraint(
                condition=~Q(approver="role") | Q(role__isnull=False), name="approval_step_role",
                violation_error_message=_("Choose the role."),
            ),
            models.CheckConstraint(
                condition=~Q(approver="person") | Q(person__isnull=False), name="approval_step_person",
                violation_error_message=_("Choose the colleague."),
            ),
        ]  # fmt: skip

    def __str__(self):
        who = {"role": self.role, "person": self.person}.get(self.approver) or self.get_approver_display()
        return f"{who}"


class SeenByThoseInvolved(Scope):
    """Whoever asked and whoever has a place in it, and those above them."""

    def arms(self, viewer, model):
        if viewer.people is None:
            return [Q()]
        people = listed(viewer.people)
        places = ApprovalPlace.objects.whole_table("the viewer's own people").filter(
            approval=OuterRef("pk"), person_id__in=people
        )
        return [Q(asked_by_id__in=people), Q(Exists(places))]

    def allows_change(self, viewer, record):
        return viewer.sees_owner(record.asked_by_id)


class Approval(ScopedModel):
    """One matter put up for approval: what it was about, how it went. Decided by the actions of this room only."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("approval", "In approval")
        APPROVED = "approved", pgettext_lazy("approval", "Approved")
        REJECTED = "rejected", pgettext_lazy("approval", "Rejected")
        RECALLED = "recalled", pgettext_lazy("approval", "Recalled")

    subject = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    flow_name = models.CharField(max_length=60)
    # The steps as the flow said when asked: [{"label", "approver", "levels", "role", "person", "mode", "timeout"}].
    steps = models.JSONField(default=list)
    step = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    asked_by = person_key()
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)

    scope = SeenByThoseInvolved()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "object_id"], condition=Q(status="open"), name="approval_open_once",
                violation_error_message=_("This is in approval already."),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["subject", "object_id", "-id"], name="approvals_of_record"),
            models.Index(fields=["asked_by", "-id"], name="approvals_asked"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("org:approval_page", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.status == self.Status.OPEN


class ApprovalPlace(ScopedModel):
    """A person's place in a step of an approval, and what they said. The trace is these rows in order."""

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("approval place", "Waiting")
        APPROVED = "approved", pgettext_lazy("approval place", "Agreed")
        REJECTED = "rejected", pgettext_lazy("approval place", "Rejected")
        DELEGATED = "delegated", pgettext_lazy("approval place", "Passed on")
        NOT_NEEDED = "not_needed", pgettext_lazy("approval place", "Not needed any more")

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="places")
    step = models.PositiveSmallIntegerField()
    person = person_key(db_index=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    comment = models.CharField(pgettext_lazy("approval", "comment"), max_length=500, blank=True)
    delegated_by = person_key(null=True)
    # Who passed it on where it was not the person, who has left or is away.
    reassigned_by = person_key(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)

    scope = through("approval")

    class Meta:
        ordering = ["step", "id"]
        constraints = [models.UniqueConstraint(fields=["approval", "step", "person"], name="approval_place_once")]
        indexes = [
            models.Index(fields=["person", "-id"], name="approvals_waiting", condition=Q(status="waiting")),
            models.Index(fields=["person", "-decided_at"], name="approvals_decided"),
        ]

    def __str__(self):
        return f"{self.person_id} {self.status}"
