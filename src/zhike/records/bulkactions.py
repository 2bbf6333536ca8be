"""What can be done with many records at once. The filter is sent, not ids, when all of it is meant (CRAFT §6)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhike.kit.errors import Forbidden, Refused
from zhike.kit.forms import ActionForm
from zhike.kit.keys import keys_of
from zhike.kit.viewer import Viewer
from zhike.records import actions, lookups
from zhike.records.filters import Filter
from zhike.records.kinds import RecordKind
from zhike.records.paging import filtered

AT_ONCE = 200  # more than so many become a job
CHUNK = 200


class OwnerChoice(ActionForm):
    """To whom records go."""

    owner_id = forms.TypedChoiceField(label=_("New owner"), coerce=int, widget=forms.Select(attrs={"class": "inp"}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner_id"].choices = lookups.colleagues()


class TagChoice(ActionForm):
    """Which tag records get."""

    name = forms.CharField(label=_("Tag"), max_length=40, widget=forms.TextInput(attrs={"class": "inp"}))


class Nothing(ActionForm):
    """Only the question whether one is sure."""


@dataclass(frozen=True)
class BulkAction:
    """`run(kind, record, by=…, **values of the form)` for each record; `verb` is the standard verb it needs."""

    key: str
    label: str | Promise
    icon: str
    verb: str
    run: Callable[..., Any]
    form: type[ActionForm] = Nothing
    is_danger: bool = False


_actions = [
    BulkAction("assign", _("Transfer"), "user-share", "assign", actions.assign_record, OwnerChoice),
    BulkAction("tag", _("Tag"), "tag", "change", actions.tag_record, TagChoice),
    BulkAction("delete", _("Delete"), "trash", "delete", actions.delete_record, is_danger=True),
]


def add(action: BulkAction) -> None:
    """Let a room above bring an action for every kind, such as sharing."""
    _actions.append(action)


def actions_for(kind: RecordKind, viewer: Viewer) -> list[BulkAction]:
    """What this viewer may do with many records of a kind."""
    every = [a for a in _actions if a.verb in kind.verbs and (a.key != "assign" or kind.owner)]
    return [a for a in (*every, *kind.bulk) if viewer.can(kind.verb(a.verb))]


def find(kind: RecordKind, viewer: Viewer, key: str) -> BulkAction:
    """An action by its key; raises Forbidden if there is none for this viewer."""
    for action in actions_for(kind, viewer):
        if action.key == key:
            return action
    raise Forbidden(key)


@dataclass
class Selection:
    """Which records: chosen ones, or all that a filter keeps."""

    kind: RecordKind
    ids: list[int]
    filter: Filter | None = None

    @classmethod
    def of(cls, kind: RecordKind, sent: QueryDict) -> "Selection":
        """From a list's form: `pk` boxes, or `all` with the `query` of the page."""
        if sent.get("all"):
            return cls(kind, [], Filter.from_query(kind, QueryDict(sent.get("query", "")[:5000])))
        ids = keys_of(sent.getlist("pk")[:1000])
        return cls(kind, list(dict.fromkeys(ids)))

    @classmethod
    def from_json(cls, kind: RecordKind, kept: dict[str, Any]) -> "Selection":
        """As a job keeps it."""
        flt = None if kept["filter"] is None else Filter.from_json(kind, kept["filter"], kept["search"])
        return cls(kind, kept["ids"], flt)

    def as_json(self) -> dict[str, Any]:
        """For a job."""
        flt = self.filter
        return {"ids": self.ids, "filter": flt.as_json() if flt else None, "search": flt.search if flt else ""}

    def rows(self, viewer: Viewer) -> Any:
        """The selected rows the viewer sees."""
        if self.filter is not None:
            return filtered(self.kind, viewer, self.filter)
        return self.kind.rows(viewer).filter(pk__in=self.ids)

    def chunks(self, viewer: Viewer) -> Iterator[list[Any]]:
        """The selected records, some at a time; ids are taken first, as the work may change what the filter keeps."""
        ids = list(self.rows(viewer).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), CHUNK):
            yield list(self.kind.rows(viewer).filter(pk__in=ids[start : start + CHUNK]).order_by("pk"))


def carry_out(
    action: BulkAction,
    selection: Selection,
    values: dict[str, Any],
    *,
    by: Viewer,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Do it record by record, each its own transaction; one does not stop the rest: {"done", "refused", "why"}."""
    done, refused, why = 0, 0, ""
    for records in selection.chunks(by):
        for record in records:
            try:
                action.run(selection.kind, record, by=by, **values)
                done += 1
            except (Refused, Forbidden) as refusal:
                refused += 1
                why = why or (
                    str(refusal) if isinstance(refusal, Refused) else str(_("Your role does not allow this."))
                )
        if progress:
            progress(done + refused)
    return {"done": done, "refused": refused, "why": why}
