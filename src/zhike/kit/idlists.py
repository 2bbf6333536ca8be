"""Many ids in a condition, written as one list: a parameter for each takes longer to write than it takes to answer."""

from collections.abc import Collection

from django.db.models.expressions import RawSQL


class _WrittenOut(RawSQL):
    def __init__(self, ids: Collection[int]):
        super().__init__(",".join([str(int(pk)) for pk in ids]), ())


def listed(ids: Collection[int]) -> list[int] | _WrittenOut:
    """For `…_id__in=`: ids in their order; a single one stays a parameter, so that all who ask for one share a plan."""
    return _WrittenOut(sorted(ids)) if len(ids) > 1 else list(ids)
