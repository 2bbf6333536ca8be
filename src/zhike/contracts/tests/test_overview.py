"""What is owed, as of any day, by age; the statement of account; cards of the workbench (SAL-8)."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from pypdf import PdfReader

from zhike.contracts import account as accounts
from zhike.contracts import overview
from zhike.contracts.actions import refund_payment, reverse_payment, write_off
from zhike.contracts.models import Payment
from zhike.contracts.tests.factories import ContractFactory, day, lines_of, paid, signed
from zhike.org.viewers import the_system

pytestmark = pytest.mark.django_db


@pytest.fixture
def debts(company):
    """Li Na: not due 4,000, 10 days 3,000, 45 days 2,000; Zhao Lei in the west: 100 days 5,000."""
    east = signed(
        ContractFactory(owner=company.li_na, amount=Decimal(9000)), plan=[(20, 4000), (-10, 3000), (-45, 2000)], on=-60
    )
    west = signed(ContractFactory(owner=company.zhao_lei, amount=Decimal(5000)), plan=[(-100, 5000)], on=-120)
    return east, west


def said(page):
    return page.content.decode()


@pytest.mark.parametrize(("days", "part"), [(-5, "not_due"), (0, "not_due"), (1, "d1_30"), (30, "d1_30"), (31, "d31_60"), (60, "d31_60"),
                                            (61, "d61_90"), (90, "d61_90"), (91, "over_90"), (500, "over_90")])  # fmt: skip
def test_SAL_8_the_parts_of_an_ageing(days, part):
    assert accounts.part_of(day(-days), day(0)) == part


def test_SAL_8_each_sees_their_own_and_totals_add_up(company, viewer, debts):
    found = overview.summary(viewer(company.finance), "owner", day(0))
    assert [(row.name, row.outstanding, row.overdue) for row in found.rows] == [
        ("李娜", 9000, 5000),
        ("赵磊", 5000, 5000),
    ]
    assert found.total.outstanding == 14000 and sum(found.total.ageing.values()) == 14000
    assert found.rows[0].ageing == {"not_due": 4000, "d1_30": 3000, "d31_60": 2000, "d61_90": 0, "over_90": 0}
    assert overview.summary(viewer(company.li_na), "owner", day(0)).total.outstanding == 9000
    assert overview.summary(viewer(company.manager_west), "customer", day(0)).total.outstanding == 5000
    departments = {row.name: row.outstanding for row in overview.summary(viewer(company.gm), "department", day(0)).rows}
    assert departments == {"东区一组": 9000, "西区": 5000}


def test_SAL_8_past_days_come_from_the_ledger_and_stay_what_they_were(company, viewer, debts):
    by = viewer(company.finance)
    before = overview.summary(by, "owner", day(-5)).total.outstanding
    payment = paid(debts[0].customer, 2500, on=-3)
    write_off(lines_of(debts[1])[0], by=the_system(), amount=Decimal(1000), reason="折让")
    assert overview.summary(by, "owner", day(-5)).total.outstanding == before == 14000
    assert overview.summary(by, "owner", day(-3)).total.outstanding == 11500
    assert overview.summary(by, "owner", day(0)).total.outstanding == 10500
    reverse_payment(payment, by=the_system(), reason="认错")
    assert overview.summary(by, "owner", day(-3)).total.outstanding == 11500
    assert overview.summary(by, "owner", day(0)).total.outstanding == 13000
    today, ledger = overview.summary(by, "owner", day(0)), overview.figures(by, day(0))
    assert ledger.received_this_month >= 0 and today.total.ageing["over_90"] == 4000


def test_SAL_8_today_by_balances_and_today_by_entries_are_the_same(company, viewer, debts, monkeypatch):
    paid(debts[0].customer, 2500)
    by = viewer(company.finance)
    kept = overview.summary(by, "customer", day(0))
    today = day(0)
    monkeypatch.setattr(overview.dates, "today", lambda: today + timedelta(days=1))
    booked = overview.summary(by, "customer", today)
    assert [(r.key, r.ageing) for r in kept.rows] == [(r.key, r.ageing) for r in booked.rows]


def test_SAL_8_the_page_for_finance_manager_and_sales(company, sign_in, debts):
    page = said(sign_in(company.finance).get("/receivables/"))
    assert "李娜" in page and "赵磊" in page and 'data-part="over_90"' in page and "催收" in page
    page = said(sign_in(company.manager_east).get("/receivables/?by=customer"))
    assert debts[0].customer.name in page and debts[1].customer.name not in page
    assert "赵磊" not in said(sign_in(company.li_na).get("/receivables/"))
    past = said(sign_in(company.finance).get(f"/receivables/?as_of={day(-70)}"))
    assert "0.5 万" in past or "5,000" in past
    assert sign_in(company.finance).get("/receivables/?by=nonsense").status_code == 404
    for bad in ("2026-13-45", "明天", "1e9", "0001-01-01"):
        assert sign_in(company.finance).get("/receivables/", {"as_of": bad}).status_code == 200


def test_SAL_8_the_figures_open_the_receivables_behind_them(company, sign_in, debts):
    client = sign_in(company.finance)
    page = said(client.get(f"/receivables/list/?owner={company.li_na.pk}&state=overdue"))
    assert page.count('role="row"') == 3 and f"owner={company.li_na.pk}&amp;state=overdue" in said(
        client.get("/receivables/")
    )


def test_SAL_8_the_export_has_rows_and_total_and_is_noted(company, sign_in, debts):
    from openpyxl import load_workbook

    answer = sign_in(company.finance).get("/receivables/export/?by=owner")
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert [row[:3] for row in rows[1:]] == [("李娜", 9000, 5000), ("赵磊", 5000, 5000), ("合计", 14000, 10000)]
    assert sign_in(company.li_na).get("/receivables/export/").status_code == 403


def test_SAL_8_pages_ask_a_fixed_number_of_queries(company, sign_in, debts, django_assert_max_num_queries):
    for n in range(8):
        signed(ContractFactory(owner=company.people["wang_wei" if n % 2 else "li_na"]), plan=[(-n, 10000)], on=-30)
    client = sign_in(company.finance)
    for url, most in (("/receivables/", 12), ("/receivables/?by=customer", 13), (f"/receivables/?as_of={day(-9)}", 12),
                      (f"/receivables/account/?customer={debts[0].customer_id}", 14)):  # fmt: skip
        client.get(url)
        with django_assert_max_num_queries(most):
            client.get(url)


# The statement of account


def test_SAL_8_the_account_runs_from_opening_to_closing(company, viewer, debts):
    east, _west = debts
    payment = paid(east.customer, 10000, on=-8)
    refund_payment(payment, by=the_system(), amount=Decimal(400), reason="多付退回")
    found = accounts.account(viewer(company.finance), east.customer, day(-30), day(0))
    assert (found.opening, found.closing, found.debits, found.credits) == (9000, -600, 400, 10000)
    assert [line.balance for line in found.lines] == [-1000, -600]
    assert found.unused == 600 and sum(found.ageing.values()) - found.unused == found.closing and found.is_whole
    whole = accounts.account(viewer(company.finance), east.customer, day(-90), day(0))
    assert whole.opening == 0 and whole.closing == -600 and whole.debits - whole.credits == -600


def test_SAL_8_the_statement_is_a_pdf_of_several_pages_with_seals(company, sign_in, debts):
    east, _west = debts
    for n in range(60):
        paid(east.customer, 100, on=-(n % 20))
    client = sign_in(company.finance)
    assert "对账单" in said(client.get(f"/receivables/account/?customer={east.customer_id}"))
    answer = client.get(f"/receivables/account/pdf/?customer={east.customer_id}&from={day(-90)}&until={day(0)}")
    assert answer["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = "".join(page.extract_text() for page in pages).replace("\0", "")
    assert len(pages) >= 2 and east.customer.name in text and "盖章" in text and "3,000.00" in text
    history = said(client.get(f"/customers/{east.customer_id}/changes/"))
    assert "打印" in history


def test_SAL_8_who_sees_a_part_gets_no_statement(company, sign_in, debts):
    east, _west = debts
    signed(ContractFactory(owner=company.zhao_lei, customer=east.customer))
    client = sign_in(company.li_na)
    assert client.get(f"/receivables/account/?customer={east.customer_id}").status_code == 200
    assert client.get(f"/receivables/account/pdf/?customer={east.customer_id}").status_code == 422
    assert sign_in(company.zhao_lei).get("/receivables/account/pdf/?customer=999999").status_code == 404
    assert sign_in(company.gm).get(f"/receivables/account/pdf/?customer={east.customer_id}").status_code == 200


# The workbench


def test_SAL_8_the_workbench_shows_each_what_burns(company, sign_in, debts):
    mine = said(sign_in(company.li_na).get("/"))
    assert "逾期应收" in mine and debts[0].customer.called in mine and debts[1].customer.called not in mine
    finance = said(sign_in(company.finance).get("/"))
    assert "今日到期" in finance and "待审批与待开票" in finance
    assert "应收与逾期" in said(sign_in(company.gm).get("/"))


def test_SAL_8_the_trend_ends_with_today(company, viewer, debts):
    points = overview.trend(viewer(company.gm), day(0))
    assert len(points) == 6 and (points[-1].outstanding, points[-1].overdue) == (14000, 10000)
    assert points[0].outstanding in (0, 5000) and not Payment.objects.whole_table("test").exists()


def test_SAL_8_the_customers_who_owe_most_are_those_the_whole_summary_begins_with(company, viewer):
    for n, amount in enumerate([300, 100, 200, 200]):
        owner = company.li_na if n % 2 else company.zhao_lei
        signed(ContractFactory(owner=owner, amount=Decimal(amount)), plan=[(20 - 30 * n, amount)], on=-120)
    for person in (company.gm, company.li_na):
        by = viewer(person)
        whole = overview.summary(by, "customer", day(0))
        for most in (1, 2, 3, 10):
            some = overview.summary(by, "customer", day(0), most=most)
            assert (some.rows, some.count, some.total) == (whole.rows[:most], whole.count, whole.total)
