"""The form that posts a payment: what it says while one types, and what it says is wrong (SAL-7)."""

import pytest

from zhike.contracts.models import Payment
from zhike.contracts.tests.factories import ContractFactory, day, lines_of, signed

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}


@pytest.fixture
def contract(company):
    return signed(ContractFactory(owner=company.li_na, name="检测线供货合同"), plan=[(-30, 3000), (30, 7000)])


def text(page):
    return page.content.decode()


def test_SAL_7_boxes_that_somebody_types_in_are_left_alone_while_the_rest_is_worked_out(company, sign_in, contract):
    client, (first, last) = sign_in(company.finance), lines_of(contract)
    typing = {"customer": contract.customer_id, "amount": "5000", "by_hand": "on", "preview": "1"}
    shown = client.post("/payments/new/", typing, headers=PART)
    assert f'name="part{first.pk}"' in text(shown) and f'value="{3000:.2f}"' in text(shown)
    both = {**typing, f"part{first.pk}": "1000", f"part{last.pk}": "4500"}
    shown = client.post("/payments/new/", both, headers=PART)
    assert shown["HX-Retarget"] == "#payment-left" and "<input" not in text(shown) and "¥ 500.00" in text(shown)
    shown = client.post("/payments/new/", {**both, f"part{last.pk}": "4000.01"}, headers=PART)
    assert "¥ 0.01" in text(shown) and "比回款多出" in text(shown)
    assert not Payment.objects.whole_table("test").exists()


@pytest.mark.parametrize(("part", "said"), [("3000.01", "超过了尚欠的金额"), ("-5", "大于 0"), ("1.005", "两位小数"),
                                            ("1e15", "元"), ("一百", "请输入数字")])  # fmt: skip
def test_SAL_7_a_bad_part_is_said_beside_its_receivable_and_stays_there(company, sign_in, contract, part, said):
    first, last = lines_of(contract)
    values = {"customer": contract.customer_id, "amount": "9000", "received_on": day(0).isoformat(), "by_hand": "on"}
    page = sign_in(company.finance).post(
        "/payments/new/", {**values, f"part{first.pk}": part, f"part{last.pk}": "10"}, headers=PART
    )
    shown = text(page)
    assert page.status_code == 422 and f'value="{part}"' in shown and 'value="10"' in shown
    assert said in shown.partition(f'id="part{first.pk}_error"')[2] and f"part{last.pk}_error" not in shown
    assert not Payment.objects.whole_table("test").exists()


def test_SAL_7_what_is_for_a_contract_terminated_meanwhile_is_refused_beside_it_and_stays(company, sign_in, contract):
    first, last = lines_of(contract)
    other = signed(ContractFactory(owner=company.li_na, customer=contract.customer, amount=500), plan=[(-10, 500)])
    ended = {"terminated_on": day(0).isoformat(), "reason": "客户停产"}
    sign_in(company.manager_east).post(f"/contracts/{contract.pk}/terminate/", ended)
    values = {"customer": contract.customer_id, "amount": "900", "received_on": day(0).isoformat(), "by_hand": "on"}
    client, to_other = sign_in(company.finance), {f"part{lines_of(other)[0].pk}": "400"}
    typing = {**values, **to_other, f"part{first.pk}": "500", f"part{last.pk}": "", "preview": "1"}
    shown = client.post("/payments/new/", typing, headers=PART)
    assert shown["HX-Retarget"] == "#payment-left"  # what came to an end while one types is not taken from under it
    page = client.post("/payments/new/", {**values, **to_other, f"part{first.pk}": "500"}, headers=PART)
    shown = text(page)
    assert page.status_code == 422 and 'value="500"' in shown and 'value="400"' in shown and 'value="900"' in shown
    assert "已终止" in shown.partition(f'id="part{first.pk}_error"')[2]
    assert not Payment.objects.whole_table("test").exists()
    page = client.post("/payments/new/", {**values, **to_other, f"part{first.pk}": "0.00"}, headers=PART)
    assert page["HX-Location"] and Payment.objects.whole_table("test").get().unallocated == 500


def test_SAL_7_what_belongs_to_another_customer_is_not_looked_at(company, sign_in, contract):
    other = lines_of(signed(ContractFactory(owner=company.zhao_lei, name="西区机密", amount=500), plan=[(-10, 500)]))[0]
    values = {"customer": contract.customer_id, "amount": "900", "received_on": day(0).isoformat(), "by_hand": "on"}
    client = sign_in(company.finance)
    page = client.post("/payments/new/", {**values, "amount": "x", f"part{other.pk}": "500"}, headers=PART)
    assert page.status_code == 422 and "西区机密" not in text(page) and other.code not in text(page)
