"""A bundle in a quote: one line at its own price, or the lines of its parts less its discount (SAL-5).

Both are exact to the fen: a price of its own is not divided among parts, and a discount is counted line by line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _

from zhike.sales.models import BundlePart, Product

COLUMNS = ("product", "known", "name", "spec", "unit", "quantity", "price", "discount", "tax_rate")


@dataclass(frozen=True)
class BundleLine:
    """A line to offer: so many of a product less a discount in percent."""

    product: Product
    quantity: Decimal
    discount: Decimal
    spec: str


def bundle_lines(product: Product, parts: Sequence[BundlePart], quantity: Decimal) -> list[BundleLine]:
    """The lines in which so many of a product are offered; one for a product that is no bundle."""
    if parts and product.list_price is None:
        return [
            BundleLine(part.product, part.quantity * quantity, product.bundle_discount, part.product.spec)
            for part in parts
        ]
    spec = product.spec
    if parts and not spec:
        spec = (_("with %(parts)s") % {"parts": _(", ").join(str(part) for part in parts)})[:200]
    return [BundleLine(product, quantity, Decimal(0), spec)]


def make_room(data: QueryDict, place: int, room: int) -> None:
    """Move the rows of an editor behind a place down by so many, and count them."""
    count = int(data["count"])
    for n in range(count - 1, place, -1):
        for column in COLUMNS:
            data[f"l{n + room}-{column}"] = data.get(f"l{n}-{column}", "")
    for n in range(place + 1, place + room + 1):
        for column in COLUMNS:
            data[f"l{n}-{column}"] = ""
    data["count"] = str(count + room)
