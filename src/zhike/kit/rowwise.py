"""A scope as a question to each row: for a few rows named by their ids, or met one by one along an index.

As alternatives of one condition, "the customers of my people's deals" would first be collected, all of them.
"""

from copy import copy

from django.db.models import BooleanField, Case, Exists, Func, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Col
from django.db.models.lookups import In
from django.db.models.sql.where import WhereNode


def by_row(arm: Q) -> Q:
    """An arm that names its rows by a query, as the question whether a row is among them: the rest is not read."""
    found = Q(_connector=arm.connector, _negated=arm.negated)
    for child in arm.children:
        if isinstance(child, Q):
            child = by_row(child)
        elif isinstance(child, tuple) and child[0].endswith("__in") and isinstance(child[1], QuerySet):
            (column,) = child[1].query.values_select
            rows = child[1].filter(**{column: OuterRef(child[0].removesuffix("__in"))})
            rows.query.where = _read_not_looked_up(rows.query.where)
            child = _ExistsForRow(rows)
        found.children.append(child)
    return found


def asked_by_row(condition: Q) -> Q:
    """A condition that tempts no planner to start from it: what many rows meet is met soon along the list's order."""
    return Q(Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()))


def _read_not_looked_up(where: WhereNode) -> WhereNode:
    """The condition, with lists read against the few rows found: SQLite would look up each of fifty owners for each."""
    found = copy(where)
    found.children = []
    for child in where.children:
        if isinstance(child, WhereNode):
            child = _read_not_looked_up(child)
        elif isinstance(child, In) and isinstance(child.lhs, Col):
            child = copy(child)
            child.lhs = _Unindexed(child.lhs)
        found.children.append(child)
    return found


class _ExistsForRow(Exists):
    """Whether there is a row: PostgreSQL may collect all that answer an EXISTS, which a subselect spares."""

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="((%(subquery)s) IS NOT NULL)", **context)


class _Unindexed(Func):
    """A column as SQLite reads it without using an index on it."""

    arity = 1

    def as_sqlite(self, compiler, connection, **context):
        return super().as_sql(compiler, connection, template="+%(expressions)s", **context)

    def as_sql(self, compiler, connection, **context):
        return compiler.compile(self.source_expressions[0])
