"""Cells of customer lists that say more than one field: the name in two lines, the last follow-up (DESIGN, list)."""

from functools import cache

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from zhike.customers.rhythm import days_left
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.records.fields import EMPTY, Moment, Text
from zhike.records.lookups import picklist


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
    """When a customer was last followed up, amber when the rhythm of its tier is broken (ACT-6)."""

    @property
    def paths(self):
        return ("last_activity_at", "tier", "lifecycle", "created_at")

    def values_of(self, record):
        return (record.last_activity_at, record.tier, record.lifecycle, record.created_at)

    def cell(self, values):
        since, tier, lifecycle, created_at = values
        if not since:
            return EMPTY
        left = days_left(tier, lifecycle, since, created_at, dates.now())
        late = left is not None and left < 0
        return mark_safe(f'<span class="nw{" warn" if late else ""}">{fmt.moment(since)}</span>')


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
