"""SAL-7: signing owes, payments reduce, mistakes are taken back; the sums are always those of the entries."""

from datetime import date
from decimal import Decimal

import pytest

from zhike.contracts.actions import (
    allocate,
    change_contract,
    post_payment,
    refund_payment,
    reverse_entry,
    reverse_payment,
    sign_contract,
    terminate_contract,
    use_credit,
    write_off,
)
from zhike.contracts.actions.ledger import day_with, differences
from zhike.contracts.models import LedgerEntry, Payment
from zhike.contracts.tests.factories import ContractFactory, CustomerFactory, day, lines_of, paid, signed
from zhike.kit import dates
from zhike.kit.errors import Forbidden, Refused

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def contract(company):
    return ContractFactory(owner=company.li_na)


def again(record):
    return type(record)._base_manager.get(pk=record.pk)


def entries(**which):
    return list(LedgerEntry.objects.whole_table("test").filter(**which).order_by("id"))


def balances(contract):
    return [line.balance for line in lines_of(contract)]


@pytest.fixture(autouse=True)
def sums_are_right():
    yield
    assert differences() == []


def test_SAL_7_signing_at_once_owes_the_whole_amount(contract, company, viewer):
    by = viewer(company.li_na)
    done = sign_contract(contract, by=by, signed_on=dates.today())
    (line,) = lines_of(done)
    assert (done.status, done.number, done.signed_on) == ("active", f"HT-{dates.today().year}-0001", dates.today())
    assert (line.amount, line.balance, line.due_on, line.code) == (D(10000), D(10000), day(30), f"{done.number}/1")
    assert (line.owner, line.customer) == (company.li_na, contract.customer)
    assert again(done).receivable == D(10000) and again(done).outstanding == D(10000)
    assert [(e.kind, e.receivable_delta, e.booked_on) for e in entries()] == [("charge", D(10000), dates.today())]


def test_SAL_7_a_plan_becomes_receivables_that_add_up(contract):
    signed(contract, plan=[(-30, 3000), (0, 2000), (60, 5000)])
    assert [(r.due_on, r.amount) for r in lines_of(contract)] == [(day(-30), 3000), (day(0), 2000), (day(60), 5000)]


def test_SAL_7_signing_twice_is_refused(contract, company, viewer):
    signed(contract)
    with pytest.raises(Refused):
        sign_contract(again(contract), by=viewer(company.li_na), signed_on=dates.today())
    assert len(entries()) == 1


def test_SAL_7_a_payment_pays_the_oldest_due_line_first_and_the_rest_is_credit(contract):
    signed(contract, plan=[(-30, 3000), (0, 2000), (60, 5000)])
    payment = paid(contract.customer, 4000)
    assert balances(contract) == [D(0), D(1000), D(5000)]
    assert again(payment).unallocated == 0
    more = paid(contract.customer, 7000)
    assert balances(contract) == [D(0)] * 3 and again(more).unallocated == D(1000)
    assert again(contract).status == "completed" and again(contract).received == D(10000)


def test_SAL_7_a_payment_is_split_as_one_says_over_contracts_of_its_customer(contract, company):
    other = ContractFactory(owner=company.li_na, customer=contract.customer, amount=500)
    signed(contract), signed(other)
    (one,), (two,) = lines_of(contract), lines_of(other)
    payment = paid(contract.customer, 900, allocations=[(two, D(500)), (one, D("300.50"))])
    assert (again(one).balance, again(two).balance) == (D("9699.50"), D(0))
    assert again(payment).unallocated == D("99.50")


@pytest.mark.parametrize("part", ["500.01", "-1", "0", "1.001", "1e15", "NaN"])
def test_SAL_7_an_allocation_no_line_takes_is_refused_and_nothing_is_posted(contract, company, part):
    contract = ContractFactory(owner=company.li_na, customer=contract.customer, amount=500)
    signed(contract)
    with pytest.raises(Refused):
        paid(contract.customer, 900, allocations=[(lines_of(contract)[0], D(part))])
    assert not Payment.objects.whole_table("test").exists() and balances(contract) == [D(500)]


def test_SAL_7_lines_of_another_customer_are_not_paid(contract, company):
    signed(contract)
    with pytest.raises(Refused) as refused:
        paid(CustomerFactory(owner=company.li_na), 900, allocations=[(lines_of(contract)[0], D(1))])
    assert "allocations" in refused.value.messages and not Payment.objects.whole_table("test").exists()


