"""Bad input of money, days and order: a clear message each, and nothing changed (issue "Bad input", SAL-5…8)."""

import re
from decimal import Decimal

import pytest
from django.utils.html import escape

from zhike.contracts.actions.ledger import differences
from zhike.contracts.models import Contract, LedgerEntry, Payment, Receivable
from zhike.contracts.tests.factories import ContractFactory, ProductFactory, day, lines_of, paid, signed

pytestmark = pytest.mark.django_db
D = Decimal
NO_MONEY = ["1.005", "-3", "1e15", "一百", "NaN", "Infinity", "99999999999999.99"]


@pytest.fixture
def contract(company):
    return signed(ContractFactory(owner=company.li_na, name="检测线供货合同"), plan=[(-30, 3000), (30, 7000)])


@pytest.fixture
def credit(contract):
    """Money of the same customer that pays nothing yet."""
    return paid(contract.customer, 900, allocations=[])


def books():
    """Everything that money moves."""
    return (
        list(LedgerEntry.objects.whole_table("test").order_by("pk").values_list("pk", flat=True)),
        list(Contract.objects.whole_table("test").order_by("pk").values_list("pk", "amount", "status", "version")),
        list(Receivable.objects.whole_table("test").order_by("pk").values_list("pk", "balance", "due_on")),
        list(Payment.objects.whole_table("test").order_by("pk").values_list("pk", "unallocated")),
    )


def refused(client, url, values, *, at=None):
    """The page answers 422 and says in Chinese what is wrong, at its field (`at` names it), with all that was typed.

    No book changed.
    """
    before = books()
    page = client.post(url, values)
    form, shown = page.context["form"], page.content.decode()
    assert page.status_code == 422 and form.errors, (url, values)
    assert books() == before and differences() == []
    for name, messages in form.errors.items():
        assert all(re.search("[\u4e00-\u9fff]", message) for message in messages), messages
        assert name == "__all__" or f'id="id_{name}_error"' in shown, (url, name)
    assert at is None or at in form.errors, (url, form.errors)
    controls = re.findall(r"<(?:input|textarea)[^>]*>(?:[^<]*</textarea>)?", shown)  # choices not offered are not kept
    for name, value in values.items():
        kept = [control for control in controls if f'name="{name}"' in control]
        assert not kept or any(escape(value) in control for control in kept), (url, name, value)
    return shown


@pytest.mark.parametrize("amount", NO_MONEY)
def test_bad_input_what_is_no_money_is_refused_by_every_form_of_finance(company, sign_in, contract, credit, amount):
    client, (first, _last) = sign_in(company.finance), lines_of(contract)
    posting = {"customer": contract.customer_id, "received_on": day(0).isoformat()}
    refused(client, "/payments/new/", {**posting, "amount": amount}, at="amount")
    refused(client, "/payments/new/", {**posting, "amount": "10", "by_hand": "on", f"part{first.pk}": amount})
    refused(client, f"/payments/{credit.pk}/allocate/", {"receivable": first.pk, "amount": amount}, at="amount")
    refused(client, f"/payments/{credit.pk}/refund/", {"amount": amount, "reason": "多付"}, at="amount")
    refused(client, f"/receivables/{first.pk}/write-off/", {"amount": amount, "reason": "尾差"}, at="amount")


@pytest.mark.parametrize("amount", NO_MONEY)
def test_bad_input_what_is_no_money_is_refused_by_every_form_of_a_contract(company, sign_in, contract, amount):
    client, draft = sign_in(company.manager_east), ContractFactory(owner=company.li_na)
    new = {"name": "新合同", "customer": contract.customer_id}
    refused(client, "/contracts/new/", {**new, "amount": amount}, at="amount")
    refused(client, "/contracts/new/", {**new, "amount": "5", "cost": amount}, at="cost")
    line = {"name": "安装", "quantity": "1", "tax_rate": "13"}
    refused(client, f"/contracts/{draft.pk}/lines/add/", {**line, "price": amount}, at="price")
    if amount != "-3":  # a change order may take off
        refused(client, f"/contracts/{contract.pk}/change-order/", {"delta": amount, "reason": "增项"}, at="delta")


@pytest.mark.parametrize("values", [{"quantity": "0"}, {"quantity": "-1"}, {"quantity": "1.0005"}, {"discount": "101"},
                                    {"tax_rate": "-1"}, {"tax_rate": "abc"}])  # fmt: skip
