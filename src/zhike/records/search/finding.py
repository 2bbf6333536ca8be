"""Answering: across kinds best first, and within a list; only what the viewer sees (CUS-7, ORG-3)."""

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import TextField, Value
from django.db.models.functions import Cast, Coalesce

from zhike.kit.addresses import address_of
from zhike.kit.scope import ByOwner, Everyone
from zhike.kit.viewer import Viewer
from zhike.records import kinds as record_kinds
from zhike.records.fields import Ref
from zhike.records.kinds import RecordKind
from zhike.records.lookups import sees_much, share_of
from zhike.records.otherwise import seen_otherwise
from zhike.records.prepared import AmongGiven, prepared_for_ids, rows_of_each
from zhike.records.search import keys, store, version
from zhike.records.search.documents import is_searched, title_is_text
from zhike.records.search.keys import MANY, Asked, Newest
from zhike.records.search.question import FEW_OWNERS, Question, Word, ask, one_of
from zhike.records.search.words import fold, owner_word, squash

# So many candidates are checked one by one against the scope of somebody who sees few records; where there are more,
# the scope goes first.
CANDIDATES = 200
# More colleagues than this see so much that walking all answers finds enough soon.
MANY_PEOPLE = 200
MANY_SHARES = 5000
# Those who see much look at so many answers, in steps likely to hold as many as are wanted, then only at their own.
WALKED = 2000
LONGEST_STEP = 1000
LIKELY = 1.3
MOST_HITS = 200
# So many rows are read at a time, and ranked by their titles.
SHOWN = 50
# Where more records than this begin or end with something, it is not asked who has it in between.
MANY_BEGIN = 50


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
        return address_of(page, self.object_id) if page else ""


class Found(NamedTuple):
    """A record that answers; sorted, the best comes first: how well it answers, the place of its kind, the newest."""

    rank: int
    place: int
    age: int
    kind: RecordKind
    title: str

    @property
    def pk(self) -> int:
        """Its id."""
        return -self.age


class Group(NamedTuple):
    """What is found of one kind: how many (no further than they were counted), and the best of them."""

    kind: RecordKind
    count: int
    hits: list[Hit]


def find(viewer: Viewer, text: str, *, kinds: Sequence[RecordKind] | None = None, limit: int = 20) -> list[Hit]:
    """What the viewer may see and `text` may mean, best first: whole titles, beginnings, then anywhere; newest first.

    Records that are called so come before those that belong to them, and these before texts that mention it. All words
    must be met (within one record). Text without a letter or digit finds nothing.
    """
    limit = min(limit, MOST_HITS)
    return _hits(viewer, _ranked(viewer, text, kinds, lambda _kind: limit, in_all=limit)[:limit])


def find_of_each(
    viewer: Viewer, text: str, most: Callable[[RecordKind], int], shown: Callable[[RecordKind], int]
) -> list[Group]:
    """The same by kind of record, that with the best answer first: counted up to `most`, `shown` of them as hits."""
    groups: dict[RecordKind, list[Found]] = {}
    for found in _ranked(viewer, text, None, most):
        groups.setdefault(found.kind, []).append(found)
    hits = iter(_hits(viewer, [one for kind, found in groups.items() for one in found[: shown(kind)]]))
    return [
        Group(kind, min(len(found), most(kind)), list(islice(hits, min(len(found), shown(kind)))))
        for kind, found in groups.items()
    ]


def _ranked(
    viewer: Viewer, text: str, kinds: Sequence[RecordKind] | None, limit: Callable[[RecordKind], int], in_all: int = 0
) -> list[Found]:
    """What is found of the chosen kinds, best first: at least `limit` of each, or so many `in_all`, if there are.

    The strictest question is asked first; what is looser only where that left too few.
    """
    question = ask(text)
    chosen = [k for k in searched_kinds(viewer) if kinds is None or k in kinds]
    newest_ids = store.newest_ids([kind.label for kind in chosen]) if question and chosen else {}
    ladder = question.ladder()
    searches = [
        _Search(viewer, kind, place, ladder, limit(kind), newest_ids[kind.label])
        for place, kind in enumerate(chosen)
        if kind.label in newest_ids
    ]
    # The strict steps find little: they are looked up together, whether or not the first is enough.
    strict = store.newest_of_each([_looked_up(searches, number, step) for number, step in enumerate(ladder[:-1])])
    for number, step in enumerate(ladder):
        newest = strict[number] if number < len(strict) else store.newest_of(_looked_up(searches, number, step))
        taking = {
            one.kind: one.take(number, one.asks(step), newest.get(one.kind.label, MANY))
            for one in searches
            if one.needs(number)
        }
        _read_together(viewer, taking)
        if in_all and sum(len(one.found) for one in searches) >= in_all:
            break
    return sorted((found for one in searches for found in one.found.values()), key=lambda one: one[:3])


