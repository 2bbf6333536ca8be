"""Reckoning what is bought together, and what people make of suggestions (SAL-11)."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from zhike.contracts import baskets, sold
from zhike.contracts.models import (
    Basis,
    CrossSellRun,
    IndustryShare,
    ProductPair,
    SuggestionAnswer,
    rules_in_force,
)
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.actions import create_record
from zhike.records.events import emit
from zhike.sales.actions.lines import add_line
from zhike.sales.models import Opportunity, Product

LEAST = 2  # baskets a pair is met in, and buyers of an industry, before anything is said of them
PER_INDUSTRY = 20
STEPS = 4
WHY = "answers to suggestions about a customer the action was let in for"


@action
def reckon(*, by: Viewer, progress: Callable[[int], Any] = lambda step: None) -> CrossSellRun:
    """Reckon pairs of products and what each industry buys, out of the sales of the last months, in place of the old.

    `progress` is told of each of the four steps. Safe to run twice: the second run replaces the first.
    """
    last = dates.today()
    first = last - timedelta(days=30 * rules_in_force().cross_sell_months)
    found = list(sold.all_sales(first, last))
    progress(1)
    ProductPair.objects.all().delete()
    IndustryShare.objects.all().delete()
    CrossSellRun.objects.all().delete()
    counts = {}
    for step, basis in enumerate(Basis.values, 2):
        held = sold.baskets(found, basis)
        counts[basis] = len(held)
        ProductPair.objects.bulk_create(
            (ProductPair(basis=basis, product_id=p.product, other_id=p.other, together=p.together, having=p.having,
                         other_having=p.other_having, baskets=p.baskets)
             for p in baskets.pairs(held, least=LEAST)),
            batch_size=1000,
        )  # fmt: skip
        progress(step)
    _industries(found)
    progress(STEPS)
    return CrossSellRun.objects.create(first=first, last=last, orders=counts["order"], customers=counts["customer"])


def _industries(found: list[sold.Sale]) -> None:
    bought: dict[int, set[int]] = defaultdict(set)
    for _order, customer, product in found:
        bought[customer].add(product)
    customers = Customer.objects.whole_table(sold.WHY).filter(pk__in=bought).exclude(industry="").order_by()
    of, buyers = Counter(), defaultdict(Counter)
    for pk, industry in customers.values_list("pk", "industry"):
        of[industry] += 1
        buyers[industry].update(bought[pk])
    IndustryShare.objects.bulk_create(
        (IndustryShare(industry=industry, product_id=product, buyers=n, customers=of[industry])
         for industry, products in buyers.items() for product, n in products.most_common(PER_INDUSTRY) if n >= LEAST),
        batch_size=1000,
    )  # fmt: skip


@action
def take_suggestion(customer: Customer, product: Product, *, by: Viewer, reason: str = "") -> Opportunity:
    """Make a deal of a suggested product, with the product on it and the reason in its note (SAL-11).

    Again, while that deal is open, gives the same deal.
    """
    require(by, "sales.opportunity.create")
    customer = lock(customer)
    answer = _answer(customer, product)
    if answer and answer.opportunity_id:
        known = Opportunity.objects.whole_table(WHY).filter(pk=answer.opportunity_id).first()
        if known and known.status == Opportunity.Status.OPEN:
            return known
    if not product.is_active:
        raise Refused({"product": _("This product is not on sale.")})
    values = {
        "name": _("Cross-sell: %(product)s") % {"product": product}, "customer": customer.pk,
        "next_step": _("Offer %(product)s") % {"product": product}, "note": reason[:2000],
    }  # fmt: skip
    deal = create_record(kinds.get("sales.opportunity"), values, by=by)
    add_line(deal, by=by, product=product)
    _keep(answer, customer, product, by, opportunity=deal, reason=reason)
    emit("contracts.suggestion.taken", customer, by=by, opportunity=deal.pk, product=product.pk)
    return deal


@action
def decline_suggestion(customer: Customer, product: Product, *, by: Viewer, reason: str) -> SuggestionAnswer:
    """Say why a product is not for this customer: it is not suggested again. Twice is once."""
    require(by, "customers.customer.change", customer)
    if not (reason := " ".join(reason.split())[:300]):
        raise Refused({"reason": _("Say why.")})
    customer = lock(customer)
    return _keep(_answer(customer, product), customer, product, by, opportunity=None, reason=reason)


def _answer(customer: Customer, product: Product) -> SuggestionAnswer | None:
    return SuggestionAnswer.objects.whole_table(WHY).filter(customer=customer, product=product).first()


def _keep(answer, customer: Customer, product: Product, by: Viewer, **values: Any) -> SuggestionAnswer:
    answer = answer or SuggestionAnswer(customer=customer, product=product)
    answer.person_id, answer.reason, answer.opportunity = by.person_id, values["reason"][:300], values["opportunity"]
    answer.save()
    return answer
