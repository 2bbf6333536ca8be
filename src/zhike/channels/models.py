"""What goes out: one row per message, channel and recipient, the lines it goes over, and who wants what (ACT-7)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.scope import Scope, ScopedModel, by_owner
from zhike.kit.sealed import Unreadable, unseal
from zhike.kit.viewer import Viewer
from zhike.org.models import Department
from zhike.records.config import Configuration, bump
from zhike.records.models import InboxItem, person_key


class ToOneself(Scope):
    """All for those who see everything, else what went to oneself or over one's own webhooks (ORG-3)."""

    def arms(self, viewer: Viewer, model: type[models.Model]) -> list[Q]:
        if viewer.people is None:
            return [Q()]
        return [Q(person_id=viewer.person_id) | Q(webhook__owner_id=viewer.person_id)]

    def allows_change(self, viewer: Viewer, record: "Delivery") -> bool:
        mine = record.person_id == viewer.person_id
        return viewer.people is None or mine or bool(record.webhook and record.webhook.owner_id == viewer.person_id)


class Delivery(ScopedModel):
    """A message on its way over one channel to one recipient.

    `key` names message, channel and recipient: the same again is the same row, so nothing is sent for it twice.
    `line` is what it goes over ("email", "robot:3", "webhook:7"); a line that fails rests, and its messages wait.
    `bundle` names a digest: what is due of it goes into one letter. `letter` is that letter, the same at each attempt.
    `item` is the message of the inbox it carries further; once that is read it need not go.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", pgettext_lazy("channel", "E-mail")
        ROBOT = "robot", pgettext_lazy("channel", "Group robot")
        WEBHOOK = "webhook", pgettext_lazy("channel", "Webhook")

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("delivery", "waiting")
        HELD = "held", pgettext_lazy("delivery", "held back for quiet hours")
        SENDING = "sending", pgettext_lazy("delivery", "being sent")
        SENT = "sent", pgettext_lazy("delivery", "sent")
        FAILED = "failed", pgettext_lazy("delivery", "failed, tried again")
        UNCLEAR = "unclear", pgettext_lazy("delivery", "unclear, may have arrived")
        GIVEN_UP = "given_up", pgettext_lazy("delivery", "given up")
        SKIPPED = "skipped", pgettext_lazy("delivery", "not needed, read before")

    # Out of these a worker may take a row; out of the last two only a person.
    OPEN = (Status.WAITING, Status.HELD, Status.FAILED)
    STUCK = (Status.UNCLEAR, Status.GIVEN_UP)

    key = models.CharField(max_length=120)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    line = models.CharField(max_length=40)
    person = person_key(null=True)
    item = models.ForeignKey(InboxItem, models.SET_NULL, null=True, related_name="+", db_index=False)
    robot = models.ForeignKey("channels.Robot", models.CASCADE, null=True, related_name="deliveries")
    webhook = models.ForeignKey("channels.Webhook", models.CASCADE, null=True, related_name="deliveries")
    about = models.CharField(max_length=40, blank=True)
    title = models.CharField(_("message"), max_length=300)
    content = models.JSONField(default=dict)
    status = models.CharField(_("state"), max_length=10, choices=Status.choices, default=Status.WAITING)
    due_at = models.DateTimeField(_("due at"))
    bundle = models.CharField(max_length=60, blank=True)
    letter = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=300, blank=True)
    sender = models.CharField(max_length=120, blank=True)
    queued_at = models.DateTimeField(null=True)
    first_tried_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    scope = ToOneself()
    in_actions_only = False  # what sends writes down how it went, and is no action of anybody

    class Meta:
        verbose_name = pgettext_lazy("channels", "delivery")
        verbose_name_plural = pgettext_lazy("channels", "deliveries")
        constraints = [models.UniqueConstraint(fields=["key"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["due_at"], name="deliveries_open", condition=~Q(status__in=["sent", "given_up", "skipped"])
            ),
            models.Index(fields=["status", "-id"], name="deliveries_by_status"),
            models.Index(fields=["webhook", "-id"], name="deliveries_of_webhook"),
            models.Index(fields=["bundle"], name="deliveries_bundled", condition=~Q(bundle="")),
        ]

    def __str__(self):
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether it is still on its way by itself."""
        return self.status in self.OPEN


class Attempt(models.Model):
    """One try of a delivery: what the other side said, in part."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries")
    at = models.DateTimeField(auto_now_add=True)
    milliseconds = models.PositiveIntegerField(default=0)
    status_code = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"{self.delivery_id} {self.status_code or self.error}"


class Line(models.Model):
    """What messages go over, how it is at the moment, and when the last ones went (for rate limits)."""

    key = models.CharField(max_length=40, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    recent = models.JSONField(default=list)

    def __str__(self):
        return self.key


class SealedField(models.TextField):
    """A secret, sealed in the column and in Python alike; `unsealed(value)` opens it, forms never show it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"editable": False, "default": "", "blank": True, **kwargs})


def unsealed(value: str) -> str:
    """The secret, or "" where it was sealed with another key."""
    try:
        return unseal(value)
    except Unreadable:
        return ""


class Robot(Configuration):
    """A group robot of WeCom, DingTalk or Feishu: it posts what concerns the people of a department, or of everybody.

    Its address holds a key, so it is sealed like the secret.
    """

    class Kind(models.TextChoices):
        WECOM = "wecom", _("WeCom")
        DINGTALK = "dingtalk", _("DingTalk")
        FEISHU = "feishu", _("Feishu")

    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("product"), max_length=10, choices=Kind.choices)
    department = models.ForeignKey(
        Department, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("department")
    )
    address = SealedField()
    secret = SealedField()
    abouts = models.JSONField(_("takes"), default=list, blank=True)
    keeps_quiet = models.BooleanField(_("keeps quiet at night"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("group robot")
        verbose_name_plural = _("group robots")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="robot_name_once",
                violation_error_message=_("There is already a robot of this name."),
            )
        ]  # fmt: skip

    def __str__(self):
        return self.name

    @property
    def line(self) -> str:
        return f"robot:{self.pk}"


class Webhook(ScopedModel):
    """A subscription: what happens to records goes to an address, as far as its owner sees those records."""

    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    url = models.URLField(_("address"), max_length=500)
    secret = SealedField()
    events = models.JSONField(_("events"), default=list)
    is_active = models.BooleanField(_("in use"), default=True)
    stopped_because = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    scope = by_owner("owner")

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name", "id"]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        bump()

    def delete(self, *args, **kwargs):
        gone = super().delete(*args, **kwargs)
        bump()
        return gone

    @property
    def line(self) -> str:
        return f"webhook:{self.pk}"


class Preference(Configuration):
    """How one person wants to be told, where that differs from what the company starts with.

    `ways` maps a kind of message to how e-mail takes it: "now", "hourly", "daily" or "none". Quiet hours may go over
    midnight; equal ends mean none.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    ways = models.JSONField(default=dict)
    quiet_from = models.TimeField(_("quiet from"))
    quiet_until = models.TimeField(_("quiet until"))
    quiet_days_off = models.BooleanField(_("quiet on days off"), default=False)

    def __str__(self):
        return f"{self.person_id}"
