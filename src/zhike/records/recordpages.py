"""The frame of a record's page that rooms above hang their tabs and buttons into (CRAFT §1), built once."""

from typing import Any

from zhike.kit.addresses import address_of
from zhike.kit.errors import NotVisible
from zhike.kit.registry import Entry, buttons, tabs
from zhike.kit.viewer import Viewer
from zhike.records.prepared import counts_of


def open_tab(place: str, viewer: Viewer, key: str) -> Entry:
    """The tab an address names, the first without a name. Raises NotVisible for one that is not theirs."""
    shown = [entry for entry in tabs.at(place, viewer) if entry.body]
    current = next((entry for entry in shown if key in (entry.key, "")), None)
    if current is None:
        raise NotVisible
    return current


def tab_links(place: str, viewer: Viewer, record: Any, current: Entry, url_name: str) -> list[dict[str, Any]]:
    """The tabs of a record: {"label", "url", "current", "count"}; `url_name` takes its pk and the key of a tab."""
    shown = tabs.at(place, viewer)
    counted = [entry.key for entry in shown if entry.part]
    counts = dict(zip(counted, counts_of(viewer, [e.part for e in shown if e.part], record), strict=True))
    return [
        {
            "label": entry.label,
            "url": address_of(url_name, record.pk, entry.key) if entry.body else address_of(entry.url_name, record.pk),
            "current": entry.key == current.key,
            "count": counts.get(entry.key),
        }
        for entry in shown
    ]


def button_links(place: str, viewer: Viewer, parameter: str, pk: int) -> list[dict[str, Any]]:
    """The buttons of a record: {"label", "icon", "url"}; their pages take the record as `?parameter=pk`."""
    return [
        {"label": entry.label, "icon": entry.icon or "plus", "url": f"{address_of(entry.url_name)}?{parameter}={pk}"}
        for entry in buttons.at(place, viewer)
    ]
