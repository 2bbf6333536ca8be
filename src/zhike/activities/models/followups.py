"""Follow-ups: what was said with a customer, what comes next, and what superiors say to it (ACT-1, ACT-2)."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.scope import ScopedModel, owned_within, through
from zhike.records import config
from zhike.records.config import Configuration
from zhike.records.models import OwnedRecord, person_key
from zhike.sales.models import Lead, Opportunity


class Activity(OwnedRecord):
    """One follow-up. It is seen by whoever sees the customer, and by its author and those above them in any case.

    `owner` is the customer's (or the deal's, or the lead's), moved with it; `author` is who did it and stays.
    """

    class Kind(models.TextChoices):
        CALL = "call", pgettext_lazy("follow-up", "Call")
        VISIT = "visit", pgettext_lazy("follow-up", "Visit")
        MEETING = "meeting", pgettext_lazy("follow-up", "Meeting")
        WECHAT = "wechat", pgettext_lazy("follow-up", "WeChat")
        EMAIL = "email", pgettext_lazy("follow-up", "E-mail")
        DEMO = "demo", pgettext_lazy("follow-up", "Demo")
        HOSPITALITY = "hospitality", pgettext_lazy("follow-up", "Hospitality")
        OTHER = "other", pgettext_lazy("follow-up", "Other")

    kind = models.CharField(pgettext_lazy("follow-up", "kind"), max_length=12, choices=Kind.choices, default=Kind.CALL)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="activities", db_index=False,
        verbose_name=_("customer"),
    )  # fmt: skip
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="activities", verbose_name=_("contact")
    )
    opportunity = models.ForeignKey(
        Opportunity, models.SET_NULL, null=True, blank=True, related_name="activities", verbose_name=_("opportunity")
    )
    # What was said with somebody who is no customer yet; when the lead becomes one, the customer is set too.
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, blank=True, related_name="activities", verbose_name=_("lead")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("author")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, editable=False,
        verbose_name=_("owner"),
    )  # fmt: skip
    happened_at = models.DateTimeField(_("when"), default=dates.now)
    minutes = models.PositiveIntegerField(_("minutes"), null=True, blank=True)
    participants = models.CharField(_("others present"), max_length=200, blank=True)
    summary = models.TextField(_("what was said"))
    # What the template of the kind asks for, in its order: [["Needs found", "…"], …]. Kept with its headings, so that
    # what was written stays readable when the template changes.
    details = models.JSONField(_("details"), default=list, blank=True)
    place = models.CharField(pgettext_lazy("follow-up", "place"), max_length=120, blank=True)
    # Where the author's device was, if they pressed for it: "31.29834,120.58531,25" (WGS 84, metres of accuracy).
    position = models.CharField(max_length=40, blank=True, editable=False)
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_at = models.DateTimeField(_("next step at"), null=True, blank=True)
    needs_attention = models.BooleanField(_("needs attention"), default=False, editable=False)
    # The key of the form it was logged with: sent twice, it is logged once.
    key = models.CharField(max_length=40, null=True, editable=False)

    scope = owned_within("owner", "customer", also="author")
    not_audited = OwnedRecord.not_audited | {"key", "position"}

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(customer__isnull=False)
                | models.Q(opportunity__isnull=False)
                | models.Q(lead__isnull=False),
                name="activity_about_something",
                violation_error_message=_("Say which customer this is about."),
            ),
            models.UniqueConstraint(fields=["author", "key"], name="activity_logged_once"),
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at", "-id"], name="activities_of_customer"),
            models.Index(fields=["owner", "-happened_at", "-id"], name="activities_of_owner"),
            # The kind at its end, so that visits are counted without reading them.
            models.Index(fields=["author", "-happened_at", "-id", "kind"], name="activities_by_author"),
            models.Index(fields=["-happened_at", "-id"], name="activities_by_time"),
            models.Index(fields=["-updated_at", "-id"], name="activities_by_update"),
            models.Index(
                fields=["-happened_at", "-id"],
                name="activities_for_attention",
                condition=models.Q(needs_attention=True),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.summary[:60]}"

    def get_absolute_url(self):
        return reverse("activities:activity_page", args=[self.pk])


class ActivityTemplate(Configuration):
    """What a kind of follow-up is written down by: the headings of its minutes (ACT-1)."""

    MOST = 10

    kind = models.CharField(max_length=12, choices=Activity.Kind.choices, unique=True)
    headings = models.JSONField(default=list)

    class Meta:
        verbose_name = _("template of follow-ups")
        verbose_name_plural = _("templates of follow-ups")

    def __str__(self):
        return self.kind


@config.cached
def headings_of_kinds() -> dict[str, list[str]]:
    """The headings each kind of follow-up asks for; kinds without a template are left out."""
    return {kind: headings for kind, headings in ActivityTemplate.objects.values_list("kind", "headings") if headings}


class ActivityComment(ScopedModel):
    """A word on a follow-up; from somebody above its author it is guidance (ACT-2)."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="comments", verbose_name=_("follow-up"))
    author = person_key()
    text = models.TextField(_("comment"))
    is_guidance = models.BooleanField(default=False)
    # The author's to-do of a question; done when they answer.
    question = models.ForeignKey(
        "activities.Task", models.SET_NULL, null=True, related_name="+", db_index=False, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    scope = through("activity")

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["id"]

    def __str__(self):
        return self.text[:60]


class FeedMark(models.Model):
    """How far a person has seen what their people logged; theirs alone."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen = models.BigIntegerField(default=0)

    def __str__(self):
        return f"{self.person_id}: {self.seen}"