@pytest.mark.parametrize("amount", ["0", "-5", "10.005", "1e15", "abc", None])
def test_SAL_7_what_is_no_money_is_not_posted(contract, amount):
    from zhike.org.viewers import the_system

    with pytest.raises(Refused) as refused:
        post_payment(contract.customer, by=the_system(), amount=amount, received_on=day(0))
    assert "amount" in refused.value.messages


def test_SAL_7_money_does_not_come_tomorrow(contract):
    with pytest.raises(Refused) as refused:
        paid(contract.customer, 5, on=1)
    assert "received_on" in refused.value.messages


def test_SAL_7_the_same_key_pays_once(contract):
    signed(contract)
    first, second = (paid(contract.customer, 900, key="form-1") for _n in range(2))
    assert first.pk == second.pk and balances(contract) == [D(9100)]
    with pytest.raises(Refused):
        paid(contract.customer, 901, key="form-1")


def test_SAL_7_money_in_advance_waits_as_credit_and_is_used_later(contract):
    payment = paid(contract.customer, 3000, on=-90)
    assert again(payment).unallocated == D(3000)
    signed(contract, on=-60)
    (entry,) = use_credit(contract.customer, by=system())
    assert entry.booked_on == dates.today() and balances(contract) == [D(7000)]
    assert use_credit(contract.customer, by=system()) == []


def test_SAL_7_money_that_came_before_the_signature_is_put_against_it_from_that_day_on(contract):
    signed(contract, on=-20)
    payment = paid(contract.customer, 3000, on=-40)
    kinds = {e.kind: e.booked_on for e in entries(payment=payment)}
    assert kinds == {"receipt": day(-40), "allocation": day(-20)}


def system():
    from zhike.org.viewers import the_system

    return the_system()


def test_SAL_7_credit_is_allocated_by_hand_up_to_what_is_left(contract):
    payment = paid(contract.customer, 300, allocations=[])
    signed(contract)
    (line,) = lines_of(contract)
    allocate(payment, line, by=system(), amount=D(200))
    with pytest.raises(Refused, match="100"):
        allocate(payment, line, by=system(), amount=D("100.01"))
    assert again(payment).unallocated == D(100)


def test_SAL_7_a_wrong_allocation_is_taken_back_once(contract):
    signed(contract)
    payment = paid(contract.customer, 10000)
    assert again(contract).status == "completed"
    (entry,) = entries(kind="allocation")
    reverse_entry(entry, by=system(), reason="记错客户")
    assert balances(contract) == [D(10000)] and again(payment).unallocated == D(10000)
    assert again(contract).status == "active"
    with pytest.raises(Refused):
        reverse_entry(entry, by=system(), reason="再来一次")
    with pytest.raises(Refused):
        reverse_entry(entries(kind="charge")[0], by=system(), reason="不行")


def test_SAL_7_taking_back_needs_a_reason(contract):
    signed(contract)
    payment = paid(contract.customer, 100)
    with pytest.raises(Refused) as refused:
        reverse_payment(payment, by=system(), reason="  ")
    assert "reason" in refused.value.messages


def test_SAL_7_a_payment_posted_by_mistake_is_taken_back_with_all_it_paid(contract):
    signed(contract, plan=[(-30, 3000), (0, 7000)])
    payment = paid(contract.customer, 5000)
    reverse_payment(payment, by=system(), reason="银行退票")
    assert balances(contract) == [D(3000), D(7000)]
    payment = again(payment)
    assert payment.is_reversed and payment.unallocated == 0
    assert [e.booked_on for e in entries(payment=payment)][-1] == dates.today()
    with pytest.raises(Refused):
        reverse_payment(payment, by=system(), reason="again")


def test_SAL_7_a_refund_goes_out_of_credit_only(contract):
    signed(contract)
    payment = paid(contract.customer, 10500)
    with pytest.raises(Refused, match="500"):
        refund_payment(payment, by=system(), amount=D(501), reason="多付")
    refund = refund_payment(payment, by=system(), amount=D(500), reason="多付")
    payment = again(payment)
    assert (payment.unallocated, payment.refunded) == (D(0), D(500))
    with pytest.raises(Refused):
        reverse_payment(payment, by=system(), reason="退过款")
    reverse_entry(refund, by=system(), reason="退款未成")
    assert (again(payment).unallocated, again(payment).refunded) == (D(500), D(0))


