"""Pages of contracts and payments, from the outside (SAL-6, SAL-7, CUS-13)."""

from decimal import Decimal

import pytest

from zhike.contracts.actions import save_rules
from zhike.contracts.actions.ledger import differences
from zhike.contracts.kinds import CONTRACT
from zhike.contracts.models import Contract, LedgerEntry, Milestone, Payment
from zhike.contracts.tests.factories import (
    ContractFactory,
    ProductFactory,
    day,
    lines_of,
    paid,
    signed,
)
from zhike.customers.kinds import CUSTOMER
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.records.actions import assign_record
from zhike.sales.tests.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def contract(company):
    return ContractFactory(owner=company.li_na, name="检测线供货合同")


def again(record):
    return type(record)._base_manager.get(pk=record.pk)


def text(page):
    return page.content.decode()


def test_SAL_6_a_contract_is_drawn_up_from_its_deal_signed_and_wins_it(company, sign_in):
    deal = OpportunityFactory(owner=company.li_na, amount=5000, name="改造项目")
    client = sign_in(company.li_na)
    form = client.get(f"/contracts/new/?opportunity={deal.pk}")
    assert "改造项目" in text(form) and "5000.00" in text(form)
    values = {"name": "改造合同", "customer": deal.customer_id, "opportunity": deal.pk, "amount": "5,000"}
    assert client.post("/contracts/new/", values).status_code == 302
    contract = Contract.objects.whole_table("test").get(name="改造合同")
    assert (contract.owner, contract.amount, contract.status, contract.number) == (company.li_na, D(5000), "draft", "")
    url = f"/contracts/{contract.pk}/"
    assert "草稿" in text(client.get(url))
    sign = client.get(f"{url}sign/", headers={"HX-Request": "true"})
    assert sign.status_code == 200 and "5,000.00" in text(sign)
    client.post(f"{url}sign/", {"signed_on": day(0).isoformat()})
    assert again(contract).status == "active" and lines_of(contract)[0].balance == D(5000)
    assert again(deal).status == "won" and again(deal.customer).lifecycle == "won"
    page = text(client.get(url))
    assert "执行中" in page and "ladder" in page and again(contract).number in page


def test_SAL_6_lines_make_the_amount_and_the_tax_each_rounded(company, sign_in, contract):
    client, url = sign_in(company.li_na), f"/contracts/{contract.pk}/"
    product = ProductFactory(list_price=D("33.33"))
    line = {"product": product.pk, "quantity": "3", "discount": "10", "tax_rate": "13"}
    assert client.post(f"{url}lines/add/", line).status_code == 302
    assert (
        client.post(f"{url}lines/add/", {"name": "安装", "quantity": "1", "price": "100", "tax_rate": "6"}).status_code
        == 302
    )
    contract = again(contract)
    assert (contract.amount, contract.tax) == (D("189.99"), D("10.35") + D("5.66"))
    second = contract.known_lines()[1]
    assert (
        client.post(
            f"{url}lines/{second.pk}/", {"name": "安装调试", "quantity": "2", "price": "100", "tax_rate": "6"}
        ).status_code
        == 302
    )
    assert again(contract).amount == D("289.99")
    client.post(f"{url}lines/{contract.known_lines()[0].pk}/remove/")
    assert again(contract).amount == D(200)
    assert client.post(f"{url}lines/add/", {"quantity": "1", "tax_rate": "13"}).status_code == 422


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("30%", ""), ("2000", "尾款"), ("", "")], [D(3000), D(2000), D(5000)]),
        ([("100%", "")], [D(10000)]),
        ([("33.33%", ""), ("33.33%", ""), ("", "")], [D(3333), D(3333), D(3334)]),
    ],
)
def test_SAL_7_a_plan_of_shares_amounts_and_the_balance_adds_up(company, sign_in, contract, rows, expected):
    client, url = sign_in(company.li_na), f"/contracts/{contract.pk}/plan/"
    values = {"rows": len(rows)}
    for n, (much, label) in enumerate(rows):
        values |= {f"due_on{n}": day(30 * n).isoformat(), f"much{n}": much, f"label{n}": label}
    shown = text(client.post(url, {**values, "preview": "1"}))
    assert all(f"{amount:,.2f}" in shown for amount in expected) and contract.known_plan() == []
    assert client.post(url, values).status_code == 302
    assert [line.amount for line in contract.known_plan()] == expected


