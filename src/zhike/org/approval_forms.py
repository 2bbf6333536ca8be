"""Forms of approvals: deciding, passing on, and the editor of flows with its rows of conditions and steps."""

from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhike.kit import parse
from zhike.kit.forms import ActionForm
from zhike.org import approvals
from zhike.org.approvals import OPERATORS
from zhike.org.models import ApprovalFlow, ApprovalStep, Person, Role
from zhike.records import lookups

CONDITIONS, STEPS = 2, 4  # rows the editor offers


class CommentForm(ActionForm):
    """A word with a decision."""

    comment = forms.CharField(
        label=pgettext_lazy("approval", "Comment"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "class": "inp"}),
    )


class DelegateForm(ActionForm):
    """Who decides instead."""

    to = forms.ChoiceField(label=_("Colleague"))
    comment = forms.CharField(label=pgettext_lazy("approval", "Comment"), required=False, max_length=500)

    def __init__(self, data=None, *, leave_out: set[int], **more: Any):
        super().__init__(data, **more)
        self.fields["to"].choices = [c for c in _colleagues() if c[0] not in leave_out]

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "to": Person.objects.get(pk=self.cleaned_data["to"])}


def _colleagues() -> list[tuple[Any, str]]:
    return [("", "—"), *lookups.colleagues()]


class ConditionRow(forms.Form):
    """One condition; empty rows are left out."""

    fact = forms.ChoiceField(label=pgettext_lazy("condition", "What"), required=False)
    operator = forms.ChoiceField(label=_("How"), required=False, choices=OPERATORS.items())
    value = forms.CharField(label=_("Value"), required=False, max_length=60)

    def __init__(self, *args, subject: approvals.Subject, **more):
        super().__init__(*args, **more)
        self.subject = subject
        self.fields["fact"].choices = [("", "—"), *((k, f.label) for k, f in subject.facts.items())]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if name := data.get("fact"):
            fact, value = self.subject.facts[name], data.get("value", "").strip()
            if data.get("operator") not in fact.operators():
                self.add_error("operator", _("This does not fit."))
            if not value:
                self.add_error("value", _("This is required."))
            elif fact.type in approvals.NUMERIC:
                try:
                    data["value"] = figure(fact, value)
                except parse.ParseError as error:
                    self.add_error("value", str(error))
        return data


def figure(fact: approvals.Fact, text: str) -> str:
    """A figure as conditions keep it: with units worked out, 12% as 12; raises ParseError."""
    value = parse.decimal_amount(text) if fact.type == "money" else parse.number(text.rstrip("%％ "))
    return f"{value.normalize():f}"


class UsualField(forms.CharField):
    """What flows mostly ask of a fact, as a field of its own: above so much, below so much; empty asks nothing."""

    def __init__(self, fact: approvals.Fact):
        words = gettext("%(fact)s above") if fact.usual == "gt" else gettext("%(fact)s below")
        unit = {"money": _("yuan"), "percent": "%"}.get(fact.type, "")
        super().__init__(label=words % {"fact": fact.label}, required=False, max_length=20, help_text=unit)
        self.fact = fact

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return text and figure(self.fact, text)
        except parse.ParseError as error:
            raise forms.ValidationError(str(error)) from None


class StepRow(forms.Form):
    """One step; empty rows are left out."""

    approver = forms.ChoiceField(
        label=_("who decides"), required=False, choices=[("", "—"), *ApprovalStep.Approver.choices]
    )
    levels = forms.IntegerField(label=_("levels up"), required=False, min_value=1, max_value=9, initial=1)
    role = forms.ModelChoiceField(Role.objects.none(), label=_("role"), required=False)
    person = forms.ModelChoiceField(Person.objects.none(), label=_("colleague"), required=False)
    mode = forms.ChoiceField(label=_("how many"), choices=ApprovalStep.Mode.choices, required=False)
    timeout_hours = forms.IntegerField(label=_("remind after (hours)"), required=False, min_value=1, max_value=9999)

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.fields["role"].queryset = Role.objects.all()
        self.fields["person"].queryset = Person.objects.present()

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        for kind in ("role", "person"):
            if data.get("approver") == kind and not data.get(kind):
                self.add_error(kind, _("This is required."))
        return data


