"""The grid in which targets of a year are set: a field for each department or person and month (SAL-10)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.kit import parse
from zhike.kit.forms import ActionForm
from zhike.kit.money import check_money
from zhike.sales.measures import Measure
from zhike.sales.models.targets import WHOLE_YEAR
from zhike.sales.targets import Node, Own

MONTHS = range(WHOLE_YEAR, 13)


class FigureField(forms.CharField):
    """An amount in yuan or a whole number, as people write them; empty is none."""

    def __init__(self, measure: Measure, label: str):
        attrs = {"class": "inp num", "inputmode": "decimal", "aria-label": label, "autocomplete": "off"}
        super().__init__(required=False, max_length=40, label=label, widget=forms.TextInput(attrs=attrs))
        self.measure = measure

    def clean(self, value: Any) -> Decimal | None:
        """The figure; raises ValidationError for what none is."""
        if not (text := super().clean(value)):
            return None
        try:
            figure = parse.decimal_amount(text) if self.measure.unit == "money" else check_money(parse.number(text))
        except parse.ParseError as error:
            raise ValidationError(str(error)) from error
        if figure < 0:
            raise ValidationError(_("A target cannot be negative."))
        if self.measure.unit == "count" and figure != figure.to_integral_value():
            raise ValidationError(_("This is counted in whole numbers."))
        return figure

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) or value is None else plain(value)


def plain(value: Decimal) -> str:
    """A figure as one types it: 185000, 0.50."""
    return f"{value:.2f}".removesuffix(".00")


class TargetForm(ActionForm):
    """Targets of a measure and year. Fields are called d3-0, p7-12: whose, and the month (0: the year)."""

    def __init__(self, data=None, *, nodes: Iterable[Node], own: Own, measure: Measure):
        super().__init__(data)
        self.whose: dict[str, tuple[str, int, int]] = {}
        for node in nodes:
            for month in MONTHS:
                name = f"{node.code}-{month}"
                when = _("month %(month)s") % {"month": month} if month else _("year")
                field = self.fields[name] = FigureField(measure, f"{node.name} {when}")
                field.initial = own.get(node.key, {}).get(month)
                self.whose[name] = (*node.key, month)

    def values(self) -> dict[str, Any]:
        return {"values": {whose: self.cleaned_data[name] for name, whose in self.whose.items()}}

    def row(self, node: Node) -> list[Any]:
        """The fields of one node: the year, then the months."""
        return [self[f"{node.code}-{month}"] for month in MONTHS]