@pytest.mark.parametrize("much", ["9000", "-5", "1.005", "abc", "120%", "1e15"])
def test_SAL_7_a_plan_that_does_not_add_up_is_not_saved(company, sign_in, contract, much):
    page = sign_in(company.li_na).post(
        f"/contracts/{contract.pk}/plan/", {"rows": 1, "due_on0": day(9).isoformat(), "much0": much}
    )
    assert page.status_code == 422 and contract.known_plan() == []


def test_SAL_6_a_plan_due_before_the_signature_stops_it(company, sign_in, contract):
    client, url = sign_in(company.li_na), f"/contracts/{contract.pk}/"
    client.post(f"{url}plan/", {"rows": 1, "due_on0": day(-3).isoformat(), "much0": "100%"})
    page = client.post(f"{url}sign/", {"signed_on": day(0).isoformat()})
    assert page.status_code == 422 and "早于签订日期" in text(page)
    assert client.post(f"{url}sign/", {"signed_on": day(1).isoformat()}).status_code == 422
    assert again(contract).status == "draft" and lines_of(contract) == []


def test_SAL_6_what_was_agreed_is_not_edited_any_more(company, sign_in, contract):
    signed(contract)
    client, url = sign_in(company.li_na), f"/contracts/{contract.pk}/edit/"
    assert "id_amount" not in text(client.get(url))
    assert client.post(url, {"name": "新名字", "amount": "1", "version": again(contract).version}).status_code == 302
    assert (again(contract).name, again(contract).amount) == ("新名字", D(10000))
    page = client.post(
        f"/contracts/{contract.pk}/lines/add/", {"name": "x", "quantity": "1", "price": "5", "tax_rate": "13"}
    )
    assert page.status_code == 422 and "变更单" in text(page)


def test_CUS_13_above_the_credit_limit_is_said_before_signing_or_stops_it(company, sign_in, viewer, contract):
    customer = contract.customer
    with acting(the_system(), "test"):
        customer.credit_limit = D(9000)
        customer.save()
    client, url = sign_in(company.li_na), f"/contracts/{contract.pk}/sign/"
    assert "超过信用额度 9,000.00" in text(client.get(url))
    save_rules(by=viewer(company.admin), credit_check="block")
    page = client.post(url, {"signed_on": day(0).isoformat()})
    assert page.status_code == 422 and "总经理" in text(page) and again(contract).status == "draft"
    assert sign_in(company.gm).post(url, {"signed_on": day(0).isoformat()}).status_code == 302
    assert again(contract).status == "active"


def test_SAL_6_milestones_are_reached_and_complete_a_paid_contract(company, sign_in, contract):
    client, url = sign_in(company.li_na), f"/contracts/{contract.pk}/"
    client.post(f"{url}milestones/add/", {"name": "验收", "due_on": day(-5).isoformat()})
    signed(contract)
    paid(contract.customer, 10000)
    assert again(contract).status == "active"
    step = Milestone.objects.whole_table("test").get()
    assert "验收" in text(client.get(url))
    assert client.post(f"{url}milestones/{step.pk}/done/", {"done_on": day(1).isoformat()}).status_code == 422
    client.post(f"{url}milestones/{step.pk}/done/", {"done_on": day(0).isoformat()})
    assert again(contract).status == "completed"


def test_SAL_6_change_order_and_termination_by_the_page(company, sign_in, contract):
    signed(contract)
    client, url = sign_in(company.manager_east), f"/contracts/{contract.pk}/"
    assert client.post(f"{url}change-order/", {"delta": "-2000", "reason": "减配"}).status_code == 302
    assert again(contract).amount == D(8000)
    assert client.post(f"{url}change-order/", {"delta": "0", "reason": "x"}).status_code == 422
    page = client.post(f"{url}terminate/", {"terminated_on": day(-100).isoformat(), "reason": "x"})
    assert page.status_code == 422
    assert (
        client.post(f"{url}terminate/", {"terminated_on": day(0).isoformat(), "reason": "客户停产"}).status_code == 302
    )
    assert again(contract).status == "terminated" and "客户停产" in text(client.get(url))


def test_SAL_6_only_a_draft_is_deleted(company, sign_in, contract):
    client, url = sign_in(company.li_na), f"/contracts/{contract.pk}/delete/"
    other = ContractFactory(owner=company.li_na)
    signed(other)
    assert client.post(f"/contracts/{other.pk}/delete/").status_code == 403
    assert (
        client.post(url).status_code == 302 and not Contract.objects.whole_table("test").filter(pk=contract.pk).exists()
    )


