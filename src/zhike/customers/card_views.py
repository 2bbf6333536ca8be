"""The data card on paper: printed on one A4 page, or as a PDF; taking it away is noted (CUS-2, ORG-4)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_safe

from zhike.customers import actions, queries
from zhike.customers.models import Customer
from zhike.customers.sheet import Sheet, sheet
from zhike.kit import dates


@require_safe
def card_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The card in the layout of the paper form, ready to print."""
    customer = queries.customer(request.viewer, pk)
    actions.log_card(customer, by=request.viewer, form="print")
    return render(request, "customers/card_print.html", {"customer": customer, "sheet": _sheet(request, customer)})


@require_safe
def card_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The card as a PDF."""
    from zhike.customers.pdf import card_pdf  # a library that takes long to start

    customer = queries.customer(request.viewer, pk)
    actions.log_card(customer, by=request.viewer, form="pdf")
    answer = HttpResponse(card_pdf(_sheet(request, customer)), content_type="application/pdf")
    name = get_valid_filename(f"{customer.code}-{customer.name}"[:100])
    answer["Content-Disposition"] = content_disposition_header(True, f"{name}.pdf")
    return answer


def _sheet(request: HttpRequest, customer: Customer) -> Sheet:
    return sheet(customer, customer.main_contact, person=str(request.viewer.person), at=dates.now())
