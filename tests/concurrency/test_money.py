"""Money by several people at the same moment, with real commits: nothing is lost, nothing is done twice (SAL-7)."""

from decimal import Decimal
from random import Random

import pytest

from tests.concurrency.test_deals import at_once
from zhike.contracts import ageing
from zhike.contracts.actions import (
    allocate,
    change_contract,
    post_payment,
    refund_payment,
    reverse_payment,
    sign_contract,
    submit_contract,
    terminate_contract,
    use_credit,
    write_off,
)
from zhike.contracts.actions.ledger import differences
from zhike.contracts.models import Contract, LedgerEntry, Payment, Receivable
from zhike.contracts.tests.factories import ContractFactory, CustomerFactory, day, lines_of, paid, signed
from zhike.kit.errors import Refused
from zhike.kit.viewer import viewer_of
from zhike.sales.tests.factories import shipped

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal


def every(model):
    return list(model.objects.whole_table("test").order_by("pk"))


def test_SAL_7_twenty_posters_at_once_lose_nothing(company):
    contract = ContractFactory(owner=company.li_na)
    signed(contract, plan=[(-30, 100), (-20, 100), (0, 9800)])
    by = viewer_of(company.finance.pk)
    post = lambda: post_payment(contract.customer, by=by, amount=D("7.01"), received_on=day(0))  # noqa: E731
    answers = at_once(*[post] * 20)
    assert all(isinstance(a, Payment) for a in answers), answers
    assert len({a.number for a in answers}) == 20
    assert sum(line.received for line in lines_of(contract)) == D("140.20")
    assert [line.balance for line in lines_of(contract)] == [D(0), D("59.80"), D(9800)]
    assert differences() == []


def test_SAL_7_the_same_key_posted_at_once_pays_once(company):
    contract = ContractFactory(owner=company.li_na)
    signed(contract)
    people = [viewer_of(company.finance.pk), viewer_of(company.gm.pk)] * 3
    answers = at_once(
        *(
            lambda by=by: post_payment(contract.customer, by=by, amount=D(5), received_on=day(0), key="bank-7-1")
            for by in people
        )
    )
    assert len({a.pk for a in answers}) == 1, answers
    assert len(every(Payment)) == 1 and lines_of(contract)[0].balance == D(9995) and differences() == []


def test_SAL_7_a_contract_signed_by_several_at_once_is_owed_once(company):
    contract, by = ContractFactory(owner=company.li_na), viewer_of(company.li_na.pk)
    answers = at_once(*[lambda: sign_contract(contract, by=by, signed_on=day(0))] * 4)
    assert sum(isinstance(a, Refused) for a in answers) == 3, answers
    assert len(lines_of(contract)) == 1 and differences() == []


def test_SAL_6_numbers_drawn_at_once_have_no_gaps_and_no_doubles(company):
    by = viewer_of(company.li_na.pk)
    contracts = [ContractFactory(owner=company.li_na) for _n in range(8)]
    answers = at_once(*(lambda c=c: submit_contract(c, by=by) for c in contracts))
    numbers = sorted(int(a.number.rpartition("-")[2]) for a in answers)
    assert numbers == list(range(1, 9)), answers


def test_SAL_7_the_last_yuan_is_paid_once(company):
    contract = ContractFactory(owner=company.li_na, amount=10)
    signed(contract)
    (line,), by = lines_of(contract), viewer_of(company.finance.pk)
    payments = [paid(contract.customer, 10, allocations=[]) for _n in range(4)]
    answers = at_once(*(lambda p=p: allocate(p, line, by=by, amount=D(10)) for p in payments))
    assert sum(isinstance(a, LedgerEntry) for a in answers) == 1, answers
    assert sum(isinstance(a, Refused) for a in answers) == 3, answers
    assert lines_of(contract)[0].balance == 0 and differences() == []


def test_SAL_7_everything_at_once_still_adds_up(company):
    """Five people do random business with two customers; refusals are fine, anything else is not."""
    shipped()
    by, owner = viewer_of(company.gm.pk), company.li_na
    customers = [CustomerFactory(owner=owner) for _n in range(2)]
    for n in range(6):
        signed(ContractFactory(owner=owner, customer=customers[n % 2], amount=D(1000)), plan=[(-40, 400), (20, 600)])
    drafts = [ContractFactory(owner=owner, customer=customers[n % 2], amount=D(300)) for n in range(10)]

    def step(random, by, n, draft):
        customer, amount = random.choice(customers), D(random.randrange(1, 90_000)).scaleb(-2)
        contract, line = random.choice(every(Contract)), random.choice(every(Receivable))
        payment = random.choice(every(Payment) or [None])
        acts = [
            lambda: post_payment(customer, by=by, amount=amount, received_on=day(-random.randrange(30))),
            lambda: post_payment(customer, by=by, amount=amount, received_on=day(0), allocations=[]),
            lambda: sign_contract(draft, by=by, signed_on=day(-random.randrange(9))),
            lambda: use_credit(customer, by=by),
            lambda: change_contract(contract, by=by, delta=amount - 300, reason="增减"),
            lambda: write_off(line, by=by, amount=D(1), reason="尾差"),
        ]
        if payment is not None:
            acts += [
                lambda: reverse_payment(payment, by=by, reason="记错"),
                lambda: refund_payment(payment, by=by, amount=amount, reason="多付"),
                lambda: allocate(payment, line, by=by, amount=amount),
            ]
        return random.choice(acts) if n != 9 else lambda: terminate_contract(contract, by=by, reason="终止")

    def business(seed):
        random, unexpected = Random(seed), []  # noqa: S311
        for n in range(12):
            try:
                step(random, by, n, drafts[(seed * 2 + n) % 10])()
            except Refused:
                pass
            except Exception as error:  # noqa: BLE001 - the test looks at it
                unexpected.append(repr(error))
        return unexpected

    answers = at_once(*(lambda seed=seed: business(seed) for seed in range(5)))
    assert answers == [[]] * 5
    assert differences() == []
    contracts, lines = every(Contract), every(Receivable)
    for c in contracts:
        owed = sum((r.amount for r in lines if r.contract_id == c.pk), D(0))
        assert owed == (c.amount if c.is_in_force else c.received + c.written_off if c.status == "terminated" else 0)
    assert all(r.balance >= 0 for r in lines) and all(p.unallocated >= 0 for p in every(Payment))
    parts = ageing.outstanding(by, "owner_id", day(0))
    assert sum((sum(amounts) for amounts in parts.values()), D(0)) == sum((r.balance for r in lines), D(0))
