"""Setting tax rates (SAL-9)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.sales.models import TaxRate

CHANGE = "sales.taxrate.change"


@action
def save_tax_rate(row: TaxRate, /, *, by: Viewer, **values: Any) -> TaxRate:
    """Add or change a rate; documents keep the rate they were made with. Raises Refused at the field."""
    require(by, CHANGE)
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.full_clean()
    except ValidationError as error:
        found = dict(error.message_dict)
        raise Refused({"" if name == "__all__" else name: messages for name, messages in found.items()}) from error
    row.save()
    return row


@action
def delete_tax_rate(rate: TaxRate, *, by: Viewer) -> None:
    """Take a rate out of the list. The last one stays: something has to be chosen."""
    require(by, CHANGE)
    if TaxRate.objects.count() == 1:
        raise Refused(_("The last tax rate stays."))
    rate.delete()
