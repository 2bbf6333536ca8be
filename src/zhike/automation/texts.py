"""Texts with words in braces, filled in from a record: {record}, {owner}, {today}, and each field by name or label."""

import string
from typing import Any

from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.records.kinds import RecordKind
from zhike.records.lookups import person_names

ALWAYS = ("record", "owner", "today")
MISSING = "—"


def check_text(kind: RecordKind, text: str, at: str) -> str:
    """The text as it is kept; raises Refused at `at` for braces that make no sense or name nothing."""
    try:
        names = [name for _lit, name, _spec, _conv in string.Formatter().parse(text) if name is not None]
    except ValueError:
        raise Refused({at: _("A brace is open or closed too much.")}) from None
    known = _known(kind)
    if wrong := [name for name in names if name not in ALWAYS and name not in known]:
        raise Refused({at: _("Nothing here is called {%(name)s}.") % {"name": wrong[0]}})
    return text


def fill_in(kind: RecordKind, text: str, record: Any) -> str:
    """The text with the values of a record; what is empty or gone shows as a dash."""
    known, said = _known(kind), []
    for literal, name, _spec, _conversion in string.Formatter().parse(text):
        said.append(literal)
        if name is not None:
            said.append(_value(kind, known, name, record))
    return "".join(said)


def _value(kind: RecordKind, known: dict[str, str], name: str, record: Any) -> str:
    if name == "record":
        return str(record)
    if name == "today":
        return dates.today().isoformat()
    if name == "owner":
        return person_names().get(getattr(record, f"{kind.owner or 'owner'}_id", None), MISSING)
    if name not in known:  # a field that was taken away since
        return MISSING
    field = kind.field(known[name])
    return field.text(field.read(record)) or MISSING


def _known(kind: RecordKind) -> dict[str, str]:
    """Field names by what they may be called: their name and their label."""
    fields = [field for field in kind.fields.values() if not field.see]
    return {str(field.label): field.name for field in fields} | {field.name: field.name for field in fields}
