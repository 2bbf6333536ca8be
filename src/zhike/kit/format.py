"""Values as people read them, as safe HTML: list cells are made of these functions, pages use them as tags.

Amounts are yuan, short on screens and exact on hover; days near today are words with the day on hover. A list page
calls them hundreds of times: plain f-strings with `shown` around what comes from outside, and what depends on nothing
but its arguments is made once.
"""

import logging
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from html import escape as escaped
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from zhike.kit import dates, sprite
from zhike.kit.addresses import address_of
from zhike.kit.money import yuan

log = logging.getLogger(__name__)

WEEKDAYS = [
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
]
THOUSAND, WAN, MILLION, YI = Decimal(1000), Decimal(10_000), Decimal(1_000_000), Decimal(100_000_000)
HUES = 7
NEAR_DAYS = 30  # further away than this, a day is written out
EMPTY = mark_safe('<span class="mut none">—</span>')


def shown(value: Any) -> str:
    """A value as it stands in HTML: safe HTML as it is, everything else escaped (Django's takes five times as long)."""
    if isinstance(value, Promise):
        value = str(value)
    return value.__html__() if hasattr(value, "__html__") else escaped(str(value))


@lru_cache(maxsize=1)
def zone() -> ZoneInfo:
    """The company's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


def local(moment: datetime) -> datetime:
    """An instant in the company's time zone."""
    return moment.astimezone(zone())


# Money


def short_money(amount: Decimal) -> str:
    """An amount in yuan, short: 18.5 wan, 1.25 yi; in English 185.0k, 125.0M; below ten thousand as it is."""
    # Step, unit, digits, words, and what a unit below would have rounded to: 99,999,999 is 1.00 yi, not 10,000.0 wan.
    if (get_language() or "").startswith("zh"):
        steps = [(YI, YI, 2, _("%(n)s hundred million"), 1000), (WAN, WAN, 1, _("%(n)s ten thousand"), 0)]
    else:
        steps = [(MILLION, MILLION, 1, "%(n)sM", 100), (WAN, THOUSAND, 1, "%(n)sk", 0)]
    for step, unit, digits, words, rounded in steps:
        if abs(amount) >= step - Decimal(rounded) / 2:
            shown = (amount / unit).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
            return words % {"n": f"{shown:,}"}
    return f"{amount:,.2f}".removesuffix(".00")


def money(amount: Decimal | None) -> SafeString:
    """An amount for screens, with the exact yuan on hover."""
    if amount is None:
        return EMPTY
    return mark_safe(f'<span class="tnum nw" title="{yuan(amount)}">{short_money(amount)}</span>')


def money_full(amount: Decimal | None) -> SafeString:
    """An amount for money pages: ¥ 185,000.00, -¥ 147,312.00."""
    return EMPTY if amount is None else mark_safe(f'<span class="tnum nw">{yuan(amount)}</span>')


def number(value: int | Decimal | None) -> SafeString:
    """A count or quantity with thousands separated; decimals without the zeros behind."""
    if value is None:
        return EMPTY
    shown = f"{value:,f}".rstrip("0").rstrip(".") if isinstance(value, Decimal) and value % 1 else f"{value:,.0f}"
    return mark_safe(f'<span class="tnum">{shown if isinstance(value, Decimal) else f"{value:,}"}</span>')


# Days and instants


def day(value: date | None) -> SafeString:
    """A day, or that of an instant: words near today, else as written; the day itself on hover."""
    if value is None:
        return EMPTY
    if isinstance(value, datetime):
        value = local(value).date()
    exact = value.isoformat()
    return mark_safe(f'<time class="nw" datetime="{exact}" title="{exact}">{day_words(value)}</time>')


def day_words(value: date) -> str:
    """Today, yesterday, 3 days ago; else 11-24, or 2025-11-24 in another year."""
    return _day_words(value, dates.today(), get_language())


@lru_cache(maxsize=4096)
def _day_words(value: date, today: date, language: str) -> str:
    # The same few days stand in many cells of a list.
    away = (value - today).days
    near = {0: _("today"), -1: _("yesterday"), 1: _("tomorrow")}
    if away in near:
        return near[away]
    if -NEAR_DAYS <= away < 0:
        return ngettext("%(n)s day ago", "%(n)s days ago", -away) % {"n": -away}
    return f"{value:%m-%d}" if value.year == today.year else value.isoformat()


def plain_day(value: date | None) -> SafeString:
    """A day as written, 2026-11-23, for tables of dates."""
    return EMPTY if value is None else format_html('<time class="nw" datetime="{0}">{0}</time>', value.isoformat())


def moment(value: datetime | None) -> SafeString:
    """An instant: words near now, with the exact time on hover."""
    if value is None:
        return EMPTY
    here = local(value)
    there, today = here.date(), dates.today()
    words, exact = _day_words(there, today, get_language()), here.isoformat()
    if abs((there - today).days) <= 1:
        words = f"{words} {exact[11:16]}"
    return mark_safe(f'<time class="nw" datetime="{exact}" title="{exact[:10]} {exact[11:16]}">{words}</time>')


