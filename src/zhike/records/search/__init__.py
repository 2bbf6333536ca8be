"""The search index: one table of words for all kinds of record (CUS-7)."""

from zhike.records.search.documents import forget, index, rebuild, reindex
from zhike.records.search.finding import Hit, count, find, narrow, searched_kinds

__all__ = ["Hit", "count", "find", "forget", "index", "narrow", "rebuild", "reindex", "searched_kinds"]
