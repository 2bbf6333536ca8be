"""Who calls: a bearer token acts as its person, with exactly that person's permissions."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from zhike.api.models import ApiToken
from zhike.kit import dates
from zhike.kit.viewer import viewer_of
from zhike.records.models import OutboxEvent


def forget_tokens(event: OutboxEvent) -> None:
    """Somebody left: their tokens go, so that letting the person back in does not wake them."""
    ApiToken.objects.filter(person_id=event.object_id).delete()


class TokenAuth(HttpBearer):
    """Finds the person of a token and puts their viewer on the request."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        found = ApiToken.objects.filter(digest=ApiToken.digest_of(token), person__is_active=True).first()
        if found is None:
            return None
        now = dates.now()
        if found.last_used_at is None or now - found.last_used_at > timedelta(minutes=5):
            ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        try:
            request.viewer = viewer_of(found.person_id)
        except LookupError:
            return None
        return found
