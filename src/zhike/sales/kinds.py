"""Opportunities, products and leads by declaration: fields, columns, views, what an import may call them."""

import csv
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import access
from zhike.kit import format as fmt
from zhike.records import kinds
from zhike.records.bulkactions import BulkAction
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
    YesNo,
)
from zhike.records.kinds import RecordKind
from zhike.sales import actions
from zhike.sales.fields import LinesField, PipelineField, ScoreField, SinceField, StageField
from zhike.sales.lead_fields import LEAD_TONES, WaitField
from zhike.sales.models import Lead, Opportunity, Pipeline, Product, Quote, Target
from zhike.sales.models.leads import SEE_UNOWNED
from zhike.sales.product_fields import CategoryField
from zhike.sales.quote_fields import QuoteLinesField, QuoteStatusField
from zhike.sales.rival_fields import RivalField
from zhike.sales.tax_fields import Rate as Rate  # lent to the rooms above

SEE_COST = "sales.product.see_cost"

access.declare("sales.pipeline.view", _("See how pipelines are set up"), Pipeline._meta.verbose_name_plural)
access.declare("sales.pipeline.change", _("Set up pipelines"), Pipeline._meta.verbose_name_plural)
access.declare(SEE_COST, _("See what products cost us"), Product._meta.verbose_name_plural)
access.declare("sales.forecast.keep", _("Keep the forecast as it stands"), Target._meta.verbose_name_plural)
access.declare("sales.product.set_prices", _("Set price lists and categories"), Product._meta.verbose_name_plural)
access.declare("sales.taxrate.change", _("Set tax rates"), Product._meta.verbose_name_plural)
access.declare("sales.quote.set_rules", _("Set the letter of quotes and how long they are valid"),
               Quote._meta.verbose_name_plural)  # fmt: skip
access.declare("sales.assignment.change", _("Set up to whom leads go"), Lead._meta.verbose_name_plural)
access.declare(SEE_UNOWNED, _("See and claim leads nobody has"), Lead._meta.verbose_name_plural)


@cache
def synonyms() -> dict[tuple[str, str], list[str]]:
    """Further titles a column may have in a file, by kind and field."""
    with (Path(__file__).parent / "data" / "synonyms.csv").open(encoding="utf-8", newline="") as file:
        return {(row["kind"], row["field"]): row["words"].split("|") for row in csv.DictReader(file)}


def known_as(label: str, fields: list) -> list:
    """The fields of a kind with the further titles a column may have in a file."""
    for field in fields:
        field.synonyms = (*field.synonyms, *synonyms().get((label, field.name), ()))
    return fields