def _looked_up(searches: list["_Search"], number: int, step: Question) -> dict[str, Asked]:
    """What a step looks up in each kind, and how many answers are read."""
    return {
        one.kind.label: Asked(one.asks(step), one.first, one.newest_id)
        for one in searches
        if one.needs(number) and not one.is_wide(number)
    }


# A step of a search that gives ids and is sent the titles of those the viewer sees, by id.
Taking = Generator[Sequence[int], dict[int, str], Any]


def _read_together(viewer: Viewer, steps: dict[RecordKind, Taking]) -> None:
    """Let the searches in several kinds go on side by side: the titles they ask for are read in one question."""
    titles: dict[RecordKind, dict[int, str] | None] = dict.fromkeys(steps)
    while titles:
        wanted = {}
        for kind, found in titles.items():
            with suppress(StopIteration):
                wanted[kind] = steps[kind].send(found)
        titles = {kind: dict(rows) for kind, rows in rows_of_each(viewer, _titles, wanted).items()}


class _Search:
    """One kind while it is searched, step by step of the ladder: what was found so far, judged by its titles."""

    def __init__(
        self, viewer: Viewer, kind: RecordKind, place: int, ladder: list[Question], limit: int, newest_id: int
    ):
        self.viewer, self.kind, self.place, self.limit, self.newest_id = viewer, kind, place, limit, newest_id
        self.judge = _Judge(ladder, is_text=title_is_text(kind))
        self.last = len(ladder) - 1
        self.sees_all = sees_all(viewer, kind)
        self.sees_much = self.sees_all or sees_much(viewer)
        # Whose documents alone are asked for, as the viewer sees no others: of few people, as each is one more word.
        few = not self.sees_much and len(viewer.people) <= FEW_OWNERS and _is_owned(viewer, kind)
        self.owners = (_owners(viewer),) if few and self.others == set() else ()
        self.met = 0  # by the stricter steps, whoever sees it
        self.found: dict[int, Found] = {}

    @cached_property
    def first(self) -> int:
        """How many of the newest answers to a step are looked at first."""
        if self.sees_whole:
            return max(self.limit, SHOWN)
        return self._step() if self.sees_much else CANDIDATES

    def _step(self) -> int:
        """So many answers are likely to hold as many as are wanted, for somebody who sees much."""
        share = share_of(self.viewer)
        return min(LONGEST_STEP, math.ceil(LIKELY * self.limit / share))

    @property
    def sees_whole(self) -> bool:
        """Whether the viewer sees all that answers what is asked."""
        return self.sees_all or bool(self.owners)

    def asks(self, step: Question) -> Question:
        """What is asked for a step: where only one's own is seen, that alone."""
        return step.also(*self.owners) if self.owners else step

    def needs(self, step: int) -> bool:
        """Whether this step may find what is still wanted: a text has no title to answer a strict one."""
        return len(self.found) < self.limit and not (self.judge.is_text and step < self.last)

    def is_wide(self, step: int) -> bool:
        """Whether to expect more answers to the last step than are worth checking for somebody who sees a few.

        Where many begin or end so, many times more have it in between.
        """
        return step == self.last > 0 and not (self.sees_much or self.owners) and self.met > MANY_BEGIN

    def take(self, number: int, step: Question, newest: Newest) -> Taking:
        """Add what answers a step, given the newest answers, or `MANY` where they were not asked for."""
        self.met += len(newest.ids) if newest.are_all else LONGEST_STEP
        if not newest.are_all and not self.sees_whole:
            for pk, title in (yield from self._of_many(step, newest.ids)).items():
                self._add(number, pk, title)
            return
        ids = newest.ids
        if not newest.are_all and len(ids) < self.first:
            ids = [*ids, *self._more(step, self.first - len(ids), ids)]
        ids = [pk for pk in ids if pk not in self.found]
        start, size = 0, 2 * self.limit if self.sees_whole else len(ids)
        while start < len(ids):
            for pk, title in (yield ids[start : start + size]).items():
                self._add(number, pk, title)
            start, size = start + size, SHOWN
            if len(self.found) >= self.limit and (start >= SHOWN or self.judge.good >= self.limit):
                break

    def _of_many(self, question: Question, begun: list[int]) -> Taking:
        """Of very many records that answer, `limit` that the viewer sees, or all there are: their titles by id.

        The newest for those who see much (`begun` are the newest of all, as far as they were read); else the viewer's
        own and their people's, then those shared with them.
        """
        viewer, kind, limit = self.viewer, self.kind, self.limit
        if self.sees_much and len(found := (yield from self._walk(question, begun, WALKED))) == limit:
            return found
        if (owned := _owned(viewer, kind, question)) is None:
            return (yield from self._walk(question, begun))
        mine = self._more(owned, limit)
        if len(found := (yield mine)) == limit:
            return found
        if self.others is None:
            return (yield from self._walk(question, begun))
        if others := set(store.among(question, kind.label, self.others)) - set(mine) if self.others else ():
            found |= yield list(others)
        return {pk: found[pk] for pk in sorted(found, reverse=True)[:limit]}

    def _walk(self, question: Question, begun: list[int], most: int | None = None) -> Taking:
        """The newest answers that the viewer sees, looking at `most` at most: their titles by id."""
        found: dict[int, str] = {}
        size, looked_at, limit = self._step(), 0, self.limit
        ids = begun or self._more(question, size)
        while ids:
            found |= yield ids
            looked_at += len(ids)
            if len(found) >= limit or (most and looked_at >= most):
                break
            size = min(2 * size, LONGEST_STEP)
            ids = self._more(question, size, ids)
        return {pk: found[pk] for pk in sorted(found, reverse=True)[:limit]}

    def _more(self, question: Question, limit: int, after: Sequence[int] = ()) -> list[int]:
        """The newest answers, after those that were read."""
        below = after[-1] if after else self.newest_id + 1
        return store.newest(question, self.kind.label, limit, below=below)

    @cached_property
    def others(self) -> set[int] | None:
        """What the viewer sees of the kind for another reason than its owner; None if that is very much."""
        return _seen_otherwise(self.viewer, self.kind)

    def _add(self, number: int, pk: int, title: str) -> None:
        if pk not in self.found:
            self.found[pk] = Found(self.judge.rank(title, number), self.place, -pk, self.kind, title)


