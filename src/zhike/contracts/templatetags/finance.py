"""Signs of this room: states of invoices and promises, the five-part bar of ageing."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.contracts.invoice_kinds import state_badge
from zhike.contracts.models import Invoice
from zhike.kit import format as fmt

register = template.Library()
PARTS = ("not_due", "d1_30", "d31_60", "d61_90", "over_90")


def part_labels() -> dict[str, str]:
    """What the parts of an ageing bar are called."""
    return {
        "not_due": _("not due"), "d1_30": _("1–30 days"), "d31_60": _("31–60 days"), "d61_90": _("61–90 days"),
        "over_90": _("over 90 days"),
    }  # fmt: skip


@register.simple_tag
def invoice_state(invoice: Invoice) -> SafeString:
    """The state of an invoice as a badge."""
    return state_badge(invoice.status, invoice.get_status_display())


@register.simple_tag
def promise_badge(state: str) -> SafeString:
    """Whether a promise was kept."""
    words = {
        "kept": (_("kept"), "ok"),
        "broken": (_("broken"), "bad"),
        "open": (pgettext("promise", "still to come"), "info"),
    }
    return fmt.badge(*words[state]) if state in words else SafeString("")


@register.filter
def promise_tone(state: str) -> str:
    """The tone of a promise."""
    return {"kept": "ok", "broken": "bad"}.get(state, "info")


@register.simple_tag
def ageing_bar(ageing: dict[str, Decimal], largest: Decimal | None = None) -> SafeString:
    """The five parts of a debt by age; as long as its share of the `largest`, if given."""
    labels = part_labels()
    return _bar([(key, labels[key], ageing[key]) for key in PARTS], largest)


@register.simple_tag
def gap_bar(gap: Any) -> SafeString:
    """The four parts of a difference by age."""
    keys = ("not_due", "d31_60", "d61_90", "over_90")
    names = (_("up to 30 days"), _("31–60 days"), _("61–90 days"), _("over 90 days"))
    return _bar(list(zip(keys, names, gap.parts, strict=True)), None)


def _bar(parts: list[tuple[str, str, Decimal]], largest: Decimal | None) -> SafeString:
    total = sum((amount for _key, _label, amount in parts), Decimal(0))
    if not total:
        return fmt.EMPTY
    said = _(", ").join(f"{label} {fmt.short_money(amount)}" for _key, label, amount in parts if amount)
    inside = format_html_join(
        "", '<i data-part="{}" data-v="{}" title="{} {}"></i>',
        ((key, fmt.percent(100 * amount / total), label, f"{amount:,.2f}") for key, label, amount in parts if amount),
    )  # fmt: skip
    share = fmt.percent(100 * total / largest) if largest else "100"
    return format_html('<span class="ageing" data-v="{}" role="img" aria-label="{}">{}</span>', share, said, inside)


@register.simple_tag
def ageing_legend() -> SafeString:
    """What the parts of the bars mean."""
    items = format_html_join("", '<span><i data-part="{}"></i>{}</span>', part_labels().items())
    return format_html('<p class="ageing-legend">{}</p>', items)
