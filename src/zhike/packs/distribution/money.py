"""Contracts of the demo company's won deals: due dates, payments, some of them late, and the ledger behind them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from zhike.contracts.actions.ledger import Kind
from zhike.contracts.models import (
    Contract,
    ContractLine,
    LedgerEntry,
    Milestone,
    Payment,
    PlanLine,
    Receivable,
    rules_in_force,
)
from zhike.contracts.models.settings import counter_of, number_from
from zhike.contracts.rules import Instalment, plan_amounts, tax_in
from zhike.customers.models import Contact
from zhike.kit.money import round_fen
from zhike.records.actions import next_number
from zhike.records.bulk import insert_rows
from zhike.sales.models import Opportunity, Product

PLANS = [((100, 30),), ((30, 0), (70, 45)), ((30, 0), (60, 60), (10, 180)), ((50, 15), (50, 75))]
LABELS = {1: ["全款"], 2: ["预付款", "尾款"], 3: ["预付款", "到货款", "质保金"]}
# What customers take with a product, or with any of its series, and how often.
GOES_WITH = {
    "外观检测工作站": ("标签比对相机", 0.6), "六轴机器人 12 kg": ("可编程控制器 C600", 0.55),
    "产线数据看板": ("质量追溯系统", 0.5), "视觉检测": ("安装调试", 0.45), "机器人与输送": ("安装调试", 0.5),
    "控制与驱动": ("人机界面 10 寸", 0.35), "软件": ("操作培训", 0.5), "服务": ("操作培训", 0.3),
}  # fmt: skip
METHODS = ["transfer", "transfer", "transfer", "online", "acceptance", "cheque"]
NOTHING = Decimal(0)


def sell(world: Any, deals: Iterable[Opportunity], contacts: dict[int, list[Contact]], keep: Callable) -> None:
    """Make contracts of won deals, with all that follows. Inside an action."""
    won = sorted(
        (d for d in deals if d.status == Opportunity.Status.WON and d.amount), key=lambda d: (d.closed_on, d.pk)
    )
    contracts = [_contract(world, deal, contacts) for deal in won]
    _number(contracts, rules_in_force().contract_numbers, "signed_on")
    lines, entries = _receivables(world, contracts)
    payments = _pay(world, lines, entries)
    _number([p for p, _line in payments], rules_in_force().payment_numbers, "received_on")
    keep(Contract, contracts)
    known = {deal.product.name: deal.product for deal in won}
    insert_rows(ContractLine, [
        line for c, deal in zip(contracts, won, strict=True) for line in _lines(world, c, deal.product, known)
    ])  # fmt: skip
    insert_rows(PlanLine, [PlanLine(contract=r.contract, position=r.position, label=r.label, due_on=r.due_on,
                                    amount=r.amount) for r in lines])  # fmt: skip
    insert_rows(Milestone, [step for c in contracts for step in _milestones(world, c)])
    for line in lines:  # made before their contracts had keys
        line.contract_id = line.contract.pk
    keep(Receivable, lines)
    keep(Payment, [p for p, _line in payments])
    for entry in entries:  # made before their rows had keys
        for name in ("contract", "receivable", "payment"):
            row = getattr(entry, name)
            setattr(entry, f"{name}_id", row.pk if row else None)
    insert_rows(LedgerEntry, sorted(entries, key=lambda e: (e.booked_on, e.kind != Kind.CHARGE)), keep_times=True)


def _contract(world: Any, deal: Opportunity, contacts: dict[int, list[Contact]]) -> Contract:
    signed, people = deal.closed_on, contacts[deal.customer_id]
    kind = (
        "project" if "线" in deal.name or "改造" in deal.name else world.random.choice(["direct", "direct", "service"])
    )
    made = world.happened(signed)
    return Contract(
        name=f"{deal.name}合同", type=kind, customer=deal.customer, contact=people[0], opportunity=deal,
        owner_id=deal.owner_id, status=Contract.Status.ACTIVE, amount=deal.amount,
        tax=tax_in(deal.amount, Decimal(13)), signed_on=signed, approved_at=made, their_signatory=people[0].name,
        starts_on=signed, ends_on=signed + timedelta(days=world.random.choice([180, 365, 365, 730])),
        created_at=made, updated_at=made,
    )  # fmt: skip


def _lines(world: Any, contract: Contract, product: Product, known: dict[str, Product]) -> list[ContractLine]:
    """What was sold: the deal's product, and beside some of them what is often taken with it."""
    name, share = GOES_WITH.get(product.name) or GOES_WITH[product.series]
    beside = known.get(name) if world.random.random() < share and name != product.name else None
    part = round_fen(contract.amount * world.random.randrange(5, 15) / 100) if beside else NOTHING
    lines = [_line(contract, product, contract.amount - part), *([_line(contract, beside, part)] if beside else [])]
    contract.tax = sum((line.tax for line in lines), NOTHING)
    return lines


