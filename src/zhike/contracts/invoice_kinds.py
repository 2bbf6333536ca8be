"""Invoices and the dunning log by declaration, and what may be done with bank statements (SAL-8, SAL-9)."""

import csv
from pathlib import Path

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts.actions import dunning, invoices
from zhike.contracts.models import BankStatement, DunningNote, DunningStep, Invoice
from zhike.contracts.models.statements import MATCH
from zhike.kit import access
from zhike.kit import format as fmt
from zhike.records import kinds
from zhike.records.fields import Choice, Day, Email, Moment, Money, Person, Ref, Text
from zhike.records.kinds import RecordKind
from zhike.sales.kinds import Rate

SET_STEPS = "contracts.dunning.set_steps"
access.declare(invoices.APPROVE, _("Approve applications for invoices"), Invoice._meta.verbose_name_plural)
access.declare(invoices.ISSUE, _("Issue, void and red-letter invoices"), Invoice._meta.verbose_name_plural)
access.declare(invoices.EXCEED, _("Let invoices exceed their contract"), Invoice._meta.verbose_name_plural)
access.declare(MATCH, _("Import and post bank statements"), BankStatement._meta.verbose_name_plural)
access.declare(SET_STEPS, _("Set from which day on dunning goes up"), DunningNote._meta.verbose_name_plural)

TONES = {
    "requested": "info", "approving": "info", "approved": "warn", "rejected": "bad", "issued": "ok", "part_red": "vio",
    "red": "mute", "voided": "mute",
}  # fmt: skip


def _known_as(label: str, fields: list) -> list:
    """The fields with the further titles a column may have in a file (`data/invoice_synonyms.csv`)."""
    with (Path(__file__).parent / "data" / "invoice_synonyms.csv").open(encoding="utf-8", newline="") as file:
        words = {row["field"]: row["words"].split("|") for row in csv.DictReader(file) if row["kind"] == label}
    for field in fields:
        field.synonyms = (*field.synonyms, *words.get(field.name, ()))
    return fields


SHORT_KINDS = {
    "digital_special": pgettext_lazy("short", "digital special"),
    "digital_ordinary": pgettext_lazy("short", "digital ordinary"),
    "electronic_special": pgettext_lazy("short", "electronic special"),
    "electronic_ordinary": pgettext_lazy("short", "electronic ordinary"),
    "paper_special": pgettext_lazy("short", "paper special"),
    "paper_ordinary": pgettext_lazy("short", "paper ordinary"),
}


def short_kind(value, label):
    """The kind of an invoice in a few letters, in full on hover."""
    return format_html('<span class="nw" title="{}">{}</span>', label, SHORT_KINDS[value])


class Figures(Text):
    """A number of many figures, kept in one line."""

    cell_class = "tnum nw"


def state_badge(value, label):
    """The state of an invoice as a small label."""
    return fmt.badge(label, TONES.get(value, "mute"))


INVOICE = kinds.add(
    RecordKind(
        Invoice,
        slug="invoices",
        icon="file-invoice",
        title="code",
        page="contracts:invoice_page",
        number=("FP-", 6),
        natural_keys=("number", "code"),
        fields=_known_as("contracts.invoice", [
            Text("code", search=True, editable=False),
            Figures("number", search=True, verb=invoices.ISSUE),
            Text("old_code", verb=invoices.ISSUE),
            Choice("kind", show=short_kind),
            Ref("customer", to="customers.customer", required=False),
            Ref("contract", to="contracts.contract"),
            Choice("status", editable=False, show=state_badge),
            Money("amount"),
            Money("net", editable=False),
            Money("tax", editable=False),
            Rate("tax_rate", required=False),
            Choice("tax_treatment", editable=False),
            Text("content", required=False),
            Choice("title_type", required=False),
            Text("title", search="name", required=False),
            Text("tax_number", search="code", required=False),
            Text("bank", listed=False),
            Text("bank_account", listed=False),
            Text("address", listed=False),
            Text("phone", listed=False),
            Email("email", listed=False),
            Day("issued_on", verb=invoices.ISSUE),
            Money("reddened", editable=False),
            Person("owner", editable=False),
            Text("reason", editable=False, listed=False),
            Text("note"),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["code", "number", "kind", "customer", "amount", "tax", "status", "issued_on", "owner"],
        sections=[
            (_("Invoice"), ["contract", "customer", "kind", "amount", "tax_rate", "content", "note"]),
            (_("Made out to"), ["title_type", "title", "tax_number", "bank", "bank_account", "address", "phone",
                                "email"]),
        ],
        prepare=invoices.prepare_invoice,
        saved=invoices.invoice_saved,
        subtitle=["customer", "number", "status"],
        search_from=["customer"],
        sums=["amount", "tax"],
        views=[
            {"key": "waiting", "name": _("Applied for"), "filter": [["status", "in", ["requested", "approving"]]]},
            {"key": "to_issue", "name": _("To be issued"), "filter": [["status", "in", ["approved"]]]},
            {"key": "issued", "name": pgettext_lazy("invoice", "Issued"),
             "filter": [["status", "in", ["issued", "part_red", "red"]]], "sort": "-issued_on"},
            {"key": "mine", "name": _("Mine"), "filter": [["owner", "me", []]]},
            {"key": "red", "name": _("Red-lettered or void"),
             "filter": [["status", "in", ["part_red", "red", "voided"]]]},
        ],
        verbs=[v for v in kinds.STANDARD_VERBS if v not in ("assign", "share")],
    )
)  # fmt: skip
INVOICE.import_keys = [["number"]]

DUNNING = kinds.add(
    RecordKind(
        DunningNote,
        slug="dunning",
        list_page="contracts:dunning_list",
        icon="message-2",
        title="said",
        sort="-happened_on",
        fields=[
            Day("happened_on"),
            Ref("customer", to="customers.customer", required=False),
            Ref("receivable", to="contracts.receivable"),
            Choice("channel"),
            Text("contact_name", search="name"),
            Text("said", search="text", wide=True),
            Day("promised_on"),
            Money("promised_amount"),
            Choice("level", required=False, editable=False),
            Person("person", editable=False),
            Person("owner", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ],
        columns=["happened_on", "customer", "said", "channel", "promised_on", "promised_amount", "level", "person"],
        prepare=dunning.prepare_note,
        subtitle=["customer", "happened_on"],
        sums=["promised_amount"],
        views=[
            {"key": "mine", "name": _("Mine"), "filter": [["person", "me", []]]},
            {"key": "promised", "name": _("Promised in the next 7 days"), "filter": [["promised_on", "next", ["7"]]],
             "sort": "promised_on"},
        ],
        verbs=["view", "create", "change", "delete", "export"],
    )
)  # fmt: skip

__all__ = ["DUNNING", "INVOICE", "SET_STEPS", "DunningStep"]