def test_bad_input_lines_of_a_contract(company, sign_in, values):
    draft = ContractFactory(owner=company.li_na)
    line = {"name": "安装", "quantity": "1", "price": "5", "discount": "0", "tax_rate": "13", **values}
    refused(sign_in(company.li_na), f"/contracts/{draft.pk}/lines/add/", line)


def test_bad_input_nothing_is_due_before_the_signature(company, sign_in, contract):
    manager, finance = sign_in(company.manager_east), sign_in(company.finance)
    early = day(-90).isoformat()
    said = refused(finance, f"/receivables/{lines_of(contract)[0].pk}/due/", {"due_on": early}, at="due_on")
    assert "签" in said
    refused(
        manager,
        f"/contracts/{contract.pk}/change-order/",
        {"delta": "5", "reason": "增项", "due_on": early},
        at="due_on",
    )


def test_bad_input_more_than_a_line_or_a_payment_has(company, sign_in, contract, credit):
    client, (first, _last) = sign_in(company.finance), lines_of(contract)
    posting = {"customer": contract.customer_id, "received_on": day(0).isoformat(), "by_hand": "on"}
    refused(client, "/payments/new/", {**posting, "amount": "9000", f"part{first.pk}": "3000.01"})
    refused(client, "/payments/new/", {**posting, "amount": "10", f"part{first.pk}": "10.01"})
    refused(client, f"/payments/{credit.pk}/allocate/", {"receivable": first.pk, "amount": "900.01"}, at="amount")
    refused(client, f"/payments/{credit.pk}/refund/", {"amount": "900.01", "reason": "多付"}, at="amount")
    refused(client, f"/receivables/{first.pk}/write-off/", {"amount": "3000.01", "reason": "尾差"}, at="amount")


def test_bad_input_a_line_of_another_customer_is_not_paid(company, sign_in, contract, credit):
    other = signed(ContractFactory(owner=company.li_na))
    (line,) = lines_of(other)
    client = sign_in(company.finance)
    refused(client, f"/payments/{credit.pk}/allocate/", {"receivable": line.pk, "amount": "1"})
    posting = {"customer": contract.customer_id, "received_on": day(0).isoformat(), "amount": "10", "by_hand": "on"}
    client.post("/payments/new/", {**posting, f"part{line.pk}": "10"})  # a field the form does not have pays nothing
    assert lines_of(other)[0].balance == line.balance and differences() == []


def test_bad_input_signing_twice(company, sign_in, contract):
    client, url = sign_in(company.li_na), f"/contracts/{contract.pk}/sign/"
    said = refused(client, url, {"signed_on": day(0).isoformat()})
    assert "已于" in said and len(lines_of(contract)) == 2


def test_bad_input_a_terminated_contract_is_not_paid_changed_or_ended_again(company, sign_in, contract, credit):
    manager, url = sign_in(company.manager_east), f"/contracts/{contract.pk}/"
    ended = {"terminated_on": day(0).isoformat(), "reason": "客户停产"}
    assert manager.post(f"{url}terminate/", ended).status_code == 302
    client, (first, _last) = sign_in(company.finance), lines_of(contract)
    to_first = {"receivable": first.pk, "amount": "1"}
    assert "已终止" in refused(client, f"/payments/{credit.pk}/allocate/", to_first, at="receivable")
    posting = {"customer": contract.customer_id, "received_on": day(0).isoformat(), "amount": "10"}
    assert client.post("/payments/new/", posting).status_code == 302  # the money is kept, as credit
    assert Payment.objects.whole_table("test").latest("pk").unallocated == D(10)
    refused(manager, f"{url}terminate/", ended)
    refused(manager, f"{url}change-order/", {"delta": "5", "reason": "增项"})
    refused(client, f"/receivables/{first.pk}/write-off/", {"amount": "1", "reason": "尾差"})


def test_bad_input_a_product_in_use_is_not_deleted(company, sign_in):
    product, draft = ProductFactory(list_price=5), ContractFactory(owner=company.li_na)
    line = {"product": product.pk, "quantity": "1", "tax_rate": "13"}
    assert sign_in(company.li_na).post(f"/contracts/{draft.pk}/lines/add/", line).status_code == 302
    said = sign_in(company.admin).post(f"/products/{product.pk}/delete/", follow=True).content.decode()
    assert "合同明细" in said and type(product).objects.whole_table("test").filter(pk=product.pk).exists()
