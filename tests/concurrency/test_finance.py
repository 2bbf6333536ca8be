"""Finance by several people at the same moment, with real commits: a bank line is one payment, a contract one sum."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.concurrency.test_deals import at_once
from zhike.contracts.actions import invoices, statements
from zhike.contracts.invoice_kinds import INVOICE
from zhike.contracts.models import BankLine, Contract, Invoice, LedgerEntry, Payment
from zhike.contracts.statement_tasks import post_certain_lines
from zhike.contracts.tests.factories import ContractFactory, day, lines_of, signed
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.errors import Refused
from zhike.kit.viewer import viewer_of
from zhike.records.actions import create_record, start_job

pytestmark = pytest.mark.django_db(transaction=True)


def debtor(company, amount=9000):
    customer = CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司", uscc="91350100M000100Y43")
    return customer, signed(ContractFactory(owner=company.li_na, customer=customer, amount=Decimal(amount)))


def statement(by, *rows):
    content = "交易日期,收入金额,对方户名,流水号\n" + "".join(
        f"{day(-1)},{amount},{payer},{n}\n" for n, (payer, amount) in enumerate(rows)
    )
    return statements.keep_statement(SimpleUploadedFile("流水.csv", content.encode()), by=by)


def test_SAL_7_a_bank_line_posted_by_several_at_once_is_one_payment(company):
    customer, contract = debtor(company)
    people = [viewer_of(p.pk) for p in (company.finance, company.gm, company.admin)]
    statements.import_statement(statement(people[0], (customer.name, 4000)), by=people[0])
    line = BankLine._base_manager.get()
    answers = at_once(*(lambda by=by: statements.post_line(line, by=by, customer=customer) for by in people * 2))
    assert all(isinstance(a, BankLine) for a in answers), answers
    assert len({a.payment_id for a in answers}) == 1 and Payment._base_manager.count() == 1
    assert [entry.balance for entry in lines_of(contract)] == [5000]
    assert LedgerEntry._base_manager.filter(kind="receipt").count() == 1


def test_SAL_7_a_file_taken_in_twice_at_once_comes_in_once(company):
    by = viewer_of(company.finance.pk)
    rows = [(f"付款人{n}", 100 + n) for n in range(30)]
    first, second = statement(by, *rows), statement(by, *rows)
    answers = at_once(
        lambda: statements.import_statement(first, by=by), lambda: statements.import_statement(second, by=by)
    )
    assert not any(isinstance(a, Exception) for a in answers), answers
    assert BankLine._base_manager.count() == 30 and sum(a.known for a in answers) == 30


def test_SAL_7_two_jobs_at_once_post_each_line_once(company):
    customer, contract = debtor(company)
    by = viewer_of(company.finance.pk)
    statements.import_statement(statement(by, (customer.name, 4000), (customer.name, 5000), ("无名氏", 7)), by=by)
    jobs = [start_job("入账", by=by) for _n in range(2)]
    answers = at_once(*(lambda job=job: post_certain_lines.func(job.pk, None) for job in jobs))
    assert not any(isinstance(a, Exception) for a in answers), answers
    paid = Payment._base_manager.count()
    assert paid == BankLine._base_manager.filter(status="matched").count() <= 2
    assert sum(entry.balance for entry in lines_of(contract)) == 9000 - sum(
        p.amount for p in Payment._base_manager.all()
    )


def test_SAL_9_invoices_issued_at_once_never_exceed_the_contract(company):
    customer, contract = debtor(company, 10000)
    by = viewer_of(company.finance.pk)
    made = []
    for n in range(5):
        values = {
            "contract": contract.pk,
            "customer": customer.pk,
            "amount": Decimal(4000),
            "tax_rate": Decimal(13),
            "kind": "digital_special",
        }
        invoice = create_record(INVOICE, values, by=by)
        Invoice._base_manager.filter(pk=invoice.pk).update(status="approved")
        made.append((invoice, f"2632000000000000{n:04d}"))
    answers = at_once(*(lambda i=i, n=n: invoices.issue_invoice(i, by=by, number=n, issued_on=day(0)) for i, n in made))
    assert sum(isinstance(a, Invoice) for a in answers) == 2 and sum(isinstance(a, Refused) for a in answers) == 3, (
        answers
    )
    assert Contract._base_manager.get(pk=contract.pk).invoiced == 8000


def test_SAL_9_red_letters_at_once_never_take_back_more_than_there_is(company):
    customer, contract = debtor(company, 10000)
    by = viewer_of(company.finance.pk)
    values = {"contract": contract.pk, "customer": customer.pk, "amount": Decimal(4000), "tax_rate": Decimal(13), "kind": "digital_special",
              "number": "26320000000000009999", "issued_on": day(-1)}  # fmt: skip
    invoice = create_record(INVOICE, values, by=by)
    answers = at_once(*(
        lambda n=n: invoices.red_letter(invoice, by=by, amount=Decimal(1500), number=f"2632000000000000{n:04d}", issued_on=day(0), reason="退货")
        for n in range(5)
    ))  # fmt: skip
    assert sum(isinstance(a, Invoice) for a in answers) == 2, answers
    assert Contract._base_manager.get(pk=contract.pk).invoiced == 1000
