"""Contracts, receivables and payments for tests."""

from datetime import timedelta
from decimal import Decimal

import factory

from zhike.contracts.actions import post_payment, sign_contract
from zhike.contracts.models import Contract, DunningNote, Invoice, Payment, Receivable, Reward, RewardRule
from zhike.contracts.rules import Instalment
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.org.viewers import the_system
from zhike.records.actions import save_record
from zhike.sales.tests.factories import ProductFactory, _Prepared


class ContractFactory(_Prepared):
    """A draft over 10,000 yuan; its customer belongs to the same owner."""

    class Meta:
        model = Contract

    name = factory.Sequence(lambda n: f"供货合同 {n}")
    customer = factory.SubFactory(CustomerFactory, owner=factory.SelfAttribute("..owner"))
    amount = Decimal(10000)


def day(offset: int):
    """So many days from today."""
    return dates.today() + timedelta(days=offset)


def signed(contract: Contract, *, plan=(), on: int = -60) -> Contract:
    """The contract signed so many days ago; `plan` are (days from today, amount)."""
    from zhike.kit.actions import acting
    from zhike.records import kinds

    if plan:
        with acting(the_system(), "test"):
            contract.promise_plan([Instalment(day(offset), Decimal(amount)) for offset, amount in plan])
            save_record(kinds.get("contracts.contract"), contract, by=the_system(), created=False)
    return sign_contract(contract, by=the_system(), signed_on=day(on))


def paid(customer, amount, *, on: int = -1, **more) -> Payment:
    """A payment so many days ago, oldest debts first."""
    return post_payment(customer, by=the_system(), amount=Decimal(amount), received_on=day(on), **more)


def lines_of(contract: Contract) -> list[Receivable]:
    """The receivables of a contract, as they are now."""
    return list(Receivable.objects.whole_table("test").filter(contract=contract).order_by("due_on", "pk"))


class InvoiceFactory(_Prepared):
    """An application for an ordinary invoice to a customer, without a contract."""

    class Meta:
        model = Invoice

    kind = Invoice.Kind.DIGITAL_ORDINARY
    customer = factory.SubFactory(CustomerFactory, owner=factory.SelfAttribute("..owner"))
    amount = Decimal(1000)


class DunningNoteFactory(_Prepared):
    """Somebody asked a customer for money by telephone."""

    class Meta:
        model = DunningNote

    happened_on = factory.LazyFunction(dates.today)
    channel = DunningNote.Channel.CALL
    said = "财务说月底排款"


class RewardFactory(_Prepared):
    """A reward a customer has for a year, by a rule of its own."""

    class Meta:
        model = Reward

    customer = factory.SubFactory(CustomerFactory, owner=factory.SelfAttribute("..owner"))
    rule = factory.LazyAttribute(lambda row: RewardRule.objects.get_or_create(name="银牌", at_least=1, discount=3)[0])
    name = "银牌"
    discount = Decimal(3)
    reason = "老客户"
    granted_on = factory.LazyFunction(dates.today)
    valid_until = factory.LazyFunction(lambda: day(365))


__all__ = [
    "ContractFactory", "CustomerFactory", "DunningNoteFactory", "InvoiceFactory", "ProductFactory", "RewardFactory", "day", "lines_of",
    "paid", "signed",
]  # fmt: skip
