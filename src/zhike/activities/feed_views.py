"""The calendar for phones: the feed itself, without signing in, and the page where one gets its address (ACT-5)."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.activities import actions, ical
from zhike.activities.actions.appointments import SET_UP
from zhike.activities.calendar_forms import LeadsForm
from zhike.activities.models import CalendarFeed
from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.viewer import Viewer, viewer_of
from zhike.records import config

PER_MINUTE = 30  # readings of one feed
WRONG_PER_MINUTE = 20  # wrong addresses, from one place
FRESH_SECONDS = 300


@login_not_required
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """A person's calendar for whoever has its secret address; 304 where the client has it already, 429 if too often."""
    place = get_adapter(request).get_client_ip(request)  # behind a proxy, whose address it says
    if _count(f"wrong:{place}", add=0) >= WRONG_PER_MINUTE:
        return _too_many()
    found = CalendarFeed.by_secret(secret)
    if found is None:
        _count(f"wrong:{place}")
        return HttpResponseNotFound(content_type="text/plain")
    if _count(f"read:{found.pk}") > PER_MINUTE:
        return _too_many()
    with config.reading():
        try:
            viewer = viewer_of(found.person_id)
        except LookupError:  # left the company
            return HttpResponseNotFound(content_type="text/plain")
        with translation.override(viewer.person.language or settings.LANGUAGE_CODE):
            return _answer(request, found, viewer, request.build_absolute_uri("/").rstrip("/"))


def _answer(request: HttpRequest, feed: CalendarFeed, viewer: Viewer, base: str) -> HttpResponse:
    """The feed, made anew only where its rows are in another state than when it was made last, or it has to be sent."""
    state, body = ical.state_of(viewer, base), b""
    if feed.state != state or not _has_it(request, feed):
        body = ical.calendar_of(viewer, base)
    digest = ical.digest_of(body) if body else feed.digest
    feed = actions.note_reading(feed, by=viewer, state=state, digest=digest)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="zhike.ics"'
    response["Cache-Control"] = f"private, max-age={FRESH_SECONDS}"
    response["X-Robots-Tag"] = "noindex"
    marks = _marks(feed)
    response["ETag"], response["Last-Modified"] = marks["etag"], http_date(marks["last_modified"])
    return get_conditional_response(request, **marks, response=response)


def _has_it(request: HttpRequest, feed: CalendarFeed) -> bool:
    """Whether the client says that it has what was made last."""
    answer = get_conditional_response(request, **_marks(feed), response=None) if feed.digest else None
    return answer is not None and answer.status_code == 304


def _marks(feed: CalendarFeed) -> dict[str, Any]:
    return {"etag": f'"{feed.digest[:32]}"', "last_modified": int(feed.changed_at.timestamp())}


def _count(key: str, add: int = 1) -> int:
    """How often something happened within this minute, in this process."""
    key = f"calendar-feed:{key}"
    cache.add(key, 0, 60)
    try:
        return cache.incr(key, add)
    except ValueError:  # gone this very moment
        return add


def _too_many() -> HttpResponse:
    return HttpResponse(status=429, content_type="text/plain", headers={"Retry-After": "60"})


@require_safe
def feed_page(request: HttpRequest) -> HttpResponse:
    """One's own address with how to use it, and how long before one is reminded."""
    viewer = request.viewer
    found = CalendarFeed.objects.filter(person_id=viewer.person_id).first()
    path = reverse("activities:calendar_feed", args=[found.secret]) if found else ""
    context = {
        "feed": found,
        "address": request.build_absolute_uri(path) if found else "",
        "webcal": f"webcal://{request.get_host()}{path}" if found else "",
        "form": LeadsForm(person_id=viewer.person_id),
        "is_public": settings.BEHIND_TLS,
    }
    return htmx.part(request, "activities/calendar_feed.html", context)


@require_POST
def feed_renew(request: HttpRequest) -> HttpResponse:
    """A first address, or a new one instead of the old."""
    actions.renew_feed(by=request.viewer)
    return htmx.redirect(request, reverse("activities:calendar_feed_page"), _("The address is made."))


@require_POST
def feed_revoke(request: HttpRequest) -> HttpResponse:
    """No address any more."""
    actions.revoke_feed(by=request.viewer)
    return htmx.redirect(request, reverse("activities:calendar_feed_page"), _("The address leads nowhere any more."))


@require_POST
def my_leads(request: HttpRequest) -> HttpResponse:
    """How long before one is reminded oneself."""
    form = LeadsForm(request.POST, person_id=request.viewer.person_id)
    if form.run(actions.choose_leads, by=request.viewer):
        return htmx.redirect(request, reverse("activities:calendar_feed_page"), _("Saved."))
    return htmx.part(request, "activities/calendar_leads.html#form", {"form": form, "action": request.path}, status=422)


@require_http_methods(["GET", "POST"])
def company_leads(request: HttpRequest) -> HttpResponse:
    """How long before colleagues are reminded, unless they chose for themselves."""
    require(request.viewer, SET_UP)
    form = LeadsForm(request.POST if request.method == "POST" else None, person_id=None)
    if request.method == "POST" and form.run(actions.choose_leads, by=request.viewer, for_company=True):
        return htmx.redirect(request, request.path, _("Saved."))
    context = {"form": form, "action": request.path}
    return htmx.part(request, "activities/calendar_leads.html#form", context, status=422 if form.errors else 200)
