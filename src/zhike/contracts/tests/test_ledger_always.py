"""SAL-7 as algebra: whatever is signed, paid, changed, taken back, refunded, written off, terminated, it adds up.

A machine plays random business over months and after each step compares everything with the entries alone, added up
in plain Python.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from zhike.contracts import ageing, overview
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
from zhike.contracts.actions.ledger import differences
from zhike.contracts.models import Contract, LedgerEntry, Payment, Receivable
from zhike.contracts.rules import Instalment
from zhike.contracts.tests.factories import ContractFactory, CustomerFactory
from zhike.kit.actions import acting
from zhike.kit.errors import Refused
from zhike.org.viewers import the_system
from zhike.records import kinds
from zhike.records.actions import save_record

pytestmark = pytest.mark.django_db
D = Decimal
FIRST = date(2026, 3, 2)
fen = st.integers(1, 2_000_000).map(lambda n: D(n).scaleb(-2))


def every(model):
    return list(model.objects.whole_table("test").order_by("pk"))


class Business(RuleBasedStateMachine):
    """Two customers, a clock, and everything the room can do; a refusal changes nothing and is fine."""

    people: list = []

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.clock = time_machine.travel(FIRST.isoformat() + "T09:00:00+08:00", tick=False)
        self.clock.start()
        self.by, self.day, self.seen = the_system(), FIRST, {}

    def teardown(self):
        self.clock.stop()
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize()
    def begin(self):
        self.customers = [CustomerFactory(owner=person) for person in self.people]

    def pick(self, rows, n):
        return rows[n % len(rows)] if rows else None

    def attempt(self, act, *args, **kwargs):
        before = self.picture()
        try:
            act(*args, by=self.by, **kwargs)
        except Refused:
            assert self.picture() == before, "a refusal changed something"

    def picture(self):
        lines = [(r.pk, r.amount, r.received, r.written_off, r.balance, r.due_on) for r in every(Receivable)]
        money = [(p.pk, p.unallocated, p.refunded, p.is_reversed) for p in every(Payment)]
        return (
            lines,
            money,
            [(c.pk, c.status, c.amount) for c in every(Contract)],
            LedgerEntry.objects.whole_table("t").count(),
        )

    @rule(n=st.integers(1, 40))
    def time_passes(self, n):
        self.day += timedelta(days=n)
        self.clock.stop()
        self.clock = time_machine.travel(self.day.isoformat() + "T09:00:00+08:00", tick=False)
        self.clock.start()

    @rule(n=st.integers(0, 9), amount=fen, ago=st.integers(0, 20), shares=st.lists(st.integers(1, 60), max_size=3))
    def sign(self, n, amount, ago, shares):
        customer, on = self.pick(self.customers, n), self.day - timedelta(days=ago)
        contract = ContractFactory(owner=customer.owner, customer=customer, amount=amount)
        if shares and amount > 1:
            with acting(self.by, "test"):
                plan = [Instalment(on + timedelta(days=30 * i), percent=D(s) / 2) for i, s in enumerate(shares)]
                contract.promise_plan([*plan, Instalment(on + timedelta(days=120))])
                try:
                    save_record(kinds.get("contracts.contract"), contract, by=self.by, created=False)
                except Refused:
                    contract = Contract.objects.whole_table("test").get(pk=contract.pk)
        self.attempt(sign_contract, contract, signed_on=on)

    @rule(
        n=st.integers(0, 9),
        amount=fen,
        ago=st.integers(0, 50),
        how=st.sampled_from(["oldest", "credit", "some"]),
        m=st.integers(0, 99),
        part=fen,
    )
    def pay(self, n, amount, ago, how, m, part):
        customer, allocations = self.pick(self.customers, n), None
        if how != "oldest":
            line = self.pick(every(Receivable), m) if how == "some" else None
            allocations = [(line, part)] if line else []
        on = self.day - timedelta(days=ago)
        self.attempt(post_payment, customer, amount=amount, received_on=on, allocations=allocations)

    @rule(n=st.integers(0, 99), m=st.integers(0, 99), amount=fen)
    def allocate_credit(self, n, m, amount):
        payment, line = self.pick(every(Payment), n), self.pick(every(Receivable), m)
        if payment and line:
            self.attempt(allocate, payment, line, amount=min(amount, payment.unallocated) or amount)

    @rule(n=st.integers(0, 9))
    def use_all_credit(self, n):
        self.attempt(use_credit, self.pick(self.customers, n))

    @rule(n=st.integers(0, 99), share=st.integers(1, 120))
    def refund(self, n, share):
        if payment := self.pick([p for p in every(Payment) if p.unallocated], n):
            self.attempt(
                refund_payment, payment, amount=max(payment.unallocated * share // 100, D("0.01")), reason="多付"
            )

    @rule(n=st.integers(0, 99), share=st.integers(1, 120))
    def give_up(self, n, share):
        if line := self.pick([r for r in every(Receivable) if r.balance], n):
            self.attempt(write_off, line, amount=max(line.balance * share // 100, D("0.01")), reason="尾差")

    @rule(n=st.integers(0, 999))
    def take_entry_back(self, n):
        if entry := self.pick(every(LedgerEntry), n):
            self.attempt(reverse_entry, entry, reason="记错")

    @rule(n=st.integers(0, 99))
    def take_payment_back(self, n):
        if payment := self.pick(every(Payment), n):
            self.attempt(reverse_payment, payment, reason="退票")

    @rule(n=st.integers(0, 99), delta=st.integers(-1_500_000, 1_000_000).filter(bool), later=st.booleans())
    def change(self, n, delta, later):
        if contract := self.pick(every(Contract), n):
            due = self.day + timedelta(days=60) if later else None
            self.attempt(change_contract, contract, delta=D(delta).scaleb(-2), reason="增减", due_on=due)

    @precondition(lambda self: Contract.objects.whole_table("test").count() > 2)
    @rule(n=st.integers(0, 99), ago=st.integers(0, 10))
    def terminate(self, n, ago):
        contract = self.pick(every(Contract), n)
        self.attempt(terminate_contract, contract, reason="终止", terminated_on=self.day - timedelta(days=ago))

    # What must hold after every step

    @invariant()
    def kept_sums_are_those_of_the_entries(self):
        assert differences() == []

    @invariant()
    def receivables_are_the_contracts_in_force(self):
        contracts, lines = every(Contract), every(Receivable)
        owed = {c.pk: sum((r.amount for r in lines if r.contract_id == c.pk), D(0)) for c in contracts}
        for c in contracts:
            if c.is_in_force:
                assert owed[c.pk] == c.amount == c.receivable
            elif c.status == "terminated":
                assert owed[c.pk] == c.received + c.written_off and c.outstanding == 0
            else:
                assert owed[c.pk] == 0

    @invariant()
    def nothing_is_negative_and_balances_add_up(self):
        for r in every(Receivable):
            assert r.balance == r.amount - r.received - r.written_off and min(r.balance, r.amount, r.received) >= 0
        for p in every(Payment):
            taken = sum(-e.credit_delta for e in every(LedgerEntry) if e.payment_id == p.pk and e.kind == "allocation")
            assert p.unallocated == (0 if p.is_reversed else p.amount - taken - p.refunded) >= 0

    @invariant()
    def reports_of_any_day_are_those_of_the_entries(self):
        for ago in (0, 7, 45, 100):
            as_of = self.day - timedelta(days=ago)
            expected = self.by_hand(as_of)
            for path in ("owner_id", "customer_id"):
                found = ageing.outstanding(self.by, path, as_of)
                assert found == expected[path] == ageing.outstanding(self.by, path, as_of)
            everything = sum((sum(parts) for parts in expected["owner_id"].values()), D(0))
            assert everything == sum((a for line in self.on(as_of).values() for a in [line]), D(0))
            credit = sum((e.credit_delta for e in every(LedgerEntry) if e.booked_on <= as_of), D(0))
            assert overview.figures(self.by, as_of).unallocated == credit

    @invariant()
    def what_was_reported_once_stays_unless_somebody_books_before(self):
        entries = every(LedgerEntry)
        for as_of, (known, picture) in list(self.seen.items()):
            if len([e for e in entries if e.booked_on <= as_of]) == known:
                lines = {r.pk: r.due_on for r in every(Receivable)}
                assert picture == (self.on(as_of), {pk: lines[pk] for pk in self.on(as_of)})
        lines = {r.pk: r.due_on for r in every(Receivable)}
        self.seen[self.day] = (
            len([e for e in entries if e.booked_on <= self.day]),
            (self.on(self.day), {pk: lines[pk] for pk in self.on(self.day)}),
        )

    def on(self, as_of):
        balances: dict[int, Decimal] = {}
        for e in every(LedgerEntry):
            if e.receivable_id and e.booked_on <= as_of:
                balances[e.receivable_id] = balances.get(e.receivable_id, D(0)) + e.receivable_delta
        assert all(balance >= 0 for balance in balances.values()), f"negative on {as_of}"
        return {pk: balance for pk, balance in balances.items() if balance}

    def by_hand(self, as_of):
        found = {"owner_id": {}, "customer_id": {}}
        lines = {r.pk: r for r in every(Receivable)}
        for pk, balance in self.on(as_of).items():
            late = (as_of - lines[pk].due_on).days
            part = 0 if late <= 0 else 1 if late <= 30 else 2 if late <= 60 else 3 if late <= 90 else 4
            for key, groups in found.items():
                groups.setdefault(getattr(lines[pk], key), [D(0)] * 5)[part] += balance
        return found


def test_SAL_7_whatever_happens_the_ledger_adds_up(company):
    Business.people = [company.li_na, company.zhao_lei]
    run_state_machine_as_test(
        Business,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
