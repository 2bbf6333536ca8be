"""Categories of products: a tree, read on every list of products and so kept with the configuration (SAL-5)."""

from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.records import config
from zhike.records.config import Configuration

DEEPEST = 5
BETWEEN = " / "


class ProductCategory(Configuration):
    """A category of products, below another one or at the top."""

    name = models.CharField(_("name"), max_length=40)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("below")
    )
    order = models.PositiveIntegerField(_("order"), default=100)

    class Meta:
        verbose_name = pgettext_lazy("product", "category")
        verbose_name_plural = _("product categories")
        ordering = ["order", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], name="category_once_below",
                violation_error_message=_("There is already a category of this name here."),
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(parent__isnull=True), name="category_once_at_top",
                violation_error_message=_("There is already a category of this name here."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name


@dataclass(frozen=True)
class Place:
    """A category in the tree: how deep it lies, its way from the top, and itself with all below by id."""

    pk: int
    name: str
    depth: int
    path: str
    below: tuple[int, ...]


@config.cached
def category_tree() -> dict[int, Place]:
    """All categories by id, each followed by those below it."""
    children: dict[int | None, list[ProductCategory]] = {}
    for row in ProductCategory.objects.all():
        children.setdefault(row.parent_id, []).append(row)
    found: dict[int, Place] = {}

    def grow(row: ProductCategory, above: tuple[str, ...]) -> tuple[int, ...]:
        way = (*above, row.name)
        found[row.pk] = Place(row.pk, row.name, len(above), BETWEEN.join(way), ())  # holds its place in the order
        below = (row.pk, *(pk for child in children.get(row.pk, ()) for pk in grow(child, way)))
        found[row.pk] = Place(row.pk, row.name, len(above), BETWEEN.join(way), below)
        return below

    for row in children.get(None, ()):
        grow(row, ())
    return found
