"""Products sold together as one (SAL-5)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zhike.kit.scope import ScopedModel, through
from zhike.sales.models.products import Product


class BundlePart(ScopedModel):
    """So many of a product are in a bundle."""

    bundle = models.ForeignKey(Product, models.CASCADE, related_name="parts")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, default=1)

    scope = through("bundle")

    class Meta:
        verbose_name = _("part of a bundle")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["bundle", "product"], name="bundle_part_once",
                violation_error_message=_("This product is in the bundle already."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="bundle_part_quantity_positive",
                violation_error_message=_("The quantity is more than 0."),
            ),
            models.CheckConstraint(
                condition=~Q(bundle=F("product")), name="bundle_not_in_itself",
                violation_error_message=_("A bundle is not a part of itself."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.product} × {self.quantity.normalize():f}"
