"""Files as other programs write them are imported by what their titles say (IMP-2)."""

import csv
import re
from decimal import Decimal

import pytest

from zhike.customers.models import Contact, Customer
from zhike.kit.actions import acting
from zhike.kit.tables.reader import open_table
from zhike.org.tests.factories import PersonFactory
from zhike.records import config, kinds
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping, guess
from zhike.records.models import PicklistOption
from zhike.sales.models import Opportunity
from zhike.sales.tests.factories import shipped

pytestmark = pytest.mark.django_db
WHY = "a test compares the table with the file"

GOOGLE = ("Name,Birthday,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Name,"
          "Organization 1 - Title\n王建平,1985-12-12,* Work,wang@example.com,Work,0512-62345678,恒旭精密,采购经理\n")  # fmt: skip
THUNDERBIRD = ("Display Name,Primary Email,Work Phone,Mobile Number,Job Title,Organization\n"
               "王建平,wang@example.com,0512-62345678,13800138000,采购经理,恒旭精密\n")  # fmt: skip


@pytest.fixture
def run(company, viewer):
    """Imports a file by guesses alone; the customers named in it are there."""

    def go(kind, path, columns=None, dry_run=False):
        work = Import(kinds.get(kind), Mapping(columns=columns or {}), viewer(company.admin), dry_run=dry_run)
        return work.run(path), work

    return go


@pytest.mark.parametrize("text", [GOOGLE, THUNDERBIRD], ids=["google", "thunderbird"])
@pytest.mark.parametrize("by", ["admin", "gm", "li_na"])
def test_IMP_2_contacts_of_address_books_come_with_how_to_reach_them(company, viewer, tmp_path, text, by):
    who = viewer(getattr(company, by))
    (tmp_path / "customers.csv").write_text("客户名称\n恒旭精密\n", "utf-8")
    Import(kinds.get("customers"), Mapping(columns={"客户名称": "name"}), who).run(tmp_path / "customers.csv")
    path = tmp_path / "contacts.csv"
    path.write_text(text, "utf-8")
    for created in (1, 0):
        work = Import(kinds.get("contacts"), Mapping(), who)
        counts = work.run(path)
        assert [counts[name] for name in ("read", "created", "failed")] == [1, created, 0], work.first_errors
    contact = Contact.objects.whole_table(WHY).get()
    assert (contact.name, contact.title, contact.email) == ("王建平", "采购经理", "wang@example.com")
    assert contact.phone == "0512-62345678" and contact.customer.name == "恒旭精密"


def test_IMP_2_public_lists_of_other_programs_are_imported_row_by_row(shared_data, run):
    folder = shared_data / "import_samples"
    for kind, name, rows in (("leads", "excel/odoo_crm_lead.xls", 8), ("customers", "excel/odoo_res_partner.xlsx", 3)):
        counts, work = run(kind, folder / name)
        assert counts == {"read": rows, "created": rows, "updated": 0, "skipped": 0, "failed": 0}, work.first_errors


# HubSpot: three files that name each other, people by e-mail addresses, stages and sources by words of its own.

PEOPLE = ["dwight.schrute", "michael.scott", "pam.beesly", "jim.halpert", "angela.martin"]
INDUSTRIES = ["Technology", "Non-profit", "Professional Services", "Healthcare", "Retail", "Other", "Manufacturing",
              "Education", "Finance"]  # fmt: skip
STAGES = {"Closed Won": "won", "Closed Lost": "lost"}
OPEN_STAGES = ["Appointment Scheduled", "Qualified to Buy", "Presentation Scheduled", "Decision Maker Bought-In",
               "Contract Sent"]  # fmt: skip


@pytest.fixture
def hubspot(company, viewer):
    """Imports a HubSpot file by guesses, but for the columns and words named; with its people and industries here."""
    with acting(viewer(company.admin), "test"):
        for order, label in enumerate(INDUSTRIES):
            PicklistOption.objects.create(picklist="customers.industry", code=f"hub{order}", label=label, order=order)
    for name in PEOPLE:
        PersonFactory(username=name, name=name.replace(".", " ").title(), email=f"{name}@example.com")
    config.bump()

    def go(kind, path, *, columns=None, **more):
        titles = open_table(path).columns
        guessed = guess(kinds.get(kind), titles) | (columns or {})
        work = Import(kinds.get(kind), Mapping.from_json({"columns": guessed, **more}), viewer(company.admin))
        return work.run(path), work

    return go


