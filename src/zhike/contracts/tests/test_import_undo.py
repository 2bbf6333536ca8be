"""Contracts in force, due lines and payments out of files, and taken back as a whole (SAL-7, IMP-2)."""

import csv
import io
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile

from zhike.contracts.actions import refund_payment
from zhike.contracts.actions.ledger import differences
from zhike.contracts.kinds import CONTRACT, PAYMENT, RECEIVABLE
from zhike.contracts.models import Contract, LedgerEntry, Payment, Receivable
from zhike.contracts.tests.factories import CustomerFactory, day, paid
from zhike.kit.errors import Refused
from zhike.org.viewers import the_system
from zhike.records.imports.actions import prepare_import, start_import
from zhike.records.imports.batches import run_batch
from zhike.records.imports.undo import undo_import
from zhike.records.models import ImportBatch

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司")


@pytest.fixture
def load(company, viewer, settings, tmp_path):
    """Import rows of a kind by the general manager; gives counts."""
    settings.MEDIA_ROOT = tmp_path

    def loaded(kind, *rows):
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        file, by = ContentFile(text.getvalue().encode("utf-8-sig"), "rows.csv"), viewer(company.gm)
        batch = start_import(prepare_import(kind, file, by=by, name="rows.csv"), by=by)
        run_batch(batch.pk)
        batch.refresh_from_db()
        return {"created": batch.created, "failed": batch.failed}

    return loaded


def contract_row(customer, number="HT-OLD-1", amount="9000", **more):
    return {"合同编号": number, "合同名称": f"旧合同 {number}", "客户": customer.name, "合同状态": "执行中",
            "合同金额": amount, "签订日期": day(-90).isoformat(), **more}  # fmt: skip


def due_row(number, days, amount):
    return {"合同": number, "应收日期": day(days).isoformat(), "应收金额": amount}


def payment_row(customer, number, amount, days=-5, **more):
    return {"回款编号": number, "客户": customer.name, "回款金额": amount, "回款日期": day(days).isoformat(), **more}


def last():
    return ImportBatch.objects.latest("pk")


def count(*models):
    return [model.objects.whole_table("test").count() for model in models]


def test_IMP_2_contracts_in_force_come_in_owe_at_once_and_go_again_as_a_whole(company, viewer, load, customer):
    counts = load(CONTRACT, contract_row(customer), contract_row(customer, "HT-OLD-2", "1000"))
    assert (counts["created"], counts["failed"]) == (2, 0), counts
    assert count(Contract, Receivable, LedgerEntry) == [2, 2, 2] and differences() == []
    found = undo_import(last(), by=viewer(company.gm))
    assert found == {"removed": 2, "restored": 0, "kept": 0}
    assert count(Contract, Receivable, LedgerEntry) == [0, 0, 0]
    assert (
        load(CONTRACT, contract_row(customer, amount="8000"))["created"] == 1
    )  # the right file, under the same number
    assert Contract.objects.whole_table("test").get().receivable == D(8000)


def test_IMP_2_a_contract_money_came_in_on_stays(company, viewer, load, customer):
    load(CONTRACT, contract_row(customer), contract_row(customer, "HT-OLD-2", "1000"))
    paid(customer, 500, allocations=None)
    found = undo_import(last(), by=viewer(company.gm))
    assert found["removed"] == 1 and found["kept"] == 1 and differences() == []
    assert Contract.objects.whole_table("test").get().received == D(500)


def test_IMP_2_due_lines_split_what_a_contract_owes_and_go_back_into_it(company, viewer, load, customer):
    load(CONTRACT, contract_row(customer))
    rows = [due_row("HT-OLD-1", -60, "2000"), due_row("HT-OLD-1", 10, "3000"), due_row("HT-OLD-1", 40, "4000.01")]
    counts = load(RECEIVABLE, *rows)
    assert (counts["created"], counts["failed"]) == (2, 1)  # the last is more than is left to split
    lines = Receivable.objects.whole_table("test").order_by("due_on", "pk")
    assert sorted(line.balance for line in lines) == [D(2000), D(3000), D(4000)] and differences() == []
    assert load(RECEIVABLE, *rows[:2])["created"] == 0
    first = ImportBatch.objects.filter(kind=RECEIVABLE.label).earliest("pk")
    found = undo_import(first, by=viewer(company.gm))
    assert found == {"removed": 2, "restored": 0, "kept": 0} and differences() == []
    assert [(line.amount, line.balance, line.is_whole) for line in lines.all()] == [(D(9000), D(9000), True)]


def test_IMP_2_a_due_line_that_was_paid_stays(company, viewer, load, customer):
    load(CONTRACT, contract_row(customer))
    load(RECEIVABLE, due_row("HT-OLD-1", -80, "2000"), due_row("HT-OLD-1", 10, "3000"))
    paid(customer, 100)
    found = undo_import(last(), by=viewer(company.gm))
    assert (found["removed"], found["kept"]) == (1, 1) and differences() == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"应收金额": "1.005"}, "小数"),
        ({"应收金额": "-1"}, ""),
        ({"应收金额": "1e15"}, ""),
        ({"应收金额": "abc"}, ""),
        ({"应收日期": "2001-01-01"}, "签"),
        ({"应收日期": "昨天晚上"}, ""),
        ({"合同": "HT-不存在"}, ""),
    ],
)
def test_IMP_2_bad_rows_of_due_lines_are_told_and_change_nothing(load, customer, row, said):
    load(CONTRACT, contract_row(customer))
    counts = load(RECEIVABLE, {**due_row("HT-OLD-1", 10, "10"), **row})
    assert (counts["created"], counts["failed"]) == (0, 1) and count(Receivable) == [1] and differences() == []


def test_IMP_2_payments_pay_and_owe_again_when_taken_back(company, viewer, load, customer):
    load(CONTRACT, contract_row(customer))
    counts = load(PAYMENT, payment_row(customer, "HK-1", "4000"), payment_row(customer, "HK-2", "6000"))
    assert (counts["created"], counts["failed"]) == (2, 0)
    contract = Contract.objects.whole_table("test").get()
    assert (contract.status, contract.outstanding) == ("completed", 0)
    found = undo_import(last(), by=viewer(company.gm))
    assert found == {"removed": 2, "restored": 0, "kept": 0} and count(Payment) == [0]
    contract = Contract.objects.whole_table("test").get()
    assert (contract.status, contract.outstanding) == ("active", D(9000)) and differences() == []
    assert undo_import(ImportBatch.objects.earliest("pk"), by=viewer(company.gm))["removed"] == 1
    assert count(Contract, Receivable, LedgerEntry) == [0, 0, 0]


def test_IMP_2_a_payment_of_which_money_was_given_back_stays_and_nothing_is_undone_twice(
    company, viewer, load, customer
):
    load(PAYMENT, payment_row(customer, "HK-1", "40"), payment_row(customer, "HK-2", "60"))
    first = Payment.objects.whole_table("test").get(number="HK-1")
    refund_payment(first, by=the_system(), amount=D(5), reason="多付")
    batch, by = last(), viewer(company.gm)
    assert undo_import(batch, by=by)["kept"] == 1 and differences() == []
    with pytest.raises(Refused):
        undo_import(ImportBatch.objects.get(pk=batch.pk), by=by)
