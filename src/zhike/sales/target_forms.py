"""The grid in which targets of a year are set: a field for each department or person and month (SAL-10)."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.kit import parse
from zhike.kit.errors import Refused
from zhike.kit.forms import ActionForm
from zhike.kit.money import check_money
from zhike.sales.measures import Measure
from zhike.sales.models.targets import WHOLE_YEAR
from zhike.sales.targets import Node, Own

MONTHS = range(WHOLE_YEAR, 13)
SEEN = re.compile(r"([dp]\d+-\d+)=(\d+(?:\.\d+)?)")  # "p7-12=185000 d3-0=0.50"


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
    """Targets of a measure and year. Fields are called d3-0, p7-12: whose, and the month (0: the year).

    `seen` carries what stood there when the page was made: only what the writer changed is sent on, and what somebody
    else has set meanwhile is told at its field, with all that was typed kept.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=200_000)
    is_overtaken = False

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
        there = ((name, self.fields[name].initial) for name in self.whose)
        self.now = " ".join(f"{name}={plain(value)}" for name, value in there if value is not None)
        self.fields["seen"].initial = self.now

    def clean_seen(self) -> dict[str, Decimal | None] | None:
        """The figures as the writer saw them, by field; None where the page did not say."""
        if "seen" not in self.data:
            return None
        there = {name: Decimal(figure) for name, figure in SEEN.findall(self.cleaned_data["seen"])}
        return {name: there.get(name) for name in self.whose}

    def values(self) -> dict[str, Any]:
        given, seen = self.cleaned_data, self.cleaned_data["seen"]
        if seen is None:
            return {"values": {whose: given[name] for name, whose in self.whose.items()}}
        own = {name: whose for name, whose in self.whose.items() if given[name] != seen[name]}
        return {
            "values": {whose: given[name] for name, whose in own.items()},
            "seen": {whose: seen[name] for name, whose in own.items()},
        }

    def refuse(self, refusal: Refused) -> None:
        """Show what was refused at its fields; the page that comes back knows what stands there now."""
        super().refuse(refusal)
        self.is_overtaken = bool(refusal.messages.keys() & self.whose.keys())
        if self.is_overtaken:
            self.data = self.data.copy()
            self.data["seen"] = self.now

    def row(self, node: Node) -> list[Any]:
        """The fields of one node: the year, then the months."""
        return [self[f"{node.code}-{month}"] for month in MONTHS]
