"""Answers to HTMX: one URL, one template; HTMX gets a named part of it, everyone else the page (CRAFT §7)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseLocation, reswap, retarget, trigger_client_event
from django_htmx.middleware import HtmxDetails

from zhike.kit.viewer import Viewer


class Request(HttpRequest):
    """The request a view gets: who looks, and whether HTMX asks for a part. For annotations only."""

    viewer: Viewer
    htmx: HtmxDetails


def wants_part(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part: not a boosted link, and not a page of the history it has lost."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def part(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render `room/page.html#part`: the part alone for HTMX, the whole page for a plain link or form."""
    page, _, _name = template.partition("#")
    response = render(request, template if wants_part(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def redirect(request: HttpRequest, url: str, text: str = "", *, tone: str = "ok") -> HttpResponse:
    """Go to another page of ours, telling `text` there; HTMX fetches it, a browser is redirected."""
    if text:
        messages.add_message(request, messages.ERROR if tone == "bad" else messages.SUCCESS, text)
    if wants_part(request):
        # As if a boosted link had been followed, so that the page there answers whole and not with its part.
        return HttpResponseLocation(url, target="body", headers={"HX-Boosted": "true"})
    return HttpResponseRedirect(url)


def done(text: str = "", *, undo_url: str = "", event: str = "") -> HttpResponse:
    """204: nothing to swap. Closes the open dialog, says `text`, and fires `event` so that parts reload themselves."""
    response = HttpResponse(status=204)
    trigger(response, "zk:close")
    if event:
        trigger(response, event)
    return toast(response, text, undo_url=undo_url) if text else response


def into_dialog(response: HttpResponse) -> HttpResponse:
    """Show this answer in the page's dialog, wherever it was asked for: a board asking why a card moved back."""
    return reswap(retarget(response, "#dialog"), "innerHTML")


def instead(response: HttpResponse, target: str) -> HttpResponse:
    """Put this answer in the place of another element than the one that was to be replaced."""
    return reswap(retarget(response, target), "outerHTML")


def toast(
    response: HttpResponse, text: str, *, tone: str = "ok", undo_url: str = "", link: tuple[str, str] | None = None
) -> HttpResponse:
    """Say something at the foot of the page; with `undo_url` (a POST) it offers Undo for ten seconds.

    `link` (label, address) opens in another tab, so that nothing of this page is lost.
    """
    detail: dict[str, Any] = {"text": str(text), "tone": tone, "undo_url": undo_url}
    if link:
        detail["link"] = dict(zip(("label", "url"), map(str, link), strict=True))
    return trigger(response, "zk:toast", detail)


def trigger(response: HttpResponse, event: str, detail: dict[str, Any] | None = None) -> HttpResponse:
    """Fire an event in the browser as the answer arrives."""
    return trigger_client_event(response, event, detail or {})
