"""Files as other programs write them are imported by what their titles say (IMP-2)."""

import pytest

from zhike.customers.models import Contact, Customer
from zhike.kit.tables.reader import open_table
from zhike.records import kinds
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping, guess

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
    companies = folder / "hubspot" / "hubspot_companies.csv"
    guessed = guess(kinds.get("customers"), open_table(companies).columns)
    columns = {title: name for title, name in guessed.items() if name not in ("industry", "owner")}
    counts, work = run("customers", companies, columns)
    assert counts["read"] == 200 == sum(counts[name] for name in ("created", "updated", "skipped", "failed"))
    assert Customer.objects.whole_table(WHY).count() == 3 + counts["created"]
    assert counts["failed"] == 0 or all(reason for _line, reason in work.first_errors)
