"""The buying centre as a small map: rows by influence, columns by stance, lines to whom somebody reports (SAL-4).

Drawn as SVG by the server for eyes on a wide screen; the list beside it says the same to everybody.
"""

from collections import defaultdict

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.sales.models import BuyingRole
from zhike.sales.projects import Place

COLUMNS = ["supports", "neutral", "unknown", "against"]
LEFT, TOP, WIDE, HIGH, GAP, BOX_W, BOX_H = 48, 28, 168, 54, 10, 152, 42
ROW_GAP = 14


def draw(places: list[Place], opportunity_pk: int, *, can_change: bool) -> SafeString:
    """The map; each person opens the dialog that changes what is known of them, if one may."""
    cells: dict[tuple[int, str], list[Place]] = defaultdict(list)
    for place in places:
        cells[place.row.influence, place.row.stance].append(place)
    y, bands = TOP, []
    for influence, label in BuyingRole.Influence.choices:
        most = max((len(cells[influence, stance]) for stance in COLUMNS), default=0)
        height = max(most, 1) * HIGH + ROW_GAP
        bands.append((y, height, label))
        for column, stance in enumerate(COLUMNS):
            for n, place in enumerate(cells[influence, stance]):
                place.x, place.y = LEFT + column * WIDE + GAP, y + ROW_GAP // 2 + n * HIGH + (HIGH - BOX_H) // 2
        y += height
    width = LEFT + len(COLUMNS) * WIDE
    return format_html(
        '<svg class="bcmap" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}{}{}{}</svg>',
        width, y, _heads(), _bands(bands, width), _lines(places),
        format_html_join("", "{}", ((_box(place, opportunity_pk, can_change),) for place in places)),
    )  # fmt: skip


def _heads() -> SafeString:
    labels = dict(BuyingRole.Stance.choices)
    return format_html_join("", '<text class="hd" x="{}" y="18">{}</text>', (
        (LEFT + n * WIDE + GAP, labels[stance]) for n, stance in enumerate(COLUMNS)))  # fmt: skip


def _bands(bands: list[tuple[int, int, str]], width: int) -> SafeString:
    drawn = '<line class="grid" x1="0" x2="{}" y1="{}" y2="{}"/><text class="hd" x="4" y="{}">{}</text>'
    return format_html_join("", drawn, ((width, y, y, y + height // 2 + 4, label) for y, height, label in bands))


def _lines(places: list[Place]) -> SafeString:
    by_row = {place.row.pk: place for place in places}
    pairs = [(p, by_row[p.row.reports_to_id]) for p in places if p.row.reports_to_id in by_row]
    return format_html_join("", '<path class="up" d="M{} {} C{} {} {} {} {} {}"/>', (_curve(*pair) for pair in pairs))


def _curve(low: Place, high: Place) -> tuple[int, ...]:
    """From the top edge of one box to the bottom edge of the other, or side to side within a row."""
    if low.row.influence == high.row.influence:
        x1, x2 = (low.x, high.x + BOX_W) if low.x > high.x else (low.x + BOX_W, high.x)
        y1, y2 = low.y + BOX_H // 2, high.y + BOX_H // 2
        return x1, y1, (x1 + x2) // 2, y1, (x1 + x2) // 2, y2, x2, y2
    above = high.y < low.y
    x1, y1 = low.x + BOX_W // 2, low.y if above else low.y + BOX_H
    x2, y2 = high.x + BOX_W // 2, high.y + BOX_H if above else high.y
    return x1, y1, x1, (y1 + y2) // 2, x2, (y1 + y2) // 2, x2, y2


def _box(place: Place, opportunity_pk: int, can_change: bool) -> SafeString:
    row = place.row
    kind = f"pl {row.stance}{' decider' if row.role == BuyingRole.Role.DECIDER else ''}"
    said = format_html(
        '<g class="{}"><rect x="{}" y="{}" width="{}" height="{}" rx="6"/><rect class="ed" x="{}" y="{}" width="4"'
        ' height="{}" rx="2"/><text class="v" x="{}" y="{}">{}</text><text x="{}" y="{}">{}{}</text></g>',
        kind, place.x, place.y, BOX_W, BOX_H, place.x, place.y, BOX_H, place.x + 14, place.y + 18,
        _short(str(row.contact), 9), place.x + 14, place.y + 34, _short(str(row.get_role_display()), 6),
        format_html(" · {}", _("not visited lately")) if place.is_neglected else "",
    )  # fmt: skip
    if not can_change:
        return said
    url = reverse("sales:buying_edit", args=[opportunity_pk, row.pk])
    return format_html('<a href="{}" hx-get="{}" hx-target="#dialog" tabindex="-1">{}</a>', url, url, said)


def _short(text: str, most: int) -> str:
    wide = sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
    return text if wide <= most * 2 else f"{text[:most]}…"