def _line(contract: Contract, product: Product, amount: Decimal) -> ContractLine:
    cost = product.cost * amount / product.list_price if product.list_price else None
    return ContractLine(
        contract=contract, product=product, name=product.name, unit=product.unit, quantity=Decimal(1), price=amount,
        amount=amount, tax=tax_in(amount, Decimal(13)), cost=round_fen(cost) if cost else None,
    )  # fmt: skip


def _milestones(world: Any, contract: Contract) -> list[Milestone]:
    if contract.type != "project":
        return []
    steps = [("设备到货", 30), ("安装调试", 60), ("客户验收", 90)]
    paid = contract.status == Contract.Status.COMPLETED
    return [
        Milestone(contract=contract, name=name, due_on=(due := contract.signed_on + timedelta(days=days)),
                  done_on=due if paid or due < world.today - timedelta(days=20) else None, person_id=contract.owner_id)
        for name, days in steps
    ]  # fmt: skip


def _number(rows: list[Any], pattern: str, day: str) -> None:
    by_counter: dict[str, list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: getattr(row, day)):
        by_counter[counter_of(pattern, getattr(row, day))].append(row)
    for counter, some in by_counter.items():
        first = next_number(counter, len(some))
        for n, row in enumerate(some):
            row.number = number_from(pattern, getattr(row, day), first + n)


def _receivables(world: Any, contracts: list[Contract]) -> tuple[list[Receivable], list[LedgerEntry]]:
    lines, entries = [], []
    for contract in contracts:
        plan = world.random.choice(PLANS)
        wanted = [Instalment(contract.signed_on + timedelta(days=d), percent=Decimal(p)) for p, d in plan[:-1]]
        wanted.append(Instalment(contract.signed_on + timedelta(days=plan[-1][1])))
        for n, (line, amount) in enumerate(zip(wanted, plan_amounts(contract.amount, wanted), strict=True), 1):
            receivable = Receivable(
                contract=contract, customer=contract.customer, owner_id=contract.owner_id, position=n,
                code=f"{contract.number}/{n}", label=LABELS[len(plan)][n - 1], due_on=line.due_on, amount=amount,
                balance=amount, booked_from=contract.signed_on, booked_to=contract.signed_on, created_at=contract.created_at, updated_at=contract.created_at,
            )  # fmt: skip
            lines.append(receivable)
            entries.append(_entry(Kind.CHARGE, contract.signed_on, contract, receivable, None, amount, NOTHING))
        contract.receivable = contract.amount
    return lines, entries


def _pay(world: Any, lines: list[Receivable], entries: list[LedgerEntry]) -> list[tuple[Payment, Receivable]]:
    """Customers pay what is due: most about in time, some late, a few only a part; a few pay more than they owe."""
    random, payments = world.random, []
    for line in lines:
        day = line.due_on + timedelta(days=random.choices([-5, 3, 12, 40, 95], [4, 7, 4, 3, 1])[0])
        day = max(day, line.contract.signed_on)
        if day > world.today or random.random() < 0.06:
            continue
        part = (
            line.amount if random.random() < 0.88 else (line.amount * random.randrange(3, 8) / 10).quantize(Decimal(1))
        )
        more = Decimal(random.randrange(1, 30) * 100) if random.random() < 0.02 else NOTHING
        made = world.happened(day)
        payment = Payment(
            customer=line.customer, owner_id=line.owner_id, amount=part + more, received_on=day,
            method=random.choice(METHODS), payer=line.customer.name, unallocated=more, booked_to=day, created_at=made,
            updated_at=made,
        )  # fmt: skip
        payments.append((payment, line))
        entries.append(_entry(Kind.RECEIPT, day, line.contract, None, payment, NOTHING, payment.amount))
        entries.append(_entry(Kind.ALLOCATION, day, line.contract, line, payment, -part, -part))
        line.received, line.balance, line.booked_to = part, line.amount - part, max(line.booked_to, day)
        line.contract.received += part
        line.updated_at = line.contract.updated_at = max(line.contract.updated_at, made)
        if line.contract.received == line.contract.receivable:
            line.contract.status = Contract.Status.COMPLETED
    return payments


def _entry(
    kind: str, day: date, contract: Contract, line: Receivable | None, payment: Payment | None, owed: Decimal,
    credit: Decimal,
) -> LedgerEntry:  # fmt: skip
    return LedgerEntry(
        kind=kind, customer=contract.customer, contract=contract if line else None, receivable=line, payment=payment,
        receivable_delta=owed, credit_delta=credit, booked_on=day, person_id=contract.owner_id,
        created_at=(line or payment).updated_at,
    )  # fmt: skip
