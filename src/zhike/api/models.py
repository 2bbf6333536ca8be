"""Tokens and remembered answers of the API."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiToken(models.Model):
    """Lets a program act as its person. Only a digest is kept; the token itself is shown once."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=60, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self):
        return self.name or f"#{self.pk}"

    @classmethod
    def make(cls, person_id: int, name: str = "") -> str:
        """Create a token and give its text, which is not kept."""
        text = f"zk_{secrets.token_urlsafe(32)}"
        cls.objects.create(person_id=person_id, name=name, digest=cls.digest_of(text))
        return text

    @staticmethod
    def digest_of(text: str) -> str:
        """What is kept of a token. It has 256 random bits, so a plain hash is as good as a slow one."""
        return hashlib.sha256(text.encode()).hexdigest()


class IdempotencyKey(models.Model):
    """The first answer to a POST, so that a retry changes nothing twice. Kept for a day."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="idempotency_key_once")]

    def __str__(self):
        return self.key
