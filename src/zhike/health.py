"""`GET /healthz`: 200 when this process answers and its database does, 503 otherwise; for supervisor and monitors."""

import logging

from django.db import DatabaseError, connection
from django.http import HttpResponse

log = logging.getLogger(__name__)


class HealthMiddleware:
    """Answers before everything else: a monitor has no session and may call by any host name."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path == "/healthz":
            return healthz()
        return self.get_response(request)


def healthz() -> HttpResponse:
    """Ask the database the smallest question."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("the database does not answer")
        return HttpResponse("database\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")
