"""What may be done: verbs declared by the rooms, given to roles by administrators, asked for by actions and pages."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from zhike.kit.errors import Forbidden
from zhike.kit.viewer import Viewer


@dataclass(frozen=True)
class Verb:
    name: str
    label: str | Promise
    group: str | Promise


VERBS: dict[str, Verb] = {}


def declare(name: str, label: str | Promise, group: str | Promise) -> None:
    """Make a verb known, so that roles can hold it. A verb nobody declared cannot be asked for."""
    VERBS[name] = Verb(name, label, group)


def may(viewer: Viewer, verb: str, record: Any = None) -> bool:
    """Whether the viewer's roles allow the verb and, given a record, whether it lies where the viewer may write."""
    if verb not in VERBS:
        raise LookupError(f"no room declares the verb {verb}")
    if not viewer.can(verb):
        return False
    return record is None or record.scope.allows_change(viewer, record)


def require(viewer: Viewer, verb: str, record: Any = None) -> None:
    """Raise Forbidden unless `may` says yes."""
    if not may(viewer, verb, record):
        raise Forbidden(verb)


def can(viewer: Viewer, record: Any, *verbs: str) -> set[str]:
    """The last words of those verbs the viewer may do, for templates: {"change", "assign"}."""
    return {verb.rpartition(".")[2] for verb in verbs if may(viewer, verb, record)}
