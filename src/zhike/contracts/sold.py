"""What was sold to whom: products in lines of contracts in force, and of won deals that led to no contract (SAL-11)."""

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from zhike.contracts.models import Contract, ContractLine
from zhike.kit.viewer import Viewer
from zhike.sales.models import Opportunity, OpportunityLine

WHY = "what is bought together is reckoned from all sales; only products and counts are kept of it"
IN_FORCE = ("active", "completed")
Sale = tuple[tuple[str, int], int, int]


def sales(lines: QuerySet, deal_lines: QuerySet, first: date | None = None, last: date | None = None) -> Iterator[Sale]:
    """(what was sold at once, customer, product) for each line with a product, signed or won between two days."""
    lines = lines.filter(product__isnull=False, contract__status__in=IN_FORCE)
    deals = deal_lines.filter(opportunity__status=Opportunity.Status.WON, opportunity__customer__isnull=False)
    has_contract = Contract.objects.whole_table(WHY).filter(opportunity=OuterRef("opportunity"), status__in=IN_FORCE)
    deals = deals.exclude(Exists(has_contract))
    if first:
        lines, deals = lines.filter(contract__signed_on__gte=first), deals.filter(opportunity__closed_on__gte=first)
    if last:
        lines, deals = lines.filter(contract__signed_on__lte=last), deals.filter(opportunity__closed_on__lte=last)
    for sort, rows, parent in (("contract", lines, "contract"), ("deal", deals, "opportunity")):
        names = (f"{parent}_id", f"{parent}__customer_id", "product_id")
        for pk, customer, product in rows.order_by().values_list(*names).iterator(chunk_size=5000):
            yield (sort, pk), customer, product


def all_sales(first: date, last: date) -> Iterator[Sale]:
    """Everybody's, for the nightly reckoning."""
    return sales(ContractLine.objects.whole_table(WHY), OpportunityLine.objects.whole_table(WHY), first, last)


def sales_seen(viewer: Viewer, first: date | None = None, last: date | None = None, **which: int) -> Iterator[Sale]:
    """What a viewer sees; `customer` narrows it to one."""
    lines, deal_lines = ContractLine.objects.visible_to(viewer), OpportunityLine.objects.visible_to(viewer)
    if customer := which.get("customer"):
        lines, deal_lines = lines.filter(contract__customer=customer), deal_lines.filter(opportunity__customer=customer)
    return sales(lines, deal_lines, first, last)


def baskets(found: Iterable[Sale], basis: str) -> list[set[int]]:
    """The products bought at once, or by one customer."""
    held: dict[object, set[int]] = {}
    for order, customer, product in found:
        held.setdefault(order if basis == "order" else customer, set()).add(product)
    return list(held.values())
