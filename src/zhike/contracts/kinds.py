"""Contracts, receivables and payments by declaration: fields, columns, views, what an import may call them."""

import csv
from functools import cache
from pathlib import Path

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts import actions
from zhike.contracts.actions import undoing
from zhike.contracts.fields import (
    AllocationsField,
    Instalments,
    LinesField,
    NameField,
    Outstanding,
    Overdue,
    PaidShare,
    PaysContract,
    PlanField,
    State,
)
from zhike.contracts.models import Contract, Payment, Receivable
from zhike.kit import access
from zhike.kit import format as fmt
from zhike.records import kinds
from zhike.records.fields import Choice, Day, LongText, Moment, Money, Number, Person, Picklist, Ref, Text, YesNo
from zhike.records.kinds import RecordKind

SEE_COST = "sales.product.see_cost"
CONTRACTS, PAYMENTS = Contract._meta.verbose_name_plural, Payment._meta.verbose_name_plural
RECEIVABLES = Receivable._meta.verbose_name_plural

for _verb, _label, _group in (
    ("contracts.contract.sign", _("Sign contracts"), CONTRACTS),
    ("contracts.contract.change_order", _("Make change orders"), CONTRACTS),
    ("contracts.contract.terminate", _("Terminate contracts"), CONTRACTS),
    ("contracts.credit.override", _("Sign above the credit limit"), CONTRACTS),
    ("contracts.approval.skip", _("Act without approval"), CONTRACTS),
    ("contracts.rules.change", _("Set numbering and the credit check"), CONTRACTS),
    ("contracts.receivable.write_off", _("Write off what is not paid"), RECEIVABLES),
    ("contracts.payment.allocate", _("Allocate payments"), PAYMENTS),
    ("contracts.payment.reverse", _("Take back wrong entries"), PAYMENTS),
    ("contracts.payment.refund", _("Refund"), PAYMENTS),
):
    access.declare(_verb, _label, _group)


@cache
def synonyms() -> dict[tuple[str, str], list[str]]:
    """Further titles a column may have in a file, by kind and field."""
    with (Path(__file__).parent / "data" / "synonyms.csv").open(encoding="utf-8", newline="") as file:
        return {(row["kind"], row["field"]): row["words"].split("|") for row in csv.DictReader(file)}


def _known_as(label: str, fields: list) -> list:
    for field in fields:
        field.synonyms = (*field.synonyms, *synonyms().get((label, field.name), ()))
    return fields


STATUS_TONES = {"draft": "mute", "approving": "warn", "active": "info", "completed": "ok", "terminated": "bad"}


READY = pgettext_lazy("contract", "To be signed")


def status_badge(value, label):
    """The status of a contract as a badge."""
    return fmt.badge(label, STATUS_TONES[value])


RECEIVABLE_STATES = {
    "open": (pgettext_lazy("receivable", "Open"), "info", lambda today: Q(balance__gt=0), lambda *values: False),
    "overdue": (
        pgettext_lazy("receivable", "Overdue"), "bad", lambda today: Q(balance__gt=0, due_on__lt=today),
        lambda today, due_on, balance, amount: balance and due_on < today,
    ),
    "due": (
        pgettext_lazy("receivable", "Not due yet"), "info", lambda today: Q(balance__gt=0, due_on__gte=today),
        lambda today, due_on, balance, amount: balance,
    ),
    "settled": (
        pgettext_lazy("receivable", "Settled"), "ok", lambda today: Q(balance=0, amount__gt=0),
        lambda today, due_on, balance, amount: amount,
    ),
    "cancelled": (
        pgettext_lazy("receivable", "Cancelled"), "mute", lambda today: Q(amount=0), lambda *values: True,
    ),
}  # fmt: skip
PAYMENT_STATES = {
    "reversed": (
        pgettext_lazy("payment", "Taken back"), "mute", lambda today: Q(is_reversed=True),
        lambda today, is_reversed, unallocated, refunded, amount: is_reversed,
    ),
    "credit": (
        pgettext_lazy("payment", "Credit left"), "warn", lambda today: Q(unallocated__gt=0),
        lambda today, is_reversed, unallocated, refunded, amount: unallocated,
    ),
    "refunded": (
        pgettext_lazy("payment", "Refunded"), "mute", lambda today: Q(is_reversed=False, refunded=F("amount")),
        lambda today, is_reversed, unallocated, refunded, amount: refunded == amount,
    ),
    "allocated": (
        pgettext_lazy("payment", "Allocated"), "ok",
        lambda today: Q(is_reversed=False, unallocated=0) & ~Q(refunded=F("amount")), lambda *values: True,
    ),
}  # fmt: skip

