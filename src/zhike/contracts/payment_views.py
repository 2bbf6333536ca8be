"""Pages of receivables and payments: lists, pages, posting, allocating, taking back (SAL-7)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from zhike.contracts.kinds import PAYMENT, RECEIVABLE
from zhike.kit import htmx
from zhike.records import queries as records
from zhike.records.lists import ListPage


@require_safe
def receivable_list(request: HttpRequest) -> HttpResponse:
    """All receivables the viewer sees."""
    return ListPage(RECEIVABLE, request).response()


@require_safe
def receivable_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A receivable is shown on the page of its contract."""
    line = records.record(request.viewer, RECEIVABLE, pk, related=("contract",))
    return redirect(f"{line.contract.get_absolute_url()}#r{pk}")


@require_safe
def payment_list(request: HttpRequest) -> HttpResponse:
    """All payments the viewer sees."""
    return ListPage(PAYMENT, request).response()


@require_safe
def payment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A payment: what it pays, what is left."""
    payment = records.record(request.viewer, PAYMENT, pk, related=("customer",))
    return htmx.part(request, "contracts/payment_page.html", {"payment": payment})
