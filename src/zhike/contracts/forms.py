"""Forms of this room that are not simply the fields of a kind."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from zhike.contracts.fields import PlanField
from zhike.contracts.kinds import CONTRACT, PAYMENT
from zhike.contracts.models import Contract, ContractLine, ContractRules, Receivable
from zhike.contracts.rules import Instalment, nothing_owed
from zhike.kit import parse
from zhike.kit.errors import Refused
from zhike.kit.forms import ActionForm
from zhike.kit.keys import key_of
from zhike.kit.money import check_money
from zhike.kit.viewer import Viewer
from zhike.records.fields import Day, LongText, Money, Number, Person, Ref, Text
from zhike.records.forms import FieldControl
from zhike.records.lookups import Lookups
from zhike.sales.kinds import Rate

MOST_INSTALMENTS = 24


class SmallForm(ActionForm):
    """A short decision made of fields; `fields_of()` says which."""

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        lookups = Lookups(viewer)
        for field in self.fields_of():
            self.fields[field.name] = FieldControl(field.bind(CONTRACT), lookups)

    def fields_of(self) -> list[Any]:
        """The fields, in order."""
        return []


class SubmitForm(SmallForm):
    """Handing a draft in."""

    def fields_of(self):
        return [LongText("note", gettext_lazy("For those who approve"), required=False)]


class SignForm(SmallForm):
    """On which day a contract was signed."""

    def fields_of(self):
        return [Day("signed_on", gettext_lazy("Signed on"), required=True)]


class ChangeOrderForm(SmallForm):
    """What a change order adds or takes off, and why."""

    def fields_of(self):
        more = gettext_lazy("With a minus it takes off.")
        later = gettext_lazy("Empty: on the last open instalment.")
        return [
            Money("delta", gettext_lazy("Change of the amount"), required=True, help=more),
            Day("due_on", gettext_lazy("Due on"), required=False, help=later),
            Text("reason", gettext_lazy("Reason"), required=True, wide=True),
        ]


class TerminateForm(SmallForm):
    """When a contract ended before its time, and why."""

    def fields_of(self):
        return [
            Day("terminated_on", gettext_lazy("Terminated on"), required=True),
            Text("reason", gettext_lazy("Reason"), required=True, wide=True),
        ]


class ReasonForm(SmallForm):
    """Why something is taken back."""

    def fields_of(self):
        return [Text("reason", gettext_lazy("Reason"), required=True, wide=True)]


class PartForm(SmallForm):
    """An amount, and why: a refund, a write-off."""

    def fields_of(self):
        return [
            Money("amount", gettext_lazy("Amount"), required=True, least=0),
            Text("reason", gettext_lazy("Reason"), required=True, wide=True),
        ]


class MilestoneForm(SmallForm):
    """A step of carrying a contract out."""

    def fields_of(self):
        return [
            Text("name", gettext_lazy("Milestone"), required=True, wide=True),
            Day("due_on", gettext_lazy("Planned for"), required=False),
            Person("person", gettext_lazy("Responsible"), required=False),
            Text("note", gettext_lazy("Note"), required=False, wide=True),
        ]


class DoneForm(SmallForm):
    """On which day a milestone was done; empty: it was not."""

    def fields_of(self):
        return [Day("done_on", gettext_lazy("Done on"), required=False)]


class DueForm(SmallForm):
    """To which day an instalment is put off, and what it is for."""

    def fields_of(self):
        return [
            Day("due_on", gettext_lazy("Due on"), required=True),
            Text("label", gettext_lazy("Instalment is for"), required=False),
        ]


class LineForm(SmallForm):
    """A line of a contract: a product or words, how many, at what price."""

    def fields_of(self):
        return [
            Ref("product", gettext_lazy("Product"), to="sales.product", required=False),
            Text("name", pgettext_lazy("line", "Description"), required=False,
                 help=gettext_lazy("The product's name if left empty.")),
            Number("quantity", gettext_lazy("Quantity"), required=True, most=9_999_999),
            Text("unit", gettext_lazy("Unit"), required=False),
            Money("price", gettext_lazy("Unit price"), required=False,
                  help=gettext_lazy("With tax; the list price if left empty. With a minus it takes off the sum.")),
            Number("discount", gettext_lazy("Discount (%)"), required=False, least=0, most=100),
            Rate("tax_rate", gettext_lazy("Tax rate (%)"), required=True),
        ]  # fmt: skip

    def line(self, viewer: Viewer) -> ContractLine:
        """The line these values mean, checked like one of the API. Raises ValidationError."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        if "price" in given:
            given["price"] = str(given["price"])
        given["tax_rate"] = given["tax_rate"].code
        return CONTRACT.field("lines").one(given, Lookups(viewer))

    def refuse(self, refusal):
        """What is said of the lines as a whole is said of the price of the one that takes something off."""
        takes_off = (self.cleaned_data.get("price") or 0) < 0
        at_price = {"price" if takes_off and at == "lines" else at: said for at, said in refusal.messages.items()}
        super().refuse(Refused(at_price))


