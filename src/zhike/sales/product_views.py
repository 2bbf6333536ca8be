"""Pages of products."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from zhike.kit import htmx
from zhike.kit.access import can, require
from zhike.records import actions as records
from zhike.records.forms import RecordForm
from zhike.records.lists import ListPage
from zhike.records.queries import record_for
from zhike.sales import panels, queries
from zhike.sales.kinds import PRODUCT, SEE_COST
from zhike.sales.models import Product


@require_safe
def product_list(request: HttpRequest) -> HttpResponse:
    """All products."""
    return ListPage(PRODUCT, request).response()


@require_safe
def product_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A product: prices, description, the deals it is offered in."""
    viewer, product = request.viewer, queries.product(request.viewer, pk)
    context = {
        "product": product,
        "can": can(viewer, product, PRODUCT.verb("change"), PRODUCT.verb("delete")),
        "sees_cost": viewer.can(SEE_COST),
        "deals": queries.deals_with_product(viewer, product),
        "changes": panels.changes(request, product) if viewer.can(PRODUCT.verb("change")) else "",
    }
    return htmx.part(request, "sales/product_page.html", context)


@require_http_methods(["GET", "POST"])
def product_create(request: HttpRequest) -> HttpResponse:
    """A new product."""
    require(request.viewer, PRODUCT.verb("create"))
    form = RecordForm(request.POST or None, kind=PRODUCT, viewer=request.viewer, initial={"is_active": True})
    if request.method == "POST" and form.save(by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Created."))
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
def product_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a product."""
    product = record_for(request.viewer, PRODUCT, pk)
    form = RecordForm(request.POST or None, kind=PRODUCT, viewer=request.viewer, record=product)
    if request.method == "POST" and form.save(by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Saved."))
    return _form(request, form, product)


@require_http_methods(["GET", "POST"])
def product_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a product no deal offers."""
    product = record_for(request.viewer, PRODUCT, pk, "delete")
    if request.method == "POST":
        records.delete_record(PRODUCT, product, by=request.viewer)
        return htmx.redirect(request, reverse("sales:product_list"), _("Deleted."))
    context = {
        "form": None,
        "record": product,
        "title": _("Delete this product?"),
        "submit": _("Delete"),
        "danger": True,
    }
    return htmx.part(request, "sales/dialog.html#dialog", context)


def _form(request: HttpRequest, form: RecordForm, product: Product | None) -> HttpResponse:
    status = 409 if form.stale else 422 if form.errors else 200
    back = product.get_absolute_url() if product else reverse("sales:product_list")
    context = {"form": form, "record": product, "kind": PRODUCT, "back": back, "new": _("New product")}
    return htmx.part(request, "sales/record_form.html#form", context, status=status)