def searched_kinds(viewer: Viewer) -> list[RecordKind]:
    """The kinds of record this viewer may search."""
    return [k for k in record_kinds.everything() if is_searched(k) and viewer.can(k.verb("view"))]


def narrow(rows: Any, kind: RecordKind, viewer: Viewer, text: str) -> Any:
    """The rows of a list (scoped already) that answer `text`; joins filters, sort and paging like any condition.

    Blank text keeps all. A rare question becomes a list of ids; a common one is looked up row by row, so that the list
    walks its sort index and stops (an index of words would first collect hundreds of thousands).
    """
    return narrow_to(named(kind, text), rows, kind, text)


def narrow_to(ids: list[int] | None, rows: Any, kind: RecordKind, text: str) -> Any:
    """The same, given what `named` says of the question."""
    if not text.strip():
        return rows
    if not is_searched(kind):  # not in the index, such as a log
        return rows.filter(**{f"{kind.title}__icontains": text.strip()})
    if ids is None:
        return rows.filter(store.Answers(ask(text), kind.label))
    return rows.filter(store.IsOneOf(ids)) if ids else rows.none()


def named(kind: RecordKind, text: str) -> list[int] | None:
    """The ids of all records that answer `text`, whoever sees them.

    None when there are too many to name, and where the index cannot say: for blank text, or a kind that is not in it.
    """
    if not text.strip() or not is_searched(kind):
        return None
    question = ask(text)
    return rare_ids(kind, question) if question else []


