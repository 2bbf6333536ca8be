"""Refusals raised in views become pages or parts; nobody but the signed-in gets further than the door."""

import re
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, reswap

from zhike.kit.errors import Forbidden, NotVisible, Refused, Stale
from zhike.kit.htmx import toast, wants_part

API = "/api/"
# NUL, as PostgreSQL stores none; a lone surrogate, as it cannot be encoded.
IMPOSSIBLE = re.compile("[\x00\ud800-\udfff]")


class SamePerson:
    """What is sent from a page happens in the name of the person the page was made for, or not at all.

    Another tab may have signed in somebody else meanwhile. Pages name their person in a header with all that HTMX and
    scripts send; plain forms of that person fail by their CSRF token, which changes with each signing in. HEAD asks
    whether it is still the same person. Stands before the check of that token, so that it is this that is said.
    """

    header = "X-Zhike-Person"

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        made_for = request.headers.get(self.header)
        if not made_for or request.method == "GET" or request.path_info.startswith(API):
            return None
        if not request.user.is_authenticated or made_for == str(request.user.pk):
            return None
        said = _("%(name)s is signed in here now. Nothing was saved: this page was opened by somebody else.")
        link = (_("Sign in again"), resolve_url("account_logout"))
        return reswap(toast(HttpResponse(status=409), said % {"name": request.user}, tone="bad", link=link), "none")


class SignInRequired(LoginRequiredMiddleware):
    """Every view needs a person unless it is marked `@login_not_required`; the API checks its own tokens."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.path_info.startswith(API):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request, view_func):
        """To the sign-in and back to the page one was on; what HTMX sent stays in its form, to be sent again."""
        login = self.get_login_url(view_func)
        is_sent = request.method not in ("GET", "HEAD")
        if not wants_part(request):
            return redirect_to_login(_page_before(request) if is_sent else request.get_full_path(), login)
        if is_sent:
            said = _("You are signed out. Nothing is lost: sign in, then press the button here again.")
            return toast(HttpResponse(status=401), said, tone="bad", link=(_("Sign in"), resolve_url(login)))
        return HttpResponseClientRedirect(redirect_to_login(request.htmx.current_url_abs_path or "/", login).url)


def _page_before(request: HttpRequest) -> str:
    """The page of ours a form was sent from: what it was sent to may answer no link."""
    before = urlsplit(request.headers.get("Referer", ""))
    ours = before.netloc == request.get_host() and before.path.startswith("/")
    return f"{before.path}?{before.query}".rstrip("?") if ours else request.get_full_path()


class ErrorAnswers:
    """Turns `kit.errors` into 404, 403, 409 and 422, and input no database can hold into 400 or 404."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if IMPOSSIBLE.search(request.path_info) or "%00" in request.META.get("QUERY_STRING", ""):
            return answer(request, 400, _("This address makes no sense."))
        return self.get_response(request)

    def process_exception(self, request, error):
        """The answer to an exception of a view, or None for what is a bug (500)."""
        if request.path_info.startswith(API):
            return None
        if isinstance(error, NotVisible):
            return answer(request, 404, _("This page does not exist, or you may not see it."))
        if isinstance(error, Forbidden):
            return answer(request, 403, _("You may look at this, but not do that."))
        if isinstance(error, Stale):
            return answer(request, 409, str(error.message))
        if isinstance(error, Refused):
            return answer(request, 422, str(error))
        if isinstance(error, OverflowError):
            return answer(request, 404, _("This page does not exist, or you may not see it."))
        if isinstance(error, DataError | UnicodeEncodeError) or (isinstance(error, ValueError) and "NUL" in str(error)):
            return answer(request, 400, _("This input cannot be stored."))
        return None


def answer(request: HttpRequest, status: int, text: str) -> HttpResponse:
    """A page that says what happened; for HTMX a toast, and nothing on the page changes."""
    if wants_part(request):
        return reswap(toast(HttpResponse(status=status), text, tone="bad"), "none")
    template = f"{status}.html" if status in (403, 404, 409) else "refused.html"
    return render(request, template, {"text": text, "status": status}, status=status)


class CompressedPages(GZipMiddleware):
    """Pages go compressed to whoever takes them so: a list is a tenth of its size, which counts on a phone.

    Files are left as they are: most are compressed already, and their length is told. Django adds random bytes to each
    answer, so that its size tells nothing of a secret in it (BREACH).
    """

    def process_response(self, request, response):
        if response.streaming or not response.get("Content-Type", "").startswith(("text/html", "application/json")):
            return response
        return super().process_response(request, response)