def test_SAL_7_a_write_off_lowers_what_is_owed_and_can_be_taken_back(contract):
    signed(contract)
    (line,) = lines_of(contract)
    paid(contract.customer, 9990)
    with pytest.raises(Refused):
        write_off(line, by=system(), amount=D("10.01"), reason="尾差")
    entry = write_off(line, by=system(), amount=D(10), reason="尾差")
    assert (again(line).balance, again(line).written_off) == (D(0), D(10)) and again(contract).status == "completed"
    reverse_entry(entry, by=system(), reason="又付了")
    assert again(line).balance == D(10) and again(contract).status == "active"


def test_SAL_6_a_change_order_adds_to_the_last_open_line_or_a_new_one(contract):
    signed(contract, plan=[(-30, 3000), (60, 7000)])
    change_contract(again(contract), by=system(), delta=D(500), reason="增补")
    assert balances(contract) == [D(3000), D(7500)]
    change_contract(again(contract), by=system(), delta=D(800), reason="二期", due_on=day(90))
    assert balances(contract) == [D(3000), D(7500), D(800)]
    assert again(contract).amount == again(contract).receivable == D(11300)


def test_SAL_6_a_change_order_takes_off_from_the_end_never_below_what_was_received(contract):
    signed(contract, plan=[(-30, 3000), (60, 7000)])
    paid(contract.customer, 4000)
    change_contract(again(contract), by=system(), delta=D(-5000), reason="减量")
    assert balances(contract) == [D(0), D(1000)]
    with pytest.raises(Refused, match="1,000.00"):
        change_contract(again(contract), by=system(), delta=D("-1000.01"), reason="再减")
    change_contract(again(contract), by=system(), delta=D(-1000), reason="再减")
    assert again(contract).status == "completed" and again(contract).amount == D(4000)


def test_SAL_6_termination_takes_back_what_was_not_received(contract):
    signed(contract, plan=[(-30, 3000), (60, 7000)])
    payment = paid(contract.customer, 4000)
    terminate_contract(again(contract), by=system(), reason="客户停产")
    contract = again(contract)
    assert (contract.status, contract.outstanding, contract.receivable) == ("terminated", D(0), D(4000))
    with pytest.raises(Refused):
        terminate_contract(contract, by=system(), reason="again")
    with pytest.raises(Refused, match="terminated|终止"):
        paid(contract.customer, 10, allocations=[(lines_of(contract)[1], D(10))])
    # What a wrong payment had covered is not owed again either.
    reverse_payment(payment, by=system(), reason="记错")
    assert again(contract).receivable == 0 and sum(balances(contract)) == 0


def test_SAL_7_who_may_only_sell_does_not_post_or_take_back(contract, company, viewer):
    signed(contract)
    payment = paid(contract.customer, 100)
    by = viewer(company.li_na)
    (line,) = lines_of(contract)
    for forbidden in (
        lambda: post_payment(contract.customer, by=by, amount=D(1), received_on=day(0)),
        lambda: allocate(payment, line, by=by, amount=D(1)),
        lambda: reverse_payment(payment, by=by, reason="x"),
        lambda: refund_payment(payment, by=by, amount=D(1), reason="x"),
        lambda: write_off(line, by=by, amount=D(1), reason="x"),
    ):
        with pytest.raises(Forbidden):
            forbidden()


def test_SAL_7_the_ledger_is_appended_to_and_never_changed(contract):
    signed(contract)
    (entry,) = entries()
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()


def test_SAL_7_saving_a_note_puts_no_old_sum_back(contract, company, viewer):
    from zhike.contracts.kinds import CONTRACT
    from zhike.records.actions import change_record

    signed(contract)
    stale = again(contract)
    paid(contract.customer, 100)
    stale.note = "旧表单"
    change_record(CONTRACT, stale, {"note": "新"}, by=viewer(company.li_na))
    from zhike.kit.actions import acting

    with acting(system(), "test"):
        stale.save()
    assert again(contract).received == D(100) and again(contract).note == "旧表单"


@pytest.mark.parametrize(
    ("amount", "wanted", "expected"),
    [(60, date(2025, 12, 1), 1), (60, date(2026, 1, 1), 1), (60, date(2026, 1, 12), 12), (100, date(2026, 1, 1), 20),
     (100, date(2026, 1, 15), 20), (150, date(2026, 1, 25), 25), (151, date(2026, 1, 1), None)],
)  # fmt: skip
def test_SAL_7_a_day_is_found_with_room_for_what_is_taken_away(amount, wanted, expected):
    days = [(date(2026, 1, 1), D(100)), (date(2026, 1, 10), D(-40)), (date(2026, 1, 20), D(90))]
    if expected is None:
        with pytest.raises(Refused):
            day_with(days, D(amount), wanted)
    else:
        assert day_with(days, D(amount), wanted) == date(2026, 1, expected)
