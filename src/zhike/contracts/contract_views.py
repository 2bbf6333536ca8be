"""Pages of contracts: list, page, form, signing, change orders, termination, milestones (SAL-6)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zhike.contracts.kinds import CONTRACT
from zhike.kit import htmx
from zhike.records import queries as records
from zhike.records.lists import ListPage


@require_safe
def contract_list(request: HttpRequest) -> HttpResponse:
    """All contracts the viewer sees."""
    return ListPage(CONTRACT, request).response()


@require_safe
def contract_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A contract: figures, what is due when, the ledger."""
    contract = records.record(request.viewer, CONTRACT, pk, related=("customer",))
    return htmx.part(request, "contracts/contract_page.html", {"contract": contract})