def rare_ids(kind: RecordKind, question: Question) -> list[int] | None:
    """The ids of all records that answer, whoever sees them; None when there are too many to name."""
    newest = store.newest_of({kind.label: Asked(question, keys.COMMON)})[kind.label]
    return newest.ids if newest.are_all else None


def count(viewer: Viewer, kind: RecordKind, text: str, most: int) -> int | None:
    """How many records of a kind the viewer sees answer `text`, counted up to `most`; None where only the list can say.

    Meant for a list without further filters: there, words that are very common are counted in the index alone.
    """
    question = ask(text)
    if not question or not is_searched(kind) or rare_ids(kind, question) is not None:
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


def sees_all(viewer: Viewer, kind: RecordKind) -> bool:
    """Whether the viewer sees every record of a kind, as far as its scope is concerned."""
    scope = kind.model.scope
    return isinstance(scope, Everyone) or (viewer.people is None and isinstance(scope, ByOwner))


def _owned(viewer: Viewer, kind: RecordKind, question: Question) -> Question | None:
    """The question with "and it belongs to one of the viewer's people" in it; None where the index cannot say that."""
    return question.also(_owners(viewer)) if _is_owned(viewer, kind) else None


def _is_owned(viewer: Viewer, kind: RecordKind) -> bool:
    return getattr(kind.model.scope, "field", None) == kind.owner and 0 < len(viewer.people) <= MANY_PEOPLE


def _owners(viewer: Viewer) -> Word:
    return one_of([owner_word(pk) for pk in sorted(viewer.people)])


def _seen_otherwise(viewer: Viewer, kind: RecordKind) -> set[int] | None:
    return seen_otherwise(viewer, kind, MANY_SHARES, but_named=version.is_current())


class _Judge:
    """How well records answer: a whole title, the same by sound, a beginning, last digits, in it, elsewhere, a text."""

    def __init__(self, ladder: list[Question], *, is_text: bool):
        text = ladder[-1].text
        self.asked, self.words = squash(text), fold(text).split()
        self.is_text, self.steps, self.good = is_text, len(ladder), 0

    def rank(self, title: str, step: int) -> int:
        """From 0, the best, for what a step of the ladder found; counts the `good` ones: nothing later is better."""
        if self.is_text:
            self.good += 1
            return 6
        rank = self._rank(title, step)
        self.good += rank < 5 and self.steps > 1
        return rank

    def _rank(self, title: str, step: int) -> int:
        if step < 2 or self.steps == 1:
            whole = squash(title)
            if whole == self.asked:
                return 0
            if self.steps > 1 and step == 0:
                return 1
            if whole.startswith(self.asked):
                return 2
            if self.steps > 1:
                return 3
        folded = fold(title)
        return 4 if all(word in folded for word in self.words) else 5


@prepared_for_ids
def _titles(viewer: Viewer, kind: RecordKind) -> Any:
    # As text, so that those of several kinds come in one question.
    title = Coalesce(Cast(kind.title, TextField()), Value(""), output_field=TextField())
    return kind.rows(viewer, few=True).filter(AmongGiven()).values_list("pk", title)


@prepared_for_ids
def _subtitles(viewer: Viewer, kind: RecordKind) -> Any:
    paths = [f.paths[-1] if isinstance(f, Ref) else f.paths[0] for f in map(kind.field, kind.subtitle)]
    return kind.rows(viewer, few=True).filter(AmongGiven()).values_list("pk", *paths)


def _hits(viewer: Viewer, found: list[Found]) -> list[Hit]:
    ids: dict[RecordKind, list[int]] = {}
    for one in found:
        if one.kind.subtitle:
            ids.setdefault(one.kind, []).append(one.pk)
    said: dict[tuple[RecordKind, int], str] = {}
    for kind, rows in rows_of_each(viewer, _subtitles, ids).items():
        fields = [kind.field(name) for name in kind.subtitle]
        for pk, *values in rows:
            texts = [str(v) if isinstance(f, Ref) else f.text(v) for f, v in zip(fields, values, strict=True) if v]
            said[kind, pk] = " · ".join(filter(None, texts))
    return [Hit(one.kind.label, one.pk, one.title, said.get((one.kind, one.pk), "")) for one in found]
