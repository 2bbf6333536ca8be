"""Follow-ups: what was said with a customer, what comes next, and what superiors say to it (ACT-1, ACT-2)."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.scope import ScopedModel, owned_within, through
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
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_at = models.DateTimeField(_("next step at"), null=True, blank=True)

    scope = owned_within("owner", "customer", also="author")

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
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at", "-id"], name="activities_of_customer"),
            models.Index(fields=["owner", "-happened_at", "-id"], name="activities_of_owner"),
            models.Index(fields=["author", "-happened_at", "-id"], name="activities_of_author"),
            models.Index(fields=["-happened_at", "-id"], name="activities_by_time"),
            models.Index(fields=["-updated_at", "-id"], name="activities_by_update"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.summary[:60]}"

    def get_absolute_url(self):
        return reverse("activities:activity_page", args=[self.pk])


class ActivityComment(ScopedModel):
    """A word on a follow-up; from somebody above its author it is guidance (ACT-2)."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="comments", verbose_name=_("follow-up"))
    author = person_key()
    text = models.TextField(_("comment"))
    is_guidance = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    scope = through("activity")

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["id"]

    def __str__(self):
        return self.text[:60]
