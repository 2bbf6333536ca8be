"""Signs of this room for templates."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString

from zhike.kit import format as fmt
from zhike.records.fields import EMPTY
from zhike.records.lookups import person_names
from zhike.records.reports import Column
from zhike.sales import cells
from zhike.sales.fields import TONES, days_in_stage
from zhike.sales.kinds import LEAD, OPPORTUNITY
from zhike.sales.lead_fields import LEAD_TONES, response_badge
from zhike.sales.measures import Measure
from zhike.sales.models import Lead, Opportunity
from zhike.sales.models.pipelines import stages
from zhike.sales.queries import Column as Lane

register = template.Library()


@register.simple_tag
def kcards(column: Lane, query: str, can_change: bool) -> SafeString:
    """The cards of a column."""
    return cells.kcards(column.cards, column.stage, query, can_change)


@register.simple_tag
def owner_of(record: Any, size: str = "xs") -> SafeString:
    """The responsible colleague, without a query."""
    return fmt.who(record.owner_id, person_names().get(record.owner_id, ""), size) if record.owner_id else EMPTY


@register.simple_tag
def stage_of(opportunity: Opportunity) -> SafeString:
    """The stage of a deal as a badge."""
    stage = stages()[opportunity.stage_id]
    return fmt.badge(stage.name, TONES[stage.kind])


@register.simple_tag
def stage_name(pk: int | None) -> str:
    """The name of a stage; a dash where there was none."""
    found = stages().get(pk)
    return found.name if found else "—"


@register.simple_tag
def days_of(opportunity: Opportunity) -> SafeString:
    """Days in the present stage, amber and red by what is expected."""
    return days_in_stage(opportunity.days_in_stage(), stages()[opportunity.stage_id])


@register.filter
def ratio(value: Decimal | None) -> SafeString:
    """A ratio of 0 to 1 in percent."""
    return Column("", "", "ratio").cell(value)


@register.filter
def days(value: Decimal | None) -> SafeString:
    """A number of days, a dash where there are none."""
    return Column("", "", "days").cell(value)


@register.simple_tag
def lead_status(lead: Lead) -> SafeString:
    """How far a lead is, as a badge."""
    return fmt.badge(lead.get_status_display(), LEAD_TONES[lead.status])


@register.simple_tag
def response_of(lead: Lead) -> SafeString:
    """How long a lead waits for its first answer, or waited."""
    return response_badge(lead.created_at, lead.responded_at, lead.response_minutes, lead.status)


@register.simple_tag
def shown(record: Any, name: str) -> SafeString:
    """A field of a deal or lead as its list shows it."""
    field = (OPPORTUNITY if isinstance(record, Opportunity) else LEAD).field(name)
    return field.cell(field.values_of(record))


@register.simple_tag
def who_id(pk: int, name: str) -> SafeString:
    """A colleague by id and name."""
    return fmt.who(pk, name, "sm")


@register.simple_tag
def figure(measure: Measure, value: Decimal | None) -> SafeString:
    """A figure as its measure counts."""
    return measure.said(value)