def values(path):
    """The rows of a CSV file as it is."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_IMP_2_companies_of_hubspot_keep_their_values(shared_data, hubspot):
    path = shared_data / "import_samples" / "hubspot" / "hubspot_companies.csv"
    rows = values(path)
    counts, work = hubspot("customers", path)
    assert counts == {"read": 200, "created": 200, "updated": 0, "skipped": 0, "failed": 0}, work.first_errors
    found = {c.name: c for c in Customer.objects.whole_table(WHY).select_related("owner")}
    industry = kinds.get("customers").field("industry")
    for row in rows:
        kept = found[row["Company Name"]]
        ours = (kept.name, kept.website, kept.address, kept.city, kept.region, industry.text(kept.industry),
                f"{kept.owner.email}")  # fmt: skip
        theirs = ("Company Name", "Company Domain Name", "Street Address", "City", "State/Region", "Industry",
                  "Company Owner")  # fmt: skip
        assert ours == tuple(row[title] for title in theirs)
        assert digits(kept.phone) == digits(row["Phone Number"])


def test_IMP_2_contacts_of_hubspot_get_their_whole_names_and_companies(shared_data, hubspot):
    folder = shared_data / "import_samples" / "hubspot"
    hubspot("customers", folder / "hubspot_companies.csv")
    by_domain = {c.website: c.name for c in Customer.objects.whole_table(WHY)}
    counts, work = hubspot(
        "contacts", folder / "hubspot_contacts.csv",
        columns={"Associated Company Domain": "customer", "Mobile Phone Number": "mobile", "Phone Number": "phone"},
        values={"customer": by_domain}, key=["email"],
    )  # fmt: skip
    rows = values(folder / "hubspot_contacts.csv")
    known = [row for row in rows if row["Associated Company Domain"] in by_domain]
    assert counts["read"] == 950 and counts["created"] + counts["updated"] + counts["skipped"] == len(known) > 500
    assert counts["failed"] == 950 - len(known) and set(work.failed.unknown) <= {"customer"}
    found = {c.email: c for c in Contact.objects.whole_table(WHY).select_related("customer")}
    for row in known:
        kept = found[row["Email"].lower()]
        assert kept.name == f"{row['First Name']} {row['Last Name']}" and kept.title == row["Job Title"]
        assert kept.customer.name == by_domain[row["Associated Company Domain"]]
        assert digits(kept.mobile) == digits(row["Mobile Phone Number"])


def test_IMP_2_deals_of_hubspot_keep_amount_day_stage_and_owner(shared_data, hubspot):
    folder = shared_data / "import_samples" / "hubspot"
    hubspot("customers", folder / "hubspot_companies.csv")
    by_domain = {c.website: c.name for c in Customer.objects.whole_table(WHY)}
    pipeline = shipped()
    opened = [stage.name for stage in pipeline.stages_in_order if stage.is_open]
    stages = STAGES | {theirs: opened[min(n, len(opened) - 1)] for n, theirs in enumerate(OPEN_STAGES)}
    rows = values(folder / "hubspot_deals.csv")
    missing = {row["Associated Company Domain"] for row in rows} - by_domain.keys() - {""}
    counts, work = hubspot(
        "opportunities", folder / "hubspot_deals.csv",
        columns={"Deal ID": "", "Deal Name": "name", "Deal Stage": "stage", "Pipeline": "", "Amount": "amount",
                 "Close Date": "expected_on", "Create Date": "opened_on", "Deal Owner": "owner", "Deal Type": "",
                 "Closed Lost Reason": "", "Associated Company Domain": "customer", "Associated Contact Email": ""},
        values={"stage": stages, "customer": by_domain | dict.fromkeys(missing, "")},
        defaults={"pipeline": pipeline.name}, options={"on_duplicate": "create"},
    )  # fmt: skip
    assert counts == {"read": 500, "created": 500, "updated": 0, "skipped": 0, "failed": 0}, work.first_errors
    found = {
        (o.name, o.opened_on.isoformat()): o
        for o in Opportunity.objects.whole_table(WHY).select_related("stage", "owner", "customer")
    }
    assert sum(o.amount for o in found.values()) == sum(Decimal(row["Amount"] or 0) for row in rows)
    for row in rows:
        kept = found[row["Deal Name"], row["Create Date"]]
        assert (kept.name, kept.owner.email) == (row["Deal Name"], row["Deal Owner"])
        assert kept.opened_on.isoformat() == row["Create Date"] and kept.expected_on.isoformat() == row["Close Date"]
        assert kept.stage.kind == STAGES.get(row["Deal Stage"], "open")
        assert (kept.customer.name if kept.customer else None) == by_domain.get(row["Associated Company Domain"])


def digits(phone):
    """The digits of a number without its extension."""
    return re.sub(r"\D", "", re.split(r"x|ext|转", phone)[0])