class FlowForm(ActionForm):
    """A flow with its conditions and steps."""

    name = forms.CharField(label=_("Name"), max_length=60)
    order = forms.IntegerField(label=_("Order"), min_value=0, max_value=10_000, help_text=_("The first that fits."))
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(self, data=None, *, flow: ApprovalFlow):
        super().__init__(data, initial={n: getattr(flow, n) for n in ("name", "order", "is_active")})
        self.flow, self.subject = flow, approvals.get(flow.subject)
        self.others = list(flow.conditions)  # what no field of its own asks
        for name, fact in self.subject.facts.items():
            if fact.usual:
                asked = next((c for c in self.others if c[:2] == [name, fact.usual]), None)
                self.fields[f"usual-{name}"] = UsualField(fact)
                if asked:
                    self.initial[f"usual-{name}"] = asked[2]
                    self.others.remove(asked)

    @property
    def usual_fields(self) -> list[forms.BoundField]:
        """The fields for what flows of this subject mostly ask."""
        return [self[name] for name in self.fields if name.startswith("usual-")]

    @cached_property
    def condition_rows(self) -> list[ConditionRow]:
        """The rows of further conditions: those there are, and empty ones."""
        known = [dict(zip(("fact", "operator", "value"), c, strict=True)) for c in self.others]
        known += [{}] * max(CONDITIONS - len(known), 1)
        data = self.data if self.is_bound else None
        return [ConditionRow(data, prefix=f"c{n}", initial=i, subject=self.subject) for n, i in enumerate(known)]

    @property
    def condition_errors(self) -> bool:
        """Whether one of the further conditions is wrong."""
        return any(row.errors for row in self.condition_rows)

    @cached_property
    def step_rows(self) -> list[StepRow]:
        """The rows of steps: those there are, and empty ones."""
        names = ("approver", "levels", "role", "person", "mode", "timeout_hours")
        known = [{n: getattr(s, n) for n in names} for s in self.flow.steps.all()] if self.flow.pk else []
        known += [{}] * max(STEPS - len(known), 1)
        data = self.data if self.is_bound else None
        return [StepRow(data, prefix=f"s{n}", initial=initial) for n, initial in enumerate(known)]

    def is_valid(self) -> bool:
        rows = [row.is_valid() for row in (*self.condition_rows, *self.step_rows)]
        return super().is_valid() and all(rows)

    def values(self) -> dict[str, Any]:
        own = {name: self.cleaned_data[name] for name in ("name", "order", "is_active")}
        conditions = [
            [name, fact.usual, value] for name, fact in self.subject.facts.items()
            if (value := self.cleaned_data.get(f"usual-{name}"))
        ]  # fmt: skip
        conditions += [
            [row.cleaned_data["fact"], row.cleaned_data["operator"], row.cleaned_data["value"].strip()]
            for row in self.condition_rows if row.cleaned_data.get("fact")
        ]  # fmt: skip
        steps = [_step(row.cleaned_data) for row in self.step_rows if row.cleaned_data.get("approver")]
        return {**own, "conditions": conditions, "steps": steps}


def _step(data: dict[str, Any]) -> dict[str, Any]:
    """A row as a step, without what its approver does not use."""
    return {
        "approver": data["approver"], "levels": data.get("levels") or 1, "mode": data.get("mode") or "any",
        "role": data["role"] if data["approver"] == "role" else None,
        "person": data["person"] if data["approver"] == "person" else None,
        "timeout_hours": data.get("timeout_hours"),
    }  # fmt: skip
