"""Reads about prices: lists with their prices, what a product costs whom, what is in a bundle (SAL-5)."""

from django.db.models import Count, Q

from zhike.kit.errors import NotVisible
from zhike.kit.keys import LARGEST_KEY
from zhike.kit.viewer import Viewer
from zhike.sales.models import BundlePart, PriceList, PriceListItem, Product, ProductCategory, Quote, QuoteLine


def price_lists() -> list[PriceList]:
    """All price lists in their order, each with `n`: how many prices stand in it."""
    return list(PriceList.objects.annotate(n=Count("items")).order_by("order", "id"))


def price_list(pk: int) -> PriceList:
    """A price list; raises NotVisible."""
    return _found(PriceList.objects.filter(pk=min(pk, LARGEST_KEY)).first())


def prices_in(price_list: PriceList) -> list[PriceListItem]:
    """The prices in a list, by product and quantity."""
    return list(price_list.items.select_related("product").order_by("product__name", "from_quantity")[:2000])


def price(price_list: PriceList, pk: int) -> PriceListItem:
    """A price of a list; raises NotVisible."""
    return _found(price_list.items.filter(pk=min(pk, LARGEST_KEY)).select_related("product", "price_list").first())


def prices_of(product: Product) -> list[PriceListItem]:
    """What a product costs by which list, in the order in which lists are asked."""
    rows = PriceListItem.objects.filter(product=product, price_list__is_active=True).select_related("price_list")
    return list(rows.order_by("price_list__order", "price_list_id", "from_quantity")[:100])


def parts_of(viewer: Viewer, product: Product) -> list[BundlePart]:
    """What a bundle is made of; empty for a product that is none."""
    return list(BundlePart.objects.within(viewer, product).select_related("product").order_by("id"))


def bundles_with(viewer: Viewer, product: Product) -> list[Product]:
    """The bundles a product is a part of."""
    rows = BundlePart.objects.visible_to(viewer).filter(product=product).select_related("bundle")
    return [row.bundle for row in rows.order_by("bundle__name")[:20]]


def quotes_with(viewer: Viewer, product: Product) -> list[Quote]:
    """The latest quotes the viewer sees that offer a product."""
    lines = QuoteLine.objects.visible_to(viewer).filter(product=product).values("quote_id")
    rows = Quote.objects.visible_to(viewer).filter(pk__in=lines).select_related("customer", "owner")
    return list(rows.order_by("-updated_at", "-id")[:10])


def category(pk: int) -> ProductCategory:
    """A category; raises NotVisible."""
    return _found(ProductCategory.objects.filter(pk=min(pk, LARGEST_KEY)).select_related("parent").first())


def products_by_category(viewer: Viewer) -> dict[int, int]:
    """How many products on sale lie in each category itself, by its id."""
    rows = Product.objects.visible_to(viewer).filter(~Q(category=None), is_active=True)
    return dict(rows.values_list("category_id").annotate(n=Count("pk")).order_by())


def _found(row):
    if row is None:
        raise NotVisible
    return row