def clock(value: datetime | time | None) -> SafeString:
    """The time of day: 14:10."""
    if value is None:
        return EMPTY
    here = local(value) if isinstance(value, datetime) else value
    return format_html('<time class="nw">{}</time>', f"{here:%H:%M}")


def heading(value: date) -> str:
    """A day over a list, "November 23 Mon", with the year where it is another."""
    # Translators: Django date formats.
    pattern = _("F j") if value.year == dates.today().year else _("F j, Y")
    return f"{date_format(value, pattern)} {WEEKDAYS[value.weekday()]}"


# Signs


@lru_cache(maxsize=1)
def sprite_url() -> str:
    """The address of the icon sprite, the same as long as the process lives."""
    return static("zk/icons.svg")


@lru_cache(maxsize=1)
def known_icons() -> frozenset[str]:
    """The icons in the sprite."""
    return frozenset(sprite.names())


@lru_cache(maxsize=1024)
def icon(name: str, cls: str = "") -> SafeString:
    """An icon of the sprite; `cls` may be sm, lg, xl and other classes. Names: `kit/icons.txt`."""
    if name not in known_icons():
        log.error("no icon is called %s; add it to kit/icons.txt", name)
        name = "point"
    sort = f"i {cls}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', sort, sprite_url(), name)


def badge(text: str, tone: str = "mute", icon_name: str = "", cls: str = "") -> SafeString:
    """A small label. Tones: mute info ok warn bad vio teal; classes: line, dotted."""
    sign = icon(icon_name) if icon_name else ""
    return mark_safe(f'<span class="badge t-{tone} {cls}">{sign}{shown(text)}</span>')


def grade(letter: str | None) -> SafeString:
    """Customer grade A to D: filled, outlined, pale."""
    if not letter:
        return EMPTY
    letter = shown(letter)
    label = _("Grade %(letter)s") % {"letter": letter}
    return mark_safe(
        f'<span class="grade" data-g="{letter}" role="img" aria-label="{label}" title="{label}">{letter}</span>'
    )


def tier(key: str | None, label: str) -> SafeString:
    """Customer tier or life cycle as the moon: potential empty, target half, near three quarters, key full."""
    return mark_safe(f'<span class="cls" data-c="{shown(key)}">{shown(label)}</span>') if key else EMPTY


def percent(value: float | Decimal | None) -> str:
    """A share of a whole as `data-v` takes it: two digits, or 100."""
    return f"{min(max(round(value or 0), 0), 100):02d}"


def meter(
    share: float | Decimal | None, tone: str = "", pace: float | Decimal | None = None, label: str = ""
) -> SafeString:
    """A bar filled to `share` percent; `pace` marks where one should be today."""
    words = label or f"{round(share or 0)}%"
    if pace is not None and not label:
        words = _("%(done)s%% done, %(pace)s%% of the time gone") % {"done": round(share or 0), "pace": round(pace)}
    bar = format_html(
        '<span class="meter {}" data-v="{}" role="img" aria-label="{}"><i></i></span>',
        f"t-{tone}" if tone else "", percent(share), words,
    )  # fmt: skip
    return bar if pace is None else format_html('<span class="pace" data-p="{}">{}</span>', percent(pace), bar)


def small_bar(share: float | Decimal | None, text: str) -> SafeString:
    """A short bar before a figure, for a score in a list."""
    return format_html('<span class="vbar" data-v="{}"></span>{}', percent(share), text)


# People and records


def initials(name: str, size: str = "") -> str:
    """What a face shows: the last one or two characters of a Chinese name, the first letters of another."""
    name = name.strip()
    if name.isascii():
        return "".join(word[0] for word in name.split()[: 1 if size in ("", "xs") else 2]).upper() or "?"
    return name[-2:] if size in ("md", "lg") else name[-1:]


@lru_cache(maxsize=4096)
def avatar(pk: int | None, name: str, size: str = "") -> SafeString:
    """A round face with initials, its hue by id; sizes xs, md, lg; `sq` for companies (all of `name` is shown)."""
    letters = name if "sq" in size.split() else initials(name, size)
    hue = (pk or 0) % HUES + 1
    return mark_safe(f'<span class="avatar {size}" data-h="{hue}" aria-hidden="true">{shown(letters)}</span>')


@lru_cache(maxsize=4096)
def who(pk: int | None, name: str, size: str = "") -> SafeString:
    """A colleague: face and name."""
    return mark_safe(f'<span class="who-cell">{avatar(pk, name, size)}<span>{shown(name)}</span></span>')


def record_link(url_name: str, pk: int, title: str | None) -> SafeString:
    """A link to another record's page."""
    words = shown(title or f"#{pk}")
    return mark_safe(f'<a class="lk" href="{escaped(address_of(url_name, pk))}">{words}</a>' if url_name else words)


def two(first, second) -> SafeString:
    """A cell of two lines: the name and a small line below it. Both may be HTML."""
    return mark_safe(f'<div class="two">{shown(first)}<small>{shown(second)}</small></div>')
