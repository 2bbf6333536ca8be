"""Forms of price lists, categories and bundles (SAL-5)."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhike.customers.models import Customer
from zhike.kit import parse
from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.records.fields import Day, Money, Number, Ref, Text
from zhike.records.forms import FieldControl
from zhike.records.lookups import Lookups
from zhike.sales.kinds import PRODUCT
from zhike.sales.models import BundlePart, PriceList, PriceListItem, Product, ProductCategory
from zhike.sales.models.categories import category_tree

SELECT = {"class": "inp"}
BETWEEN = "×"


class PriceListForm(ActionForm):
    """For whom and how long a price list is."""

    def __init__(self, data=None, *, price_list: PriceList, viewer: Viewer):
        names = ("name", "abc", "tier", "valid_from", "valid_until", "is_active")
        super().__init__(data, initial={name: getattr(price_list, name) for name in names})
        lookups = Lookups(viewer)
        # The names of the fields of a list are not those of columns of a kind: bound to none, they only parse.
        days = [Day("valid_from", gettext_lazy("valid from")), Day("valid_until", gettext_lazy("valid until"))]
        self.fields["name"] = FieldControl(Text("name", gettext_lazy("Name"), required=True).bind(PRODUCT), lookups)
        self.fields["name"].of.max_length = 60
        self.fields["abc"] = forms.ChoiceField(
            label=gettext_lazy("Only customers of class"), required=False, widget=forms.Select(attrs=SELECT),
            choices=[("", gettext_lazy("all")), *Customer.Abc.choices],
        )  # fmt: skip
        self.fields["tier"] = forms.ChoiceField(
            label=gettext_lazy("Only customers of tier"), required=False, widget=forms.Select(attrs=SELECT),
            choices=[("", gettext_lazy("all")), *Customer.Tier.choices],
        )  # fmt: skip
        for day in days:
            day.required = False
            self.fields[day.name] = FieldControl(day.bind(PRODUCT), lookups)
        self.fields["is_active"] = forms.BooleanField(label=gettext_lazy("In use"), required=False)


class PriceForm(ActionForm):
    """What a product costs in a list, from a quantity on."""

    def __init__(self, data=None, *, viewer: Viewer, item: PriceListItem | None = None):
        self.viewer = viewer
        start: dict[str, Any] = {"from_quantity": 1}
        if item is not None:
            start = {
                "product": item.product_id,
                "price": item.price,
                "from_quantity": f"{item.from_quantity.normalize():f}",
            }
        super().__init__(data, initial=start)
        lookups = Lookups(viewer)
        fields = [
            Ref("product", gettext_lazy("product"), to="sales.product", required=True),
            Money("price", gettext_lazy("price"), least=0, required=True),
            Number("from_quantity", gettext_lazy("from quantity"), required=False, most=10**8),
        ]
        self.fields |= {field.name: FieldControl(field.bind(PRODUCT), lookups) for field in fields}

    def clean_from_quantity(self) -> Decimal:
        value = self.cleaned_data["from_quantity"]
        return Decimal(1) if value is None else _quantity(value)

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["product"] = PRODUCT.rows(self.viewer).get(pk=given["product"])
        return given


def _quantity(value: Any) -> Decimal:
    """More than nothing, with at most three decimals."""
    value = Decimal(str(value))
    if value <= 0:
        raise ValidationError(_("The quantity is more than 0."))
    if value != round(value, 3):
        raise ValidationError(_("At most %(n)s decimals.") % {"n": 3})
    return value


class CategoryForm(ActionForm):
    """A category of products and where it lies."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=40, widget=forms.TextInput(attrs=SELECT))
    parent = forms.TypedChoiceField(
        label=pgettext_lazy("category", "Below"), coerce=int, required=False, empty_value=None,
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    order = forms.IntegerField(
        label=gettext_lazy("Order"), min_value=0, max_value=9999, widget=forms.NumberInput(attrs=SELECT),
        help_text=gettext_lazy("Small numbers come first; equal ones by name."),
    )  # fmt: skip

    def __init__(self, data=None, *, category: ProductCategory):
        start = {"name": category.name, "parent": category.parent_id, "order": category.order}
        super().__init__(data, initial=start)
        tree = category_tree()
        below = tree[category.pk].below if category.pk in tree else ()
        self.fields["parent"].choices = [
            ("", gettext_lazy("(at the top)")), *((pk, p.path) for pk, p in tree.items() if pk not in below),
        ]  # fmt: skip

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        parent = given["parent"]
        return {**given, "parent": ProductCategory.objects.get(pk=parent) if parent else None}


class PartsForm(ActionForm):
    """What a bundle is made of, a line a part: "code or name × quantity"."""

    parts = forms.CharField(
        label=gettext_lazy("Parts"), required=False, max_length=8000,
        widget=forms.Textarea(attrs={"rows": 8, "class": "inp"}),
        help_text=gettext_lazy("A line for each: code or name × quantity. Left empty it is no bundle."),
    )  # fmt: skip
    discount = forms.CharField(
        label=gettext_lazy("Discount on the parts (%)"), required=False, max_length=12,
        widget=forms.TextInput(attrs={"class": "inp num", "inputmode": "decimal"}),
        help_text=gettext_lazy("Counts where the bundle has no list price of its own."),
    )  # fmt: skip

    def __init__(self, data=None, *, product: Product, parts: list[BundlePart], viewer: Viewer):
        lines = [f"{part.product.code or part.product} {BETWEEN} {part.quantity.normalize():f}" for part in parts]
        discount = f"{product.bundle_discount.normalize():f}" if product.bundle_discount else ""
        super().__init__(data, initial={"parts": "\n".join(lines), "discount": discount})
        self.viewer = viewer

    def clean_parts(self) -> list[tuple[Product, Decimal]]:
        lookups, found, errors = Lookups(self.viewer), {}, []
        for number, line in enumerate(self.cleaned_data["parts"].splitlines(), 1):
            name, _sign, quantity = line.replace("*", BETWEEN).rpartition(BETWEEN)
            name, quantity = (name, quantity) if name else (line, "1")
            if not name.strip():
                continue
            try:
                pk = lookups.record(PRODUCT, name.strip())
                if pk in found:
                    raise ValidationError(_("This product is in the bundle already."))
                found[pk] = _quantity(parse.number(quantity.strip()))
            except (ValidationError, parse.ParseError) as error:
                said = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
                errors.append(_("Line %(n)s: %(said)s") % {"n": number, "said": said})
        if errors:
            raise ValidationError(errors)
        products = PRODUCT.rows(self.viewer).in_bulk(list(found))
        return [(products[pk], quantity) for pk, quantity in found.items()]

    def clean_discount(self) -> Decimal:
        text = self.cleaned_data["discount"].strip().rstrip("%")
        if not text:
            return Decimal(0)
        try:
            value = Decimal(str(parse.number(text)))
        except parse.ParseError as error:
            raise ValidationError(str(error)) from error
        if not 0 <= value <= 100 or value != round(value, 2):
            raise ValidationError(_("A discount is between 0 and 100 %."))
        return value
