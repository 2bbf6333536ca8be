"""Settings: tax rates with the days on which they may be chosen (SAL-9)."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import dates, htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.forms import ActionForm
from zhike.sales.actions.taxes import CHANGE, delete_tax_rate, save_tax_rate
from zhike.sales.models import TaxRate

INPUT = {"class": "inp"}


class TaxRateForm(ActionForm):
    """A rate, what it is for, and from when until when."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, widget=forms.TextInput(attrs=INPUT))
    rate = forms.DecimalField(
        label=gettext_lazy("Tax rate (%)"), min_value=0, max_value=99, decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "inp num"}),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=pgettext_lazy("tax", "Kind"), choices=TaxRate.Kind.choices, widget=forms.Select(attrs=INPUT)
    )
    valid_from = forms.DateField(
        label=gettext_lazy("Valid from"),
        widget=forms.DateInput(attrs={"class": "inp", "type": "date"}, format="%Y-%m-%d"),
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"), required=False, help_text=gettext_lazy("Empty: until further notice."),
        widget=forms.DateInput(attrs={"class": "inp", "type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, data=None, *, rate: TaxRate):
        super().__init__(data, initial={name: getattr(rate, name) for name in self.base_fields})


@require_safe
def tax_rate_list(request: HttpRequest) -> HttpResponse:
    """All rates: in force today, to come, and of the past."""
    require(request.viewer, CHANGE)
    today = dates.today()
    rows = [
        {"rate": row, "valid": row.is_valid(today), "later": row.valid_from > today} for row in TaxRate.objects.all()
    ]
    return htmx.part(request, "sales/tax_rates.html", {"rows": sorted(rows, key=lambda row: not row["valid"])})


@require_http_methods(["GET", "POST"])
def tax_rate_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add or change a rate."""
    require(request.viewer, CHANGE)
    rate = _rate(pk) if pk else TaxRate(valid_from=dates.today())
    form = TaxRateForm(request.POST or None, rate=rate)
    if request.method == "POST" and form.run(save_tax_rate, rate, by=request.viewer):
        return htmx.redirect(request, reverse("sales:tax_rate_list"), _("Saved."))
    context = {"form": form, "rate": rate, "title": rate.name if pk else _("New tax rate")}
    return htmx.part(request, "sales/tax_rate_form.html#dialog", context, status=422 if form.errors else 200)


@require_POST
def tax_rate_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a rate no longer, not even in the past; documents keep it."""
    require(request.viewer, CHANGE)
    delete_tax_rate(_rate(pk), by=request.viewer)
    return htmx.redirect(request, reverse("sales:tax_rate_list"), _("Deleted."))


def _rate(pk: int) -> TaxRate:
    found = TaxRate.objects.filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found
