"""Questions that pages ask again and again, put into SQL once for each viewer.

Django takes several times as long to write a query as the database takes to answer it, and a page asks twenty. What is
written is kept with the viewer, for one version of the configuration and one day: a scope depends on the viewer, on
configuration (people, roles, shares) and on today, on nothing else. What is asked about comes in as ids.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import cached_property, wraps
from itertools import accumulate
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BooleanField, F, Func, QuerySet

from zhike.kit import dates
from zhike.kit.viewer import Viewer
from zhike.records import config, statements

# They stand for the ids while the SQL is written; larger than any id there will ever be.
MARKS = tuple(range(2**63 - 9, 2**63 - 1))
LIST = "\x00ids"  # stands for a list of them
ROWS, COUNT, EXISTS = "rows", "count", "exists"


class AmongGiven(Func):
    """In a question `prepared_for_ids`: whether a row (or what it stands in) is one of the ids asked about."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str = "pk"):
        super().__init__(F(column))

    def as_sqlite(self, compiler, connection, **context):
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} IN (SELECT value FROM json_each(%s))", [*params, LIST]

    def as_postgresql(self, compiler, connection, **context):
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} = ANY(%s::bigint[])", [*params, LIST]


class Prepared:
    """The SQL of a queryset; `rows` runs it with other ids and gives what the queryset would give."""

    def __init__(self, rows: QuerySet, marks: tuple[int | str, ...], how: str = ROWS):
        if rows._prefetch_related_lookups:
            raise ValueError("a prepared query reads along what it joins, and prefetches nothing")
        if how == EXISTS:
            rows.query = rows.query.exists()
        self.iterable, self.marks, self.query = rows._iterable_class, marks, rows.query
        self.compiler = self.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            self.sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:
            self.sql = ""
            return
        if how == COUNT:
            self.sql = f"SELECT COUNT(*) FROM ({self.sql}) counted"
        if missing := set(marks) - {p for p in self.params if isinstance(p, int | str)}:
            raise ValueError(f"{len(missing)} of the ids are no parameter of the query")
        self.sql, self.params = statements.written(self.sql, self.params, marks)

    def fetch(self, ids: Iterable[int | str]) -> list[tuple]:
        """The rows as the database gives them."""
        return statements.rows(self.sql, self.with_ids(ids))

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The database's types of its columns."""
        connection = connections[DEFAULT_DB_ALIAS]
        return tuple(column.output_field.cast_db_type(connection) for column, _sql, _alias in self.compiler.select)

    def with_ids(self, ids: Iterable[int | str]) -> list[Any]:
        """The parameters of its SQL, these ids among them."""
        given = dict(zip(self.marks, ids, strict=True))
        return [_filled_in(p, given) for p in self.params]

    def rows(self, *ids: int | str) -> list[Any]:
        """The records or values for these ids."""
        return self.made(self.fetch(ids)) if self.sql else []

    def made(self, found: list[tuple]) -> list[Any]:
        """The records or values out of rows as the database gave them."""
        if not found:
            return []
        # As a queryset makes them: its iterable asks the query for a compiler, and that for the rows.
        compiler, query = copy(self.compiler), copy(self.query)
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        compiler.execute_sql = lambda *_args, **_more: [found]
        query.get_compiler = lambda *_args, **_more: compiler
        source = SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={}, _fields=())
        return list(self.iterable(source))

    def count(self, *ids: int) -> int:
        """How many rows there are for these ids."""
        return self.fetch(ids)[0][0] if self.sql else 0


def _filled_in(parameter: Any, given: dict[int | str, int | str]) -> Any:
    """What a mark stands for, of the mark's own type: psycopg has integers of several widths."""
    if isinstance(parameter, int | str) and parameter in given:
        return type(parameter)(given[parameter])
    return parameter


