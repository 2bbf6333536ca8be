"""Forms of bank statements, invoices and dunning. They parse and check input, and know nothing of the request."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts import bank_files, dunning_rules
from zhike.contracts.models import DunningNote, Invoice, Receivable
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.fields import Day, Money, Number, Ref, Text
from zhike.records.forms import FieldControl
from zhike.records.lookups import Lookups
from zhike.sales.kinds import Rate

ENDINGS = ".csv,.txt,.tsv,.xlsx,.xls,.xlsm"
INVOICE_FILES = ".pdf,.ofd,.xml,.zip,.jpg,.png"


def control(field: Any, viewer: Viewer, kind: str = "contracts.invoice") -> FieldControl:
    """A form field that cleans as the fields of a kind do."""
    return FieldControl(field.bind(kinds.get(kind)), Lookups(viewer))


class StatementForm(ActionForm):
    """A file of the bank, and the account it is of."""

    file = forms.FileField(
        label=_("Statement"), help_text=_("CSV, XLSX or XLS as the bank gives it; titles and encoding are found."),
        widget=forms.FileInput(attrs={"class": "inp file", "accept": ENDINGS}),
    )  # fmt: skip
    bank = forms.CharField(
        label=_("Received into"), required=False, max_length=120, help_text=_("Which account of ours it is of."),
        widget=forms.TextInput(attrs={"class": "inp"}),
    )  # fmt: skip

    def values(self):
        return {"upload": self.cleaned_data["file"], "bank": self.cleaned_data["bank"]}


class ColumnsForm(ActionForm):
    """Which column of a statement is what."""

    def __init__(self, *args, titles: list[str], guessed: dict[str, list[str]], **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in bank_files.FIELDS.items():
            several = name in bank_files.SEVERAL
            blank = [] if several else [("", _("Not in the file"))]
            given = guessed.get(name, [])
            self.fields[name] = (forms.MultipleChoiceField if several else forms.ChoiceField)(
                label=label, required=False, initial=given if several else (given or [""])[0],
                choices=[*blank, *((title, title) for title in titles)],
                widget=(forms.SelectMultiple if several else forms.Select)(attrs={"class": "inp"}),
            )  # fmt: skip

    def values(self):
        chosen = {name: value if isinstance(value, list) else [value] for name, value in self.cleaned_data.items()}
        return {"columns": {name: [t for t in titles if t] for name, titles in chosen.items() if any(titles)}}


class PostLineForm(ActionForm):
    """Whose money a line is, and how it is put against what is owed."""

    ways = forms.ChoiceField(
        label=_("Put against"), initial="oldest", choices=[
            ("oldest", _("the oldest due lines")), ("credit", _("nothing yet: it stays the customer's credit")),
        ], widget=forms.Select(attrs={"class": "inp"}),
    )  # fmt: skip

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.viewer = viewer
        customer = Ref("customer", _("Customer"), to="customers.customer", required=True)
        self.fields = {"customer": control(customer, viewer), **self.fields}

    def values(self):
        customer = Customer.objects.visible_to(self.viewer).get(pk=self.cleaned_data["customer"])
        return {"customer": customer, "allocations": [] if self.cleaned_data["ways"] == "credit" else None}


class ReasonForm(ActionForm):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.TextInput(attrs={"class": "inp"}))


class ApproveForm(ActionForm):
    """Approve an application; above the contract knowingly only."""

    may_exceed = forms.BooleanField(
        label=_("I approve that more than the contract's amount is invoiced"), required=False
    )

    def __init__(self, *args, exceeds: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not exceeds:
            del self.fields["may_exceed"]


class IssueForm(ActionForm):
    """Under which number an invoice was issued, and on which day; its file may come along."""

    def __init__(self, *args, viewer: Viewer, invoice: Invoice, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["number"] = control(Text("number", required=True), viewer)
        if not invoice.is_digital:
            self.fields["old_code"] = control(Text("old_code", required=True), viewer)
        self.fields["issued_on"] = control(Day("issued_on", required=True), viewer)
        self.initial.setdefault("issued_on", dates.today())
        self.fields["file"] = forms.FileField(
            label=_("File of the invoice"), required=False,
            help_text=_("PDF, OFD or XML; it is kept with the invoice."),
            widget=forms.FileInput(attrs={"class": "inp file", "accept": INVOICE_FILES}),
        )  # fmt: skip

    def values(self):
        return {name: value or "" for name, value in self.cleaned_data.items() if name != "file"}


class RedForm(IssueForm):
    """How much of an invoice is taken back, by which red invoice."""

    def __init__(self, *args, viewer: Viewer, invoice: Invoice, **kwargs):
        super().__init__(*args, viewer=viewer, invoice=invoice, **kwargs)
        more = {
            "amount": control(Money("amount", _("Amount taken back"), required=True), viewer),
            "reason": control(Text("reason", required=True), viewer),
            "confirmation": control(Text("confirmation"), viewer),
        }
        self.initial.setdefault("amount", invoice.left)
        self.fields = {**more, **self.fields}


class LineForm(ActionForm):
    """A line of an invoice."""

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["content"] = control(Text("content", required=True), viewer)
        self.fields["amount"] = control(Money("amount", required=True), viewer)
        self.fields["tax_rate"] = control(Rate("tax_rate", _("Tax rate (%)"), required=True), viewer)
        self.fields["spec"] = forms.CharField(label=_("Specification"), required=False, max_length=60,
                                              widget=forms.TextInput(attrs={"class": "inp"}))  # fmt: skip
        self.fields["unit"] = forms.CharField(label=_("Unit"), required=False, max_length=20,
                                              widget=forms.TextInput(attrs={"class": "inp"}))  # fmt: skip
        quantity = Number("quantity", _("Quantity"), least=0, required=False)
        self.fields["quantity"] = control(quantity, viewer)


class CoversForm(ActionForm):
    """For which receivables an invoice is."""

    receivables = forms.MultipleChoiceField(
        label=_("For these receivables"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, lines: list[Receivable], **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = {str(line.pk): line for line in lines}
        self.fields["receivables"].choices = [
            (pk, f"{line.contract} · {line.label or line.position} · {line.due_on} · {line.amount:,.2f}")
            for pk, line in self.lines.items()
        ]

    def values(self):
        return {"receivables": [self.lines[pk] for pk in self.cleaned_data["receivables"]]}


class DunningForm(ActionForm):
    """What was said when somebody asked for money, and what was promised."""

    def __init__(self, *args, viewer: Viewer, receivable: Receivable | None, customer: Customer, **kwargs):
        super().__init__(*args, **kwargs)
        kind = kinds.get("contracts.dunningnote")
        lookups = Lookups(viewer)
        self.about = {"receivable": receivable and receivable.pk, "customer": customer.pk}
        self.initial.setdefault("happened_on", dates.today())
        self.initial.setdefault("channel", DunningNote.Channel.CALL)
        for name in ("channel", "happened_on", "said", "contact_name", "promised_on", "promised_amount"):
            self.fields[name] = FieldControl(kind.field(name), lookups)
        self.fields["said"].widget = forms.Textarea(attrs={"class": "inp", "rows": 2, "maxlength": 500})

    def values(self):
        return {"values": {**self.cleaned_data, **self.about}}


class StepsForm(ActionForm):
    """From how many days overdue a line is whose business."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for level, days in sorted(dunning_rules.steps_in_force().items()):
            self.fields[f"level{level}"] = forms.IntegerField(
                label=DunningNote.Level(level).label, min_value=1, max_value=3650, initial=days,
                help_text=pgettext_lazy("dunning", "days overdue"),
                widget=forms.NumberInput(attrs={"class": "inp num"}),
            )  # fmt: skip

    def values(self):
        return {"steps": {int(name.removeprefix("level")): days for name, days in self.cleaned_data.items()}}
