"""Where letters come from and go through: a colleague's mailbox, the company's drop-box; how far each was read."""

from datetime import date, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.scope import ScopedModel, through
from zhike.kit.sealed import Unreadable, seal, unseal
from zhike.records.config import Configuration
from zhike.records.models import person_key

DAYS_BACK = 30


def some_days_ago() -> date:
    """From when a new mailbox is read."""
    return dates.today() - timedelta(days=DAYS_BACK)


class MailAccount(models.Model):
    """A mailbox: a colleague's own (theirs alone, so read by person), or the company's, which belongs to nobody.

    The password lies sealed in `secret` (`kit.sealed`); nothing shows, exports or audits it.
    """

    is_server = False  # True for the installation's own mail server, which is no row (`servers.own_server`)

    class Tls(models.TextChoices):
        SSL = "ssl", _("SSL/TLS from the start")
        STARTTLS = "starttls", "STARTTLS"
        NONE = "none", _("none (inside one's own network only)")

    class State(models.TextChoices):
        NEW = "new", pgettext_lazy("mailbox", "not tried yet")
        OK = "ok", pgettext_lazy("mailbox", "works")
        TROUBLE = "trouble", pgettext_lazy("mailbox", "trying again")
        STOPPED = "stopped", pgettext_lazy("mailbox", "stopped")

    person = person_key(null=True, blank=True)
    is_company = models.BooleanField(default=False, editable=False)
    address = models.EmailField(_("e-mail address"))
    display_name = models.CharField(_("name as sender"), max_length=60, blank=True)
    username = models.CharField(_("user name"), max_length=120)
    secret = models.TextField(editable=False, default="")
    imap_host = models.CharField(_("incoming server (IMAP)"), max_length=120, blank=True)
    imap_port = models.PositiveIntegerField(_("IMAP port"), default=993)
    imap_tls = models.CharField(_("IMAP encryption"), max_length=8, choices=Tls.choices, default=Tls.SSL)
    smtp_host = models.CharField(_("outgoing server (SMTP)"), max_length=120, blank=True)
    smtp_port = models.PositiveIntegerField(_("SMTP port"), default=465)
    smtp_tls = models.CharField(_("SMTP encryption"), max_length=8, choices=Tls.choices, default=Tls.SSL)
    signature = models.TextField(_("signature"), blank=True, max_length=2000)
    reads_inbox = models.BooleanField(_("read the inbox"), default=True)
    reads_sent = models.BooleanField(_("read the folder of sent mail"), default=True)
    keeps_sent = models.BooleanField(_("put a copy into the folder of sent mail"), default=False)
    since = models.DateField(_("letters since"), default=some_days_ago)
    is_active = models.BooleanField(_("in use"), default=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW, editable=False)
    error = models.CharField(max_length=300, blank=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    next_at = models.DateTimeField(null=True, editable=False)
    busy_since = models.DateTimeField(null=True, editable=False)
    fetched_at = models.DateTimeField(null=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)  # that it cannot be read; cleared when it can be again
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(person__isnull=False), name="mail_account_of_person_once",
                violation_error_message=_("You have a mailbox already."),
            ),
            models.UniqueConstraint(
                fields=["is_company"], condition=Q(is_company=True), name="mail_account_of_company_once",
                violation_error_message=_("The company has a mailbox already."),
            ),
            models.CheckConstraint(
                condition=Q(is_company=True, person__isnull=True) | Q(is_company=False, person__isnull=False),
                name="mail_account_of_one",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.address

    @property
    def password(self) -> str:
        """The password in clear, for signing in to the servers only. Raises Unreadable."""
        return unseal(self.secret)

    def set_password(self, password: str) -> None:
        """Keep a password, sealed."""
        self.secret = seal(password)

    @property
    def is_locked(self) -> bool:
        """Whether its password was sealed with another secret key, so that it has to be entered again."""
        try:
            unseal(self.secret)
        except Unreadable:
            return True
        return False

    @property
    def can_send(self) -> bool:
        """Whether letters may go out through it."""
        return self.is_active and bool(self.smtp_host and (self.secret or self.is_server))

    @property
    def can_read(self) -> bool:
        """Whether letters are taken in from it."""
        return self.is_active and bool(self.imap_host and self.secret)


class MailFolder(models.Model):
    """How far a folder of a mailbox was read: everything up to `last_uid`, while the server keeps to `uidvalidity`."""

    class Role(models.TextChoices):
        INBOX = "inbox", pgettext_lazy("mail folder", "Inbox")
        SENT = "sent", pgettext_lazy("mail folder", "Sent")

    account = models.ForeignKey(MailAccount, models.CASCADE, related_name="folders")
    role = models.CharField(max_length=8, choices=Role.choices)
    uidvalidity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "role"], name="mail_folder_once")]

    def __str__(self):
        return f"{self.account_id} {self.role}"


class MailDomain(ScopedModel):
    """A domain whose letters belong to a customer, even from people we do not know yet: "chenghu.com"."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="mail_domains", verbose_name=_("customer"))
    domain = models.CharField(_("domain"), max_length=120)
    person = person_key()

    scope = through("customer")

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")
        constraints = [
            models.UniqueConstraint(
                fields=["domain"], name="mail_domain_once",
                violation_error_message=_("This domain belongs to another customer already."),
            )
        ]  # fmt: skip

    def __str__(self):
        return self.domain


class MailRules(Configuration):
    """What holds for everybody's mailboxes; one row."""

    # Names of mail servers inside the company's own network, one a line: no others there may be connected to.
    inside_hosts = models.TextField(_("mail servers inside our network"), blank=True, max_length=2000)

    class Meta:
        verbose_name = _("mail settings")
        verbose_name_plural = _("mail settings")

    def __str__(self):
        return str(self._meta.verbose_name)
