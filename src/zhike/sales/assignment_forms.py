"""The form of a rule that gives out leads (SAL-1)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.customers.models import Customer
from zhike.kit.forms import ActionForm
from zhike.org.kinds import USER
from zhike.org.models import Role
from zhike.records.lookups import colleagues
from zhike.sales.models import AssignmentRule

SELECT = {"class": "inp"}


class AssignmentRuleForm(ActionForm):
    """Who gets leads by a rule, and how one of them is chosen."""

    name = forms.CharField(label=_("Name"), max_length=60)
    how = forms.ChoiceField(
        label=_("Goes to"), choices=AssignmentRule.How.choices, widget=forms.Select(attrs=SELECT),
        help_text=_("Who is away, has left, or may not work on leads is left out."),
    )  # fmt: skip
    people = forms.TypedMultipleChoiceField(
        label=_("Colleagues"), coerce=int, required=False,
        widget=forms.SelectMultiple(attrs={**SELECT, "size": 6}),
    )  # fmt: skip
    department = forms.TypedChoiceField(
        label=_("Department"), coerce=int, required=False, empty_value=None, widget=forms.Select(attrs=SELECT),
        help_text=_("With all below it. Together with a role: only those of the department who hold it."),
    )  # fmt: skip
    role = forms.TypedChoiceField(
        label=_("Role"), coerce=int, required=False, empty_value=None, widget=forms.Select(attrs=SELECT)
    )
    most_open = forms.IntegerField(
        label=_("At most so many open leads each"), min_value=1, max_value=10_000, required=False,
        help_text=_("Left empty there is no limit."),
    )  # fmt: skip
    customer_grades = forms.MultipleChoiceField(
        label=_("Only leads of customers we know, of class"), required=False, choices=Customer.Abc.choices,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(self, data=None, *, rule: AssignmentRule):
        names = ("name", "how", "most_open", "customer_grades", "is_active")
        start: dict[str, Any] = {name: getattr(rule, name) for name in names}
        start |= {"department": rule.department_id, "role": rule.role_id}
        if rule.pk:
            start["people"] = [person.pk for person in rule.people.all()]
        super().__init__(data, initial=start)
        self.fields["people"].choices = colleagues()
        self.fields["department"].choices = [("", "—"), *USER.field("department").choices()]
        self.fields["role"].choices = [("", "—"), *Role.objects.values_list("pk", "name")]
