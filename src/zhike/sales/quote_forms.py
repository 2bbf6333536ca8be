"""Forms of quotes: the editor of lines, and sending."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhike.kit import dates
from zhike.kit.forms import ActionForm
from zhike.kit.keys import key_of
from zhike.kit.viewer import Viewer
from zhike.records.fields import Money, Number, Ref, Text
from zhike.records.forms import FieldControl
from zhike.records.lookups import Lookups
from zhike.sales import price_queries, pricing, queries
from zhike.sales.bundles import BundleLine, bundle_lines, make_room
from zhike.sales.kinds import QUOTE
from zhike.sales.models import PriceList, Product, Quote, QuoteLine
from zhike.sales.models.taxes import Tax
from zhike.sales.tax_fields import Rate

COLUMNS = ("product", "name", "spec", "unit", "quantity", "price", "discount", "tax_rate")
MOST_ROWS = 400
BLANK = 1  # empty rows offered below the lines


class Quantity(Number):
    """A quantity or a rate: so many decimals and no more."""

    def __init__(self, name: str, label: Any = None, *, decimals: int, **more: Any):
        super().__init__(name, label, **more)
        self.decimals = decimals

    def parse(self, raw, lookups):
        value = Decimal(str(super().parse(raw, lookups)))
        if value != round(value, self.decimals):
            raise ValidationError(_("At most %(n)s decimals.") % {"n": self.decimals})
        return value


def controls(lookups: Lookups) -> dict[str, FieldControl]:
    """The fields of a row."""
    fields = [
        Ref("product", gettext_lazy("product"), to="sales.product", required=False),
        Text("name", pgettext_lazy("line", "description"), required=False),
        Text("spec", gettext_lazy("specification"), required=False),
        Text("unit", gettext_lazy("unit"), required=False),
        Quantity("quantity", gettext_lazy("quantity"), decimals=3, required=False, most=10**9),
        Money("price", gettext_lazy("unit price"), least=0, required=False),
        Quantity("discount", gettext_lazy("discount (%)"), decimals=2, least=0, most=100, required=False),
        Rate("tax_rate", gettext_lazy("tax rate (%)"), required=False),
    ]
    return {field.name: FieldControl(field.bind(QUOTE), lookups) for field in fields}


class LineRow(forms.Form):
    """A row of the editor. Without a product and a description it is empty, and left out."""

    def __init__(self, *args, lookups: Lookups, **more):
        super().__init__(*args, **more)
        self.fields |= controls(lookups)
        self.amount: Decimal | None = None
        self.priced_by = ""

    @property
    def is_blank(self) -> bool:
        """Nothing was put in."""
        data = self.cleaned_data
        return not data.get("product") and not data.get("name") and not self.errors

    def say_source(self, source: str | None, usual: Decimal | None = None) -> None:
        """Say under the price where it comes from: a list, "list" price, "" typed (`usual`: what it would be)."""
        if source is None:
            return
        said = gettext_lazy("list price") if source == "list" else source or gettext_lazy("typed")
        if not source and usual is not None:
            said = _("typed · usually %(price)s") % {"price": f"{usual:,.2f}"}
        self.fields["price"].help_text = said

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if (quantity := data.get("quantity")) is not None and quantity <= 0:
            self.add_error("quantity", _("The quantity is more than 0."))
        return data


class QuoteLinesForm(ActionForm):
    """All lines of a quote at once; what a product is called and costs is filled in when it is chosen."""

    reduction = forms.CharField(label=gettext_lazy("taken off the sum"), required=False, max_length=30)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    count = forms.IntegerField(required=False, min_value=0, max_value=400, widget=forms.HiddenInput)

    def __init__(self, data=None, *, quote: Quote, viewer: Viewer, extra: int = 0):
        super().__init__(data, initial={"reduction": f"{quote.reduction:.2f}", "version": quote.version})
        self.quote, self.viewer, self.lookups, self.extra = quote, viewer, Lookups(viewer), extra
        if data is not None:
            data = self.data = data.copy()
            self.fill_in(data)

    @cached_property
    def rows(self) -> list[LineRow]:
        """The rows: as sent, or the quote's lines; and empty ones below."""
        if self.is_bound:
            count = _count(self.data)
            rows = [LineRow(self.data, prefix=f"l{n}", lookups=self.lookups) for n in range(min(count, MOST_ROWS))]
            self._find_sources(rows)
            more = range(count, count + self.extra)
        else:
            lines = queries.quote_lines(self.viewer, self.quote)
            rows = [LineRow(prefix=f"l{n}", lookups=self.lookups, initial=_start(line)) for n, line in enumerate(lines)]
            for row, line in zip(rows, lines, strict=True):
                row.amount = line.amount
                row.say_source(line.price_source if line.product_id else None)
            more = range(len(rows), len(rows) + BLANK)
        return [*rows, *(LineRow(prefix=f"l{n}", lookups=self.lookups, initial={"quantity": 1}) for n in more)]

    def _find_sources(self, rows: list[LineRow]) -> None:
        """Work out where each price comes from: what the lists say now, or what the quote's lines say already."""
        kept = {(line.product_id, line.price): line.priced_by for line in self.quote.known_lines()}
        for n, row in enumerate(rows):
            product = self.products.get(key_of(self.data.get(f"l{n}-product")))
            if product is None:
                continue
            usual = self._price(product, _decimal(self.data.get(f"l{n}-quantity")) or Decimal(1))
            price = _decimal(self.data.get(f"l{n}-price"))
            if price is not None and price == usual.amount:
                row.priced_by = usual.source.name if usual.source else ""
            else:
                row.priced_by = kept.get((product.pk, price), "")
            listed = "list" if price is not None and price == product.list_price else ""
            row.say_source(row.priced_by or listed, usual.amount)

    @cached_property
    def products(self) -> dict[int, Product]:
        """The products that were sent and may be offered."""
        sent = (key_of(self.data.get(f"l{n}-product")) for n in range(min(_count(self.data), MOST_ROWS)))
        return queries.products_on_sale(self.viewer, [pk for pk in sent if pk])

    @cached_property
    def _lists(self) -> list[PriceList]:
        return queries.price_lists_with(self.products.values())

    def _price(self, product: Product, quantity: Decimal) -> pricing.Price:
        return pricing.price_for(product, self.quote.customer, quantity, dates.today(), self._lists)

    def fill_in(self, data) -> None:
        """Where a product was chosen anew, its words, price and tax; a bundle becomes lines of its parts."""
        n = 0
        while n < min(_count(data), MOST_ROWS):
            product = self._chosen_anew(data, n)
            if product is not None:
                quantity = _decimal(data.get(f"l{n}-quantity")) or Decimal(1)
                bundle = bundle_lines(product, price_queries.parts_of(self.viewer, product), quantity)
                if len(bundle) > 1:
                    make_room(data, n, len(bundle) - 1)
                for place, line in enumerate(bundle, n):
                    data[f"l{place}-product"] = str(line.product.pk)
                if len(bundle) > 1:
                    self._forget_products()
                for place, line in enumerate(bundle, n):
                    self._fill_row(data, place, line)
            n += 1

    def _forget_products(self) -> None:
        for name in ("products", "_lists"):
            self.__dict__.pop(name, None)

    def _chosen_anew(self, data, n: int) -> Product | None:
        pk = data.get(f"l{n}-product", "")
        return None if pk == data.get(f"l{n}-known", "") else self.products.get(key_of(pk))

    def _fill_row(self, data, n: int, line: BundleLine) -> None:
        product, price = line.product, self._price(line.product, line.quantity)
        values = {
            "product": product.pk, "known": product.pk, "name": product.name, "spec": line.spec,
            "unit": product.unit_label, "quantity": _plain(line.quantity), "tax_rate": product.taxation.code,
            "price": f"{price.amount:.2f}" if price.amount is not None else "",
        }  # fmt: skip
        if line.discount:
            values["discount"] = _plain(line.discount)
        for name, value in values.items():
            data[f"l{n}-{name}"] = str(value)

    def is_valid(self) -> bool:
        rows = [row.is_valid() or not row.has_changed() for row in self.rows if row.is_bound]
        return super().is_valid() and all(rows)

    def clean_reduction(self) -> Decimal:
        return Money("reduction", least=0).bind(QUOTE).clean(self.cleaned_data["reduction"], self.lookups) or Decimal(0)

    def lines(self) -> list[dict[str, Any]]:
        """The values of the rows that are filled in; each row learns its amount."""
        found = []
        for row in self.rows:
            if not row.is_bound or not row.is_valid() or row.is_blank:
                continue
            values = _values(row.cleaned_data, self.products.get(row.cleaned_data.get("product")), row.priced_by)
            row.amount = pricing.line_amount(values["quantity"], values["price"], values["discount"])
            found.append(values)
        return found

    def sums(self) -> pricing.Sums:
        """What the rows come to, for the foot of the editor."""
        lines = [QuoteLine(**values) for values in self.lines()] if self.is_bound else None
        if lines is None:
            lines = queries.quote_lines(self.viewer, self.quote)
        for line in lines:
            line.amount = pricing.line_amount(line.quantity, line.price, line.discount)
        reduction = self.cleaned_data.get("reduction", Decimal(0)) if self.is_bound else self.quote.reduction
        reduction = min(reduction or Decimal(0), sum((line.amount for line in lines), Decimal(0)))
        return pricing.sums_of(lines, reduction)

    def values(self) -> dict[str, Any]:
        return {
            "lines": self.lines(), "reduction": self.cleaned_data["reduction"],
            "version": self.cleaned_data.get("version"),
        }  # fmt: skip


