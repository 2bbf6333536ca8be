"""ORG-6: contracts, change orders, terminations, refunds and write-offs wait for those who approve them."""

from decimal import Decimal

import pytest

from zhike.contracts.actions import (
    change_contract,
    refund_payment,
    sign_contract,
    submit_contract,
    terminate_contract,
    write_off,
)
from zhike.contracts.actions.ledger import differences
from zhike.contracts.tests.factories import ContractFactory, day, lines_of, paid, signed
from zhike.kit.errors import Refused
from zhike.org.actions import decide_approval
from zhike.org.models import Approval, ApprovalFlow, ApprovalStep

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def contract(company):
    return ContractFactory(owner=company.li_na)


def flow(subject, person, *conditions):
    row = ApprovalFlow.objects.create(subject=subject, name=subject, conditions=[list(c) for c in conditions])
    ApprovalStep.objects.create(flow=row, position=0, approver="person", person=person)


def again(record):
    return type(record)._base_manager.get(pk=record.pk)


def the_approval():
    return Approval.objects.whole_table("test").latest("pk")


def test_SAL_6_a_contract_is_signed_after_its_approval_and_keeps_its_number_when_rejected(company, viewer, contract):
    flow("contracts.contract", company.manager_east)
    by, boss = viewer(company.li_na), viewer(company.manager_east)
    with pytest.raises(Refused):
        sign_contract(contract, by=by, signed_on=day(0))
    assert again(contract).status == "draft" and not Approval.objects.whole_table("test").exists()
    submit_contract(contract, by=by, note="请审")
    number = again(contract).number
    with pytest.raises(Refused):
        sign_contract(again(contract), by=by, signed_on=day(0))
    decide_approval(the_approval(), by=boss, approve=False, comment="价格太低")
    assert (again(contract).status, again(contract).number) == ("draft", number)
    submit_contract(again(contract), by=by)
    decide_approval(the_approval(), by=boss, approve=True)
    assert again(contract).is_ready and again(contract).number == number
    assert sign_contract(again(contract), by=by, signed_on=day(0)).status == "active"


def test_SAL_6_below_the_condition_and_for_the_general_manager_nobody_is_asked(company, viewer, contract):
    flow("contracts.contract", company.manager_east, ("amount", "gt", "9999"))
    small = ContractFactory(owner=company.li_na, amount=9999)
    assert sign_contract(small, by=viewer(company.li_na), signed_on=day(0)).status == "active"
    assert sign_contract(contract, by=viewer(company.gm), signed_on=day(0)).status == "active"


def test_SAL_6_change_and_termination_are_booked_when_approved(company, viewer, contract):
    flow("contracts.change", company.gm)
    flow("contracts.termination", company.gm)
    signed(contract)
    by, boss = viewer(company.manager_east), viewer(company.gm)
    change_contract(again(contract), by=by, delta=D(-4000), reason="减配")
    assert again(contract).amount == D(10000)
    decide_approval(the_approval(), by=boss, approve=True)
    assert again(contract).amount == again(contract).receivable == D(6000)
    change = change_contract(again(contract), by=by, delta=D(500), reason="加配")
    decide_approval(the_approval(), by=boss, approve=False, comment="不必")
    assert again(change).status == "rejected" and again(contract).amount == D(6000)
    terminate_contract(again(contract), by=by, reason="客户停产")
    assert again(contract).status == "active"
    decide_approval(the_approval(), by=boss, approve=True)
    assert again(contract).status == "terminated" and again(contract).termination_reason == "客户停产"
    assert differences() == []


def test_SAL_7_refunds_and_write_offs_move_nothing_before_they_are_approved(company, viewer, sign_in, contract):
    flow("contracts.refund", company.gm)
    flow("contracts.write_off", company.gm)
    payment = paid(contract.customer, 800)
    signed(contract)
    by, boss, (line,) = viewer(company.finance), viewer(company.gm), lines_of(contract)
    refund_payment(payment, by=by, amount=D(300), reason="多付")
    assert again(payment).refunded == 0
    with pytest.raises(Refused):
        refund_payment(payment, by=by, amount=D(300), reason="多付")
    decide_approval(the_approval(), by=boss, approve=True)
    assert (again(payment).refunded, again(payment).unallocated) == (D(300), D(500))
    page = sign_in(company.finance).post(f"/receivables/{line.pk}/write-off/", {"amount": "50", "reason": "尾差"})
    assert page.status_code == 302 and again(line).written_off == 0
    decide_approval(the_approval(), by=boss, approve=True)
    assert again(line).written_off == D(50)
    write_off(line, by=by, amount=D(60), reason="尾差")
    paid(contract.customer, 9900)
    with pytest.raises(Refused):
        decide_approval(the_approval(), by=boss, approve=True)
    assert differences() == []
