"""The lines of a quote as a field: what the API reads and writes, what an export shows (SAL-5)."""

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from zhike.kit import dates, parse
from zhike.kit import format as fmt
from zhike.records import kinds
from zhike.records.fields import Choice, PromisedLines, check_quantity, money_in, number_in
from zhike.records.lookups import Lookups
from zhike.sales.models import Quote, QuoteLine
from zhike.sales.models.taxes import Tax

OUT = (Quote.Status.APPROVED, Quote.Status.SENT)
TONES = {"approving": "vio", "approved": "info", "sent": "info", "accepted": "ok"}
TYPED = re.compile(
    r"(?P<name>.+?)(?:(?:\s*×\s*|\s+[xX*]\s+)(?P<quantity>[\d.,]+))?(?:\s*[@＠]\s*(?P<price>[\d.,]+))?"
    r"(?:\s*[−-]\s*(?P<discount>[\d.]+)\s*[%％])?"
)
LENGTHS = {"name": 200, "spec": 200, "unit": 40}


class QuoteStatusField(Choice):
    """How a quote stands; in lists and filters also whether it is past its last day."""

    EXPIRED = "expired"

    def choices(self):
        return [*super().choices(), (self.EXPIRED, pgettext_lazy("quote", "Expired"))]

    def parse(self, raw, lookups):
        value = super().parse(raw, lookups)
        if value == self.EXPIRED and lookups.is_import:
            raise ValidationError(_("A quote expires by its day."))
        return value

    @property
    def paths(self):
        return ("status", "valid_until")

    def values_of(self, record):
        return (record.status, record.valid_until)

    def cell(self, values):
        status, valid_until = values
        over = status in OUT and valid_until is not None and valid_until < dates.today()
        return fmt.badge(self.text(self.EXPIRED if over else status), "warn" if over else TONES.get(status, "mute"))

    def condition(self, op, values, lookups):
        if op not in ("in", "not_in") or self.EXPIRED not in values:
            return super().condition(op, values, lookups)
        wanted = Q(status__in=OUT, valid_until__lt=dates.today())
        if rest := [value for value in values if value != self.EXPIRED]:
            wanted |= super().condition("in", rest, lookups)
        return wanted if op == "in" else ~wanted


class QuoteLinesField(PromisedLines):
    """A list of {product or name, spec, unit, quantity, price, discount, tax_rate, tax_treatment}.

    Writing replaces all lines. Where nothing is said a product brings its words, its price for this customer and its
    tax rate.
    """

    model = Quote
    keys = frozenset({"product", "name", "spec", "unit", "quantity", "price", "discount", "tax_rate", "tax_treatment"})
    shown = frozenset({"id", "list_price", "amount", "tax"})
    most = 300

    def words(self, part, lookups):
        return _typed(part, lookups)

    def row(self, given, lookups):
        return _line(given, lookups)

    def export(self, values):
        return self.text(values[0])

    def api(self, values):
        return [_shown(line) for line in values[0]]


def _typed(word: str, lookups: Lookups) -> dict[str, Any]:
    """A line as a file says it: "name × quantity @ price −discount%"; a product we sell, or just a description."""
    found = TYPED.fullmatch(word)
    if found is None:
        raise ValidationError(_("A line is written as: name × quantity @ price −discount%"))
    line: dict[str, Any] = {**found.groupdict()}
    try:
        lookups.record(kinds.get("sales.product"), line["name"])
    except ValidationError:
        if line["price"] is None:
            raise
        return line
    return {**line, "product": line.pop("name")}


def _line(raw: dict[str, Any], lookups: Lookups) -> dict[str, Any]:
    if not (raw.get("product") or raw.get("name")):
        raise ValidationError(_("A line names a product, or says what it is."))
    line: dict[str, Any] = {"product_id": None}
    if raw.get("product"):
        line["product_id"] = lookups.record(kinds.get("sales.product"), raw["product"])
    for name, length in LENGTHS.items():
        line[name] = parse.clean_text(str(raw.get(name) or ""))
        if len(line[name]) > length:
            raise ValidationError(_("At most %(limit)s characters.") % {"limit": length})
    line["quantity"] = _number(raw, "quantity", 3)
    line["discount"] = _number(raw, "discount", 2)
    if tax := Tax.of_line(raw):
        line |= tax.columns
    line["price"] = money_in(raw, "price")
    check_quantity(line["quantity"])
    if line["price"] is not None and line["price"] < 0:
        raise ValidationError(_("Prices are not negative."))
    if not 0 <= (line["discount"] or 0) <= 100 or not 0 <= line.get("tax_rate", 0) <= 100:
        raise ValidationError(_("A discount is between 0 and 100 %."))
    return line


def _number(raw: dict[str, Any], name: str, decimals: int) -> Decimal | None:
    value = number_in(raw, name)
    if value is not None and value != round(value, decimals):
        raise ValidationError(_("At most %(n)s decimals.") % {"n": decimals})
    return value


def _shown(line: QuoteLine) -> dict[str, Any]:
    shown: dict[str, Any] = {"product": line.product_id, "name": line.name, "spec": line.spec, "unit": line.unit}
    for name in ("quantity", "discount", "tax_rate"):
        shown[name] = f"{getattr(line, name).normalize():f}"
    shown["tax_treatment"] = line.tax_treatment
    for name in ("list_price", "price", "amount", "tax"):
        value = getattr(line, name)
        shown[name] = None if value is None else f"{value:.2f}"
    return shown
