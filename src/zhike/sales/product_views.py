"""Pages of products."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import htmx
from zhike.kit.access import can
from zhike.kit.errors import Refused
from zhike.kit.registry import cards
from zhike.kit.viewer import Viewer
from zhike.records import actions as records
from zhike.records.dialogs import delete_dialog
from zhike.records.files import files_panel
from zhike.records.formpages import create_page, edit_page
from zhike.records.lists import ListPage
from zhike.records.queries import record_for
from zhike.sales import panels, price_queries, queries
from zhike.sales.kinds import PRODUCT, SEE_COST
from zhike.sales.models import Product
from zhike.sales.models.categories import category_tree


@require_safe
def product_list(request: HttpRequest) -> HttpResponse:
    """All products."""
    return ListPage(PRODUCT, request).response()


@require_safe
def product_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A product: prices, material, what is in it, the deals and quotes it is offered in."""
    viewer, product = request.viewer, queries.product(request.viewer, pk)
    place = category_tree().get(product.category_id)
    context = {
        "product": product,
        "can": can(viewer, product, PRODUCT.verb("change"), PRODUCT.verb("delete")),
        "sees_cost": viewer.can(SEE_COST),
        "category": place.path if place else "",
        "prices": price_queries.prices_of(product),
        "parts": price_queries.parts_of(viewer, product),
        "bundles": price_queries.bundles_with(viewer, product),
        "material": files_panel(request, product, marks_latest=True),
        "deals": queries.deals_with_product(viewer, product),
        "quotes": price_queries.quotes_with(viewer, product),
        "cards": [card.body(request, product) for card in cards.at(PRODUCT.label, viewer)],
        "changes": panels.changes(request, product) if viewer.can(PRODUCT.verb("change")) else "",
    }
    return htmx.part(request, "sales/product_page.html", context)


@require_http_methods(["GET", "POST"])
def product_create(request: HttpRequest) -> HttpResponse:
    """A new product."""
    start = {"is_active": True, "tax_rate": Product().taxation}
    return create_page(request, PRODUCT, new=_("New product"), initial=start)


@require_http_methods(["GET", "POST"])
def product_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a product."""
    return edit_page(request, PRODUCT, record_for(request.viewer, PRODUCT, pk))


@require_http_methods(["GET", "POST"])
def product_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a product that is in no deal, quote or contract; one in use can be taken off sale instead."""
    product = record_for(request.viewer, PRODUCT, pk, "delete")
    return delete_dialog(request, PRODUCT, product, title=_("Delete this product?"), delete=_delete)


def _delete(product: Product, *, by: Viewer) -> None:
    try:
        records.delete_record(PRODUCT, product, by=by)
    except Refused as refusal:
        raise Refused(_("%(why)s Take it off sale instead.") % {"why": refusal}) from refusal


@require_POST
def product_off_sale(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a product no longer, or again; what was offered keeps it."""
    product = record_for(request.viewer, PRODUCT, pk)
    records.change_record(PRODUCT, product, {"is_active": not product.is_active}, by=request.viewer)
    return htmx.redirect(request, product.get_absolute_url(), _("Saved."))
