"""What is bought together, reckoned from real sales, and what became of suggestions made of it (SAL-11).

The figures are derived: each run replaces them. They name products and counts, never a customer.
"""

from fractions import Fraction

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Customer
from zhike.kit.scope import ScopedModel, through
from zhike.records.models import person_key
from zhike.sales.models import Opportunity, Product


class Basis(models.TextChoices):
    """What counts as one basket: what was sold at once, or all a customer bought in the period."""

    ORDER = "order", pgettext_lazy("basket", "Bought at once")
    CUSTOMER = "customer", pgettext_lazy("basket", "Bought by one customer")


class CrossSellRun(models.Model):
    """The reckoning the figures come from: the days it looked at and how much it found there."""

    first = models.DateField()
    last = models.DateField()
    orders = models.PositiveIntegerField(default=0)
    customers = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.first} – {self.last}"


class ProductPair(models.Model):
    """Of the baskets with `product`, how many have `other` too. Counts are kept, ratios follow from them."""

    basis = models.CharField(max_length=8, choices=Basis.choices)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_index=False)
    other = models.ForeignKey(Product, models.CASCADE, related_name="+")
    together = models.PositiveIntegerField()
    having = models.PositiveIntegerField()
    other_having = models.PositiveIntegerField()
    baskets = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["basis", "product", "other"], name="product_pair_once")]

    def __str__(self):
        return f"{self.product_id} → {self.other_id}"

    @property
    def support(self) -> Fraction:
        """The share of all baskets that have both."""
        return Fraction(self.together, self.baskets)

    @property
    def confidence(self) -> Fraction:
        """The share of those with `product` that have `other` too."""
        return Fraction(self.together, self.having)

    @property
    def lift(self) -> Fraction:
        """How many times as often as by chance."""
        return self.confidence / Fraction(self.other_having, self.baskets)


class IndustryShare(models.Model):
    """Of the customers of an industry that bought anything, how many bought this product."""

    industry = models.CharField(max_length=40)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    buyers = models.PositiveIntegerField()
    customers = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["industry", "product"], name="industry_share_once")]

    def __str__(self):
        return f"{self.industry} {self.product_id}"

    @property
    def share(self) -> Fraction:
        """The share that bought it."""
        return Fraction(self.buyers, self.customers)


class SuggestionAnswer(ScopedModel):
    """What somebody made of a suggested product: a deal, or a reason why it does not fit this customer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="suggestion_answers")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    opportunity = models.ForeignKey(
        Opportunity, models.CASCADE, null=True, related_name="suggestions", verbose_name=_("opportunity")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    person = person_key()
    created_at = models.DateTimeField(auto_now_add=True)

    scope = through("customer")

    class Meta:
        verbose_name = _("answer to a suggestion")
        constraints = [models.UniqueConstraint(fields=["customer", "product"], name="suggestion_answered_once")]

    def __str__(self):
        return f"{self.customer_id}: {self.product_id}"
