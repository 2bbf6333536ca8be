"""Money: Decimal yuan in Python, integer fen in the column, so that sums are exact on both databases (CRAFT §10)."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable, register_combinable_fields
from django.utils.translation import gettext_lazy as _

LARGEST = Decimal("9999999999999.99")
FEN = Decimal("0.01")


def round_fen(amount: Decimal) -> Decimal:
    """Round to whole fen, half up (per line, then summed)."""
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)


def yuan(amount: Decimal) -> str:
    """An amount with its sign, as text: ¥ 185,000.00, -¥ 147,312.00; the minus stands before the sign everywhere."""
    return f"{'-' if amount < 0 else ''}¥ {abs(amount):,.2f}"


def in_words(amount: Decimal) -> str:
    """An amount of yuan written out in Chinese, as contracts and quotes say it; raises ValueError below 0."""
    if amount < 0:
        raise ValueError("amounts in words are not negative")
    from cn2an import an2cn  # a library that takes long to start

    return an2cn(f"{amount:.2f}", "rmb")


def check_money(amount: Decimal) -> Decimal:
    """The amount with two decimals; raises ValidationError for more decimals or too large an amount."""
    if not amount.is_finite() or abs(amount) > LARGEST:
        raise ValidationError(
            _("Amounts go up to %(largest)s yuan."), params={"largest": f"{LARGEST:,}"}, code="too_large"
        )
    if amount != amount.quantize(FEN):
        raise ValidationError(_("Amounts have at most two decimals."), code="decimals")
    return amount.quantize(FEN)


class MoneyField(models.Field):
    """An amount in yuan. A plain Field, so that nothing hands back fen as if they were yuan."""

    description = _("Amount in yuan")
    empty_strings_allowed = False

    def get_internal_type(self):
        return "BigIntegerField"

    def from_db_value(self, value, expression, connection):
        return None if value is None else Decimal(int(value)).scaleb(-2)

    def to_python(self, value):
        if value is None or value == "":
            return None
        try:
            return check_money(Decimal(str(value)))
        except InvalidOperation:
            raise ValidationError(_("Enter an amount."), code="invalid") from None

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return int(self.to_python(value).scaleb(2))

    def value_to_string(self, obj):
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": forms.DecimalField, "decimal_places": 2, "max_digits": 15, **kwargs})


for _connector in (Combinable.ADD, Combinable.SUB):
    register_combinable_fields(MoneyField, _connector, MoneyField, MoneyField)
