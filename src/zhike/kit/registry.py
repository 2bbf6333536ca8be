"""Upwards by registration: a room puts its menu entries, tabs and cards here, lower rooms show them (CRAFT §1)."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.utils.functional import Promise

from zhike.kit.viewer import Viewer

Text = str | Promise


@dataclass(frozen=True)
class Entry:
    """One registered thing that leads to a page; `badge` counts.

    `verb` hides it from those whose roles lack it; a pattern such as "*.import" asks for any verb that fits.
    """

    key: str
    label: Text
    url_name: str = ""
    icon: str = ""
    group: str = ""
    order: int = 100
    verb: str = ""
    badge: Callable[[Viewer], int] | None = None
    shortcut: str = ""
    part: Callable[..., Any] | None = None
    body: Callable[..., Any] | None = None


class Registry:
    """Entries by place, in order; asking twice with the same key replaces the entry."""

    def __init__(self):
        self._entries: dict[str, dict[str, Entry]] = {}

    def add(self, place: str, key: str, label: Text, **more) -> None:
        self._entries.setdefault(place, {})[key] = Entry(key=key, label=label, **more)

    def at(self, place: str, viewer: Viewer) -> list[Entry]:
        """The entries of a place that this viewer may use, in order."""
        entries = [e for e in self._entries.get(place, {}).values() if _open_to(viewer, e.verb)]
        return sorted(entries, key=lambda e: (e.order, e.key))


def _open_to(viewer: Viewer, verb: str) -> bool:
    if "*" in verb:
        return any(fnmatchcase(held, verb) for held in viewer.verbs)
    return not verb or viewer.can(verb)


# Places: "main" and "settings" (navigation; `group` is one of home, sales, service, analysis, admin),
# "new" (the plus menu), "home" (cards of the workbench: `part(viewer) -> SafeString`).
menu = Registry()
# Place is a record kind's label, such as "customers.customer". A tab either shows `body(request, record) -> SafeString`
# on the record's own page, or leads to `url_name`, which takes the record's pk; `badge` is not used,
# `part(viewer, record) -> int` counts what the tab holds, or is None.
tabs = Registry()
# Same places. Key figures in a record's head: `part(viewer, record) -> Stat | None`, at most one query each.
stats = Registry()
# Same places. Buttons in a record's head: `url_name` is a page that takes the record as `?customer=7` (its model).
buttons = Registry()
# Same places. Small buttons in each row of a kind's lists, which open a dialog: `url_name` as above, or taking the pk.
row_buttons = Registry()
# Same places. Cards on the page of a record that has no tabs: `body(request, record) -> SafeString`, empty for none.
cards = Registry()


@dataclass(frozen=True)
class Stat:
    """A key figure: the number, a small word behind it, a line below, where it opens, and a tone (ok, warn, bad)."""

    value: Any
    unit: Text = ""
    note: Text = ""
    url: str = ""
    tone: str = ""
