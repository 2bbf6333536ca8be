"""Every refusal as application/problem+json (RFC 9457), with `errors: [{field, message}]` where fields are at fault."""

import json
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as BodyError

from zhike.kit.errors import Forbidden, NotVisible, Refused, Stale


def problem(status: int, detail: str = "", errors: list[dict[str, str]] | None = None, **more: Any) -> HttpResponse:
    """An answer that says what is wrong."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, **more}
    if detail:
        body["detail"] = detail
    if errors is not None:
        body["errors"] = errors
    return HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")


def install(api: NinjaAPI) -> None:
    """Answer each kind of refusal in the one form."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused):
        return problem(422, str(error), _errors(error.messages))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError):
        messages = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return problem(422, _("Some fields are not right."), _errors(messages))

    @api.exception_handler(BodyError)
    def bad_body(request: HttpRequest, error: BodyError):
        found = [
            {"field": ".".join(map(str, e.get("loc", ())[2:] or e.get("loc", ()))), "message": e["msg"]}
            for e in error.errors
        ]
        return problem(422, _("Some fields are not right."), found)

    @api.exception_handler(NotVisible)
    def not_visible(request: HttpRequest, error: NotVisible):
        return problem(404)

    @api.exception_handler(Http404)
    def not_found(request: HttpRequest, error: Http404):
        return problem(404)

    @api.exception_handler(Forbidden)
    def forbidden(request: HttpRequest, error: Forbidden):
        return problem(403, _("Your role does not allow this."))

    @api.exception_handler(Stale)
    def stale(request: HttpRequest, error: Stale):
        return problem(409, str(error.message), version=getattr(error.theirs, "version", None))

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, error: AuthenticationError):
        answer = problem(401, _("A valid token is needed."))
        answer["WWW-Authenticate"] = "Bearer"
        return answer

    @api.exception_handler(RequestDataTooBig)
    def too_big(request: HttpRequest, error: RequestDataTooBig):
        return problem(413)

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, error: HttpError):
        return problem(error.status_code, str(error))


def _errors(messages: dict[str, list]) -> list[dict[str, str]]:
    return [
        {"field": "" if field == "__all__" else field, "message": str(text)}
        for field, texts in messages.items()
        for text in texts
    ]
