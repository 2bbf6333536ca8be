"""Who is looking: built once per request or job, then passed on as an argument (CRAFT §5)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MOST_KEPT = 300  # some 10 KB each


@dataclass(frozen=True)
class Viewer:
    """A person together with whom they may see and what they may do (ORG-2, ORG-3).

    `people` are the ids of the persons whose records the viewer sees; None means everybody's.
    `verbs` are the things their roles allow, such as "customers.customer.change". `person_id` is None only for what
    the system does by itself. `kept` holds what was drawn for this viewer, for as long as the viewer lives.
    """

    person: Any = field(compare=False, repr=False)
    person_id: int | None
    people: frozenset[int] | None
    verbs: frozenset[str]
    subordinates: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def sees_owner(self, owner_id: int | None) -> bool:
        """Whether records of this owner are in the viewer's scope; records nobody owns only with full scope."""
        return self.people is None or (owner_id is not None and owner_id in self.people)

    def can(self, verb: str) -> bool:
        """Whether a role of the viewer allows this verb at all (not: on which record)."""
        return verb in self.verbs

    def keep(self, key: Any, value: Any) -> None:
        """Put something beside the viewer; all is let go when it becomes too much."""
        if len(self.kept) >= MOST_KEPT:
            self.kept.clear()
        self.kept[key] = value


_builder: Callable[[int], Viewer] | None = None


def build_viewers_with(builder: Callable[[int], Viewer]) -> None:
    """Called once by the room that knows people, so that rooms below it can rebuild a viewer in a job."""
    global _builder
    _builder = builder


def viewer_of(person_id: int) -> Viewer:
    """The viewer of a person by id, for jobs and commands; raises LookupError if the person left or is unknown."""
    if _builder is None:
        raise RuntimeError("no room has said how viewers are built")
    return _builder(person_id)