class PlanForm(ActionForm):
    """A payment plan as rows: a day, and how much — an amount, a percentage, or nothing for the balance."""

    def __init__(self, data=None, *, contract: Contract, viewer: Viewer, **more):
        super().__init__(data, **more)
        self.contract, self.lookups = contract, Lookups(viewer)
        known = contract.known_plan()
        count = key_of(data.get("rows")) if data is not None else max(len(known) + 1, 3)
        self.count = min(max(count, 1), MOST_INSTALMENTS)
        for n in range(self.count):
            line = known[n] if n < len(known) else None
            for name, widget, start in (
                ("due_on", forms.DateInput(attrs={"class": "inp", "type": "date"}, format="%Y-%m-%d"),
                 line.due_on if line else None),
                ("much", forms.TextInput(attrs={"class": "inp num", "inputmode": "decimal"}),
                 f"{line.amount:.2f}" if line else ""),
                ("label", forms.TextInput(attrs={"class": "inp", "maxlength": 60}), line.label if line else ""),
            ):  # fmt: skip
                label = {"due_on": _("Due on"), "much": _("Amount or share"), "label": _("Instalment is for")}[name]
                widget.attrs |= {"aria-label": f"{label} {n + 1}", "placeholder": label}
                field = forms.CharField(required=False, label=f"{label} {n + 1}", widget=widget, initial=start)
                self.fields[f"{name}{n}"] = field

    def rows(self) -> list[tuple[Any, Any, Any]]:
        """The bound fields of each row."""
        return [tuple(self[f"{name}{n}"] for name in ("due_on", "much", "label")) for n in range(self.count)]

    def clean(self) -> dict[str, Any]:
        data, plan, field = super().clean(), [], PlanField("plan")
        for n in range(self.count):
            day, much = data.get(f"due_on{n}", "").strip(), data.get(f"much{n}", "").strip()
            label = data.get(f"label{n}", "")
            if not (day or much):
                continue
            given = {**field.words(f"{day or '?'} {much}", self.lookups), "due_on": day, "label": label}
            try:
                plan.append(field.one(given, self.lookups))
            except ValidationError as error:
                self.add_error(f"due_on{n}" if not day else f"much{n}", error)
        data["plan"] = plan
        return data

    def plan(self) -> list[Instalment]:
        """The instalments asked for."""
        return self.cleaned_data["plan"]


