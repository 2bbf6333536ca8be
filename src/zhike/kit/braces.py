"""Texts with words in braces, such as "{record} is due": checked when they are saved, filled in afterwards.

Between braces stands a name and nothing else: no format, no attribute, no index, so that a text neither reaches into
what it is about nor takes for ever. Doubled braces stand for themselves.
"""

import re
from collections.abc import Callable, Container

from django.utils.translation import gettext as _

TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class BadBraces(ValueError):
    """What is wrong with a text and at which character, said to a user."""


def check(text: str, known: Container[str]) -> None:
    """Raise BadBraces where braces do not fit together or hold a name that is not known."""
    for _literal, name, place in _parts(text):
        if name is not None and name not in known:
            raise BadBraces(_("Character %(n)s: nothing here is called {%(name)s}.") % {"n": place, "name": name[:40]})


def fill(text: str, value: Callable[[str], str]) -> str:
    """The text with `value(name)` for each name. Raises BadBraces for braces that do not fit together."""
    return "".join(literal + ("" if name is None else value(name)) for literal, name, _place in _parts(text))


def _parts(text: str) -> list[tuple[str, str | None, int]]:
    """The text in parts: what stands before a name, the name (None at the end), its place from 1."""
    parts, literal, at = [], "", 0
    for token in TOKEN.finditer(text):
        literal += text[at : token.start()]
        at, place = token.end(), token.start() + 1
        if token[0] in ("{{", "}}"):
            literal += token[0][0]
        elif token[1] is None:
            raise BadBraces(_("Character %(n)s: a brace is open or closed too much.") % {"n": place})
        elif not (name := token[1].strip()):
            raise BadBraces(_("Character %(n)s: nothing stands between the braces.") % {"n": place})
        else:
            parts.append((literal, name, place))
            literal = ""
    return [*parts, (literal + text[at:], None, len(text) + 1)]
