"""Signs for customers and their people: faces, roles in the decision, attitudes."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zhike.customers.cells import dotted, industry_label
from zhike.customers.models import Contact, Customer
from zhike.kit import format as fmt
from zhike.records.lookups import person_names, picklist

register = template.Library()

TONES = {"decider": "bad", "influencer": "mute", "user": "info", "gatekeeper": "warn"}
MOODS = {"supports": "mood-smile", "neutral": "mood-neutral", "opposes": "mood-sad"}


@register.simple_tag
def company_face(customer: Customer) -> SafeString:
    """A square with two characters of the customer's name."""
    return fmt.avatar(customer.pk, customer.called[:2], "lg sq")


@register.simple_tag
def owner_of(record: Any) -> SafeString:
    """The responsible colleague, without a query."""
    return fmt.who(record.owner_id, person_names().get(record.owner_id, ""), "xs")


@register.simple_tag
def facts_of(customer: Customer) -> SafeString:
    """Industry and place."""
    place = " ".join(filter(None, (customer.region, customer.city)))
    return dotted([industry_label(customer.industry), place])


@register.simple_tag
def source_of(customer: Customer) -> str:
    """Where the customer came from, in words."""
    return picklist("customers.source").get(customer.source, customer.source)


@register.simple_tag
def face(contact: Contact, size: str = "") -> SafeString:
    """The face of a person at a customer."""
    return fmt.avatar(contact.pk, contact.name, size)


@register.simple_tag
def role_of(contact: Contact) -> SafeString | str:
    """The role in the decision as a badge; nothing where it is unknown."""
    return fmt.badge(contact.get_role_display(), TONES[contact.role]) if contact.role in TONES else ""


@register.simple_tag
def mood_of(contact: Contact) -> SafeString | str:
    """The attitude to us as a face with its word for readers."""
    if contact.attitude not in MOODS:
        return ""
    word = contact.get_attitude_display()
    return format_html(
        '<span class="face" title="{}">{}<span class="sr">{}</span></span>',
        word,
        fmt.icon(MOODS[contact.attitude], "sm"),
        word,
    )


@register.filter
def known(contact: Contact) -> list[tuple[Any, SafeString]]:
    """What we know of a person and how to reach them, as label and value; blanks are left out."""
    from zhike.customers.kinds import CONTACT

    shown = ("mobile", "phone", "email", "wechat", "birthday", "character", "interests", "family", "education",
             "religion", "memberships")  # fmt: skip
    fields = [CONTACT.own_fields[name] for name in shown]
    return [(f.label, f.cell(f.values_of(contact))) for f in fields if f.read(contact)]