CONTRACT = kinds.add(
    RecordKind(
        Contract,
        slug="contracts",
        icon="file-dollar",
        page="contracts:contract_page",
        natural_keys=("number", "name"),
        fields=_known_as("contracts.contract", [
            NameField("name", search=True),
            Text("number", search=True, required=False),
            Ref("customer", to="customers.customer"),
            Ref("opportunity", to="sales.opportunity"),
            Choice("status", show=status_badge, required=False),
            Money("amount", least=0, required=False),
            Money("tax", editable=False),
            Money("cost", least=0, verb=SEE_COST, see=SEE_COST),
            LinesField("lines", _("contract lines")),
            PlanField("plan", _("payment plan")),
            Day("signed_on"),
            Day("starts_on"),
            Day("ends_on"),
            Picklist("type", picklist="contracts.type"),
            Ref("contact", to="customers.contact"),
            Text("our_party"),
            Text("our_signatory"),
            Text("their_signatory"),
            Money("receivable", editable=False),
            Money("received", editable=False),
            Outstanding("outstanding", _("outstanding"), editable=False),
            PaidShare("paid", _("share received")),
            Instalments("instalments", _("instalments")),
            Money("written_off", editable=False),
            Money("invoiced", editable=False),
            Person("owner"),
            LongText("note", search=True),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["name", "customer", "status", "amount", "received", "outstanding", "paid", "instalments",
                 "invoiced", "signed_on", "owner"],
        sections=[
            (_("Basics"), ["name", "customer", "opportunity", "type", "amount", "cost", "owner"]),
            (_("Parties"), ["our_party", "our_signatory", "contact", "their_signatory"]),
            (_("Term"), ["starts_on", "ends_on", "note"]),
        ],
        prepare=actions.prepare_contract,
        saved=actions.contract_saved,
        subtitle=["number", "customer", "owner"],
        search_from=["customer"],
        sums=["amount", "received", "invoiced"],
        views=[
            {"key": "active", "name": pgettext_lazy("contract", "In force"), "filter": [["status", "in", ["active"]]]},
            {"key": "mine", "name": _("My contracts"), "filter": [["owner", "me", []]]},
            {"key": "team", "name": _("My team"), "filter": [["owner", "team", []]]},
            {"key": "approving", "name": _("To be signed"), "filter": [["status", "in", ["draft", "approving"]]]},
            {"key": "ending", "name": _("Ending in 30 days"),
             "filter": [["ends_on", "next", ["30"]], ["status", "in", ["active"]]], "sort": "ends_on"},
            {"key": "completed", "name": pgettext_lazy("contract", "Completed"),
             "filter": [["status", "in", ["completed"]]]},
        ],
    )
)  # fmt: skip
CONTRACT.saved_many, CONTRACT.unmake = actions.contracts_saved, undoing.remove_contract
CONTRACT.import_keys = [["number"]]

RECEIVABLE = kinds.add(
    RecordKind(
        Receivable,
        slug="receivables",
        icon="calendar-dollar",
        page="contracts:receivable_page",
        title="code",
        owner="",
        sort="due_on",
        natural_keys=("code",),
        fields=_known_as("contracts.receivable", [
            Text("code", search=True, editable=False),
            Ref("contract", to="contracts.contract"),
            Ref("customer", to="customers.customer", editable=False),
            State("state", pgettext_lazy("receivable", "state"), states=RECEIVABLE_STATES,
                  read_from=("due_on", "balance", "amount")),
            Day("due_on"),
            Overdue("overdue_days", _("days overdue")),
            Money("amount", least=0, required=True),
            Money("received", editable=False),
            Money("written_off", editable=False),
            Money("balance", editable=False),
            Number("position", integer=True, least=1, most=999, required=False),
            Text("label"),
            Person("owner", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["code", "customer", "state", "due_on", "overdue_days", "amount", "received", "balance", "owner"],
        prepare=actions.prepare_receivable,
        saved=actions.receivable_saved,
        subtitle=["customer", "due_on"],
        search_from=["customer"],
        sums=["amount", "received", "balance"],
        views=[
            {"key": "open", "name": pgettext_lazy("receivable", "Open"), "filter": [["state", "in", ["open"]]]},
            {"key": "overdue", "name": pgettext_lazy("receivable", "Overdue"),
             "filter": [["state", "in", ["overdue"]]]},
            {"key": "soon", "name": _("Due in 30 days"),
             "filter": [["state", "in", ["open"]], ["due_on", "next", ["30"]]]},
            {"key": "mine", "name": _("Mine"), "filter": [["owner", "me", []], ["state", "in", ["open"]]]},
            {"key": "team", "name": _("My team"), "filter": [["owner", "team", []], ["state", "in", ["open"]]]},
            {"key": "settled", "name": pgettext_lazy("receivable", "Settled"),
             "filter": [["state", "in", ["settled"]]], "sort": "-due_on"},
        ],
        verbs=["view", "change", "import", "export"],
    )
)  # fmt: skip
RECEIVABLE.saved_many, RECEIVABLE.unmake = actions.receivables_saved, undoing.remove_receivable
RECEIVABLE.import_keys = [["contract", "position"], ["contract", "due_on", "amount"]]

PAYMENT = kinds.add(
    RecordKind(
        Payment,
        slug="payments",
        icon="cash",
        page="contracts:payment_page",
        title="number",
        owner="",
        sort="-received_on",
        natural_keys=("number",),
        fields=_known_as("contracts.payment", [
            Text("number", search=True, required=False),
            Ref("customer", to="customers.customer"),
            Money("amount", least=0),
            Day("received_on"),
            Picklist("method", picklist="contracts.method"),
            State("state", pgettext_lazy("payment", "state"), states=PAYMENT_STATES,
                  read_from=("is_reversed", "unallocated", "refunded", "amount")),
            AllocationsField("allocations", _("allocations")),
            PaysContract("contract", _("contract paid")),
            Money("unallocated", editable=False),
            Money("refunded", editable=False),
            YesNo("is_reversed", editable=False),
            Text("payer", search=True),
            Text("bank"),
            Text("reference", search="code"),
            Text("note"),
            Person("owner", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["number", "customer", "amount", "received_on", "method", "state", "unallocated", "payer", "owner"],
        sections=[
            (_("Payment"), ["customer", "amount", "received_on", "method", "payer", "bank", "reference", "note"]),
        ],
        prepare=actions.prepare_payment,
        saved=actions.payment_saved,
        subtitle=["customer", "received_on"],
        search_from=["customer"],
        sums=["amount", "unallocated"],
        views=[
            {"key": "month", "name": _("Last 30 days"), "filter": [["received_on", "last", ["30"]]]},
            {"key": "credit", "name": _("With credit left"), "filter": [["state", "in", ["credit"]]]},
            {"key": "mine", "name": _("Mine"), "filter": [["owner", "me", []]]},
            {"key": "team", "name": _("My team"), "filter": [["owner", "team", []]]},
        ],
        verbs=["view", "create", "change", "import", "export"],
    )
)  # fmt: skip
PAYMENT.saved_many, PAYMENT.unmake = actions.payments_saved, undoing.remove_payment
