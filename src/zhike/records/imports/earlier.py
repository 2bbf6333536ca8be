"""What an earlier import of a file with the same columns was told, for the next one."""

from django.conf import settings
from django.utils import translation

from zhike.kit.viewer import Viewer
from zhike.records import queries
from zhike.records.imports.failed import NOTES
from zhike.records.kinds import RecordKind
from zhike.records.models import ImportBatch

LOOK_AT = 200  # of this person's imports, newest first


def earlier_import(viewer: Viewer, kind: RecordKind, titles: list[str]) -> ImportBatch | None:
    """This person's latest import of such a file that was carried out; the columns of failed rows do not matter."""
    wanted = _own(titles)
    carried_out = queries.imports_of(viewer).filter(kind=kind.label).exclude(status=ImportBatch.Status.READY)
    for pk, mapping in carried_out.values_list("pk", "mapping")[:LOOK_AT]:
        columns = mapping.get("columns") or {}
        if any(columns.values()) and _own(columns) == wanted:
            return carried_out.get(pk=pk)
    return None


def _own(titles) -> set[str]:
    notes = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            notes |= set(map(str, NOTES))
    return set(titles) - notes
