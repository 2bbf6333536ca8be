"""Real receivables by plain imports: ageing per customer as of several days equals a reckoning from the file itself."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from zhike.contracts import ageing
from zhike.contracts.actions.ledger import differences
from zhike.contracts.models import Contract, LedgerEntry, Payment, Receivable
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.records import kinds
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping

pytestmark = pytest.mark.django_db
EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "receivables"


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def day(text: str) -> date:
    month, number, year = map(int, text.split("/"))
    return date(year, month, number)


def load(file: Path, by) -> dict[str, dict[str, int]]:
    """What load.sh does, without a process for each step."""
    return {
        what: Import(kinds.get(what), Mapping.load(EXAMPLE / f"{what}.json"), by).run(file)
        for what in ("customers", "contracts", "payments")
    }


def by_hand(rows: list[dict[str, str]], as_of: date) -> dict[str, list[Decimal]]:
    """Owed per customer: invoiced by then and not settled by then, by days past the due date."""
    found: dict[str, list[Decimal]] = {}
    for row in rows:
        if day(row["InvoiceDate"]) <= as_of < day(row["SettledDate"]):
            late = (as_of - day(row["DueDate"])).days
            part = 0 if late <= 0 else min((late - 1) // 30 + 1, 4)
            found.setdefault(row["customerID"], [Decimal(0)] * 5)[part] += Decimal(row["InvoiceAmount"])
    return found


def check(file: Path, by, rows: list[dict[str, str]]) -> None:
    counts = load(file, by)
    assert all(count["failed"] == 0 for count in counts.values()), counts
    assert (
        Contract._base_manager.count() == Receivable._base_manager.count() == Payment._base_manager.count() == len(rows)
    )
    names = dict(Customer._base_manager.values_list("pk", "name"))
    days = sorted({day(row["InvoiceDate"]) for row in rows})
    for as_of in (
        days[0],
        days[len(days) // 4],
        days[len(days) // 2],
        days[3 * len(days) // 4],
        days[-1],
        dates.today(),
    ):
        found = ageing.outstanding(by, "customer_id", as_of)
        assert {names[pk]: parts for pk, parts in found.items()} == by_hand(rows, as_of), as_of
    assert differences() == []
    entries = LedgerEntry._base_manager.count()
    again = load(file, by)
    assert all(count["created"] == count["updated"] == 0 for count in again.values()), again
    assert LedgerEntry._base_manager.count() == entries


def test_SAL_8_the_public_receivables_age_as_the_file_says(company, viewer, shared_data):
    file = shared_data / "ar" / "invoices_40_customers.csv"
    check(file, viewer(company.gm), read(file))


def test_SAL_8_made_up_receivables_of_the_same_shape_do_too(company, viewer, tmp_path):
    random, file = Random(11), tmp_path / "invoices.csv"
    columns = ["customerID", "invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount", "SettledDate"]
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        for n in range(60):
            start = date(2013, 1, 2) + timedelta(days=random.randrange(300))
            paid = start + timedelta(days=random.randrange(140))
            shown = [f"{d.month}/{d.day}/{d.year}" for d in (start, start + timedelta(days=30), paid)]
            amount = f"{random.randrange(100, 20_000) / 100:.2f}"
            writer.writerow([f"C{n % 7:04d}", f"{n:010d}", shown[0], shown[1], amount, shown[2]])
    check(file, viewer(company.gm), read(file))
