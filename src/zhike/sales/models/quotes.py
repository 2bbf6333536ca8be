"""Quotes and what prices come from: tax rates, price lists, bundles (SAL-5)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.money import MoneyField
from zhike.kit.scope import ScopedModel, owned_within, through
from zhike.records.config import Configuration
from zhike.records.models import OwnedRecord
from zhike.sales.models.opportunities import Opportunity
from zhike.sales.models.products import Product
from zhike.sales.models.taxes import Taxed, untaxed_at_zero


class PriceList(Configuration):
    """Prices for some customers in some time; what stands in no list costs its list price."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    # Empty means every class, every tier.
    abc = models.CharField(_("class A–D"), max_length=1, choices=Customer.Abc.choices, blank=True)
    tier = models.CharField(_("tier"), max_length=10, choices=Customer.Tier.choices, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    order = models.PositiveIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ["order", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="price_list_valid", violation_error_message=_("It ends before it begins."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    def covers(self, customer: Customer | None, day: date) -> bool:
        """Whether its prices are a customer's on a day."""
        if not self.is_active or (self.valid_from and day < self.valid_from) or (
            self.valid_until and day > self.valid_until
        ):  # fmt: skip
            return False
        if customer is None:
            return not self.abc and not self.tier
        return self.abc in ("", customer.abc) and self.tier in ("", customer.tier)


class PriceListItem(Configuration):
    """The price of a product in a list, from a quantity on, in yuan with tax."""

    price_list = models.ForeignKey(PriceList, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", verbose_name=_("product"))
    price = MoneyField(_("price"))
    from_quantity = models.DecimalField(_("from quantity"), max_digits=12, decimal_places=3, default=1)

    class Meta:
        verbose_name = _("price")
        ordering = ["product", "from_quantity"]
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "product", "from_quantity"], name="price_once",
                violation_error_message=_("This product has a price from this quantity already."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0, from_quantity__gt=0), name="price_positive",
                violation_error_message=_("Prices are not negative."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.product} {self.price}"


class Quote(OwnedRecord):
    """An offer to a customer. Prices include tax; sums are kept in yuan as `rules`/`pricing` make them.

    What was sent is never edited: a new version copies it and supersedes it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("quote", "Draft")
        APPROVING = "approving", pgettext_lazy("quote", "In approval")
        APPROVED = "approved", pgettext_lazy("quote", "Approved")
        SENT = "sent", pgettext_lazy("quote", "Sent")
        ACCEPTED = "accepted", pgettext_lazy("quote", "Accepted")
        REJECTED = "rejected", pgettext_lazy("quote", "Declined")
        SUPERSEDED = "superseded", pgettext_lazy("quote", "Superseded")

    number = models.CharField(_("quote number"), max_length=40, blank=True)
    version_no = models.PositiveSmallIntegerField(pgettext_lazy("quote", "version"), default=1, editable=False)
    previous = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="next_version", editable=False
    )
    title = models.CharField(pgettext_lazy("quote", "title"), max_length=200, blank=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="quotes", verbose_name=_("customer"))
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("contact")
    )
    opportunity = models.ForeignKey(
        Opportunity, models.SET_NULL, null=True, blank=True, related_name="quotes", verbose_name=_("opportunity")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    status = models.CharField(
        pgettext_lazy("quote", "status"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    quoted_on = models.DateField(_("quoted on"), default=dates.today)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    reduction = MoneyField(_("taken off the sum"), default=0)
    delivery = models.CharField(_("delivery"), max_length=200, blank=True)
    payment_terms = models.CharField(_("payment terms"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    # Written by `actions.quotes` from the lines.
    subtotal = MoneyField(_("sum of the lines"), default=0, editable=False)
    total = MoneyField(_("total"), default=0, editable=False)
    tax = MoneyField(_("tax in it"), default=0, editable=False)
    cost = MoneyField(_("cost"), null=True, blank=True, editable=False)
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=0, editable=False)
    decided_on = models.DateField(_("decided on"), null=True, blank=True, editable=False)

    scope = owned_within("owner", "customer")

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        constraints = [
            models.UniqueConstraint(
                fields=["number", "version_no"], condition=~Q(number=""), name="quote_number_once",
                violation_error_message=_("This number is taken."),
            ),
            models.CheckConstraint(
                condition=Q(reduction__gte=0, subtotal__gte=0, total__gte=0), name="quote_sums_positive",
                violation_error_message=_("More is taken off than the lines come to."),
            ),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") - F("reduction")), name="quote_adds_up",
                violation_error_message=_("More is taken off than the lines come to."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("quoted_on")), name="quote_valid_after",
                violation_error_message=_("A quote is not valid until before it was made."),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="quotes_of_owner"),
            models.Index(fields=["-updated_at", "-id"], name="quotes_by_update"),
            models.Index(fields=["status", "valid_until"], name="quotes_by_status"),
        ]

    def __str__(self):
        return f"{self.label} {self.title}".strip()

    def get_absolute_url(self):
        return reverse("sales:quote_page", args=[self.pk])

    def promise_lines(self, lines: list[dict[str, Any]]) -> None:
        """Keep lines that are written after the quote itself; they replace all there are."""
        self.__dict__["lines_to_be"] = lines

    def known_lines(self) -> list["QuoteLine"]:
        """The lines of a quote read through its scope."""
        return self.lines_of_all([self.pk]).get(self.pk, []) if self.pk else []

    @staticmethod
    def lines_of_all(ids: list[int]) -> dict[int, list["QuoteLine"]]:
        """The lines of quotes read through their scope, by the quotes' ids, in one query."""
        rows = QuoteLine.objects.whole_table("lines of quotes that were read through their scope")
        found: dict[int, list[QuoteLine]] = {}
        for line in rows.filter(quote__in=ids).order_by("position", "id"):
            found.setdefault(line.quote_id, []).append(line)
        return found

    def changes(self) -> dict[str, list[Any]]:
        changed = super().changes()
        if "lines_to_be" in self.__dict__:
            changed["lines"] = [None, None]  # what they were and are is said when they are written
        return changed

    @property
    def label(self) -> str:
        """Number and version, as people call it: BJ-202611-0007 V2."""
        version = f" V{self.version_no}" if self.version_no > 1 else ""
        return f"{self.number}{version}"

    @property
    def is_draft(self) -> bool:
        """Whether it may still be edited."""
        return self.status == self.Status.DRAFT

    @property
    def net(self) -> Decimal:
        """Without tax, in yuan."""
        return self.total - self.tax

    def is_expired(self, today: date) -> bool:
        """Sent or approved, and past its last day."""
        waiting = (self.Status.APPROVED, self.Status.SENT)
        return self.status in waiting and self.valid_until is not None and self.valid_until < today

    def margin(self) -> Decimal | None:
        """What is left of the net price after cost, in percent; None where a cost is unknown or nothing is charged."""
        if self.cost is None or self.net <= 0:
            return None
        return ((self.net - self.cost) * 100 / self.net).quantize(Decimal("0.1"))


class QuoteLine(ScopedModel, Taxed):
    """A line: quantity × unit price less its discount, tax included, in yuan."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(default=1)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    name = models.CharField(pgettext_lazy("line", "description"), max_length=200)
    spec = models.CharField(_("specification"), max_length=200, blank=True)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, default=1)
    list_price = MoneyField(_("list price"), null=True, blank=True)
    price = MoneyField(_("unit price"))
    # The price list it came from, as it was called then; empty for the list price, and for what was typed.
    priced_by = models.CharField(max_length=60, blank=True, editable=False)
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=0)
    tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, default=13)
    amount = MoneyField(_("amount"), default=0, editable=False)
    tax = MoneyField(_("tax in it"), default=0, editable=False)
    cost = MoneyField(_("cost"), null=True, blank=True)

    scope = through("quote")

    class Meta:
        verbose_name = _("quote line")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="quote_line_quantity_positive",
                violation_error_message=_("The quantity is more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=100), name="quote_line_discount_percent",
                violation_error_message=_("A discount is between 0 and 100 %."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0), name="quote_line_price_positive",
                violation_error_message=_("Prices are not negative."),
            ),
            untaxed_at_zero("quote_line_untaxed_at_zero"),
        ]  # fmt: skip

    @property
    def price_source(self) -> str:
        """Where the price comes from: the name of a price list, "list" for the list price, "" for a typed one."""
        return self.priced_by or ("list" if self.list_price is not None and self.price == self.list_price else "")

    def __str__(self):
        off = f" −{self.discount.normalize():f}%" if self.discount else ""
        return f"{self.name} × {self.quantity.normalize():f} @ {self.price:.2f}{off}"
