"""The field of a tax rate: chosen among those in force today; what a document has already stays choosable (SAL-9)."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from zhike.kit import dates, parse
from zhike.records.fields import Number
from zhike.sales.models.taxes import UNTAXED, Tax, rates_on


def choices(present: str = "") -> list[tuple[str, str]]:
    """What may be chosen today with its names, those of the same height together, and the one there is."""
    named: dict[str, list[str]] = {}
    for row in rates_on(dates.today()):
        named.setdefault(row.tax.code, []).append(row.name)
    if present and present not in named:
        named[present] = [_said(present)]
    return [(code, " / ".join(names)) for code, names in named.items()]


def code_of(text: str) -> str:
    """What was given as it is among the choices; what is no rate as it was typed."""
    try:
        return Tax.read(text).code if text else ""
    except parse.ParseError:
        return text


def _said(code: str) -> str:
    try:
        return Tax.read(code).said
    except parse.ParseError:
        return code


class RateSelect(forms.Select):
    """A list to choose from that is made when it is shown, as rates change."""

    def optgroups(self, name, value, attrs=None):
        present = code_of(value[0] if value else "")
        self.choices = [*([] if self.is_required else [("", "—")]), *choices(present)]
        return super().optgroups(name, [present], attrs)


class Rate(Number):
    """A tax rate in percent, up to 99.99, two decimals; or that something is exempt, at zero rate, not taxable.

    Its values are `Tax`. They are kept in the two columns of `Taxed`, which the record has.
    """

    def __init__(self, name, label=None, **more):
        super().__init__(name, label, **{"least": 0, "most": 99, **more})

    def parse(self, raw, lookups):
        tax = raw if isinstance(raw, Tax) else Tax.read(raw)
        self.within(tax.rate)
        if round(tax.rate, 2) != tax.rate:
            raise forms.ValidationError(_("At most %(n)s decimals.") % {"n": 2})
        return tax

    def bound(self, raw, lookups):
        return self.parse(raw, lookups).rate

    def read(self, record):
        return record.taxation

    def write(self, record, value):
        """Put a tax on a record; a bare 0 leaves what is untaxed already as it is."""
        value = Tax.read(self.column.get_default()) if value is None else value
        value = value if isinstance(value, Tax) else Tax.read(value)
        if value.is_told or record.tax_treatment not in UNTAXED:
            record.tax_rate, record.tax_treatment = value.rate, value.treatment

    @property
    def paths(self):
        return ("tax_rate", "tax_treatment")

    def values_of(self, record):
        return (record.tax_rate, record.tax_treatment)

    def text(self, value):
        return value.said if isinstance(value, Tax) else super().text(value)

    def cell(self, values):
        return super().cell((Tax(*values),))

    def export(self, values):
        tax = Tax(*values)
        return tax.said if tax.treatment in UNTAXED else tax.rate

    def api(self, values):
        return float(values[0])

    def initial(self, value: Any) -> Any:
        return value.code if isinstance(value, Tax) else value

    def widget(self, lookups):
        return RateSelect(attrs={"class": "inp"})
