"""A statement of the bank: taken in once, matched, posted once, taken up again; who may (SAL-7)."""

import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.contracts import bank_queries
from zhike.contracts.actions import reverse_payment
from zhike.contracts.actions import statements as actions
from zhike.contracts.models import BankLine, BankStatement, PayerAlias, Payment
from zhike.contracts.statement_tasks import post_certain_lines
from zhike.contracts.tests.factories import ContractFactory, day, lines_of, signed
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.errors import Forbidden, Refused
from zhike.records.actions import start_job
from zhike.records.models import Job

pytestmark = pytest.mark.django_db
HEAD = "交易日期,收入金额,支出金额,对方户名,对方账号,摘要,流水号\n"


def upload(*rows, name="流水.csv", head=HEAD, encoding="gb18030"):
    return SimpleUploadedFile(name, (head + "".join(f"{row}\n" for row in rows)).encode(encoding))


def row(payer, amount, memo="货款", account="", n=1, out=""):
    return f"{day(-1).isoformat()},{amount},{out},{payer},{account},{memo},S{n}"


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司", short_name="恒旭精密")


@pytest.fixture
def contract(customer):
    return signed(ContractFactory(owner=customer.owner, customer=customer, amount=Decimal(9000)),
                  plan=[(-20, 3000), (10, 6000)])  # fmt: skip


def taken_in(by, *rows):
    return actions.import_statement(actions.keep_statement(upload(*rows), by=by, bank="工行基本户"), by=by)


def line_of(statement):
    return BankLine.objects.whole_table("test").filter(statement=statement).order_by("line").first()


def balance(contract):
    return [line.balance for line in lines_of(contract)]


def said(page):
    return page.content.decode()


def test_SAL_7_through_the_pages_from_file_to_balance(company, sign_in, customer, contract):
    client = sign_in(company.finance)
    page = client.post(
        "/bank-statements/new/",
        {"file": upload(row(customer.name, 3000), row("国家电网", "", out="88.5", n=2)), "bank": "工行基本户"},
    )
    assert page.status_code == 302
    url = page["Location"]
    check = said(client.get(url))
    assert "3,000.00" in check and customer.name in check
    client.post(f"{url}import/")
    page = said(client.get(url))
    assert "户名一致" in page and "badge t-ok" in page
    line, due = BankLine.objects.whole_table("test").get(), lines_of(contract)[0]
    answer = client.post(
        f"/bank-lines/{line.pk}/post/",
        {"customer": customer.pk, "pay": f"{due.pk}:3000.00"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200 and Payment.objects.whole_table("test").get().number in said(answer)
    assert balance(contract) == [0, 6000]
    payment = Payment.objects.whole_table("test").get()
    assert (payment.payer, payment.bank, payment.reference, payment.received_on) == (
        customer.name,
        "工行基本户",
        "S1",
        day(-1),
    )


def test_SAL_7_the_same_file_again_brings_nothing_and_overlaps_bring_the_rest(company, viewer, customer):
    by = viewer(company.finance)
    taken_in(by, row("甲公司", 100), row("乙公司", 200, n=2))
    again = taken_in(by, row("甲公司", 100), row("乙公司", 200, n=2), row("丙公司", 300, n=3))
    assert (again.read, again.known) == (3, 2) and BankLine.objects.whole_table("test").count() == 3
    assert actions.import_statement(again, by=by).pk == again.pk


def test_SAL_7_a_line_is_posted_once_whoever_clicks(company, viewer, customer, contract):
    line = line_of(taken_in(viewer(company.finance), row(customer.name, 3000)))
    first = actions.post_line(line, by=viewer(company.finance), customer=customer)
    second = actions.post_line(line, by=viewer(company.gm), customer=customer)
    assert first.payment_id == second.payment_id and Payment.objects.whole_table("test").count() == 1
    with pytest.raises(Refused):
        actions.post_line(line, by=viewer(company.gm), customer=CustomerFactory(owner=company.li_na))


def test_SAL_7_taken_back_taken_up_again_and_posted_for_the_right_one(company, viewer, customer, contract):
    by, line = viewer(company.finance), line_of(taken_in(viewer(company.finance), row("顺通供应链", 3000)))
    wrong = CustomerFactory(owner=company.li_na)
    line = actions.post_line(line, by=by, customer=wrong)
    with pytest.raises(Refused):
        actions.reopen_line(line, by=by)
    reverse_payment(line.payment, by=by, reason="认错客户")
    line = actions.reopen_line(line, by=by)
    line = actions.post_line(line, by=by, customer=customer)
    assert line.payment.customer_id == customer.pk and balance(contract) == [0, 6000]


def test_SAL_7_a_name_is_learnt_and_recognised_the_next_time(company, viewer, customer, contract):
    by = viewer(company.finance)
    actions.post_line(line_of(taken_in(by, row("恒旭控股集团", 1000))), by=by, customer=customer)
    assert PayerAlias.objects.whole_table("test").get().customer_id == customer.pk
    line = line_of(taken_in(by, row("恒旭控股集团", 6000, n=9)))
    (found, *_) = bank_queries.suggestions(by, [line])[line.pk]
    assert found.customer == customer and found.suggestion.who[0] == "alias" and found.suggestion.is_certain


def test_SAL_7_put_aside_with_a_reason_and_taken_up_again(company, sign_in, viewer, customer):
    line, client = line_of(taken_in(viewer(company.finance), row("", "12.30", "结息"))), sign_in(company.finance)
    assert client.post(f"/bank-lines/{line.pk}/ignore/", {"reason": ""}).status_code == 422
    client.post(f"/bank-lines/{line.pk}/ignore/", {"reason": "利息"})
    assert "利息" in said(client.get("/bank-lines/?status=ignored"))
    with pytest.raises(Refused):
        actions.post_line(line, by=viewer(company.finance), customer=customer)
    client.post(f"/bank-lines/{line.pk}/reopen/")
    assert BankLine.objects.whole_table("test").get().status == "open"


def test_SAL_7_the_job_posts_what_is_certain_and_leaves_the_rest(company, viewer, customer, contract):
    by = viewer(company.finance)
    taken_in(by, row(customer.name, 3000), row(customer.name, 6000, n=2), row("无名氏", 77, n=3))
    for _twice in range(2):
        job = start_job("入账", by=by)
        post_certain_lines.func(job.pk, None)
    assert balance(contract) == [0, 0]
    assert list(BankLine.objects.whole_table("test").order_by("line").values_list("status", flat=True)) == [
        "matched",
        "matched",
        "open",
    ]
    assert Job.objects.get(pk=job.pk).status == "done" and Payment.objects.whole_table("test").count() == 2


def test_SAL_7_allocations_of_others_and_above_the_line_are_refused(company, sign_in, viewer, customer, contract):
    line, client = line_of(taken_in(viewer(company.finance), row(customer.name, 3000))), sign_in(company.finance)
    other = lines_of(signed(ContractFactory(owner=company.li_na)))[0]
    for pay in (
        f"{other.pk}:3000",
        f"{lines_of(contract)[0].pk}:3000.01",
        "x:1",
        "1:x",
        f"{lines_of(contract)[0].pk}:-1",
    ):
        page = client.post(
            f"/bank-lines/{line.pk}/post/", {"customer": customer.pk, "pay": pay}, headers={"HX-Request": "true"}
        )
        assert page.status_code == 422 and 'role="alert"' in said(page), pay
    assert client.post(f"/bank-lines/{line.pk}/post/", {"customer": customer.pk, "pay": "99999:1"}).status_code == 404
    assert not Payment.objects.whole_table("test").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("空.csv", b""),
        ("图.csv", b"\x89PNG\r\n\x1a\nxxxx"),
        ("程序.exe", b"MZ"),
        ("页.xls", b"<html><table></table></html>"),
    ],
)
def test_bad_input_files_that_are_no_statement(company, sign_in, name, content):
    page = sign_in(company.finance).post("/bank-statements/new/", {"file": SimpleUploadedFile(name, content)})
    assert page.status_code == 422 and not BankStatement.objects.whole_table("test").exists()