def prepared(make: Callable[..., QuerySet]) -> Callable[..., list[Any]]:
    """Decorate `make(viewer, *arguments) -> queryset`; calling it gives the list of its rows.

    Whole numbers among the arguments are ids, put into the finished SQL: the queryset may do nothing with them but
    compare. Everything else is part of the question.
    """

    @wraps(make)
    def ask(viewer: Viewer, *arguments: Any) -> list[Any]:
        question, ids = _written(make, viewer, arguments)
        return question.rows(*ids)

    ask.exists = lambda viewer, *arguments: _written(make, viewer, arguments, EXISTS)
    return ask


def prepared_for_ids(make: Callable[..., QuerySet]) -> Callable[..., list[Any]]:
    """Decorate `make(viewer, *arguments)`, whose queryset has `AmongGiven()` as a condition.

    Called with (viewer, ids, *arguments) it gives the rows for these ids; some thousands at most.
    """

    @wraps(make)
    def ask(viewer: Viewer, ids: Iterable[int], *arguments: Any) -> list[Any]:
        question, numbers = with_list(viewer, ids, *arguments)
        return question.rows(*numbers)

    def with_list(viewer: Viewer, ids: Iterable[int], *arguments: Any) -> tuple[Prepared, list[int | str]]:
        question, numbers = _written(make, viewer, arguments, more=(LIST,))
        listed = ",".join([str(int(pk)) for pk in ids])
        is_sqlite = connections[DEFAULT_DB_ALIAS].vendor == "sqlite"
        return question, [*numbers, f"[{listed}]" if is_sqlite else f"{{{listed}}}"]

    ask.question = with_list
    return ask


def rows_of_each(viewer: Viewer, ask: Callable, ids: dict[Any, Sequence[int]]) -> dict[Any, list[Any]]:
    """The rows that a question `prepared_for_ids` gives for each of several arguments and its ids, asked in one."""
    asked = {one: ask.question(viewer, listed, one) for one, listed in ids.items() if listed}
    asked = {one: (question, numbers) for one, (question, numbers) in asked.items() if question.sql}
    # What has columns of the same types shares them; those of the others stay empty.
    shapes = list(dict.fromkeys(question.types for question, _numbers in asked.values()))
    parts, params = [], []
    for place, (question, numbers) in enumerate(asked.values()):
        columns = ["asked.*" if types == question.types else _empty(types) for types in shapes]
        parts.append(f"SELECT {place}, {', '.join(columns)} FROM ({question.sql}) asked")
        params += question.with_ids(numbers)
    found: list[list[tuple]] = [[] for _part in parts]
    starts = dict(zip(shapes, accumulate(map(len, shapes), initial=0), strict=False))
    for place, *columns in statements.rows(" UNION ALL ".join(parts), params) if parts else ():
        found[place].append(columns)
    rows: dict[Any, list[Any]] = {one: [] for one in ids}
    for (one, (question, _numbers)), given in zip(asked.items(), found, strict=True):
        start = starts[question.types]
        rows[one] = question.made([tuple(columns[start : start + len(question.types)]) for columns in given])
    return rows


def _empty(types: tuple[str, ...]) -> str:
    return ", ".join(f"CAST(NULL AS {name})" for name in types)


def prepared_count(make: Callable[..., QuerySet]) -> Callable[..., int]:
    """The same for how many rows there are."""

    @wraps(make)
    def ask(viewer: Viewer, *arguments: Any) -> int:
        question, ids = _written(make, viewer, arguments, COUNT)
        return question.count(*ids)

    ask.question = lambda viewer, *arguments: _written(make, viewer, arguments, COUNT)
    return ask


def count_in(count: Callable[..., int], arguments: Callable[[Viewer, Any], tuple]) -> Callable[[Viewer, Any], int]:
    """A count `(viewer, record) -> int` out of a prepared one, which takes what `arguments(viewer, record)` gives."""

    def ask(viewer: Viewer, record: Any) -> int:
        return count(viewer, *arguments(viewer, record))

    ask.question = lambda viewer, record: count.question(viewer, *arguments(viewer, record))
    return ask


