"""Settings: price lists with their prices, categories of products; what a bundle is made of (SAL-5)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import Refused
from zhike.kit.forms import ActionForm
from zhike.kit.keys import key_of, keys_of
from zhike.records.dialogs import settings_dialog
from zhike.records.queries import record_for
from zhike.sales import actions
from zhike.sales import price_queries as queries
from zhike.sales.kinds import PRODUCT
from zhike.sales.models import PriceList, ProductCategory
from zhike.sales.models.categories import category_tree
from zhike.sales.price_forms import CategoryForm, PartsForm, PriceForm, PriceListForm

SET_PRICES = "sales.product.set_prices"


@require_safe
def price_list_list(request: HttpRequest) -> HttpResponse:
    """All price lists in their order."""
    require(request.viewer, SET_PRICES)
    return htmx.part(request, "sales/price_lists.html", {"price_lists": queries.price_lists()})


@require_http_methods(["GET", "POST"])
def price_list_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a price list or change one."""
    require(request.viewer, SET_PRICES)
    price_list = queries.price_list(pk) if pk else PriceList()
    form = PriceListForm(request.POST or None, price_list=price_list, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.save_price_list, price_list, by=request.viewer):
        return htmx.redirect(request, reverse("sales:price_list", args=[form.result.pk]), _("Saved."))
    return _dialog(request, form, price_list.name or _("New price list"), "sales:price_lists", _("Price lists"))


@require_safe
def price_list_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A price list with its prices."""
    require(request.viewer, SET_PRICES)
    price_list = queries.price_list(pk)
    context = {"price_list": price_list, "items": queries.prices_in(price_list)}
    return htmx.part(request, "sales/price_list.html", context)


@require_POST
def price_list_order(request: HttpRequest) -> HttpResponse:
    """Put the lists into the order given."""
    order = keys_of(request.POST.get("order", "").split(","))
    actions.order_price_lists(by=request.viewer, order=order)
    return htmx.done(_("Saved."))


@require_POST
def price_list_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a price list away."""
    require(request.viewer, SET_PRICES)
    actions.delete_price_list(queries.price_list(pk), by=request.viewer)
    return htmx.redirect(request, reverse("sales:price_lists"), _("Deleted."))


@require_http_methods(["GET", "POST"])
def price_edit(request: HttpRequest, list_pk: int, pk: int = 0) -> HttpResponse:
    """Set what a product costs in a list."""
    require(request.viewer, SET_PRICES)
    price_list = queries.price_list(list_pk)
    form = PriceForm(
        request.POST or None, viewer=request.viewer, item=queries.price(price_list, pk) if pk else None
    )  # fmt: skip
    if request.method == "POST" and form.run(actions.set_price, price_list, by=request.viewer):
        return htmx.redirect(request, reverse("sales:price_list", args=[price_list.pk]), _("Saved."))
    title = _("A price in “%(name)s”") % {"name": price_list}
    return _dialog(request, form, title, "sales:price_lists", _("Price lists"))


@require_POST
def price_remove(request: HttpRequest, list_pk: int, pk: int) -> HttpResponse:
    """Take a price off its list."""
    require(request.viewer, SET_PRICES)
    price_list = queries.price_list(list_pk)
    actions.remove_price(queries.price(price_list, pk), by=request.viewer)
    return htmx.redirect(request, reverse("sales:price_list", args=[price_list.pk]), _("Removed."))


@require_safe
def category_list(request: HttpRequest) -> HttpResponse:
    """The tree of categories with how many products each has."""
    require(request.viewer, SET_PRICES)
    counts = queries.products_by_category(request.viewer)
    rows = [
        {"place": place, "count": sum(counts.get(pk, 0) for pk in place.below), "leaf": len(place.below) == 1}
        for place in category_tree().values()
    ]
    return htmx.part(request, "sales/categories.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
def category_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a category or change one."""
    require(request.viewer, SET_PRICES)
    category = queries.category(pk) if pk else ProductCategory(parent_id=_parent(request))
    form = CategoryForm(request.POST or None, category=category)
    if request.method == "POST" and form.run(actions.save_category, category, by=request.viewer):
        return htmx.redirect(request, reverse("sales:categories"), _("Saved."))
    return _dialog(request, form, category.name or _("New category"), "sales:categories", _("Product categories"))


def _parent(request: HttpRequest) -> int | None:
    pk = key_of(request.GET.get("below"))
    return pk if pk in category_tree() else None


@require_POST
def category_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a category nothing lies in."""
    require(request.viewer, SET_PRICES)
    try:
        actions.delete_category(queries.category(pk), by=request.viewer)
    except Refused as refusal:
        return htmx.redirect(request, reverse("sales:categories"), str(refusal), tone="bad")
    return htmx.redirect(request, reverse("sales:categories"), _("Deleted."))


@require_http_methods(["GET", "POST"])
def product_parts(request: HttpRequest, pk: int) -> HttpResponse:
    """Say of what a bundle is made."""
    product = record_for(request.viewer, PRODUCT, pk)
    form = PartsForm(
        request.POST or None, product=product, parts=queries.parts_of(request.viewer, product), viewer=request.viewer
    )
    if request.method == "POST" and form.run(actions.set_parts, product, by=request.viewer):
        return htmx.redirect(request, product.get_absolute_url(), _("Saved."))
    return _dialog(request, form, _("Parts of “%(name)s”") % {"name": product}, "sales:product_list", _("Products"))


def _dialog(request: HttpRequest, form: ActionForm, title: str, back: str, about: str) -> HttpResponse:
    return settings_dialog(request, form, title=title, submit=_("Save"), back=reverse(back), about=about)
