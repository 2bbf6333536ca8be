"""What every page shows around its content: navigation, who is signed in, the company's name."""

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhike.kit.addresses import known_address
from zhike.kit.pinyin import syllables
from zhike.kit.registry import Entry, menu

GROUPS = {
    "home": "",
    "sales": pgettext_lazy("navigation", "Sales"),
    "service": pgettext_lazy("navigation", "Service"),
    "analysis": pgettext_lazy("navigation", "Analysis"),
    "admin": pgettext_lazy("navigation", "Administration"),
}
PHONE_TABS = 3  # beside "new" and "more"
# Tags of the languages as browsers choose fonts by them.
LANGUAGE_TAGS = {"zh-hans": "zh-CN"}


_company: Callable[[], str] = str


def company_name_from(function: Callable[[], str]) -> None:
    """Called once by the room that knows the company, so that pages can show its name."""
    global _company
    _company = function


def _one_by_one(viewer: Any, badges: list[Callable[[Any], int]]) -> list[int]:
    return [badge(viewer) for badge in badges]


_count: Callable[[Any, list], list[int]] = _one_by_one


def count_badges_with(function: Callable[[Any, list], list[int]]) -> None:
    """Called once by the room that can ask what all badges count in one query."""
    global _count
    _count = function


def page(request: HttpRequest) -> dict[str, Any]:
    """`viewer` and `shell` for templates; nothing is asked before a template asks for it."""
    return {"viewer": getattr(request, "viewer", None), "shell": Shell(request)}


@lru_cache(maxsize=256)
def spoken(label: str) -> str:
    """A label in pinyin, by initials and in full, so that the palette finds it: "kh kehu"."""
    if label.isascii():
        return ""
    spelled = syllables(label)
    return f"{''.join(s[0] for s in spelled)} {''.join(spelled)}"


class Shell:
    """The frame of a page, worked out only when a template draws it."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.viewer = getattr(request, "viewer", None)
        self._counts: dict[str, int] = {}

    def part(self, template: str, *depends: Any) -> SafeString:
        """A part of the frame, drawn once for all requests that would draw the same.

        It is kept with the viewer, who is made anew whenever configuration changes: people, roles, the company. Beyond
        that it depends on the language and on what `depends` says, never on the request: no token, no message.
        """
        if self.viewer is None:
            return render_to_string(template, {"shell": self})
        key = (template, get_language(), *depends)
        if (found := self.viewer.kept.get(key)) is None:
            found = render_to_string(template, {"shell": self, "viewer": self.viewer})
            self.viewer.keep(key, found)
        return found

    @cached_property
    def place(self) -> tuple:
        """What the navigation shows of a request: the entries that lead to this page, and what badges count."""
        links = self.viewer and self.viewer.kept.get("links")
        if links is None:
            links = [
                (url, entry if entry.badge else None)
                for place in ("main", "settings", "phone")
                for entry in (menu.at(place, self.viewer) if self.viewer else ())
                if (url := known_address(entry.url_name))
            ]
            if self.viewer:
                self.viewer.keep("links", links)
        badges = {e.key: e.badge for _url, e in links if e}
        self._counts |= zip(badges, _count(self.viewer, list(badges.values())), strict=True)
        return tuple((url, e and self.count(e)) for url, e in links if e or self.is_at(url))

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The navigation: entries the viewer may use, with their address, in order."""
        found = self.linked("main")
        if self.settings:
            own = {"key": "settings", "label": _("Settings"), "icon": "settings", "group": "admin", "shortcut": "g s"}
            words, current = spoken(str(own["label"])), any(e["current"] for e in self.settings)
            found.append({**self.settings[0], **own, "words": words, "current": current})
        return found

    @cached_property
    def settings(self) -> list[dict[str, Any]]:
        """The pages of the settings."""
        return self.linked("settings")

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """The entries by group, in the order of GROUPS, unknown groups last."""
        keys = [*GROUPS, *(e["group"] for e in self.entries if e["group"] not in GROUPS)]
        found = [
            {"label": GROUPS.get(k, k), "entries": [e for e in self.entries if e["group"] == k]}
            for k in dict.fromkeys(keys)
        ]
        return [group for group in found if group["entries"]]

    @cached_property
    def phone(self) -> list[dict[str, Any]]:
        """The tabs at the foot of a phone: what rooms put at the place "phone", filled up from the navigation."""
        chosen = self.linked("phone")
        urls = {e["url"] for e in chosen}
        return [*chosen, *(e for e in self.entries if e["url"] not in urls)][:PHONE_TABS]

    @cached_property
    def new(self) -> list[dict[str, Any]]:
        """What the plus offers."""
        return self.linked("new")

    @cached_property
    def palette_url(self) -> str:
        """Who answers the palette: the first entry at the place "palette"."""
        return next((e["url"] for e in self.linked("palette")), "")

    @cached_property
    def mine(self) -> list[dict[str, Any]]:
        """What the signed-in person can open about themselves: profile, settings of their own, the settings."""
        return self.linked("mine")

    @cached_property
    def sign_out_url(self) -> str:
        return (known_address("account_logout") or "") if self.viewer else ""

    @property
    def company(self) -> str:
        return _company() if self.viewer else ""

    @property
    def language(self) -> str:
        current = get_language() or "en"
        return LANGUAGE_TAGS.get(current, current)

    def linked(self, place: str) -> list[dict[str, Any]]:
        """The entries of a place as a template needs them; what has no page yet is left out."""
        if self.viewer is None:
            return []
        return [shown for e in menu.at(place, self.viewer) if (shown := self.shown(e))]

    def shown(self, entry: Entry) -> dict[str, Any] | None:
        if (url := known_address(entry.url_name)) is None:
            return None
        return {
            "key": entry.key, "label": entry.label, "icon": entry.icon or "point", "group": entry.group, "url": url,
            "shortcut": entry.shortcut, "words": spoken(str(entry.label)),
            "count": self.count(entry), "current": self.is_at(url),
        }  # fmt: skip

    def count(self, entry: Entry) -> int:
        """What the badge of an entry says, asked once per request."""
        if entry.badge is None:
            return 0
        if entry.key not in self._counts:
            self._counts[entry.key] = entry.badge(self.viewer)
        return self._counts[entry.key]

    def is_at(self, url: str) -> bool:
        """Whether the page lies at or below an address."""
        path = self.request.path
        return path == url or (url != "/" and path.startswith(url if url.endswith("/") else f"{url}/"))
