"""What we sell (SAL-5): everybody may look it up; what it costs us is for those with the verb."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.money import MoneyField
from zhike.kit.scope import everyone
from zhike.records.lookups import picklist
from zhike.records.models import Record
from zhike.sales.models.categories import ProductCategory
from zhike.sales.models.taxes import Taxed, untaxed_at_zero


class Product(Record, Taxed):
    """A product or service with its list price in yuan."""

    code = models.CharField(_("product code"), max_length=40, blank=True)
    name = models.CharField(_("product name"), max_length=120)
    series = models.CharField(_("series"), max_length=60, blank=True)
    unit = models.CharField(pgettext_lazy("product", "unit"), max_length=40, blank=True)
    list_price = MoneyField(_("list price"), null=True, blank=True)
    cost = MoneyField(_("cost"), null=True, blank=True)
    tax_rate = models.DecimalField(
        _("tax rate (%)"), max_digits=5, decimal_places=2, default=13,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    category = models.ForeignKey(
        ProductCategory, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=pgettext_lazy("product", "category"),
    )  # fmt: skip
    spec = models.CharField(_("specification"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    # What a bundle without a price of its own costs less than its parts.
    bundle_discount = models.DecimalField(
        _("discount on the parts (%)"), max_digits=5, decimal_places=2, default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    is_active = models.BooleanField(_("on sale"), default=True)

    scope = everyone()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="product_code_once", violation_error_message=_("This code is taken.")
            ),
            models.UniqueConstraint(
                fields=["name"],
                name="product_name_once",
                violation_error_message=_("There is already a product of this name."),
            ),
            models.CheckConstraint(
                condition=(Q(list_price__isnull=True) | Q(list_price__gte=0)) & (Q(cost__isnull=True) | Q(cost__gte=0)),
                name="product_prices_positive",
                violation_error_message=_("Prices are not negative."),
            ),
            untaxed_at_zero("product_untaxed_at_zero"),
        ]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="products_by_update"),
            models.Index(fields=["series", "name"], name="products_by_series"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("sales:product_page", args=[self.pk])

    @property
    def unit_label(self) -> str:
        """What a unit is called, as the picklist says."""
        return picklist("sales.unit").get(self.unit, self.unit)
