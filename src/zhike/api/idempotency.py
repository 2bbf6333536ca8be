"""`Idempotency-Key` on POST: the same key and body again gives the first answer, another body is 409."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from zhike.api.models import IdempotencyKey
from zhike.api.problems import problem
from zhike.kit import dates

KEPT = timedelta(days=1)


def once(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer a POST at most once per key. Needs `request.viewer`.

    The key's row is written in the transaction of the work itself: a second caller waits for the first and then gets
    its answer; if the first fails on the server's side, nothing is kept and the next one tries again.
    """
    key = request.headers.get("Idempotency-Key", "").replace("\x00", "").strip()
    if request.method != "POST" or not key:
        return answer()
    if len(key) > 200:
        return problem(
            422, _("The key is too long."), [{"field": "Idempotency-Key", "message": _("At most 200 characters.")}]
        )
    digest = hashlib.sha256(request.body).hexdigest()
    person_id, path = request.viewer.person_id, request.path[:300]
    rows = IdempotencyKey.objects.filter(person_id=person_id, key=key)
    rows.filter(created_at__lt=dates.now() - KEPT).delete()
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(person_id=person_id, key=key, path=path, body_hash=digest)
            given = answer()
            if given.status_code >= 500:
                raise _NotKept(given)
            row.status, row.answer = given.status_code, given.content.decode()
            row.save(update_fields=["status", "answer"])
            return given
    except _NotKept as failed:
        return failed.answer
    except IntegrityError:
        row = rows.get()
    if (row.body_hash, row.path) != (digest, path):
        return problem(409, _("This key was used for another request."))
    kind = "application/problem+json" if row.status >= 400 else "application/json; charset=utf-8"
    return HttpResponse(row.answer, status=row.status, content_type=kind, headers={"Idempotency-Replayed": "true"})


class _NotKept(Exception):
    def __init__(self, answer: HttpResponse):
        self.answer = answer
