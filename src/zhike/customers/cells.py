"""How a customer looks in a list, on a page, in a sentence: moon for the tier, square for the class (DESIGN 2)."""

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from zhike.kit import format as fmt
from zhike.records.fields import EMPTY, Moment, Text
from zhike.records.lookups import picklist

# Which phase of the moon stands for a class; "dormant" is dashed, "lost" crossed out.
MOONS = {
    "potential": "new", "target": "half", "near": "gibbous", "key": "full", "won": "full", "loyal": "full",
    "dormant": "dormant", "lost": "lost",
}  # fmt: skip


def moon(value: str, label: str) -> SafeString:
    """A tier or a phase of the life cycle: shape first, then the word."""
    return format_html('<span class="cls" data-c="{}">{}</span>', MOONS.get(value, "new"), label)


def grade(value: str, label: str = "") -> SafeString:
    """A class A–D as a square: A filled, B outlined, C pale; an empty one keeps the place."""
    return format_html('<span class="grade" data-g="{}">{}</span>', value or "-", value or "–")


class NameField(Text):
    """The customer's name in two lines: name, then city · industry · main contact."""

    @property
    def paths(self):
        return ("name", "pk", "abc", "city", "industry", "main_contact__name", "main_contact__title")

    def values_of(self, record):
        main = record.main_contact
        return (
            record.name,
            record.pk,
            record.abc,
            record.city,
            record.industry,
            main and main.name,
            main and main.title,
        )

    def cell(self, values):
        name, pk, abc, city, industry, person, title = values
        facts = [city, picklist("customers.industry").get(industry, industry), " ".join(filter(None, (person, title)))]
        below = mark_safe(" · ").join(escape(fact) for fact in facts if fact)  # noqa: S308 - a fixed separator
        link = fmt.record_link(self.kind.page, pk, name).replace('class="lk"', 'class="nm"', 1)
        return format_html(
            '<div class="flex">{}<div class="two">{}<small>{}</small></div></div>', grade(abc), mark_safe(link), below
        )


class LastActivity(Moment):
    """When a customer was last followed up, amber after a fortnight."""

    def cell(self, values):
        if not values[0]:
            return EMPTY
        late = (fmt.dates.now() - values[0]).days >= 14
        return format_html('<span class="{}">{}</span>', "warn nw" if late else "nw", fmt.moment(values[0]))


def join(parts: list) -> SafeString:
    """Facts with dots between them."""
    return format_html_join(mark_safe(" · "), "{}", ((part,) for part in parts if part))
