"""Colleagues named in a text by "@": who they are, and who of them may read it (ACT-8)."""

import re
from collections.abc import Iterable

from zhike.records.lookups import people

MOST = 20


def mentioned(text: str) -> list[int]:
    """The colleagues a text names as @name or @username, each once, in order; the longest name that fits counts."""
    words = _words()
    found: dict[int, None] = {}
    for place in re.finditer("[@＠]", text):
        rest = text[place.end() : place.end() + 40].casefold()
        if name := next((word for word in words if rest.startswith(word)), None):
            found[words[name]] = None
    return list(found)[:MOST]


def _words() -> dict[str, int]:
    """Who is meant by a word, longest words first; a name several colleagues have means none of them."""
    known: dict[str, set[int]] = {}
    for pk, username, name, is_active in people():
        if is_active:
            for word in {username.casefold(), name.casefold()} - {""}:
                known.setdefault(word, set()).add(pk)
    alone = {word: min(ids) for word, ids in known.items() if len(ids) == 1}
    return dict(sorted(alone.items(), key=lambda item: -len(item[0])))


def newly(text: str, before: Iterable[int], by: int | None) -> list[int]:
    """Whom a text names that it did not name before, without its author."""
    known = set(before)
    return [pk for pk in mentioned(text) if pk not in known and pk != by]