def test_SAL_7_finance_posts_a_payment_and_sees_what_it_pays_before(company, sign_in, contract):
    signed(contract, plan=[(-30, 3000), (30, 7000)])
    client, customer = sign_in(company.finance), contract.customer
    form = client.get(f"/payments/new/?contract={contract.pk}")
    key = form.context["form"]["key"].value()
    values = {"customer": customer.pk, "amount": "5,000", "received_on": day(-1).isoformat(), "key": key}
    preview = text(client.post("/payments/new/", {**values, "preview": "1"}))
    assert "3,000.00" in preview and "2,000.00" in preview and not Payment.objects.whole_table("test").exists()
    for _click in range(2):
        assert client.post("/payments/new/", values).status_code == 302
    payment = Payment.objects.whole_table("test").get()
    assert [line.balance for line in lines_of(contract)] == [D(0), D(5000)]
    assert (payment.owner, payment.number[:2]) == (company.li_na, "HK")
    page = text(client.get(f"/payments/{payment.pk}/"))
    assert payment.number in page and lines_of(contract)[0].code in page


def test_SAL_7_one_says_by_hand_what_a_payment_pays(company, sign_in, contract):
    signed(contract, plan=[(-30, 3000), (30, 7000)])
    client, (first, last) = sign_in(company.finance), lines_of(contract)
    values = {"customer": contract.customer_id, "amount": "5000", "received_on": day(0).isoformat(), "by_hand": "on"}
    page = client.post("/payments/new/", {**values, f"part{first.pk}": "", f"part{last.pk}": "7000.01"})
    assert page.status_code == 422 and not Payment.objects.whole_table("test").exists()
    client.post("/payments/new/", {**values, f"part{first.pk}": "", f"part{last.pk}": "4500"})
    assert [line.balance for line in lines_of(contract)] == [D(3000), D(2500)]
    assert Payment.objects.whole_table("test").get().unallocated == D(500)


@pytest.mark.parametrize("amount", ["1.005", "-3", "0", "1e15", "一百", ""])
def test_SAL_7_a_bad_amount_is_said_at_the_field(company, sign_in, contract, amount):
    page = sign_in(company.finance).post(
        "/payments/new/", {"customer": contract.customer_id, "amount": amount, "received_on": day(0).isoformat()}
    )
    assert page.status_code == 422 and "amount" in page.context["form"].errors
    assert not Payment.objects.whole_table("test").exists()


def test_SAL_7_credit_is_allocated_refunded_and_entries_taken_back_by_pages(company, sign_in, contract):
    payment = paid(contract.customer, 1000)
    signed(contract)
    client, url, (line,) = sign_in(company.finance), f"/payments/{payment.pk}/", lines_of(contract)
    assert client.post(f"{url}allocate/", {"receivable": line.pk, "amount": "300"}).status_code == 302
    assert client.post(f"{url}allocate/", {"receivable": line.pk, "amount": "701"}).status_code == 422
    assert client.post(f"{url}refund/", {"amount": "200", "reason": "多付"}).status_code == 302
    assert client.post(f"{url}use/").status_code == 302
    assert again(line).balance == D(9200) and again(payment).unallocated == 0
    entry = LedgerEntry.objects.whole_table("test").filter(kind="allocation").last()
    assert client.post(f"/ledger/{entry.pk}/reverse/", {"reason": ""}).status_code == 422
    assert client.post(f"/ledger/{entry.pk}/reverse/", {"reason": "记错"}).status_code == 302
    assert client.post(f"/ledger/{entry.pk}/reverse/", {"reason": "记错"}).status_code == 422
    assert again(line).balance == D(9700)
    assert client.post(f"/receivables/{line.pk}/write-off/", {"amount": "9700", "reason": "坏账"}).status_code == 302
    assert client.post(f"{url}reverse/", {"reason": "不可"}).status_code == 422
    assert client.post(f"/receivables/{line.pk}/due/", {"due_on": day(50).isoformat()}).status_code == 302
    assert differences() == []


