"""Cells of customer lists that say more than one field: the name in two lines, the last follow-up (DESIGN, list)."""

from functools import cache

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.records.fields import EMPTY, Moment, Text
from zhike.records.lookups import picklist

LATE_DAYS = 14


class NameField(Text):
    """The customer's name in two lines: class and name, then city · industry · main contact."""

    @property
    def paths(self):
        return ("name", "pk", "abc", "city", "industry", "main_contact__name", "main_contact__title")

    def values_of(self, record):
        r, main = record, record.main_contact
        return (r.name, r.pk, r.abc, r.city, r.industry, main and main.name, main and main.title)

    def cell(self, values):
        name, pk, abc, city, industry, person, title = values
        facts = [city, industry_label(industry), " ".join(filter(None, (person, title)))]
        link = mark_safe(f'<a class="nm" href="{page_url(pk)}">{fmt.shown(name)}</a>')
        return mark_safe(f'<div class="flex">{fmt.grade(abc)}{fmt.two(link, dotted(facts))}</div>')


class LastActivity(Moment):
    """When a customer was last followed up, amber after a fortnight."""

    def cell(self, values):
        if not values[0]:
            return EMPTY
        late = (dates.now() - values[0]).days >= LATE_DAYS
        return mark_safe(f'<span class="nw{" warn" if late else ""}">{fmt.moment(values[0])}</span>')


def page_url(pk: int) -> str:
    """The address of a customer's page."""
    return _page_url().replace("/0/", f"/{pk}/")


@cache
def _page_url() -> str:
    # `reverse` for each row would cost a list more than its cells.
    return reverse("customers:customer_page", args=[0])


def industry_label(code: str) -> str:
    """The industry in words; a code no longer in the list stands as it is."""
    return picklist("customers.industry").get(code, code)


def dotted(parts: list) -> SafeString:
    """Facts with dots between them."""
    return mark_safe(" · ".join([fmt.shown(part) for part in parts if part]))