def test_bad_input_columns_nobody_knows_are_asked_for(company, sign_in):
    client = sign_in(company.finance)
    page = client.post("/bank-statements/new/", {"file": upload(f"{day(-1)},5,某", head="甲,乙,丙\n")})
    url = page["Location"]
    assert client.post(url, {"booked_on": "", "amount": "乙"}).status_code == 422
    assert client.post(f"{url}import/").status_code == 302 and not BankLine.objects.whole_table("test").exists()
    client.post(url, {"booked_on": "甲", "amount": "乙", "payer": "丙"})
    client.post(f"{url}import/")
    assert BankLine.objects.whole_table("test").get().payer == "某"


def test_SAL_7_a_statement_with_posted_lines_stays(company, sign_in, viewer, customer):
    by = viewer(company.finance)
    statement = taken_in(by, row(customer.name, 100))
    actions.post_line(line_of(statement), by=by, customer=customer)
    sign_in(company.finance).post(f"/bank-statements/{statement.pk}/delete/")
    assert BankStatement.objects.whole_table("test").exists()


def test_SAL_7_only_who_matches_payments_sees_statements(company, sign_in, viewer, customer):
    statement = taken_in(viewer(company.finance), row(customer.name, 100))
    line = line_of(statement)
    for url in (
        "/bank-statements/",
        "/bank-lines/",
        f"/bank-statements/{statement.pk}/",
        f"/bank-lines/{line.pk}/post/",
    ):
        for name in ("li_na", "manager_east", "reader", "service"):
            assert sign_in(company.people[name]).get(url).status_code == 403, (url, name)
        assert sign_in(company.gm).get(url).status_code == 200
    with pytest.raises(Forbidden):
        actions.post_line(line, by=viewer(company.li_na), customer=customer)


def test_SAL_7_suggestions_take_a_fixed_number_of_queries(
    company, sign_in, viewer, customer, contract, django_assert_max_num_queries
):
    taken_in(
        viewer(company.finance), *(row(f"付款人{n}", 100 + n, n=n) for n in range(30)), row(customer.name, 3000, n=99)
    )
    client = sign_in(company.finance)
    client.get("/bank-lines/")
    with django_assert_max_num_queries(16):
        client.get("/bank-lines/")


def test_SAL_7_a_workbook_comes_in_too(company, sign_in):
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    book.active.append(["交易日期", "收入金额", "对方户名"])
    book.active.append([day(-2), 1234.5, "某公司"])
    book.save(file)
    client = sign_in(company.finance)
    page = client.post("/bank-statements/new/", {"file": SimpleUploadedFile("流水.xlsx", file.getvalue())})
    client.post(f"{page['Location']}import/")
    assert BankLine.objects.whole_table("test").get().amount == Decimal("1234.50")
