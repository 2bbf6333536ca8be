"""The field of a tax rate: chosen among those in force today; what a document has already stays choosable (SAL-9)."""

from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.records.fields import Number
from zhike.sales.models.taxes import rates_on


def plain(rate: Decimal) -> str:
    """A rate as it is typed: 13, 0.5."""
    return f"{rate.normalize():f}"


def choices(present: str = "") -> list[tuple[str, str]]:
    """Rates in force today with their names, those of the same height together, and the one there is."""
    named: dict[str, list[str]] = {}
    for row in rates_on(dates.today()):
        named.setdefault(plain(row.rate), []).append(row.name)
    if present and present not in named:
        named[present] = [f"{present}%"]
    return [(rate, " / ".join(names)) for rate, names in named.items()]


class RateSelect(forms.Select):
    """A list to choose from that is made when it is shown, as rates change."""

    def optgroups(self, name, value, attrs=None):
        present = self.plain_of(value[0] if value else "")
        self.choices = [*([] if self.is_required else [("", "—")]), *choices(present)]
        return super().optgroups(name, [present], attrs)

    @staticmethod
    def plain_of(text: str) -> str:
        """What was given as it is among the choices; what is no number as it was typed."""
        try:
            return plain(Decimal(text)) if text else ""
        except InvalidOperation:
            return text


class Rate(Number):
    """A tax rate in percent, up to 99.99, two decimals."""

    def __init__(self, name, label=None, **more):
        super().__init__(name, label, **{"least": 0, "most": 99, **more})

    def parse(self, raw, lookups):
        value = super().parse(raw, lookups)
        if round(Decimal(str(value)), 2) != Decimal(str(value)):
            raise forms.ValidationError(_("At most %(n)s decimals.") % {"n": 2})
        return Decimal(str(value))

    def widget(self, lookups):
        return RateSelect(attrs={"class": "inp"})
