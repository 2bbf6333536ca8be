"""Texts with words in braces, filled in from a record: {record}, {owner}, {today}, and each field by name or label."""

from typing import Any

from zhike.kit import braces, dates
from zhike.kit.errors import Refused
from zhike.records.kinds import RecordKind
from zhike.records.lookups import person_names

ALWAYS = ("record", "owner", "today")
MISSING = "—"


def check_text(kind: RecordKind, text: str, at: str) -> str:
    """The text as it is kept; raises Refused at `at` for braces that make no sense or name nothing."""
    try:
        braces.check(text, {*ALWAYS, *_known(kind)})
    except braces.BadBraces as wrong:
        raise Refused({at: [str(wrong)]}) from wrong
    return text


def fill_in(kind: RecordKind, text: str, record: Any) -> str:
    """The text with the values of a record; what is empty or gone shows as a dash. Raises BadBraces."""
    known = _known(kind)
    return braces.fill(text, lambda name: _value(kind, known, name, record))


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
