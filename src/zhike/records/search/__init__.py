"""The search index: one table of words for all kinds of record (CUS-7)."""

from zhike.records.search.documents import catch_up, forget, index, rebuild, reindex
from zhike.records.search.finding import Hit, count, find, find_of_each, named, narrow, narrow_to, searched_kinds
from zhike.records.search.keys import TABLE
from zhike.records.search.store import tidy

__all__ = [
    "TABLE", "Hit", "catch_up", "count", "find", "find_of_each", "forget", "index", "named", "narrow",
    "narrow_to", "rebuild", "reindex", "searched_kinds", "tidy",
]  # fmt: skip
