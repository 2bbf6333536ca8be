"""Reads of cross-selling, viewer first: what goes with a product, what a customer might need next, and why (SAL-11)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.translation import gettext as _

from zhike.contracts import sold
from zhike.contracts.models import Basis, CrossSellRun, IndustryShare, ProductPair, SuggestionAnswer
from zhike.customers.models import Customer
from zhike.kit.viewer import Viewer
from zhike.records.lookups import picklist
from zhike.records.prepared import once
from zhike.sales.models import Product

SHOWN = 6
# A product everybody buys anyway is no suggestion: it has to be bought with the other more often than by chance.
LIFT = Fraction(1)


@dataclass
class Suggestion:
    """A product a customer might need, how sure that is (0 to 1), and the reasons in words."""

    product: Product
    score: Fraction
    reasons: list[str] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """All reasons in one line."""
        return " · ".join(self.reasons)


def latest_run() -> CrossSellRun | None:
    """The reckoning the figures come from; None before the first."""
    return CrossSellRun.objects.order_by("-id").first()


def bought_with(product: Product, count: int = SHOWN) -> list[ProductPair]:
    """What is bought at once with a product, the surest first."""
    rows = ProductPair.objects.filter(basis=Basis.ORDER, product=product, other__is_active=True)
    return sorted(rows.select_related("other"), key=lambda pair: (-pair.confidence, -pair.lift, pair.other_id))[:count]


def top_pairs(basis: str, count: int = 100) -> list[ProductPair]:
    """The pairs met most often, each in its surer direction."""
    rows = ProductPair.objects.filter(basis=basis).select_related("product", "other").order_by("-together", "id")
    seen: dict[frozenset[int], ProductPair] = {}
    for pair in rows[: 4 * count]:
        key = frozenset((pair.product_id, pair.other_id))
        if key not in seen or pair.confidence > seen[key].confidence:
            seen[key] = pair
    return list(seen.values())[:count]


@once
def bought_by(viewer: Viewer, customer: Customer) -> set[int]:
    """The products a customer bought, ever, as far as the viewer sees."""
    return {product for _order, _customer, product in sold.sales_seen(viewer, customer=customer.pk)}


def suggestions_for(
    viewer: Viewer, customer: Customer, *, beside: Iterable[int] = (), count: int = SHOWN
) -> list[Suggestion]:
    """What a customer has not bought, and customers like it did; `beside` are products on offer to it already.

    By what goes with the products it has or is offered, and by what its industry buys. A fixed number of queries.
    """
    had, offered = bought_by(viewer, customer), set(beside)
    known = had | offered
    answered = SuggestionAnswer.objects.within(viewer, customer).values_list("product_id", flat=True)
    shut = known | set(answered)
    scores: dict[int, list[tuple[Fraction, str]]] = {}
    for pair in _pairs(known, shut):
        scores.setdefault(pair.other_id, []).append((pair.confidence, _said(pair)))
    for share in _shares(customer, shut):
        scores.setdefault(share.product_id, []).append((share.share, _said_of_industry(share)))
    products = Product.objects.visible_to(viewer).filter(is_active=True).in_bulk(scores) if scores else {}
    found = []
    for pk, reasons in scores.items():
        if pk in products:
            reasons.sort(key=lambda reason: -reason[0])
            found.append(Suggestion(products[pk], reasons[0][0], [words for _score, words in reasons[:2]]))
    return sorted(found, key=lambda one: (-one.score, one.product.pk))[:count]


def _pairs(known: set[int], shut: set[int]) -> list[ProductPair]:
    if not known:
        return []
    rows = ProductPair.objects.filter(basis=Basis.CUSTOMER, product__in=known).exclude(other__in=shut)
    return [pair for pair in rows.select_related("product") if pair.lift > LIFT]


def _shares(customer: Customer, shut: set[int]) -> list[IndustryShare]:
    if not customer.industry:
        return []
    return list(IndustryShare.objects.filter(industry=customer.industry).exclude(product__in=shut))


def percent(share: Fraction) -> int:
    """A share in whole percent, half up."""
    return int(100 * share + Fraction(1, 2))


def times(lift: Fraction) -> str:
    """A lift with one decimal."""
    return f"{float(lift):.1f}"


def _said(pair: ProductPair) -> str:
    said = _("%(share)s%% of buyers of %(product)s bought this too (%(n)s of %(of)s, %(lift)s times the usual)")
    return said % {
        "share": percent(pair.confidence), "product": pair.product, "n": pair.together, "of": pair.having,
        "lift": times(pair.lift),
    }  # fmt: skip


def _said_of_industry(share: IndustryShare) -> str:
    industry = picklist("customers.industry").get(share.industry, share.industry)
    return _("%(n)s of %(of)s customers in %(industry)s bought it") % {
        "n": share.buyers, "of": share.customers, "industry": industry,
    }  # fmt: skip


def answers_of(viewer: Viewer, customer: Customer) -> list[SuggestionAnswer]:
    """What was made of suggestions for a customer, the latest first."""
    rows = SuggestionAnswer.objects.within(viewer, customer).select_related("product", "opportunity", "person")
    return list(rows.order_by("-created_at")[:20])
