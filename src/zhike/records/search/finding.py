"""Answering: across kinds best first, and within a list; only what the viewer sees (CUS-7, ORG-3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from zhike.kit.viewer import Viewer
from zhike.records import kinds as record_kinds
from zhike.records.fields import Ref
from zhike.records.kinds import RecordKind
from zhike.records.search import store
from zhike.records.search.documents import WHY, is_searched
from zhike.records.search.question import Question, ask, one_of
from zhike.records.search.words import fold, owner_word, squash

# So many candidates are checked one by one against the viewer's scope; when there are more, the scope goes first.
CANDIDATES = 1000
# More colleagues than this see so much that walking all answers finds enough soon.
MANY_PEOPLE = 200
# PostgreSQL collects what so few have and what is common by turns, and needs no walk.
FEW_PEOPLE = 5
MANY_SHARES = 5000
MOST_HITS = 200


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
    question = ask(text)
    chosen = [k for k in searched_kinds(viewer) if kinds is None or k in kinds]
    limit = min(limit, MOST_HITS)
    if not question or not chosen:
        return []
    is_common = store.is_common(question)
    found: dict[tuple[str, int], int] = {}
    for step, stricter in enumerate(question.ladder()):
        for kind in chosen:
            for pk in visible_ids(viewer, kind, stricter, limit, is_common=is_common and stricter is question):
                found.setdefault((kind.label, pk), step)
        if len(found) >= limit:
            break
    hits = _shown(viewer, chosen, found)
    order = {kind.label: place for place, kind in enumerate(chosen)}
    ranks = {(h.kind, h.object_id): _rank(question, h, found[h.kind, h.object_id]) for h in hits}
    hits.sort(key=lambda h: (ranks[h.kind, h.object_id], order[h.kind], -h.object_id))
    return hits[:limit]


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
    if store.is_common(question):
        return None
    ids = store.newest(question, kind.label, store.COMMON + 1)
    return ids if len(ids) <= store.COMMON else None


def count(viewer: Viewer, kind: RecordKind, text: str, most: int) -> int | None:
    """How many records of a kind the viewer sees answer `text`, counted up to `most`; None where only the list can say.

    Meant for a list without further filters: there, words that are very common are counted in the index alone.
    """
    question = ask(text)
    if not question or rare_ids(kind, question) is not None or not sees_all(viewer, kind):
        return None
    return len(store.newest(question, kind.label, most, is_common=store.is_common(question)))


def visible_ids(
    viewer: Viewer, kind: RecordKind, question: Question, limit: int, *, is_common: bool = False
) -> list[int]:
    """Ids of records that answer and that the viewer sees, the newest first: `limit` of them, or all there are.

    Where a thousand and more answer, the viewer's own and their people's come before those shared with them.
    """
    if sees_all(viewer, kind):
        return store.newest(question, kind.label, limit, is_common=is_common)
    ids = store.newest(question, kind.label, CANDIDATES + 1, is_common=is_common)
    if len(ids) <= CANDIDATES:
        return _visible(viewer, kind, ids, limit)
    if (owned := _owned(viewer, kind, question)) is None:
        return _walk(viewer, kind, question, ids, limit, is_common)
    mine = store.newest(owned, kind.label, limit, is_common=is_common and len(viewer.people) > FEW_PEOPLE)
    if len(found := _visible(viewer, kind, mine, limit)) == limit:
        return found
    if (others := _seen_otherwise(viewer, kind)) is None:
        return _walk(viewer, kind, question, ids, limit, is_common)
    return _visible(viewer, kind, [*mine, *store.among(question, kind.label, others)], limit)


def sees_all(viewer: Viewer, kind: RecordKind) -> bool:
    """Whether the viewer sees every record of a kind."""
    return any(not arm for arm in kind.model.scope.arms(viewer, kind.model))


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
    rows = kind.rows(viewer).filter(store.IsOneOf(ids)).order_by("-pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def _walk(
    viewer: Viewer, kind: RecordKind, question: Question, ids: list[int], limit: int, is_common: bool
) -> list[int]:
    found: list[int] = []
    while ids and len(found) < limit:
        found += _visible(viewer, kind, ids, limit)
        ids = store.newest(question, kind.label, CANDIDATES, below=ids[-1], is_common=is_common)
    return found[:limit]


def _shown(viewer: Viewer, chosen: list[RecordKind], found: dict[tuple[str, int], int]) -> list[Hit]:
    hits = []
    for kind in chosen:
        if ids := [pk for label, pk in found if label == kind.label]:
            fields = [kind.field(name) for name in kind.subtitle]
            paths = [
                path for field in fields for path in (field.paths[-1:] if isinstance(field, Ref) else field.paths[:1])
            ]
            rows = kind.rows(viewer).filter(store.IsOneOf(ids)).values_list("pk", kind.title, *paths)
            for pk, title, *values in rows:
                said = [str(v) if isinstance(f, Ref) else f.text(v) for f, v in zip(fields, values, strict=True) if v]
                hits.append(Hit(kind.label, pk, str(title), " · ".join(filter(None, said))))
    return hits


def _rank(question: Question, hit: Hit, step: int) -> int:
    """How well a record answers: its whole title, the same by sound, beginning, last digits, in it, elsewhere."""
    title, asked = squash(hit.title), squash(question.text)
    if title == asked:
        return 0
    if step == 0 and len(question.ladder()) > 1:
        return 1
    if title.startswith(asked):
        return 2
    if step == 1:
        return 3
    folded = fold(hit.title)
    return 4 if all(word in folded for word in fold(question.text).split()) else 5
