"""Answering: across kinds best first, and within a list; only what the viewer sees (CUS-7, ORG-3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from zhike.kit.scope import ByOwner, Everyone
from zhike.kit.viewer import Viewer
from zhike.records import kinds as record_kinds
from zhike.records.fields import Ref
from zhike.records.kinds import RecordKind
from zhike.records.lookups import sees_much
from zhike.records.search import store
from zhike.records.search.documents import WHY, is_searched
from zhike.records.search.question import Question, ask, one_of
from zhike.records.search.words import fold, owner_word, squash

# So many candidates are checked one by one against the viewer's scope; when there are more, the scope goes first.
CANDIDATES = 1000
# More colleagues than this see so much that walking all answers finds enough soon.
MANY_PEOPLE = 200
MANY_SHARES = 5000
WALKED = 2
MOST_HITS = 200
# So many rows are read at a time, and ranked by their titles.
SHOWN = 400


@dataclass(frozen=True)
class Hit:
    """A record found: the label of its kind, its id, and how it is shown."""

    kind: str
    object_id: int
    title: str
    subtitle: str

    @property
    def url(self) -> str:
        """The address of its page."""
        page = record_kinds.get(self.kind).page
        return reverse(page, args=[self.object_id]) if page else ""


def find(viewer: Viewer, text: str, *, kinds: Sequence[RecordKind] | None = None, limit: int = 20) -> list[Hit]:
    """What the viewer may see and `text` may mean, best first: whole titles, beginnings, then anywhere; newest first.

    All words must be met (within one record). Text without a letter or digit finds nothing.
    """
    limit = min(limit, MOST_HITS)
    found = sorted(_ranked(viewer, text, kinds, limit), key=lambda entry: entry[0])
    return [_hit(kind, *row) for _order, kind, row in found[:limit]]


def find_of_each(viewer: Viewer, text: str, limit: int) -> list[tuple[RecordKind, list[Hit]]]:
    """The same by kind of record, at most `limit` of each; kinds of which nothing is found are left out."""
    groups: dict[str, list[Hit]] = {}
    for _order, kind, row in sorted(_ranked(viewer, text, None, limit), key=lambda entry: entry[0]):
        hits = groups.setdefault(kind.label, [])
        if len(hits) < limit:
            hits.append(_hit(kind, *row))
    return [(kind, groups[kind.label]) for kind in record_kinds.everything() if kind.label in groups]


def _ranked(
    viewer: Viewer, text: str, kinds: Sequence[RecordKind] | None, limit: int
) -> list[tuple[tuple, RecordKind, tuple]]:
    question = ask(text)
    chosen = [k for k in searched_kinds(viewer) if kinds is None or k in kinds]
    if not question or not chosen:
        return []
    labels = [kind.label for kind in chosen]
    few = store.newest_unless_many(question, labels, CANDIDATES)
    first = [store.newest_of(step, [n for n in labels if few[n]], CANDIDATES) for step in question.ladder()[:-1]]
    found: list[tuple[tuple, RecordKind, tuple]] = []
    for place, kind in enumerate(chosen):
        if (ids := few[kind.label]) is not None:
            steps = [*(step.get(kind.label, []) for step in first), ids]
        else:
            steps = _steps(viewer, kind, question, limit)
        step_of = {pk: step for step, ids in reversed(list(enumerate(steps))) for pk in ids}
        ordered = sorted(step_of, key=lambda pk: (step_of[pk], -pk))
        for row in _seen(viewer, kind, ordered, limit):
            pk, title, _values = row
            found.append(((_rank(question, title, step_of[pk]), place, -pk), kind, row))
    return found


def searched_kinds(viewer: Viewer) -> list[RecordKind]:
    """The kinds of record this viewer may search."""
    return [k for k in record_kinds.everything() if is_searched(k) and viewer.can(k.verb("view"))]


def narrow(rows: Any, kind: RecordKind, viewer: Viewer, text: str) -> Any:
    """The rows of a list (scoped already) that answer `text`; joins filters, sort and paging like any condition.

    Blank text keeps all. A rare question becomes a list of ids; a common one is looked up row by row, so that the list
    walks its sort index and stops (an index of words would first collect hundreds of thousands).
    """
    if not text.strip():
        return rows
    question = ask(text)
    if not question:
        return rows.none()
    ids = rare_ids(kind, question)
    if ids is None:
        return rows.filter(store.Answers(question, kind.label))
    return rows.filter(store.IsOneOf(ids)) if ids else rows.none()


def rare_ids(kind: RecordKind, question: Question) -> list[int] | None:
    """The ids of all records that answer, whoever sees them; None when there are too many to name."""
    return store.newest_unless_many(question, [kind.label], store.COMMON)[kind.label]


def count(viewer: Viewer, kind: RecordKind, text: str, most: int) -> int | None:
    """How many records of a kind the viewer sees answer `text`, counted up to `most`; None where only the list can say.

    Meant for a list without further filters: there, words that are very common are counted in the index alone.
    """
    question = ask(text)
    if not question or rare_ids(kind, question) is not None:
        return None
    if sees_all(viewer, kind):
        return len(store.newest(question, kind.label, most))
    if (owned := _owned(viewer, kind, question)) is None:
        return None
    mine = store.newest(owned, kind.label, most)
    if len(mine) == most:
        return most
    if (others := _seen_otherwise(viewer, kind)) is None:
        return None
    return min(most, len({*mine, *store.among(question, kind.label, others)}))


def _steps(viewer: Viewer, kind: RecordKind, question: Question, limit: int) -> list[list[int]]:
    """Ids the viewer sees, step by step of the ladder, until there are enough."""
    steps: list[list[int]] = []
    for step in question.ladder():
        steps.append(visible_ids(viewer, kind, step, limit))
        if len({pk for ids in steps for pk in ids}) >= limit:
            break
    return steps


def visible_ids(viewer: Viewer, kind: RecordKind, question: Question, limit: int) -> list[int]:
    """Ids of records that answer and that the viewer sees, the newest first: `limit` of them, or all there are.

    Where a thousand and more answer, the viewer's own and their people's come before those shared with them.
    """
    if sees_all(viewer, kind):
        return store.newest(question, kind.label, limit)
    ids = store.newest_unless_many(question, [kind.label], CANDIDATES)[kind.label]
    if ids is not None:
        return _visible(viewer, kind, ids, limit)
    if sees_much(viewer) and len(found := _walk(viewer, kind, question, limit, WALKED)) == limit:
        return found
    if (owned := _owned(viewer, kind, question)) is None:
        return _walk(viewer, kind, question, limit)
    mine = store.newest(owned, kind.label, limit)
    if len(found := _visible(viewer, kind, mine, limit)) == limit:
        return found
    if (others := _seen_otherwise(viewer, kind)) is None:
        return _walk(viewer, kind, question, limit)
    return _visible(viewer, kind, [*mine, *store.among(question, kind.label, others)], limit)


def sees_all(viewer: Viewer, kind: RecordKind) -> bool:
    """Whether the viewer sees every record of a kind, as far as its scope is concerned."""
    scope = kind.model.scope
    return isinstance(scope, Everyone) or (viewer.people is None and isinstance(scope, ByOwner))


def _owned(viewer: Viewer, kind: RecordKind, question: Question) -> Question | None:
    """The question with "and it belongs to one of the viewer's people" in it; None where the index cannot say that."""
    if getattr(kind.model.scope, "field", None) != kind.owner or not 0 < len(viewer.people) <= MANY_PEOPLE:
        return None
    return question.also(one_of([owner_word(pk) for pk in sorted(viewer.people)]))


def _seen_otherwise(viewer: Viewer, kind: RecordKind) -> set[int] | None:
    """Records the viewer sees for another reason than their owner, such as shares; None if there are very many."""
    found: set[int] = set()
    for arm in kind.model.scope.arms(viewer, kind.model)[1:]:
        rows = kind.model.objects.whole_table(WHY).filter(arm).exclude(**{f"{kind.owner}__in": viewer.people})
        found.update(rows.values_list("pk", flat=True)[: MANY_SHARES + 1])
        if len(found) > MANY_SHARES:
            return None
    return found


def _visible(viewer: Viewer, kind: RecordKind, ids: Iterable[int], limit: int) -> list[int]:
    ids = set(ids)
    if not ids:
        return []
    rows = kind.rows(viewer, few=True).filter(store.IsOneOf(ids)).order_by("-pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def _walk(viewer: Viewer, kind: RecordKind, question: Question, limit: int, most: int | None = None) -> list[int]:
    # The newest answers that the viewer sees, looking at `most` steps of a thousand at most.
    found: list[int] = []
    ids, steps = store.newest(question, kind.label, CANDIDATES), 0
    while ids and len(found) < limit:
        found += _visible(viewer, kind, ids, limit)
        steps += 1
        if len(found) >= limit or steps == most:
            break
        ids = store.newest(question, kind.label, CANDIDATES, below=ids[-1])
    return found[:limit]


def _seen(viewer: Viewer, kind: RecordKind, ids: list[int], enough: int) -> list[tuple[int, str, list[Any]]]:
    """Those of some ids the viewer sees, with title and subtitle values: at least `enough`, if there are so many."""
    paths = [f.paths[-1] if isinstance(f, Ref) else f.paths[0] for f in map(kind.field, kind.subtitle)]
    found: list[tuple[int, str, list[Any]]] = []
    for start in range(0, len(ids), SHOWN):
        rows = kind.rows(viewer, few=True).filter(store.IsOneOf(ids[start : start + SHOWN]))
        found += [(pk, str(title), values) for pk, title, *values in rows.values_list("pk", kind.title, *paths)]
        if len(found) >= enough:
            break
    return found


def _hit(kind: RecordKind, pk: int, title: str, values: list[Any]) -> Hit:
    fields = map(kind.field, kind.subtitle)
    said = [str(v) if isinstance(f, Ref) else f.text(v) for f, v in zip(fields, values, strict=True) if v]
    return Hit(kind.label, pk, title, " · ".join(filter(None, said)))


def _rank(question: Question, title: str, step: int) -> int:
    """How well a record answers: its whole title, the same by sound, beginning, last digits, in it, elsewhere."""
    whole, asked = squash(title), squash(question.text)
    if whole == asked:
        return 0
    if step == 0 and len(question.ladder()) > 1:
        return 1
    if whole.startswith(asked):
        return 2
    if step == 1:
        return 3
    folded = fold(title)
    return 4 if all(word in folded for word in fold(question.text).split()) else 5
