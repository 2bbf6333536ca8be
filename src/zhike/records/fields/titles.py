"""A title that opens the page of its record, wherever it stands in a list."""

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from zhike.kit.addresses import address_of
from zhike.records.fields.plain import LongText, Text


class Title(Text):
    """A line that opens the record's page, cut after `most` characters.

    `instead` names columns that stand for it where it is empty, `nameless` what is said where they are, too;
    `drawer` opens the page beside the list.
    """

    def __init__(self, name: str, label: Any = None, *, most: int = 60, instead: Sequence[str] = (),
                 nameless: Any = "—", drawer: bool = False, **more: Any):  # fmt: skip
        super().__init__(name, label, **more)
        self.most, self.instead, self.nameless, self.drawer = most, tuple(instead), nameless, drawer

    @property
    def paths(self):
        return (self.attname, *self.instead, "pk")

    def values_of(self, record):
        return tuple(getattr(record, path) for path in self.paths)

    def cell(self, values: tuple) -> SafeString:
        *words, pk = values
        text = next((line for word in words if (line := " ".join((word or "").split()))), self.nameless)
        link = '<a class="nm" href="{0}" hx-get="{0}" hx-target="#drawer">{1}</a>' if self.drawer else (
            '<a class="nm" href="{0}">{1}</a>')  # fmt: skip
        return format_html(link, address_of(self.kind.page, pk), Truncator(text).chars(self.most))


class LongTitle(Title, LongText):
    """The same for several lines of text: in a list their beginning."""
