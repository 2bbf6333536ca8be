"""Signs of the people around a deal, for templates: stance, standing, whom one asked for, a day of the calendar."""

from datetime import date

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from zhike.kit import format as fmt
from zhike.records.fields import EMPTY
from zhike.records.lookups import person_names
from zhike.sales.fields import score_cell
from zhike.sales.models import BuyingRole, DealCompetitor, ResourceRequest
from zhike.sales.project_kinds import STATUS_TONES, department_names
from zhike.sales.resource_calendar import Cell

register = template.Library()

STANCE_SIGNS = {"supports": ("ok", "thumb-up"), "neutral": ("mute", "minus"), "against": ("bad", "thumb-down"),
                "unknown": ("mute", "help")}  # fmt: skip
STANDING_TONES = {"ahead": "bad", "level": "warn", "behind": "ok", "unknown": "mute"}


@register.simple_tag
def colleague(pk: int | None, size: str = "xs") -> SafeString:
    """A colleague by id, without a query."""
    return fmt.who(pk, person_names().get(pk, ""), size) if pk else EMPTY


@register.simple_tag
def colleague_name(pk: int | None) -> str:
    """A colleague's name by id."""
    return person_names().get(pk, "")


@register.simple_tag
def stance_of(row: BuyingRole) -> SafeString:
    """How somebody stands to us: a word, a sign and a colour."""
    return fmt.badge(row.get_stance_display(), *STANCE_SIGNS[row.stance])


@register.simple_tag
def standing_of(row: DealCompetitor) -> SafeString:
    """How a competitor stands in a deal."""
    return fmt.badge(row.get_standing_display(), STANDING_TONES[row.standing])


@register.simple_tag
def whom(asked: ResourceRequest) -> str:
    """Who comes, or who was asked for: a colleague or a department."""
    if pk := asked.person_id or asked.asked_person_id:
        return person_names().get(pk, "")
    return department_names().get(asked.asked_department_id, "")


@register.simple_tag
def hours_of(asked: ResourceRequest) -> str:
    """Hours a day in words."""
    return _("%(n)s hours a day") % {"n": f"{asked.hours.normalize():f}"}


@register.simple_tag
def request_status(asked: ResourceRequest) -> SafeString:
    """How far a request is."""
    return fmt.badge(asked.get_status_display(), STATUS_TONES[asked.status])


@register.simple_tag
def score_bar(score: int | None) -> SafeString:
    """The priority score with its bar."""
    return score_cell(score)


@register.simple_tag
def day_head(day: date) -> SafeString:
    """A day as the head of a column: its weekday above its number."""
    return format_html("<small>{}</small><br>{}", date_format(day, "D"), f"{day.month}-{day.day}")


@register.simple_tag
def calendar_cell(cell: Cell) -> SafeString:
    """A day of a colleague: free or how many hours are booked, with what as far as one may know."""
    off, free = pgettext("resource", "day off"), pgettext("resource", "free")
    if not cell.is_work or not cell.hours:
        state, said = ("free", free) if cell.is_work else ("off", off)
        return format_html('<td class="{}"><span class="sr">{}</span></td>', state, said)
    hours = f"{cell.hours.normalize():f}"
    said = ngettext("%(n)s hour booked", "%(n)s hours booked", 1 if hours == "1" else 2) % {"n": hours}
    title = f"{said}: {cell.words}" if cell.words else said
    link = cell.known[0].get_absolute_url() if cell.known else ""
    body = format_html('<span aria-hidden="true">{}h</span><span class="sr">{}</span>', hours, title)
    inner = format_html('<a href="{}">{}</a>', link, body) if link else body
    return format_html('<td class="{}" title="{}">{}</td>', cell.state, title, inner)
