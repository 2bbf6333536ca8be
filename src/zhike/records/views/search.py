"""Search: the page of results by kind of record, and what the palette shows while one types (CUS-7)."""

import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from zhike.kit.addresses import address_of
from zhike.kit.htmx import part
from zhike.kit.registry import menu
from zhike.records import kinds, search
from zhike.records.kinds import RecordKind
from zhike.records.search import Hit

IN_PALETTE = 8
OF_EACH_KIND = 5
OF_ONE_KIND = 50
COUNTED = 10
MOST_LETTERS = 100


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """The few best records, in the order of the best of each kind, and the way to all of them."""
    text = _asked(request)
    if ordered := _orders(request, text):
        return part(request, "ui/palette_groups.html", {"groups": ordered})
    hits = search.find(request.viewer, text, limit=IN_PALETTE) if text else []
    groups = [
        {"label": kind.plural, "items": [_item(kind, hit, text) for hit in found]} for kind, found in _by_kind(hits)
    ]
    if hits:
        everything = {"url": _url(text), "icon": "search",
                      "title": _("All results"), "note": ""}  # fmt: skip
        groups.append({"label": _("Search"), "items": [everything]})
    return part(request, "ui/palette_groups.html", {"groups": groups})


def _orders(request: HttpRequest, text: str) -> list[dict[str, Any]]:
    """What is to be done, then with whom: "log a follow-up acme" offers to log one with each record found as acme.

    Rooms offer orders at the place "orders" of the menu; `group` is the kind the rest of the words is searched in.
    """
    for entry in menu.at("orders", request.viewer):
        order = str(entry.label)
        rest = text[len(order) :].strip()
        if not rest or not text.casefold().startswith(order.casefold()):
            continue
        kind = kinds.get(entry.group)
        hits = search.find(request.viewer, rest, kinds=[kind], limit=IN_PALETTE)
        parameter = kind.model._meta.model_name
        items = [{**_item(kind, hit, rest), "icon": entry.icon, "url":
                  f"{reverse(entry.url_name)}?{parameter}={hit.object_id}"} for hit in hits]  # fmt: skip
        return [{"label": order, "items": items}] if items else []
    return []


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """The best of each kind, counted up to ten, or of one kind (`kind=contacts`) the best fifty."""
    text, viewer = _asked(request), request.viewer
    chosen = next((k for k in search.searched_kinds(viewer) if k.slug == request.GET.get("kind")), None)

    def most(kind: RecordKind) -> int:
        return OF_ONE_KIND if kind is chosen else COUNTED

    groups = [
        {
            "kind": kind, "current": kind is chosen, "url": _url(text, kind), "more": count > len(hits),
            "count": f"{most(kind)}+" if count > most(kind) else str(count),
            "items": [_item(kind, hit, text) for hit in hits],
        }
        for kind, count, hits in search.find_of_each(
            viewer, text, lambda kind: most(kind) + 1, lambda kind: OF_ONE_KIND if kind is chosen else OF_EACH_KIND
        )
    ]  # fmt: skip
    shown = [group for group in groups if chosen is None or group["current"]]
    context = {"text": text, "groups": groups, "shown": shown, "is_all": chosen is None, "all_url": _url(text)}
    return part(request, "records/search.html#results", context)


def _asked(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:MOST_LETTERS]


def _url(text: str, kind: RecordKind | None = None) -> str:
    asked = {"q": text, "kind": kind.slug} if kind else {"q": text}
    return f"{address_of('records:search')}?{urlencode(asked)}"


def _by_kind(hits: Iterable[Hit]) -> list[tuple[RecordKind, list[Hit]]]:
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.kind, []).append(hit)
    return [(kinds.get(label), found) for label, found in groups.items()]


def _item(kind: RecordKind, hit: Hit, text: str) -> dict[str, Any]:
    return {"url": hit.url, "icon": kind.icon, "title": marked(hit.title, text), "note": marked(hit.subtitle, text)}


def marked(shown: str, text: str) -> SafeString:
    """A text with what was searched for marked, where it stands there literally."""
    words = sorted((re.escape(word) for word in set(text.split())), key=len, reverse=True)
    if not words:
        return escape(shown)
    pieces = re.split(f"({'|'.join(words)})", shown, flags=re.IGNORECASE)
    return mark_safe("".join(f"<mark>{escape(p)}</mark>" if i % 2 else escape(p) for i, p in enumerate(pieces)))
