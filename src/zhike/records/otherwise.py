"""What somebody sees for another reason than its owner, such as a share: mostly little, and then read by itself.

A list of one's own is walked along its index; with more alternatives in the same question it would be collected and
sorted. The ids of the few others are asked for first, and their rows only where there are any.
"""

from typing import Any

from zhike.kit.scope import SaidByOwner
from zhike.kit.viewer import Viewer
from zhike.records.kinds import RecordKind
from zhike.records.prepared import written_once

WHY = "the arms of the viewer's scope, one by one"


def seen_otherwise(viewer: Viewer, kind: RecordKind, most: int, *, but_named: bool = False) -> set[int] | None:
    """The ids of records that the viewer sees, though none of their people owns them; None if there are more than that.

    `but_named` leaves out those in whose documents of the search index their people are named (`SaidByOwner`).
    """
    found: set[int] = set()
    key = (seen_otherwise, kind.label, most, but_named)
    for question in written_once(viewer, key, lambda: _questions(viewer, kind, most, but_named)):
        found.update(pk for (pk,) in question.fetch(()))
        if len(found) > most:
            return None
    return found


def _questions(viewer: Viewer, kind: RecordKind, most: int, but_named: bool) -> list[Any]:
    scope = kind.model.scope
    arms = [arm for arm in scope.arms(viewer, kind.model)[1:] if not (but_named and isinstance(arm, SaidByOwner))]
    rows = kind.model.objects.whole_table(WHY).exclude(**{f"{scope.field}__in": viewer.people})
    return [rows.filter(arm).values_list("pk", flat=True)[: most + 1] for arm in arms]
