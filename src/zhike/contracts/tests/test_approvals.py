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


def test_SAL_6_a_contract_is_handed_in_from_its_page_without_a_note(company, sign_in, contract):
    flow("contracts.contract", company.manager_east)
    assert sign_in(company.li_na).post(f"/contracts/{contract.pk}/submit/", {"note": ""}).status_code == 302
    assert again(contract).status == "approving" and the_approval().reason == ""


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


def test_ORG_6_who_decides_does_it_on_the_page_of_the_contract(company, viewer, sign_in, contract):
    flow("contracts.contract", company.manager_east)
    submit_contract(contract, by=viewer(company.li_na), note="请审")
    url, approval = f"/contracts/{contract.pk}/", the_approval()
    seller, boss = sign_in(company.li_na), sign_in(company.manager_east)
    assert "请审" not in seller.get(url).content.decode()
    page = boss.get(url).content.decode()
    assert f"/approvals/{approval.pk}/decide/" in page and "请审" in page
    assert f"/approvals/{approval.pk}/decide/" not in seller.get(url).content.decode()
    answer = boss.post(
        f"/approvals/{approval.pk}/decide/", {"decision": "approve", "comment": "可以", "back": "record"}
    )
    assert answer.status_code == 302 and answer["Location"] == url
    page = boss.get(url).content.decode()
    assert again(contract).is_ready and "可以" in page and f"/approvals/{approval.pk}/decide/" not in page


def test_ORG_6_change_orders_write_offs_and_refunds_show_their_approvals_there_too(company, viewer, sign_in, contract):
    for subject in ("contracts.change", "contracts.write_off", "contracts.refund"):
        flow(subject, company.gm)
    payment = paid(contract.customer, 800, on=-80)
    signed(contract, on=-60)
    by, (line,) = viewer(company.finance), lines_of(contract)
    change_contract(again(contract), by=viewer(company.manager_east), delta=D(-400), reason="减配说明")
    write_off(line, by=by, amount=D(60), reason="尾差说明")
    refund_payment(payment, by=by, amount=D(30), reason="多付说明")
    boss = sign_in(company.gm)
    page = boss.get(f"/contracts/{contract.pk}/").content.decode()
    assert page.count("/decide/") == 2 and "减配说明" in page and "尾差说明" in page
    assert "多付说明" in boss.get(f"/payments/{payment.pk}/").content.decode()


def test_SAL_6_a_contract_says_that_it_ends_soon_or_is_over(company, viewer, sign_in, contract):
    from zhike.kit.actions import acting
    from zhike.org.viewers import the_system

    signed(contract)
    client, url = sign_in(company.li_na), f"/contracts/{contract.pk}/"
    for ends_on, said in ((day(40), ""), (day(12), "12 天后到期"), (day(0), "今天到期"), (day(-3), "已到期 3 天")):
        with acting(the_system(), "test"):
            row = again(contract)
            row.ends_on = ends_on
            row.save()
        page = client.get(url).content.decode()
        assert said in page if said else "到期</span>" not in page


def test_SAL_8_one_asks_for_payment_at_the_overdue_line(company, sign_in, contract):
    signed(contract, plan=[(-30, 3000), (30, 7000)])
    late, later = lines_of(contract)
    page = sign_in(company.li_na).get(f"/contracts/{contract.pk}/").content.decode()
    assert f"/dunning/new/?receivable={late.pk}" in page and f"receivable={later.pk}" not in page
    assert "/dunning/new/" not in sign_in(company.reader).get(f"/contracts/{contract.pk}/").content.decode()