def _count(data) -> int:
    return int(text) if (text := data.get("count", "0")).isdecimal() and len(text) < 9 else 0


def _start(line: QuoteLine) -> dict[str, Any]:
    start = {name: getattr(line, name) for name in COLUMNS if name != "product"}
    return {**start, "product": line.product_id, "quantity": _plain(line.quantity), "discount": _plain(line.discount),
            "tax_rate": line.taxation.code}  # fmt: skip


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(text: str | None) -> Decimal | None:
    try:
        value = Decimal((text or "").replace(",", ""))
    except ArithmeticError:
        return None
    return value if value.is_finite() and value > 0 else None


def _values(data: dict[str, Any], product: Product | None, priced_by: str) -> dict[str, Any]:
    return {
        "product": product, "priced_by": priced_by, "name": data.get("name") or (product.name if product else ""),
        "spec": data.get("spec") or "", "unit": data.get("unit") or "",
        "quantity": data["quantity"] if data.get("quantity") is not None else Decimal(1),
        "price": data["price"] if data.get("price") is not None else Decimal(0),
        "discount": data.get("discount") or Decimal(0),
        **(data.get("tax_rate") or Tax(Decimal(13))).columns,
        "list_price": product.list_price if product else None, "cost": product.cost if product else None,
    }  # fmt: skip


class QuoteRulesForm(ActionForm):
    """The letter that goes with quotes, how long they are valid, their usual terms."""

    letter_subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=200)
    letter_text = forms.CharField(
        label=pgettext_lazy("letter", "Text"), required=False, max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8, "class": "inp"}),
        help_text=gettext_lazy("Left empty, the letter that came with the product is used."),
    )  # fmt: skip
    valid_days = forms.IntegerField(label=gettext_lazy("Days a quote is valid"), min_value=1, max_value=730)
    payment_terms = forms.CharField(label=gettext_lazy("Payment terms"), required=False, max_length=200)
    delivery = forms.CharField(label=gettext_lazy("Delivery"), required=False, max_length=200)


class SubmitForm(ActionForm):
    """Why this discount; shown to whoever approves."""

    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=500)


__all__ = ["QuoteLinesForm", "QuoteRulesForm", "SubmitForm"]