def test_SAL_7_a_seller_reads_payments_but_does_not_post(company, sign_in, contract):
    payment = paid(contract.customer, 1000)
    client = sign_in(company.li_na)
    assert client.get("/payments/new/").status_code == 403
    assert client.get(f"/payments/{payment.pk}/").status_code == 200
    for what in ("allocate", "refund", "reverse", "use"):
        assert client.post(f"/payments/{payment.pk}/{what}/", {"reason": "x"}).status_code == 403
    assert sign_in(company.wang_wei).get(f"/payments/{payment.pk}/").status_code == 404


@pytest.mark.parametrize("what", ["", "edit/", "sign/", "submit/", "plan/", "change-order/", "assign/"])
def test_ORG_3_a_stranger_does_not_see_a_contract_and_a_reader_only_reads_it(company, sign_in, contract, what):
    assert sign_in(company.zhao_lei).get(f"/contracts/{contract.pk}/{what}").status_code == 404
    assert sign_in(company.lead_east).get(f"/contracts/{contract.pk}/{what}").status_code == 200
    assert sign_in(company.reader).get(f"/contracts/{contract.pk}/{what}").status_code == (403 if what else 200)


def test_CUS_6_a_customer_page_shows_contracts_and_what_is_owed(company, sign_in, contract):
    signed(contract, plan=[(-30, 3000), (30, 7000)])
    page = text(sign_in(company.li_na).get(f"/customers/{contract.customer_id}/contracts/"))
    assert contract.name in page and again(contract).number in page and "3,000.00" in page


def test_CUS_9_contracts_receivables_and_payments_follow_their_customer(company, viewer, contract):
    signed(contract)
    payment = paid(contract.customer, 10)
    assign_record(CUSTOMER, contract.customer, by=viewer(company.lead_east), owner_id=company.wang_wei.pk)
    assert {again(r).owner_id for r in (contract, payment, *lines_of(contract))} == {company.wang_wei.pk}


def test_SAL_5_a_product_in_a_contract_is_not_deleted(company, sign_in, contract):
    product = ProductFactory(list_price=5)
    sign_in(company.li_na).post(
        f"/contracts/{contract.pk}/lines/add/", {"product": product.pk, "quantity": "1", "tax_rate": "13"}
    )
    page = sign_in(company.admin).post(f"/products/{product.pk}/delete/")
    assert page.status_code == 422 and "合同明细" in text(page) and "停售" in text(page)
    assert type(product).objects.whole_table("test").filter(pk=product.pk).exists()


def test_SAL_6_numbers_follow_the_rule_that_is_set(company, sign_in, contract):
    client = sign_in(company.admin)
    values = {
        "contract_numbers": "SH{year}{month}-{n:3}",
        "payment_numbers": "P{n}",
        "credit_check": "warn",
        "default_credit_days": "45",
    }
    assert client.post("/settings/contracts/", {**values, "payment_numbers": "P"}).status_code == 422
    assert client.post("/settings/contracts/", values).status_code == 302
    signed(contract)
    assert again(contract).number == f"SH{day(0):%Y%m}-001" and lines_of(contract)[0].due_on == day(-15)
    assert sign_in(company.manager_east).get("/settings/contracts/").status_code == 403


@pytest.mark.parametrize("url", ["/contracts/", "/receivables/list/", "/payments/"])
def test_lists_show_with_sums_and_views(company, sign_in, contract, url):
    signed(contract)
    paid(contract.customer, 10)
    client = sign_in(company.li_na)
    assert client.get(url).status_code == 200
    for part in ("foot", "tabs"):
        assert client.get(f"{url}?part={part}", headers={"HX-Request": "true"}).status_code == 200


def test_ORG_2_what_was_handed_over_by_itself_is_not_counted_on_the_page_of_its_customer(company, viewer, sign_in):
    contract = signed(ContractFactory(owner=company.li_na, amount=Decimal(100)), plan=[(10, Decimal(100))])
    page, seen = contract.customer.get_absolute_url(), []
    for step in ("before", "after"):
        if step == "after":
            assign_record(CONTRACT, contract, by=viewer(company.gm), owner_id=company.zhao_lei.pk)
        told = sign_in(company.li_na).get(page).context
        count = next(tab["count"] for tab in told["tabs"] if tab["label"] == "合同与应收")
        figures = {entry.key: figure.value for entry, figure in told["stats"]}
        seen.append((count, *(">100<" in figures[key] for key in ("signed", "owed"))))
    assert seen == [(1, True, True), (0, False, False)]
