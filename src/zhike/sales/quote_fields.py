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
from zhike.kit.money import check_money
from zhike.records import kinds
from zhike.records.fields import Choice, Field
from zhike.records.lookups import Lookups
from zhike.sales.models import Quote, QuoteLine
from zhike.sales.models.taxes import Tax

KEYS = {"product", "name", "spec", "unit", "quantity", "price", "discount", "tax_rate", "tax_treatment"}
OUT = (Quote.Status.APPROVED, Quote.Status.SENT)
TONES = {"approving": "vio", "approved": "info", "sent": "info", "accepted": "ok"}
BETWEEN_LINES = re.compile(r"[;；\n]")
TYPED = re.compile(
    r"(?P<name>.+?)(?:(?:\s*×\s*|\s+[xX*]\s+)(?P<quantity>[\d.,]+))?(?:\s*[@＠]\s*(?P<price>[\d.,]+))?"
    r"(?:\s*[−-]\s*(?P<discount>[\d.]+)\s*[%％])?"
)
SHOWN = {"id", "list_price", "amount", "tax"}  # what reading gives besides; sending it back changes nothing
LENGTHS = {"name": 200, "spec": 200, "unit": 40}
MOST_LINES = 300


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


class QuoteLinesField(Field):
    """A list of {product or name, spec, unit, quantity, price, discount, tax_rate, tax_treatment}.

    Writing replaces all lines. Where nothing is said a product brings its words, its price for this customer and its
    tax rate.
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
        if isinstance(raw, str):
            raw = [_typed(word, lookups) for word in BETWEEN_LINES.split(raw) if word.strip()]
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
        return self.text(values[0])

    def api(self, values):
        return [_shown(line) for line in values[0]]


def _typed(word: str, lookups: Lookups) -> dict[str, Any]:
    """A line as a file says it: "name × quantity @ price −discount%"; a product we sell, or just a description."""
    found = TYPED.fullmatch(word.strip())
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
    if tax := Tax.of_line(raw):
        line |= tax.columns
    price = raw.get("price")
    line["price"] = None if price in (None, "") else check_money(parse.decimal_amount(str(price)))
    if line["quantity"] is not None and not 0 < line["quantity"] < 10**9:
        raise ValidationError(_("The quantity is more than 0."))
    if line["price"] is not None and line["price"] < 0:
        raise ValidationError(_("Prices are not negative."))
    if not 0 <= (line["discount"] or 0) <= 100 or not 0 <= line.get("tax_rate", 0) <= 100:
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
    shown["tax_treatment"] = line.tax_treatment
    for name in ("list_price", "price", "amount", "tax"):
        value = getattr(line, name)
        shown[name] = None if value is None else f"{value:.2f}"
    return shown
