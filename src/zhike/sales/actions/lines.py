"""Product lines of a deal: quantity × price = amount, to the fen; the first line is the main product (SAL-4)."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.money import round_fen
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.actions import save_record
from zhike.records.models import AuditEntry
from zhike.sales.models import Opportunity, OpportunityLine, Product

CHANGE = "sales.opportunity.change"
WHY = "lines of a deal the action was let in for"
MOST_LINES = 200


@action
def add_line(
    opportunity: Opportunity,
    *,
    by: Viewer,
    product: Product,
    quantity: Decimal = Decimal(1),
    price: Decimal | None = None,
) -> OpportunityLine:
    """Add a product to a deal, at its list price unless another is given. A deal without an amount takes the total."""
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity)
    lines = _lines(opportunity)
    if lines.count() >= MOST_LINES:
        raise Refused(_("A deal has at most %(limit)s product lines.") % {"limit": MOST_LINES})
    line = OpportunityLine(opportunity=opportunity, product=product, quantity=quantity)
    set_price(line, product.list_price if price is None else price)
    line.full_clean(exclude=["opportunity"])
    line.save()
    AuditEntry.write(opportunity, AuditEntry.Verb.CHANGED, {"lines": [None, said(line)]})
    if opportunity.amount is None:
        opportunity.amount = total(opportunity)
    _follow(opportunity, by)
    return line


@action
def remove_line(line: OpportunityLine, *, by: Viewer) -> Opportunity:
    """Take a product off a deal; the history keeps what it was."""
    require(by, CHANGE, line.opportunity)
    opportunity = lock(line.opportunity)
    AuditEntry.write(opportunity, AuditEntry.Verb.CHANGED, {"lines": [said(line), None]})
    line.delete()
    _follow(opportunity, by)
    return opportunity


@action
def use_total(opportunity: Opportunity, *, by: Viewer) -> Opportunity:
    """Make the total of the lines the amount of the deal."""
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity)
    opportunity.amount = total(opportunity)
    return save_record(kinds.get("sales.opportunity"), opportunity, by=by, created=False)


def total(opportunity: Opportunity) -> Decimal | None:
    """What the lines come to, in yuan; None without priced lines."""
    return _lines(opportunity).aggregate(total=Sum("amount"))["total"]


def set_price(line: OpportunityLine, price: Decimal | None) -> None:
    """Set the price of a line and what follows: rounded to fen per line, half up."""
    line.price = price
    line.amount = None if price is None else round_fen(price * line.quantity)


def said(line: OpportunityLine) -> str:
    """A line in words, for the history."""
    return f"{line.product} × {line.quantity.normalize():f}"


def sync_main_product(opportunities: Iterable[Opportunity]) -> None:
    """After the main product of deals was set: their first line becomes it, or is made, at the amount of the deal."""
    deals = list(opportunities)
    firsts: dict[int, OpportunityLine] = {}
    for line in OpportunityLine.objects.whole_table(WHY).filter(opportunity__in=deals).order_by("-id"):
        firsts[line.opportunity_id] = line
    prices = dict(
        Product.objects.whole_table(WHY).filter(pk__in={o.product_id for o in deals}).values_list("pk", "list_price")
    )
    new = []
    for deal in deals:
        line = firsts.get(deal.pk)
        if deal.product_id is None or (line and line.product_id == deal.product_id):
            continue
        if line is None:
            line = OpportunityLine(opportunity_id=deal.pk, product_id=deal.product_id, quantity=Decimal(1))
            set_price(line, prices.get(deal.product_id) if deal.amount is None else deal.amount)
            new.append(line)
        else:
            line.product_id = deal.product_id
            line.save()
    OpportunityLine.objects.bulk_create(new)


def replace_lines(opportunity: Opportunity) -> None:
    """Write the lines a deal was promised in place of those it has; the first is the main product."""
    lines = opportunity.__dict__.pop("lines_to_be")
    rows = Product.objects.whole_table(WHY).filter(pk__in={line["product"] for line in lines})
    prices = dict(rows.values_list("pk", "list_price"))
    _lines(opportunity).delete()
    new = []
    for given in lines:
        line = OpportunityLine(opportunity=opportunity, product_id=given["product"], quantity=given["quantity"])
        set_price(line, prices[given["product"]] if given["price"] is None else given["price"])
        new.append(line)
    OpportunityLine.objects.bulk_create(new)


def _lines(opportunity: Opportunity):
    return OpportunityLine.objects.whole_table(WHY).filter(opportunity=opportunity)


def _follow(opportunity: Opportunity, by: Viewer) -> None:
    """Make the first line's product the main product."""
    first = _lines(opportunity).order_by("id").values_list("product_id", flat=True).first()
    opportunity.product_id = first
    save_record(kinds.get("sales.opportunity"), opportunity, by=by, created=False)
