"""What bears no value-added tax in the demo company: developing technology is exempt, a deposit is not taxable."""

from datetime import date
from decimal import Decimal
from typing import Any

from zhike.contracts.actions import accept_quote, invoices, sign_contract, submit_contract
from zhike.contracts.invoice_kinds import INVOICE
from zhike.contracts.models import Contract
from zhike.customers.models import Customer
from zhike.kit.viewer import viewer_of
from zhike.org.viewers import the_system
from zhike.records.actions import create_record
from zhike.records.lookups import Lookups
from zhike.sales.actions import hand_over_quote, submit_quote
from zhike.sales.kinds import OPPORTUNITY, PRODUCT, QUOTE
from zhike.sales.models import Product
from zhike.sales.models.taxes import Tax, Treatment

# (code, name, unit, list price, cost, how it is treated, how many were sold)
THINGS = [
    ("FW-005", "检测算法定制开发", "项", 68000, 31000, Treatment.EXEMPT, 1),
    ("FW-006", "周转料架押金", "套", 1200, None, Treatment.NONE, 10),
]
TRAINING = ("操作培训", 3)  # goes with it, at a rate of its own


def sell_untaxed(today: date, finance: Any) -> None:
    """Two such products, sold in one contract beside something taxed; the exempt part is invoiced. Inside an action."""
    products = {name: (_product(code, name, *rest), count) for code, name, *rest, count in THINGS}
    name, count = TRAINING
    products[name] = (Product.objects.visible_to(the_system()).get(name=name), count)
    contract = _contract(list(products.values()), today)
    by, (_code, name, _unit, price, *_more) = viewer_of(finance.pk), THINGS[0]
    values = {"contract": contract.pk, "customer": contract.customer_id, "amount": Decimal(price),
              "kind": "digital_ordinary", "tax_rate": Tax(Decimal(0), Treatment.EXEMPT), "content": name}  # fmt: skip
    invoice = invoices.approve_invoice(create_record(INVOICE, values, by=by), by=by)
    invoices.issue_invoice(invoice, by=by, number=f"{today:%y}320000088000000001", issued_on=today)


def _product(code: str, name: str, unit: str, price: int, cost: int | None, treatment: str) -> Product:
    values = {"code": code, "name": name, "series": "服务", "unit": unit, "list_price": Decimal(price),
              "cost": None if cost is None else Decimal(cost), "tax_rate": Tax(Decimal(0), treatment)}  # fmt: skip
    return create_record(PRODUCT, values, by=the_system())


def _contract(sold: list[tuple[Product, int]], today: date) -> Contract:
    """A contract signed today of a quote for a deal with a customer that bought before."""
    known = Customer.objects.visible_to(the_system()).filter(lifecycle__in=["loyal", "won"], owner__is_active=True)
    customer = known.order_by("pk")[0]
    by = viewer_of(customer.owner_id)
    values = {"name": f"{customer.short_name}算法定制", "customer": customer.pk, "amount": Decimal(84_500)}
    deal = create_record(OPPORTUNITY, values, by=by)
    lines = QUOTE.field("lines").clean([{"product": p.pk, "quantity": count} for p, count in sold], Lookups(by))
    values = {"title": deal.name, "customer": customer.pk, "opportunity": deal.pk, "lines": lines}
    quote = submit_quote(create_record(QUOTE, values, by=by), by=by)
    contract = submit_contract(accept_quote(hand_over_quote(quote, by=by), by=by), by=by)
    return sign_contract(contract, by=the_system(), signed_on=today)
