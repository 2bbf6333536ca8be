"""The lines of a quote as a field: what the API reads and writes, what an export shows (SAL-5)."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.kit import parse
from zhike.kit.money import check_money
from zhike.records import kinds
from zhike.records.fields import Field
from zhike.records.lookups import Lookups
from zhike.sales.models import Quote, QuoteLine

KEYS = {"product", "name", "spec", "unit", "quantity", "price", "discount", "tax_rate"}
SHOWN = {"id", "list_price", "amount", "tax"}  # what reading gives besides; sending it back changes nothing
LENGTHS = {"name": 200, "spec": 200, "unit": 40}
MOST_LINES = 300


class QuoteLinesField(Field):
    """A list of {product or name, spec, unit, quantity, price, discount, tax_rate}; writing replaces all lines.

    Where nothing is said a product brings its words, its price for this customer and its tax rate.
    """

    type = "lines"
    operators = ()
    empty = ()

    def __init__(self, name, label=None, **more):
        super().__init__(name, label, **{"sortable": False, "filterable": False, "listed": False, **more})

    def bind(self, kind):
        self.kind, self.required = kind, False  # the name is that of the rows, not of a column
        return self

    def parse(self, raw, lookups):
        if not isinstance(raw, list) or len(raw) > MOST_LINES:
            raise ValidationError(_("A list of at most %(limit)s lines."), params={"limit": MOST_LINES})
        return [_at(n, line, lookups) for n, line in enumerate(raw, 1)]

    def write(self, record, value):
        record.promise_lines(list(value or ()))

    def read(self, record):
        return record.known_lines()

    @property
    def paths(self):
        return ("pk",)

    def gather(self, ids):
        return Quote.lines_of_all(ids)

    def values_of(self, record):
        return (record.known_lines(),)

    def text(self, value):
        return "; ".join(str(line) for line in value) if isinstance(value, list) else str(value or "")

    def export(self, values):
        return ""

    def api(self, values):
        return [_shown(line) for line in values[0]]


def _at(number: int, raw: Any, lookups: Lookups) -> dict[str, Any]:
    """A line, or a message that says which one is wrong."""
    try:
        return _line(raw, lookups)
    except (ValidationError, parse.ParseError) as error:
        said = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        raise ValidationError(_("Line %(n)s: %(said)s") % {"n": number, "said": said}) from error


def _line(raw: Any, lookups: Lookups) -> dict[str, Any]:
    if not isinstance(raw, dict) or raw.keys() - KEYS - SHOWN or not (raw.get("product") or raw.get("name")):
        raise ValidationError(_("A line is an object with a product or a name, quantity and price."))
    line: dict[str, Any] = {"product_id": None}
    if raw.get("product"):
        line["product_id"] = lookups.record(kinds.get("sales.product"), raw["product"])
    for name, length in LENGTHS.items():
        line[name] = parse.clean_text(str(raw.get(name) or ""))
        if len(line[name]) > length:
            raise ValidationError(_("At most %(limit)s characters.") % {"limit": length})
    line["quantity"] = _number(raw.get("quantity"), 3)
    line["discount"] = _number(raw.get("discount"), 2)
    line["tax_rate"] = _number(raw.get("tax_rate"), 2)
    price = raw.get("price")
    line["price"] = None if price in (None, "") else check_money(parse.decimal_amount(str(price)))
    if line["quantity"] is not None and not 0 < line["quantity"] < 10**9:
        raise ValidationError(_("The quantity is more than 0."))
    if line["price"] is not None and line["price"] < 0:
        raise ValidationError(_("Prices are not negative."))
    if any(line[name] is not None and not 0 <= line[name] <= 100 for name in ("discount", "tax_rate")):
        raise ValidationError(_("A discount is between 0 and 100 %."))
    return line


def _number(raw: Any, decimals: int) -> Decimal | None:
    if raw in (None, ""):
        return None
    value = Decimal(str(parse.number(str(raw))))
    if value != round(value, decimals):
        raise ValidationError(_("At most %(n)s decimals.") % {"n": decimals})
    return value


def _shown(line: QuoteLine) -> dict[str, Any]:
    shown: dict[str, Any] = {"product": line.product_id, "name": line.name, "spec": line.spec, "unit": line.unit}
    for name in ("quantity", "discount", "tax_rate"):
        shown[name] = f"{getattr(line, name).normalize():f}"
    for name in ("list_price", "price", "amount", "tax"):
        value = getattr(line, name)
        shown[name] = None if value is None else f"{value:.2f}"
    return shown
