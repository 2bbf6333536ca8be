"""A letter in the record: whom it is about, how it stands, and what it says."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.activities.models import Activity
from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.scope import OwnedWithin, ScopedModel, through
from zhike.mail.models.mailboxes import MailAccount
from zhike.records.models import OwnedRecord
from zhike.sales.models import Lead, Opportunity, Quote


class SeenWithItsRecord(OwnedWithin):
    """Seen by whoever sees the customer, and by those above the writer; a private letter by its holder alone."""

    def arms(self, viewer, model):
        mine = Q(holder_id=viewer.person_id, is_private=True) if viewer.person_id else None
        arms = [arm & Q(is_private=False) for arm in super().arms(viewer, model)]
        return [*arms, mine] if mine else arms

    def allows_change(self, viewer, record):
        if record.is_private:
            return record.holder_id == viewer.person_id
        return super().allows_change(viewer, record)


class Letter(OwnedRecord):
    """One e-mail, whoever's mailboxes hold copies of it: its Message-ID is here once.

    `owner` is the customer's (or the lead's), moved with it; `holder` is the colleague whose mailbox it came from or
    went through. `answer_due` is set while a customer waits for an answer.
    """

    class Direction(models.TextChoices):
        IN = "in", pgettext_lazy("letter", "Received")
        OUT = "out", pgettext_lazy("letter", "Sent")

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("letter", "Draft")
        WAITING = "waiting", pgettext_lazy("letter", "On its way")
        SENDING = "sending", pgettext_lazy("letter", "Being sent")
        SENT = "sent", pgettext_lazy("letter", "Sent")
        FAILED = "failed", pgettext_lazy("letter", "Not sent")
        UNSURE = "unsure", pgettext_lazy("letter", "Possibly sent")
        RETURNED = "returned", pgettext_lazy("letter", "Undeliverable")
        RECEIVED = "received", pgettext_lazy("letter", "Received")

    direction = models.CharField(pgettext_lazy("letter", "direction"), max_length=3, choices=Direction.choices)
    status = models.CharField(pgettext_lazy("letter", "status"), max_length=8, choices=Status.choices)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    snippet = models.CharField(_("beginning"), max_length=200, blank=True)
    sender = models.CharField(pgettext_lazy("letter", "from"), max_length=254)
    sender_name = models.CharField(_("sender's name"), max_length=120, blank=True)
    # Lists of [name, address].
    to = models.JSONField(pgettext_lazy("letter", "to"), default=list)
    cc = models.JSONField(pgettext_lazy("letter", "copy"), default=list, blank=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="letters", db_index=False,
        verbose_name=_("customer"),
    )  # fmt: skip
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="letters", verbose_name=_("contact")
    )
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, blank=True, related_name="letters", verbose_name=_("lead")
    )
    opportunity = models.ForeignKey(
        Opportunity, models.SET_NULL, null=True, blank=True, related_name="letters", verbose_name=_("opportunity")
    )
    quote = models.ForeignKey(
        Quote, models.SET_NULL, null=True, blank=True, related_name="letters", verbose_name=_("quote")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, editable=False,
        verbose_name=_("owner"),
    )  # fmt: skip
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, db_index=False,
        verbose_name=_("mailbox of"),
    )  # fmt: skip
    account = models.ForeignKey(MailAccount, models.SET_NULL, null=True, related_name="+")
    sends_quote = models.BooleanField(default=False, editable=False)  # with its PDF: gone out, the quote counts as sent
    is_private = models.BooleanField(_("private"), default=False)
    message_id = models.CharField(max_length=255, unique=True, editable=False)
    in_reply_to = models.CharField(max_length=255, blank=True, editable=False)
    references = models.TextField(blank=True, editable=False)
    thread = models.CharField(max_length=64, db_index=True, editable=False)
    at = models.DateTimeField(pgettext_lazy("letter", "time"), default=dates.now)
    # Written by a machine (RFC 3834): nobody answers it, and of ours none settles what waits for a person's answer.
    is_automatic = models.BooleanField(_("automatic"), default=False)
    answer_due = models.BooleanField(_("waits for an answer"), default=False)
    # Kept files: [{"id", "name", "size", "cid"}], and the names of those that were not kept.
    files = models.JSONField(default=list, editable=False)
    dropped = models.JSONField(default=list, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    send_at = models.DateTimeField(null=True, editable=False)
    error = models.CharField(max_length=300, blank=True, editable=False)
    reports = models.JSONField(default=list, editable=False)  # ids of reports that it did not arrive
    activity = models.OneToOneField(
        Activity, models.SET_NULL, null=True, blank=True, related_name="letter", editable=False
    )

    scope = SeenWithItsRecord("owner", "customer", also="holder")
    not_audited = OwnedRecord.not_audited | {
        "snippet", "to", "cc", "message_id", "in_reply_to", "references", "thread", "files", "dropped", "attempts",
        "send_at", "activity", "account", "error", "sender_name", "sends_quote", "reports",
    }  # fmt: skip

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        indexes = [
            models.Index(fields=["customer", "-at", "-id"], name="letters_of_customer"),
            models.Index(fields=["owner", "-at", "-id"], name="letters_of_owner"),
            models.Index(fields=["holder", "-at", "-id"], name="letters_of_holder"),
            models.Index(fields=["-at", "-id"], name="letters_by_time"),
            models.Index(fields=["-updated_at", "-id"], name="letters_by_update"),
            models.Index(fields=["owner", "-at", "-id"], name="letters_to_answer", condition=Q(answer_due=True)),
        ]

    def __str__(self):
        return self.subject or str(_("(no subject)"))

    def get_absolute_url(self):
        return reverse("mail:letter_page", args=[self.pk])

    @property
    def is_incoming(self) -> bool:
        """Whether somebody wrote to us."""
        return self.direction == self.Direction.IN

    @property
    def is_stuck(self) -> bool:
        """Whether somebody has to look at why it did not go out or arrive."""
        return self.status in (self.Status.FAILED, self.Status.UNSURE, self.Status.RETURNED)

    @property
    def may_go_again(self) -> bool:
        """Whether it can be sent once more as it is; whoever of several has it already does not get it twice."""
        return self.is_stuck and (self.status != self.Status.RETURNED or len(self.to) + len(self.cc) == 1)

    @property
    def about(self):
        """The record it lies with."""
        return self.customer or self.lead


class LetterBody(ScopedModel):
    """What a letter says, apart from its row so that lists stay light: text, and HTML as it came (never shown raw)."""

    letter = models.OneToOneField(Letter, models.CASCADE, related_name="body")
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)

    scope = through("letter")

    class Meta:
        verbose_name = _("text of a letter")
        verbose_name_plural = _("texts of letters")

    def __str__(self):
        return self.text[:60]
