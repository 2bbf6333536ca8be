"""What list, board, funnel and ranking of deals keep in the address when one goes from one to the other."""

from django.http import QueryDict

from zhike.records.filters import Filter
from zhike.sales.models import Pipeline
from zhike.sales.models.pipelines import default_first, pipelines

# Not conditions, but how the list is shown: kept while one looks at the same deals another way.
KEPT = ("view", "sort", "cols", "order")
# What chooses the pipeline shown, and the state all of these show anyway.
CHOSEN = ("pipeline", "status")


def carried(query: QueryDict, flt: Filter, pipeline: Pipeline | None = None) -> QueryDict:
    """The filter and view of an address, with the pipeline that is shown."""
    base = QueryDict(mutable=True)
    left_out = CHOSEN if pipeline else ("status",)
    base.update({name: value for name, value in flt.as_query().items() if name.split("__")[0] not in left_out})
    base.update({name: query[name] for name in KEPT if query.get(name)})
    if pipeline:
        base["pipeline"] = str(pipeline.pk)
    return base


def with_changes(base: QueryDict, **changes: str | None) -> str:
    """An address like this one with something else in it, or without it (None)."""
    query = base.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return query.urlencode()


def pipeline_of(query: QueryDict, flt: Filter) -> Pipeline | None:
    """The pipeline an address means, by id or name; else the default one."""
    wanted = query.get("pipeline", "")
    for condition in flt.conditions:
        if condition.field == "pipeline" and condition.values:
            wanted = condition.values[0]
    found = [p for p in pipelines() if wanted and wanted in (str(p.pk), p.name)]
    return next(iter(found or default_first()), None)
