"""Ratios of cross-selling for templates."""

from fractions import Fraction

from django import template

from zhike.contracts import suggestions

register = template.Library()


@register.filter
def as_percent(share: Fraction) -> str:
    """A share in whole percent."""
    return f"{suggestions.percent(share)}%"


@register.filter
def as_times(lift: Fraction) -> str:
    """A lift with one decimal."""
    return suggestions.times(lift)
