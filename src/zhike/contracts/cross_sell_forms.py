"""Forms of rewards (SAL-11)."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts.models import RewardRule
from zhike.kit.forms import ActionForm

INPUT = {"class": "inp"}


class GrantForm(ActionForm):
    """Which reward, and why."""

    rule = forms.ModelChoiceField(RewardRule.objects.none(), label=_("Reward level"), empty_label=None,
                                  widget=forms.Select(attrs=INPUT))  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.TextInput(attrs=INPUT))

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.fields["rule"].queryset = RewardRule.objects.filter(is_active=True)


NUMBERS = {"months": _("Within so many months"), "valid_months": _("Valid for so many months")}


class RewardRuleForm(ActionForm):
    """What earns which reward."""

    name = forms.CharField(label=_("Reward level"), max_length=40, widget=forms.TextInput(attrs=INPUT))
    measure = forms.ChoiceField(label=_("What counts"), choices=RewardRule.Measure.choices,
                                widget=forms.Select(attrs=INPUT))  # fmt: skip
    at_least = forms.DecimalField(label=pgettext_lazy("reward", "From"), min_value=1, max_digits=15, decimal_places=2,
                                  widget=forms.NumberInput(attrs={"class": "inp num"}))  # fmt: skip
    months = forms.IntegerField(label=NUMBERS["months"], min_value=1, max_value=120,
                                widget=forms.NumberInput(attrs={"class": "inp num"}))  # fmt: skip
    discount = forms.DecimalField(label=_("Discount (%)"), min_value=0, max_value=100, decimal_places=2,
                                  widget=forms.NumberInput(attrs={"class": "inp num"}))  # fmt: skip
    gift = forms.CharField(label=_("Gift or service"), max_length=120, required=False,
                           widget=forms.TextInput(attrs=INPUT))  # fmt: skip
    valid_months = forms.IntegerField(label=NUMBERS["valid_months"], min_value=1, max_value=120,
                                      widget=forms.NumberInput(attrs={"class": "inp num"}))  # fmt: skip
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(self, data=None, *, rule: RewardRule):
        super().__init__(data, initial={name: getattr(rule, name) for name in self.base_fields})
