"""Values as people in China read them: 万 and 亿 on screens, 今天 and 昨天, names with a face. HTML-safe, for list cells."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from zhike.kit import dates

WAN, YI = Decimal(10_000), Decimal(100_000_000)


@lru_cache(maxsize=1)
def zone() -> ZoneInfo:
    """The company's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


def local(moment: datetime) -> datetime:
    """An instant in the company's time zone."""
    return moment.astimezone(zone())


def short_money(amount: Decimal) -> str:
    """An amount in yuan, short: 18.5 万, 1.2 亿; in English 185.0k, 120.0M; below ten thousand as it is."""
    size = abs(amount)
    if (get_language() or "").startswith("zh"):
        if size >= YI:
            return _("%(n)s hundred million") % {"n": f"{_one(amount / YI):,}"}
        if size >= WAN:
            return _("%(n)s ten thousand") % {"n": f"{_one(amount / WAN):,}"}
    elif size >= 1_000_000:
        return f"{_one(amount / 1_000_000):,}M"
    elif size >= WAN:
        return f"{_one(amount / 1000):,}k"
    return f"{amount:,.2f}".removesuffix(".00")


def _one(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def money(amount: Decimal | None) -> SafeString:
    """An amount for screens, with the exact yuan on hover."""
    if amount is None:
        return mark_safe('<span class="mut">—</span>')
    return format_html('<span class="tnum nw" title="¥ {}">{}</span>', f"{amount:,.2f}", short_money(amount))


def money_full(amount: Decimal | None) -> SafeString:
    """An amount for money pages: ¥ 185,000.00."""
    return format_html('<span class="tnum nw">¥ {}</span>', f"{amount or 0:,.2f}")


def day(value: date) -> SafeString:
    """A day near today in words, else as written; exact on hover."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), value.isoformat(), day_words(value)
    )


def day_words(value: date) -> str:
    """Today, yesterday, three days ago; else 11-24 or 2025-11-24."""
    today = dates.today()
    away = (value - today).days
    near = {0: _("today"), -1: _("yesterday"), 1: _("tomorrow")}
    if away in near:
        return near[away]
    if -30 <= away < 0:
        return ngettext("%(n)s day ago", "%(n)s days ago", -away) % {"n": -away}
    return value.strftime("%m-%d") if value.year == today.year else value.isoformat()


def moment(value: datetime) -> SafeString:
    """An instant near now in words, with the exact time on hover."""
    here = local(value)
    words = day_words(here.date())
    if abs((here.date() - dates.today()).days) <= 1:
        words = f"{words} {here:%H:%M}"
    return format_html('<time datetime="{}" title="{}">{}</time>', here.isoformat(), f"{here:%Y-%m-%d %H:%M}", words)


def initials(name: str) -> str:
    """What an avatar shows: the last two characters of a Chinese name, the first letters of another."""
    name = name.strip()
    if name.isascii():
        return "".join(word[0] for word in name.split()[:2]).upper() or "?"
    return name[-2:] if len(name) > 2 else name[-1:]


def avatar(pk: int, name: str, size: str = "") -> SafeString:
    """A round face with initials, its hue by id."""
    return format_html(
        '<span class="avatar {}" data-h="{}" aria-hidden="true">{}</span>',
        size,
        pk % 6,
        initials(name)[-1:] if not size else initials(name),
    )


def who(pk: int, name: str) -> SafeString:
    """A colleague: face and name."""
    return format_html('<span class="who-cell">{}<span>{}</span></span>', avatar(pk, name), name)


def record_link(url_name: str, pk: int, title: str | None) -> SafeString:
    """A link to another record's page."""
    if not url_name:
        return escape(title or f"#{pk}")
    return format_html('<a class="lk" href="{}">{}</a>', reverse(url_name, args=[pk]), title or f"#{pk}")
