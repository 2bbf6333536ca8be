"""What belongs to calendars: how long before one is reminded, and the secret address phones read (ACT-3, ACT-5)."""

import base64
import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from zhike.records import config
from zhike.records.config import Configuration
from zhike.records.models import person_key

# Minutes before it begins that somebody is reminded, by kind, unless company or person say otherwise.
SHIPPED_LEADS = {"call": 10, "visit": 60, "meeting": 15, "demo": 60, "hospitality": 120}


class ReminderLead(Configuration):
    """How long before a task of a kind one is reminded: the company's choice, or (with a person) one's own."""

    kind = models.CharField(max_length=12)
    person = person_key(null=True)
    minutes = models.PositiveIntegerField(null=True)  # None: not at all

    class Meta:
        verbose_name = _("reminder lead")
        verbose_name_plural = _("reminder leads")
        constraints = [
            models.UniqueConstraint(fields=["kind", "person"], name="lead_of_person_once"),
            models.UniqueConstraint(fields=["kind"], condition=Q(person=None), name="lead_of_company_once"),
        ]

    def __str__(self):
        return f"{self.kind}: {self.minutes}"


@config.cached
def leads_chosen(person_id: int | None) -> dict[str, int | None]:
    """Minutes by kind that a person, or with None the company, chose; kinds they said nothing of are missing."""
    return dict(ReminderLead.objects.filter(person_id=person_id).values_list("kind", "minutes"))


def lead_minutes(kind: str, person_id: int | None) -> int | None:
    """How many minutes before a task of this kind a person is reminded; None: not at all (ACT-3)."""
    for chosen in (leads_chosen(person_id) if person_id else {}, leads_chosen(None), SHIPPED_LEADS):
        if kind in chosen:
            return chosen[kind]
    return None


class CalendarFeed(models.Model):
    """The address under which a person's phone reads their calendar, without signing in (ACT-5).

    The address is worked out of `nonce` and the key of the installation: who reads the database, or a copy of it,
    cannot read calendars; the person may look the address up again for a second phone. A new nonce is a new address.
    """

    SALT = "zhike.activities.calendar-feed"

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    # What was given last and since when it is like that, for ETag and Last-Modified; and out of which state of the
    # rows it was made, so that it need not be made again to be found the same.
    state = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self):
        return f"#{self.pk}"

    @staticmethod
    def new_nonce() -> str:
        """What makes an address differ from all before it."""
        return secrets.token_hex(16)

    @property
    def secret(self) -> str:
        """What stands in the address: the row's number, a dash, 256 bits."""
        mac = salted_hmac(self.SALT, f"{self.person_id}:{self.nonce}", algorithm="sha256").digest()
        return f"{self.pk}-{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    @classmethod
    def by_secret(cls, secret: str) -> "CalendarFeed | None":
        """The feed with this secret, or None; the comparison takes the same time whatever is wrong."""
        number = secret.partition("-")[0]
        feed = cls.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
        known = feed.secret if feed else hashlib.sha256(secret.encode()).hexdigest()
        return feed if constant_time_compare(known, secret) and feed else None