def count_inside(model: type, field: str = "") -> Callable[[Viewer, Any], int]:
    """A count `(viewer, record) -> int`: how many rows of a model the viewer sees in a record.

    The rows refer to the record by `field`, which unless given is called like the record's own model.
    """

    @prepared_count
    def rows(viewer: Viewer, name: str, pk: int) -> QuerySet:
        # Not `within`: what stands in a record may have been handed over by itself, as contracts are.
        return model.objects.visible_to(viewer).filter(**{f"{name}_id": pk})

    return count_in(rows, lambda _viewer, record: (field or record._meta.model_name, record.pk))


def counts_of(viewer: Viewer, counts: list[Callable[..., int]], *about: Any) -> list[int]:
    """What several counts give, of a record where one is given; those that are prepared in one query."""
    questions = {n: count.question(viewer, *about) for n, count in enumerate(counts) if hasattr(count, "question")}
    asked = {n: (question, ids) for n, (question, ids) in questions.items() if question.sql}
    given: tuple = ()
    if asked:
        parts = ", ".join(f"({question.sql})" for question, _ids in asked.values())
        params = [parameter for question, ids in asked.values() for parameter in question.with_ids(ids)]
        given = statements.rows(f"SELECT {parts}", params)[0]
    found = dict.fromkeys(questions, 0) | dict(zip(asked, given, strict=True))
    return [found[n] if n in found else count(viewer, *about) for n, count in enumerate(counts)]


def that_have_rows(viewer: Viewer, questions: dict[str, tuple]) -> set[str]:
    """Which of some prepared questions have rows at all, in one: {"deals": (ask, 7), "payments": (ask, 7)}."""
    written = {name: ask.exists(viewer, *arguments) for name, (ask, *arguments) in questions.items()}
    asked = {name: (question, ids) for name, (question, ids) in written.items() if question.sql}
    if not asked:
        return set()
    parts = ", ".join(f"EXISTS ({question.sql})" for question, _ids in asked.values())
    params = [parameter for question, ids in asked.values() for parameter in question.with_ids(ids)]
    return {name for name, has in zip(asked, statements.rows(f"SELECT {parts}", params)[0], strict=True) if has}


def written_once(viewer: Viewer, key: tuple, make: Callable[[], list[QuerySet]]) -> list[Prepared]:
    """The SQL of some querysets that ask about no ids; `key` says all they depend on beside the viewer."""
    version = config.pinned()
    key = (key, version, dates.today())
    if version is None or (questions := viewer.kept.get(key)) is None:
        questions = [Prepared(rows, ()) for rows in make()]
        if version is not None:
            viewer.keep(key, questions)
    return questions


def once(ask: Callable[[Viewer, Any], Any]) -> Callable[[Viewer, Any], Any]:
    """Decorate `ask(viewer, record)`: what several parts of a page want to know of a record is asked once.

    The answer is kept on the record as it was read for this page.
    """

    @wraps(ask)
    def answer(viewer: Viewer, record: Any) -> Any:
        kept, key = record.__dict__.setdefault("_answers", {}), (ask, viewer.person_id)
        if key not in kept:
            kept[key] = ask(viewer, record)
        return kept[key]

    return answer


def _written(
    make: Callable, viewer: Viewer, arguments: tuple, how: str = ROWS, more: tuple[str, ...] = ()
) -> tuple[Prepared, list[int]]:
    ids = [a for a in arguments if type(a) is int]
    shape = tuple(MARKS[0] if type(a) is int else a for a in arguments)
    version = config.pinned()
    key = (make, how, version, dates.today(), shape)
    # Without a version at hand, as in a job, nothing says whether the configuration is still the same.
    if version is None or (question := viewer.kept.get(key)) is None:
        marks = iter(MARKS)
        rows = make(viewer, *(next(marks) if type(a) is int else a for a in arguments))
        if how == COUNT:
            rows = rows if rows.query.is_sliced else rows.order_by()
            rows = rows.values("pk") if rows._fields is None else rows
        question = Prepared(rows, (*MARKS[: len(ids)], *more), how)
        if version is not None:
            viewer.keep(key, question)
    return question, ids
