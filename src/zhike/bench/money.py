"""Contracts, due lines, payments and their ledger for the benchmark of selling: consistent to the fen, made in bulk."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

FIRST, LAST = date(2023, 3, 1), date(2026, 2, 20)
LINES, PAYMENTS = 3, 5 / 3  # of a contract; of a line
GOODS = ["设备供货", "产线改造", "年度框架", "备件供应", "检测服务", "系统升级"]
Row = dict[str, Any]


class Books:
    """Every table of the ledger, row by row, made once and read table by table."""

    def __init__(self, count: int, customers: int, owner_of: Callable[[int], int]):
        self.random = Random(7)  # noqa: S311
        self.contracts: list[Row] = []
        self.receivables: list[Row] = []
        self.payments: list[Row] = []
        self.entries: list[Row] = []
        for pk in range(1, count + 1):
            customer = self.random.randrange(customers) + 1
            self._contract(pk, customer, owner_of(customer))

    def tables(self) -> Iterator[tuple[str, list[Row]]]:
        """Models by label with their rows, in the order they may be written."""
        yield "contracts.Contract", self.contracts
        yield "contracts.Receivable", self.receivables
        yield "contracts.Payment", self.payments
        yield "contracts.LedgerEntry", self.entries

    def _contract(self, pk: int, customer: int, owner: int) -> None:
        signed = FIRST + timedelta(days=self.random.randrange((LAST - FIRST).days))
        number = f"HT-{signed.year}-{pk:06d}"
        row: Row = {
            "id": pk, "number": number, "name": f"{self.random.choice(GOODS)} {pk}", "customer_id": customer,
            "owner_id": owner, "status": "active", "signed_on": signed, "receivable": 0, "received": 0,
        }  # fmt: skip
        for position in range(1, LINES + 1):
            amount, received = self._line(row, position)
            row["receivable"] += amount
            row["received"] += received
        row["amount"], row["tax"] = row["receivable"], row["receivable"] * 13 // 113
        if row["received"] == row["receivable"]:
            row["status"] = "completed"
        self.contracts.append(row)

    def _line(self, contract: Row, position: int) -> tuple[int, int]:
        random, pk = self.random, len(self.receivables) + 1
        amount = random.randrange(1_000, 300_000) * 100
        due = contract["signed_on"] + timedelta(days=30 * position + random.randrange(60))
        line: Row = {
            "id": pk, "contract_id": contract["id"], "customer_id": contract["customer_id"],
            "owner_id": contract["owner_id"], "code": f"{contract['number']}/{position}", "position": position,
            "due_on": due, "amount": amount, "received": 0, "booked_from": contract["signed_on"],
            "booked_to": contract["signed_on"],
        }  # fmt: skip
        self._entry("charge", contract["signed_on"], line, None, amount, 0)
        parts = random.choices((0, 1, 2, 3), (20, 25, 30, 25))[0]
        left = amount if random.random() < 0.8 else amount * random.randrange(20, 90) // 100
        for n in range(parts):
            paid = left if n == parts - 1 else left // 2
            left -= paid
            day = min(max(due + timedelta(days=random.randrange(-20, 90)), contract["signed_on"]), LAST)
            self._payment(line, paid, day)
            line["received"] += paid
            line["booked_to"] = max(line["booked_to"], day)
        line["balance"] = amount - line["received"]
        self.receivables.append(line)
        return amount, line["received"]

    def _payment(self, line: Row, amount: int, day: date) -> None:
        pk = len(self.payments) + 1
        self.payments.append({
            "id": pk, "number": f"HK{day:%Y%m}-{pk:07d}", "customer_id": line["customer_id"],
            "owner_id": line["owner_id"], "amount": amount, "received_on": day, "method": "transfer", "unallocated": 0,
            "booked_to": day,
        })  # fmt: skip
        self._entry("receipt", day, None, {"id": pk, **line}, 0, amount, payment=pk)
        self._entry("allocation", day, line, None, -amount, -amount, payment=pk)

    def _entry(
        self, kind: str, day: date, line: Row | None, of: Row | None, owed: int, credit: int, payment: int | None = None
    ) -> None:
        self.entries.append({
            "id": len(self.entries) + 1, "kind": kind, "customer_id": (line or of)["customer_id"],
            "contract_id": line["contract_id"] if line else None, "receivable_id": line["id"] if line else None,
            "payment_id": payment, "receivable_delta": owed, "credit_delta": credit, "booked_on": day,
        })  # fmt: skip
