"""A quote the customer took becomes a contract: a thing of this room, for it makes a contract (SAL-5, SAL-6)."""

from decimal import Decimal

from django.utils.translation import gettext as _

from zhike.contracts.models import Contract, ContractLine
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.actions import save_record
from zhike.sales.actions import mark_accepted
from zhike.sales.models import Quote, QuoteLine
from zhike.sales.models.taxes import Tax

CREATE = "contracts.contract.create"
WHY = "lines of a quote the action was let in for"


@action
def accept_quote(quote: Quote, *, by: Viewer) -> Contract:
    """The customer took a quote: it is accepted, and a draft contract has its parties, lines and amount.

    What was taken off the sum as a whole becomes a line of its own, so that the contract comes to the same. Raises
    Refused for a quote that was not approved, is past its last day, or was accepted before.
    """
    require(by, CREATE)
    quote = mark_accepted(quote, by=by)
    contract = Contract(
        name=(quote.title or str(quote))[:200], customer_id=quote.customer_id, contact_id=quote.contact_id,
        opportunity_id=quote.opportunity_id, quote=quote, owner_id=quote.owner_id, note=quote.payment_terms,
    )  # fmt: skip
    contract.promise_lines(_lines_of(quote))
    return save_record(kinds.get("contracts.contract"), contract, by=by, created=True)


def _lines_of(quote: Quote) -> list[ContractLine]:
    rows = list(QuoteLine.objects.whole_table(WHY).filter(quote=quote).select_related("product"))
    lines = [
        ContractLine(
            product=line.product, name=line.name, unit=line.unit, quantity=line.quantity, price=line.price,
            discount=line.discount, **line.taxation.columns, cost=line.cost,
        )
        for line in rows
    ]  # fmt: skip
    if quote.reduction:
        tax = max((line.taxation for line in rows), key=lambda tax: tax.rate, default=Tax(Decimal(13)))
        off = {"price": -quote.reduction, "quantity": Decimal(1), "discount": Decimal(0), **tax.columns}
        lines.append(ContractLine(name=_("Taken off the sum"), **off))
    return lines
