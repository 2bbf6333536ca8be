"""What can be put up for approval: rooms register their subjects here, with the facts a flow's conditions may ask.

    approvals.add(Subject(
        key="sales.quote", label=_("Quote discount"), model=Quote,
        facts={"discount": Fact(_("discount"), "percent"), "amount": Fact(_("amount"), "money")},
        decided=quotes.approval_decided,
    ))

`decided(record, approval, by)` runs in the transaction of the last decision; `approval.status` says how it ended
(approved, rejected, recalled). `record` is the row read again under a lock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhike.kit.money import yuan
from zhike.kit.viewer import Viewer

OPERATORS = {
    "gt": _("more than"), "gte": _("at least"), "lt": _("less than"), "lte": _("at most"), "is": _("is"),
    "is_not": _("is not"),
}  # fmt: skip
NUMERIC = ("money", "percent", "number")


@dataclass(frozen=True)
class Fact:
    """Something a condition can ask about a matter: an amount in yuan, a percentage, a number, or a word.

    `usual` is the operator flows mostly ask with, "gt" or "lt": the editor offers it as a field of its own.
    `see` is the verb it takes to be shown the value, such as a margin; conditions ask it all the same.
    """

    label: str | Promise
    type: str = "text"
    usual: str = ""
    see: str = ""

    def operators(self) -> list[str]:
        """What a condition can ask of it."""
        return ["gt", "gte", "lt", "lte"] if self.type in NUMERIC else ["is", "is_not"]

    def said(self, value: Any) -> str:
        """A value in words."""
        if value in (None, ""):
            return "—"
        if self.type == "money":
            return yuan(Decimal(str(value)))
        if self.type in NUMERIC:
            shown = f"{Decimal(str(value)):,f}"
            shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
            return f"{shown}%" if self.type == "percent" else shown
        return str(value)


@dataclass(frozen=True)
class Subject:
    """A kind of matter that can need approval."""

    key: str
    label: str | Promise
    model: type
    facts: dict[str, Fact] = field(default_factory=dict)
    decided: Callable[[Any, Any, Any], None] = lambda record, approval, by: None
    # Puts a record up as its page does, `ask(record, by=viewer)`; None where that takes more than the record to say.
    ask: Callable[..., Any] | None = None


_subjects: dict[str, Subject] = {}


def add(subject: Subject) -> None:
    """Make a kind of matter known to flows and approvals."""
    _subjects[subject.key] = subject


def get(key: str) -> Subject:
    """A subject by key; raises KeyError."""
    return _subjects[key]


def find(key: str) -> Subject | None:
    """A subject by key, or None where its room is gone."""
    return _subjects.get(key)


def everything() -> list[Subject]:
    """All subjects, in the order they were added."""
    return list(_subjects.values())


def holds(facts: dict[str, Any], condition: list[str]) -> bool:
    """Whether a condition [fact, operator, value] holds. A fact that is not there is met by no condition."""
    name, operator, wanted = condition
    value = facts.get(name)
    if value in (None, ""):
        return False
    if operator in ("is", "is_not"):
        return (str(value) == str(wanted)) is (operator == "is")
    try:
        left, right = Decimal(str(value)), Decimal(str(wanted))
    except InvalidOperation:
        return False
    return {"gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}[operator]


def as_json(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as an approval keeps them: amounts and numbers as text, exactly."""
    return {name: value if value is None or isinstance(value, bool) else str(value) for name, value in facts.items()}


def shown(subject: Subject | None, facts: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    """The facts a viewer may be told."""
    known = subject.facts if subject else {}
    return {
        name: value for name, value in facts.items()
        if name not in known or not known[name].see or viewer.can(known[name].see)
    }  # fmt: skip


def said(subject: Subject | None, facts: dict[str, Any], viewer: Viewer) -> list[tuple[Any, str]]:
    """Facts in words, for pages: (label, value), those the viewer may be told."""
    known = subject.facts if subject else {}
    return [(known[name].label if name in known else name, known.get(name, Fact(name)).said(value))
            for name, value in shown(subject, facts, viewer).items()]  # fmt: skip


def condition_said(subject: Subject, condition: list[str]) -> str:
    """A condition in words."""
    name, operator, value = condition
    fact = subject.facts.get(name, Fact(name))
    return f"{fact.label} {OPERATORS[operator]} {fact.said(value)}"


__all__ = ["Fact", "Subject", "add", "as_json", "condition_said", "everything", "find", "get", "holds", "said", "shown"]