OPPORTUNITY = kinds.add(
    RecordKind(
        Opportunity,
        slug="opportunities",
        icon="chart-funnel",
        page="sales:opportunity_page",
        number=("CO-", 6),
        natural_keys=("code", "name"),
        fields=known_as("sales.opportunity", [
            Text("name", search=True, required=False),
            Text("code", search=True),
            Ref("customer", to="customers.customer"),
            PipelineField("pipeline", required=False),
            StageField("stage", required=False),
            Choice("status", editable=False),
            Money("amount", least=0),
            Number("probability", integer=True, least=0, most=100, required=False),
            ScoreField("score", integer=True, editable=False),
            SinceField("stage_since", editable=False),
            Day("expected_on"),
            Choice("forecast_category", required=False, help=_("Left empty, the win probability decides.")),
            Text("next_step"),
            Day("next_on"),
            Person("owner"),
            Ref("contact", to="customers.contact"),
            Ref("product", to="sales.product"),
            LinesField("lines", _("product lines"), required=False),
            Picklist("source", picklist="customers.source"),
            Picklist("loss_reason", picklist="sales.loss_reason"),
            RivalField("rival", _("competitor"), to="sales.competitor"),
            Day("opened_on"),
            Day("closed_on"),
            LongText("note"),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["name", "customer", "stage", "amount", "score", "expected_on", "stage_since", "next_step", "owner"],
        sections=[
            (_("Basics"), ["name", "customer", "contact", "product", "amount", "expected_on", "probability",
                           "forecast_category", "source", "pipeline", "owner", "code"]),
            (_("Next step"), ["next_step", "next_on"]),
            (_("Days and note"), ["opened_on", "closed_on", "note"]),
        ],
        prepare=actions.prepare_opportunity,
        saved=actions.opportunity_saved,
        subtitle=["customer", "stage", "owner"],
        search_from=["customer"],
        owner_finds={"customers.customer": ("customer", "id"), "customers.contact": ("customer", "customer_id")},
        sums=["amount"],
        views=[
            {"key": "open", "name": _("Open deals"), "filter": [["status", "in", ["open"]]]},
            {"key": "mine", "name": _("My open deals"),
             "filter": [["owner", "me", []], ["status", "in", ["open"]]]},
            {"key": "team", "name": _("My team"), "filter": [["owner", "team", []], ["status", "in", ["open"]]]},
            {"key": "soon", "name": _("Expected in 30 days"),
             "filter": [["expected_on", "next", ["30"]], ["status", "in", ["open"]]], "sort": "expected_on"},
            {"key": "no_step", "name": _("No next step"),
             "filter": [["next_step", "empty", []], ["status", "in", ["open"]]]},
            {"key": "won", "name": pgettext_lazy("opportunity", "Won"), "filter": [["status", "in", ["won"]]],
             "sort": "-closed_on"},
            {"key": "lost", "name": pgettext_lazy("opportunity", "Lost"), "filter": [["status", "in", ["lost"]]],
             "sort": "-closed_on"},
        ],
    )
)  # fmt: skip
OPPORTUNITY.saved_many = actions.opportunities_saved

PRODUCT = kinds.add(
    RecordKind(
        Product,
        slug="products",
        icon="package",
        page="sales:product_page",
        owner="",
        number=("CP-", 5),
        natural_keys=("code", "name"),
        fields=known_as("sales.product", [
            Text("name", search=True),
            Text("code", search=True),
            Text("series", search=True),
            Picklist("unit", picklist="sales.unit"),
            Money("list_price", least=0),
            Money("cost", least=0, verb=SEE_COST, see=SEE_COST),
            Rate("tax_rate", required=False),
            Choice("tax_treatment", editable=False),
            CategoryField("category"),
            Text("spec", search=True),
            YesNo("is_active", required=False),
            LongText("description", search=True),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["name", "code", "category", "series", "unit", "list_price", "is_active", "updated_at"],
        sections=[
            (_("Basics"), ["name", "code", "category", "series", "spec", "unit", "is_active"]),
            (_("Prices"), ["list_price", "tax_rate", "cost"]),
            (_("Description"), ["description"]),
        ],
        subtitle=["code", "series"],
        views=[{"key": "active", "name": _("On sale"), "filter": [["is_active", "is", ["yes"]]]}],
        verbs=[v for v in kinds.STANDARD_VERBS if v not in ("assign", "share")],
    )
)  # fmt: skip

LEAD = kinds.add(
    RecordKind(
        Lead,
        slug="leads",
        icon="target-arrow",
        page="sales:lead_page",
        natural_keys=("mobile", "name"),
        fields=known_as("sales.lead", [
            Text("name", search=True),
            Text("company", search="name"),
            Choice("status", show=lambda value, label: fmt.badge(label, LEAD_TONES[value])),
            Picklist("source", picklist="customers.source"),
            Person("owner"),
            Phone("mobile", search=True),
            Phone("phone", search=True),
            Email("email", search=True),
            Text("title"),
            Text("region"),
            Choice("grade", required=False, show=lambda value, label: fmt.grade(value)),
            LongText("need", search=True),
            Picklist("unqualified_reason", picklist="sales.unqualified_reason"),
            Moment("responded_at"),
            WaitField("waited", pgettext_lazy("lead", "Response"), editable=False, sortable=False, filterable=False),
            Ref("customer", to="customers.customer", editable=False),
            Ref("opportunity", to="sales.opportunity", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["name", "company", "status", "waited", "source", "mobile", "owner", "created_at"],
        sections=[
            (pgettext_lazy("person", "Person"), ["name", "company", "title", "mobile", "phone", "email", "region"]),
            (pgettext_lazy("lead", "Lead"), ["source", "grade", "need", "status", "unqualified_reason", "owner"]),
        ],
        prepare=actions.prepare_lead,
        saved=actions.lead_saved,
        owned_by_creator=False,
        bulk=[BulkAction("by_rules", _("Assign by rules"), "route", "assign", actions.assign_by_rules)],
        subtitle=["company", "mobile"],
        views=[
            {"key": "working", "name": _("To work on"), "filter": [["status", "in", ["new", "working", "qualified"]]]},
            {"key": "mine", "name": _("My leads"), "filter": [["owner", "me", []]]},
            {"key": "unowned", "name": _("Nobody's"), "filter": [["owner", "empty", []]]},
            {"key": "unqualified", "name": _("Put aside"), "filter": [["status", "in", ["unqualified"]]]},
        ],
    )
)  # fmt: skip
LEAD.saved_many = actions.leads_saved
LEAD.person_name = "name"
LEAD.import_keys = [["mobile"], ["name", "company"]]

QUOTE = kinds.add(
    RecordKind(
        Quote,
        slug="quotes",
        icon="file-dollar",
        page="sales:quote_page",
        title="title",
        natural_keys=("number",),
        fields=known_as("sales.quote", [
            Text("title", search=True, required=False),
            Text("number", search=True, required=False),
            Number("version_no", integer=True, editable=False),
            Ref("customer", to="customers.customer", required=False),
            Ref("contact", to="customers.contact"),
            Ref("opportunity", to="sales.opportunity"),
            QuoteStatusField("status", required=False),
            Day("quoted_on", required=False),
            Day("valid_until"),
            Money("total", editable=False),
            QuoteLinesField("lines", _("lines"), required=False),
            Money("subtotal", editable=False),
            Money("reduction", least=0, required=False),
            Number("discount", editable=False),
            Money("tax", editable=False),
            Money("cost", editable=False, see=SEE_COST),
            Person("owner"),
            Text("delivery"),
            Text("payment_terms"),
            LongText("note"),
            Day("decided_on", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ]),
        columns=["title", "number", "customer", "status", "total", "discount", "valid_until", "owner", "updated_at"],
        sections=[
            (_("Basics"), ["title", "customer", "contact", "opportunity", "quoted_on", "valid_until", "owner"]),
            (_("Terms"), ["delivery", "payment_terms", "note"]),
        ],
        prepare=actions.prepare_quote,
        saved=actions.quote_saved,
        subtitle=["customer", "status"],
        search_from=["customer"],
        sums=["total"],
        views=[
            {"key": "mine", "name": _("My quotes"), "filter": [["owner", "me", []]]},
            {"key": "team", "name": _("My team"), "filter": [["owner", "team", []]]},
            {"key": "approving", "name": pgettext_lazy("quote", "In approval"),
             "filter": [["status", "in", ["approving"]]]},
            {"key": "sent", "name": pgettext_lazy("quote", "Waiting for the customer"),
             "filter": [["status", "in", ["sent"]]], "sort": "valid_until"},
            {"key": "expired", "name": pgettext_lazy("quote", "Expired"),
             "filter": [["status", "in", ["expired"]]], "sort": "-valid_until"},
        ],
    )
)  # fmt: skip
QUOTE.said_as = {"version_no": "version", "version": "revision"}
QUOTE.import_keys = [["number"]]
