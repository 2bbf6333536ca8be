"""Signs of this room: the card on the board, a stage, a funnel bar. Python, as a board has hundreds of cards."""

from decimal import Decimal

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.records.lookups import person_names
from zhike.sales.fields import days_in_stage
from zhike.sales.models import Stage
from zhike.sales.queries import Card


def page_url(pk: int) -> str:
    """The address of a deal's page; not `reverse`, which would cost a board more than its cards."""
    return f"/opportunities/{pk}/"


def kcards(cards: list[Card], stage: Stage, query: str, can_change: bool) -> SafeString:
    """The cards of a column; `query` is the board's filter, which the answer to a move keeps."""
    names, tail = person_names(), escape(f"?board&{query}" if query else "?board")
    words = escape(_("Move")), escape(_("No next step")), _("no customer yet")
    made = [_kcard(card, stage, names, tail, can_change, words) for card in cards]
    return mark_safe("".join(made))


def _kcard(card: Card, stage: Stage, names: dict[int, str], tail: str, can_change: bool, words: tuple) -> str:
    move, no_step, nobody = words
    url, owner, name = page_url(card.pk), names.get(card.owner_id, ""), escape(card.name or card.code)
    mover = f' draggable="true" data-move-url="{url}move/{tail}" data-version="{card.version}"' if can_change else ""
    menu = (
        f'<a class="btn ghost icon sm mv" href="{url}move/{tail}" hx-get="{url}move/{tail}" hx-target="#dialog"'
        f' aria-label="{move}: {name}" title="{move}">{fmt.icon("arrows-exchange", "sm")}</a>'
        if can_change
        else ""
    )
    step = (
        f'<span class="ell" title="{escape(card.next_step)}">{escape(card.next_step)}</span>' if card.next_step else ""
    )
    when = fmt.day(card.next_on) if card.next_on else ""
    late = " bad" if card.next_on and card.next_on < dates.today() else ""
    plan = f'<p class="cu flex{late}">{fmt.icon("flag", "sm")}{step}{when}</p>' if step or when else (
        f'<p class="cu warn">{no_step}</p>')  # fmt: skip
    return (
        f'<li class="kcard {card.state}" id="deal-{card.pk}" tabindex="-1"{mover}>'
        f'<div class="flex top"><h3 class="grow"><a href="{url}">{name}</a></h3>{menu}</div>'
        f'<p class="cu ell">{escape(card.customer or nobody)}</p>{plan}'
        f'<div class="ft"><span class="amt">{fmt.money(card.amount)}</span>{days_in_stage(card.days, stage)}'
        f'<span class="end-x" title="{escape(owner)}">{fmt.avatar(card.owner_id, owner, "xs")}</span></div></li>'
    )


def funnel_bar(value: Decimal, largest: Decimal) -> str:
    """The width of a bar in percent, as `data-v` takes it; a stage with anything in it shows."""
    return fmt.percent(100 * value / largest if largest else 0)


def percent_of(stage: Stage) -> SafeString:
    """The probability of a stage."""
    return format_html('<span class="tnum">{}%</span>', stage.probability)
