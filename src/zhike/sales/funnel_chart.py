"""The funnel of open deals as SVG by the server: a bar a stage, each a link to its records (SAL-3, SAL-4).

Widths are percent of the drawing, so that the chart fills a phone as well as a wide screen and stays legible.
"""

from collections.abc import Sequence
from decimal import Decimal

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.kit.format import short_money
from zhike.sales.queries import Column

ROW, BAR = 52, 30


def draw(columns: Sequence[Column], query: str, *, by_count: bool = False) -> SafeString:
    """Bars centred below each other, as wide as the stage's sum (or count); `query` is the filter of the list."""
    values = [Decimal(column.count) if by_count else column.total for column in columns]
    largest = max(values, default=Decimal(0))
    bars = (
        _bar(n, column, value, largest, query) for n, (column, value) in enumerate(zip(columns, values, strict=True))
    )
    return format_html(
        '<svg class="fchart" height="{}" role="group" aria-label="{}">{}</svg>',
        max(len(columns) * ROW, ROW), _("Funnel"), format_html_join("", "{}", ((bar,) for bar in bars)),
    )  # fmt: skip


def _bar(n: int, column: Column, value: Decimal, largest: Decimal, query: str) -> SafeString:
    width = float(round(100 * value / largest, 1)) if largest else 0
    width = max(width, 1.0) if column.count else 0.4
    url = f"{reverse('sales:opportunity_list')}?{query}{'&' if query else ''}stage={column.stage.pk}"
    count = ngettext("%(n)s deal", "%(n)s deals", column.count) % {"n": column.count}
    top = n * ROW
    return format_html(
        '<a href="{}"><rect class="hit" x="0" y="{}" width="100%" height="{}"/>'
        '<rect class="bar s{}" x="{}%" y="{}" width="{}%" height="{}" rx="3"/>'
        '<text class="v" x="0" y="{}">{}</text><text x="100%" y="{}" text-anchor="end">{} · {} · {}%</text></a>',
        url, top, ROW, min(n, 6), (100 - width) / 2, top + 20, width, BAR - 4,
        top + 14, column.stage.name, top + 14, count, short_money(column.total), column.stage.probability,
    )  # fmt: skip