class PaymentForm(ActionForm):
    """Money that came in. `key` makes a second click of the same form the same payment."""

    NAMES = ("customer", "amount", "received_on", "method", "payer", "bank", "reference", "note")
    key = forms.CharField(max_length=80, widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        self.viewer, lookups = viewer, Lookups(viewer)
        self.wrong: dict[int, str] = {}  # by receivable
        for name in self.NAMES:
            self.fields[name] = FieldControl(PAYMENT.field(name), lookups)
        self.fields["by_hand"] = forms.BooleanField(label=_("Allocate by hand"), required=False)

    def parts(self) -> dict[int, str]:
        """What was typed beside each receivable, by its id."""
        found = {}
        for name in self.data:
            if matched := re.fullmatch(r"part(\d{1,18})", name):
                found[int(matched[1])] = self.data[name].strip()
        return found

    def named(self) -> list[int]:
        """The receivables one sees a box for; some may be owed no more by now."""
        return list(self.parts()) if self.data.get("by_hand") else []

    def amount_typed(self) -> Decimal:
        """The amount as far as it can be read, for the preview."""
        return read_amount(self.data.get("amount", ""))

    def allocations(self, lines: list[Receivable]) -> list[tuple[Receivable, Decimal]] | None:
        """What is paid, if said by hand; None means the oldest due first. What is wrong stands in `wrong`."""
        if not self.cleaned_data.get("by_hand"):
            return None
        typed = self.parts()
        found = [(line, self._part(line, text)) for line in lines if (text := typed.get(line.pk, ""))]
        if self.wrong:
            self.add_error(None, _("Please look at what each receivable is paid."))
        return [(line, part) for line, part in found if part]

    def _part(self, line: Receivable, text: str) -> Decimal:
        try:
            part = check_money(parse.decimal_amount(text))
        except (parse.ParseError, ValidationError) as error:
            self.wrong[line.pk] = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            return Decimal(0)
        if part < 0:
            self.wrong[line.pk] = _("The amount is more than 0.")
        elif part > line.balance:
            ended = line.contract.status == Contract.Status.TERMINATED
            self.wrong[line.pk] = nothing_owed(line.contract) if ended else _("This is more than is still owed.")
        return part

    def split(self) -> Decimal:
        """The sum of what was typed beside the receivables, as far as it can be read."""
        return sum((read_amount(text) for text in self.parts().values()), Decimal(0))


def read_amount(text: str) -> Decimal:
    """An amount as far as it can be read, for previews; nothing otherwise."""
    try:
        return max(check_money(parse.decimal_amount(text)), Decimal(0))
    except (parse.ParseError, ValidationError):
        return Decimal(0)


class AllocateForm(ActionForm):
    """Which open line of the customer takes how much of the credit."""

    def __init__(self, data=None, *, viewer: Viewer, lines: list[Receivable], **more):
        super().__init__(data, **more)
        self.lines = {line.pk: line for line in lines}
        open_ = pgettext("amount", "open")
        choices = [
            (line.pk, f"{line.code} · {line.due_on} · {open_} {line.balance:,.2f}") for line in self.lines.values()
        ]
        self.fields["receivable"] = forms.TypedChoiceField(
            label=_("Receivable"), choices=choices, coerce=int, widget=forms.Select(attrs={"class": "inp"})
        )
        self.fields["amount"] = FieldControl(
            Money("amount", _("Amount"), required=True, least=0).bind(CONTRACT), Lookups(viewer)
        )

    def refuse(self, refusal):
        """What is said of the allocation is said of the line where nothing is owed on it, else of the amount."""
        field = "amount" if self.lines[self.cleaned_data["receivable"]].balance else "receivable"
        super().refuse(Refused({field if at == "allocations" else at: m for at, m in refusal.messages.items()}))

    def values(self) -> dict[str, Any]:
        return {"receivable": self.lines[self.cleaned_data["receivable"]], "amount": self.cleaned_data["amount"]}


class RulesForm(ActionForm):
    """How contracts and payments are numbered, and what the credit check does."""

    contract_numbers = forms.CharField(label=gettext_lazy("Contract numbers"), max_length=40)
    payment_numbers = forms.CharField(label=gettext_lazy("Payment numbers"), max_length=40)
    credit_check = forms.ChoiceField(
        label=gettext_lazy("Above the credit limit, or overdue"), choices=[],
        widget=forms.Select(attrs={"class": "inp"}),
    )  # fmt: skip
    default_credit_days = forms.IntegerField(
        label=gettext_lazy("Days to pay, where the customer has none of its own"), min_value=0, max_value=3650
    )
    cross_sell_months = forms.IntegerField(
        label=gettext_lazy("Months of sales that say what is bought together"), min_value=1, max_value=120,
        required=False, initial=24,
    )  # fmt: skip

    def clean_cross_sell_months(self):
        return self.cleaned_data["cross_sell_months"] or ContractRules._meta.get_field("cross_sell_months").default

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.fields["credit_check"].choices = ContractRules.CreditCheck.choices
