"""Customers and contacts by declaration: fields, columns, views, what an import may call them."""

import csv
from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers import actions, card
from zhike.customers.cells import LastActivity, NameField
from zhike.customers.models import Contact, Customer
from zhike.customers.rhythm import RhythmField
from zhike.kit import access
from zhike.kit import format as fmt
from zhike.records import kinds
from zhike.records.fields import (
    Choice,
    Day,
    Email,
    LongText,
    Moment,
    Money,
    Number,
    Person,
    Phone,
    Picklist,
    Ref,
    Text,
    Uscc,
    YesNo,
)
from zhike.records.kinds import RecordKind

access.declare("customers.credit.set", _("Set credit limits"), Customer._meta.verbose_name_plural)


@cache
def synonyms() -> dict[tuple[str, str], list[str]]:
    """Further titles a column may have in a file, by kind and field."""
    with (Path(__file__).parent / "data" / "synonyms.csv").open(encoding="utf-8", newline="") as file:
        return {(row["kind"], row["field"]): row["words"].split("|") for row in csv.DictReader(file)}


def _known_as(label: str, fields: list) -> list:
    for field in fields:
        field.synonyms = (*field.synonyms, *synonyms().get((label, field.name), ()))
    return fields


def _grade(value: str, label: str) -> SafeString:
    return fmt.grade(value)


def names(fields: list) -> list[str]:
    """The names of some fields, for sections and columns."""
    return [field.name for field in fields]


CUSTOMER = kinds.add(
    RecordKind(
        Customer,
        slug="customers",
        icon="building",
        page="customers:customer_page",
        number=("KH-", 6),
        natural_keys=("code", "uscc", "name"),
        fields=_known_as("customers.customer", [
            NameField("name", search=True),
            Text("code", search=True),
            Text("short_name", search="name"),
            Choice("tier", show=fmt.tier),
            Choice("lifecycle", show=fmt.tier),
            Choice("abc", show=_grade),
            Person("owner"),
            LastActivity("last_activity_at", editable=False),
            RhythmField("rhythm", _("rhythm")),
            Text("next_step"),
            Moment("next_at"),
            Uscc("uscc", search=True),
            Phone("phone", search=True),
            Phone("fax"),
            Text("website", search="email"),
            Picklist("industry", picklist="customers.industry"),
            Text("region"),
            Text("city"),
            Text("address", wide=True),
            Picklist("source", picklist="customers.source"),
            Ref("parent", to="customers.customer"),
            *card.FIELDS,
            Choice("credit_grade"),
            Money("credit_limit", least=0, verb="customers.credit.set", help=_("Set by the general manager only.")),
            Number("credit_days", integer=True, least=0, most=3650),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["name", "tier", "lifecycle", "owner", "last_activity_at", "next_step", "phone", "updated_at"],
        sections=[
            (pgettext_lazy("customer form", "Basics"), [
                "name", "short_name", "code", "uscc", "phone", "fax", "website", "industry", "region", "city",
                "address", "source", "parent", "owner",
            ]),
            (_("Class and next step"), ["tier", "lifecycle", "abc", "next_step", "next_at"]),
            (_("Card: basics"), names(card.BASICS)),
            (_("Card: organisation and operation"), names(card.OPERATION)),
            (_("Card: payment"), [*names(card.PAYMENT), "credit_grade", "credit_limit", "credit_days"]),
            (_("Features"), names(card.FEATURES)),
            (_("Business status"), names(card.STATUS)),
            (_("Trading status"), names(card.TRADING)),
            (_("Note"), names(card.NOTE)),
        ],
        prepare=actions.prepare_customer,
        saved=actions.customer_saved,
        subtitle=["city", "owner"],
        sums=["credit_limit"],
        views=[
            {"key": "mine", "name": _("My customers"), "filter": [["owner", "me", []]]},
            {"key": "team", "name": _("My team"), "filter": [["owner", "team", []]]},
            {"key": "key", "name": _("Key and target"), "filter": [["tier", "in", ["key", "target"]]]},
            {"key": "open", "name": _("In sight"), "filter": [["lifecycle", "in", ["target", "near"]]]},
            {"key": "dormant", "name": _("Dormant and lost"), "filter": [["lifecycle", "in", ["dormant", "lost"]]]},
            {"key": "late", "name": _("Out of rhythm"), "filter": [["rhythm", "in", ["late"]]]},
            {"key": "no_step", "name": _("No next step"), "filter": [["next_step", "empty", []]]},
        ],
    )
)  # fmt: skip
CUSTOMER.saved_many = actions.customers_saved

CONTACT = kinds.add(
    RecordKind(
        Contact,
        slug="contacts",
        icon="address-book",
        page="customers:contact_page",
        natural_keys=("name",),
        fields=_known_as("customers.contact", [
            Text("name", search=True),
            Ref("customer", to="customers.customer"),
            Text("title"),
            Text("department"),
            Choice("gender"),
            Choice("role"),
            Choice("attitude"),
            YesNo("is_primary"),
            Phone("mobile", search=True),
            Phone("phone", search=True),
            Email("email", search=True),
            Text("wechat", search=True),
            Day("birthday"),
            Text("character", wide=True),
            Text("interests", wide=True),
            Text("family", wide=True),
            Text("education", wide=True),
            Text("religion"),
            Text("memberships"),
            LongText("note"),
            Person("owner", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["name", "customer", "title", "role", "mobile", "email", "owner", "updated_at"],
        sections=[
            (pgettext_lazy("contact form", "Person"), ["name", "customer", "title", "department", "gender", "role",
                                                 "attitude", "is_primary"]),
            (_("How to reach them"), ["mobile", "phone", "email", "wechat"]),
            (_("What to remember"), ["birthday", "character", "interests", "family", "education", "religion",
                                      "memberships", "note"]),
        ],
        prepare=actions.prepare_contact,
        saved=actions.contact_saved,
        subtitle=["customer", "title", "mobile"],
        search_from=["customer"],
        search_into=["customer"],
        views=[
            {"key": "mine", "name": _("My contacts"), "filter": [["owner", "me", []]]},
            {"key": "deciders", "name": _("Deciders"), "filter": [["role", "in", ["decider"]]]},
        ],
        verbs=[v for v in kinds.STANDARD_VERBS if v not in ("assign", "share")],
    )
)  # fmt: skip
CONTACT.saved_many = actions.contacts_saved
CONTACT.person_name = "name"
CONTACT.import_keys = [["customer", "name"], ["name"]]
