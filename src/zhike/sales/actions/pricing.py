"""Setting prices: price lists, categories of products, what is in a bundle (SAL-5)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records.models import AuditEntry
from zhike.sales.models import BundlePart, PriceList, PriceListItem, Product, ProductCategory
from zhike.sales.models.categories import DEEPEST, category_tree

SET_PRICES = "sales.product.set_prices"
WHY = "parts of a product, which everybody may look up"
MOST_PARTS = 50


@action
def save_price_list(
    price_list: PriceList, *, by: Viewer, name: str, abc: str = "", tier: str = "", valid_from: date | None = None,
    valid_until: date | None = None, is_active: bool = True,
) -> PriceList:  # fmt: skip
    """Create or change a price list; a new one comes after the others."""
    require(by, SET_PRICES)
    if price_list.pk is None:
        last = PriceList.objects.order_by("-order").values_list("order", flat=True).first()
        price_list.order = (last or 0) + 10
    price_list.name, price_list.abc, price_list.tier = name, abc, tier
    price_list.valid_from, price_list.valid_until, price_list.is_active = valid_from, valid_until, is_active
    price_list.full_clean()
    price_list.save()
    return price_list


@action
def order_price_lists(*, by: Viewer, order: Sequence[int]) -> None:
    """Put the lists into this order: the first that fits a customer decides. Those not named stay behind."""
    require(by, SET_PRICES)
    place = {pk: n for n, pk in enumerate(order)}
    rows = sorted(PriceList.objects.all(), key=lambda row: (place.get(row.pk, len(place)), row.order, row.pk))
    for n, row in enumerate(rows, 1):
        if row.order != n * 10:
            row.order = n * 10
            row.save()


@action
def delete_price_list(price_list: PriceList, *, by: Viewer) -> None:
    """Take a price list away with its prices; quotes keep the prices they have. Each product's history says so."""
    require(by, SET_PRICES)
    for item in price_list.items.select_related("product"):
        _note(item, _said(item), None)
    price_list.delete()


@action
def set_price(
    price_list: PriceList, *, by: Viewer, product: Product, price: Decimal, from_quantity: Decimal = Decimal(1)
) -> PriceListItem:
    """Set what a product costs in a list from a quantity on, in yuan with tax; the product's history keeps it."""
    require(by, SET_PRICES)
    item = price_list.items.filter(product=product, from_quantity=from_quantity).select_related("product").first()
    before = _said(item) if item else None
    item = item or PriceListItem(price_list=price_list, product=product, from_quantity=from_quantity)
    item.price = price
    item.full_clean()
    item.save()
    _note(item, before, _said(item))
    return item


@action
def remove_price(item: PriceListItem, *, by: Viewer) -> None:
    """Take a price off its list."""
    require(by, SET_PRICES)
    _note(item, _said(item), None)
    item.delete()


def _said(item: PriceListItem) -> str:
    step = f" (≥ {item.from_quantity.normalize():f})" if item.from_quantity != 1 else ""
    return f"{item.price_list}{step}: {item.price:.2f}"


def _note(item: PriceListItem, before: str | None, after: str | None) -> None:
    if before != after:
        AuditEntry.write(item.product, AuditEntry.Verb.CHANGED, {"prices": [before, after]})


@action
def save_category(
    category: ProductCategory, *, by: Viewer, name: str, parent: ProductCategory | None = None, order: int = 100
) -> ProductCategory:
    """Create, rename or move a category. Raises Refused where it would lie below itself, or too deep."""
    require(by, SET_PRICES)
    tree = category_tree()
    below = tree[category.pk].below if category.pk in tree else ()
    if parent is not None and parent.pk in below:
        raise Refused({"parent": _("A category cannot lie below itself.")})
    height = max((tree[pk].depth - tree[category.pk].depth for pk in below), default=0)
    if parent is not None and tree[parent.pk].depth + 1 + height >= DEEPEST:
        raise Refused({"parent": _("Categories go %(n)s levels deep at most.") % {"n": DEEPEST}})
    category.name, category.parent, category.order = name, parent, order
    category.full_clean()
    category.save()
    return category


@action
def delete_category(category: ProductCategory, *, by: Viewer) -> None:
    """Delete a category nothing lies in; raises Refused otherwise."""
    require(by, SET_PRICES)
    category.delete()


@action
def set_parts(
    product: Product, *, by: Viewer, parts: Sequence[tuple[Product, Decimal]], discount: Decimal = Decimal(0)
) -> Product:
    """Say of what a bundle is made, and what it costs less than its parts in percent; no parts: it is none any more.

    Raises Refused for parts that are bundles, and for a product that is a part itself: bundles do not nest.
    """
    require(by, "sales.product.change", product)
    product = lock(product)
    rows = BundlePart.objects.whole_table(WHY)
    if len(parts) > MOST_PARTS:
        raise Refused({"parts": _("At most %(limit)s lines.") % {"limit": MOST_PARTS}})
    if parts and rows.filter(product=product).exists():
        raise Refused({"parts": _("This product is a part of a bundle itself.")})
    nested = rows.filter(bundle__in=[part.pk for part, _quantity in parts]).select_related("bundle").first()
    if nested is not None:
        raise Refused({"parts": _("“%(name)s” is a bundle itself.") % {"name": nested.bundle}})
    before = _parts_said(product)
    rows.filter(bundle=product).delete()
    for part, quantity in parts:
        row = BundlePart(bundle=product, product=part, quantity=quantity)
        row.full_clean(exclude=["bundle", "product"])
        row.save()
    product.bundle_discount = discount
    product.full_clean(exclude=["category"])
    product.save()
    if (after := _parts_said(product)) != before:
        AuditEntry.write(product, AuditEntry.Verb.CHANGED, {"parts": [before, after]})
    return product


def _parts_said(product: Product) -> str:
    return "; ".join(
        str(row) for row in BundlePart.objects.whole_table(WHY).filter(bundle=product).select_related("product")
    )
