"""Mail providers we know the servers of, and the domains that say nothing about a company."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

DATA = Path(__file__).parent / "data"


@cache
def _providers() -> list[dict[str, Any]]:
    return json.loads((DATA / "providers.json").read_text("utf-8"))


def presets() -> list[dict[str, Any]]:
    """The providers to choose from, in the reader's language: {"key", "name", "help", "domains", and form values}."""
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    return [
        {"key": p["key"], "name": p["name"][language], "help": p["help"][language], "domains": p["domains"],
         "values": _values(p)}
        for p in _providers()
    ]  # fmt: skip


def preset(key: str) -> dict[str, Any] | None:
    """One provider by its key."""
    return next((p for p in presets() if p["key"] == key), None)


def preset_of_host(host: str) -> dict[str, Any] | None:
    """The provider a server belongs to."""
    return next((p for p in presets() if host and host in (p["values"]["imap_host"], p["values"]["smtp_host"])), None)


def known_hosts() -> set[str]:
    """Names of the servers of all providers."""
    return {host for p in _providers() for host in (p["imap"][0], p["smtp"][0]) if host}


def _values(provider: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"keeps_sent": provider["keeps_sent"]}
    for way in ("imap", "smtp"):
        found |= dict(zip((f"{way}_host", f"{way}_port", f"{way}_tls"), provider[way], strict=True))
    return found


@cache
def public_domains() -> frozenset[str]:
    """Domains where everybody may have an address."""
    lines = (DATA / "public_domains.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line and not line.startswith("#"))
