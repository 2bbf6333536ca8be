"""The one place that moves money: entries are appended, and the sums on the rows they touch are kept (SAL-7).

Everybody opens the books in the same order — contracts, receivables, payments, each by id — so that two people never
wait for one another. On SQLite the transaction itself is the lock. Amounts are in yuan.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Max, Min, Sum
from django.utils.translation import gettext as _

from zhike.contracts.models import Contract, LedgerEntry, Payment, Receivable
from zhike.kit import dates
from zhike.kit.actions import running
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer

WHY = "the ledger, for rows the action was let in for"
Kind = LedgerEntry.Kind
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Move:
    """One entry to be. `receivable` and `payment` come out of the open books; amounts are signed."""

    kind: str
    booked_on: date
    receivable: Receivable | None = None
    payment: Payment | None = None
    on_receivable: Decimal = NOTHING
    on_credit: Decimal = NOTHING
    reason: str = ""
    reverses: LedgerEntry | None = None


@dataclass
class Books:
    """Rows read under lock, by id; `book` writes their sums."""

    contracts: dict[int, Contract] = field(default_factory=dict)
    receivables: dict[int, Receivable] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)

    def of(self, contract_id: int) -> list[Receivable]:
        """The open receivables of a contract, the earliest due first."""
        return self.open(r for r in self.receivables.values() if r.contract_id == contract_id)

    def open(self, receivables: Iterable[Receivable] | None = None) -> list[Receivable]:
        """Those with a balance, the earliest due first."""
        rows = self.receivables.values() if receivables is None else receivables
        return sorted((r for r in rows if r.balance), key=lambda r: (r.due_on, r.pk))


def open_books(
    *, contracts: Iterable[int] = (), receivables: Iterable[int] = (), payments: Iterable[int] = ()
) -> Books:
    """Read these rows under lock, contracts of the receivables included. Inside an action."""
    running()
    receivables = sorted(set(receivables))
    above = Receivable.objects.whole_table(WHY).filter(pk__in=receivables).values_list("contract_id", flat=True)
    contract_ids = {*contracts, *above} if receivables else set(contracts)
    return Books(_locked(Contract, contract_ids), _locked(Receivable, receivables), _locked(Payment, set(payments)))


def _locked(model: type, ids: Iterable[int]) -> dict[int, Any]:
    if not ids:
        return {}
    rows = model.objects.whole_table(WHY).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}


def book(books: Books, moves: Iterable[Move], *, by: Viewer) -> list[LedgerEntry]:
    """Append an entry for each move and keep the sums of the rows it touches; nothing else writes either.

    Raises Refused where a balance or a credit would become negative; nothing is booked then.
    """
    running()
    moves = list(moves)
    for move in moves:
        _add_up(books, move)
    for row in (*books.receivables.values(), *books.payments.values()):
        _check(row)
    entries = [_entry(move, by) for move in moves]
    LedgerEntry.objects.bulk_create(entries)
    _keep(books, moves)
    return entries


def _entry(move: Move, by: Viewer) -> LedgerEntry:
    of = move.receivable or move.payment
    return LedgerEntry(
        kind=move.kind, customer_id=of.customer_id,
        contract_id=move.receivable.contract_id if move.receivable else None,
        receivable=move.receivable, payment=move.payment, receivable_delta=move.on_receivable,
        credit_delta=move.on_credit, booked_on=move.booked_on, reason=move.reason[:300], reverses=move.reverses,
        person_id=by.person_id,
    )  # fmt: skip


def _add_up(books: Books, move: Move) -> None:
    """What an entry does to the sums: see the table at `LedgerEntry`."""
    if receivable := move.receivable:
        contract, delta = books.contracts[receivable.contract_id], move.on_receivable
        receivable.balance += delta
        receivable.booked_from = min(receivable.booked_from or move.booked_on, move.booked_on)
        receivable.booked_to = max(receivable.booked_to or move.booked_on, move.booked_on)
        if move.kind in (Kind.CHARGE, Kind.CHANGE):
            receivable.amount += delta
            contract.receivable += delta
        elif move.kind == Kind.WRITE_OFF:
            receivable.written_off -= delta
            contract.written_off -= delta
        else:
            receivable.received -= delta
            contract.received -= delta
    if payment := move.payment:
        payment.unallocated += move.on_credit
        payment.booked_to = max(payment.booked_to or move.booked_on, move.booked_on)
        if move.kind == Kind.REFUND:
            payment.refunded -= move.on_credit


def _check(row: Receivable | Payment) -> None:
    if isinstance(row, Receivable):
        if min(row.balance, row.amount, row.received, row.written_off) < 0:
            raise Refused({"amount": _("This is more than is still owed.")})
    elif min(row.unallocated, row.refunded) < 0:
        raise Refused({"amount": _("This is more than is left of the payment.")})


KEPT = {
    Contract: ["receivable", "received", "written_off"],
    Receivable: ["amount", "received", "written_off", "balance", "booked_from", "booked_to"],
    Payment: ["unallocated", "refunded", "booked_to"],
}


def _keep(books: Books, moves: list[Move]) -> None:
    """Write the sums of the rows touched. Their version stays: whoever edits a note meanwhile is not in the way."""
    receivables = {m.receivable.pk: m.receivable for m in moves if m.receivable}
    contracts = {r.contract_id: books.contracts[r.contract_id] for r in receivables.values()}
    payments = {m.payment.pk: m.payment for m in moves if m.payment}
    now = dates.now()
    for model, rows in ((Contract, contracts), (Receivable, receivables), (Payment, payments)):
        for row in rows.values():
            row.updated_at = now
        _write(model, list(rows.values()), [*KEPT[model], "updated_at"])


def unbook(books: Books, entries: Iterable[LedgerEntry]) -> None:
    """Strike entries out as if they had never been, for an import that is undone (`undoing`); nothing else may.

    The rows they moved are in these open books; their sums are those of the entries that are left.
    """
    running()
    LedgerEntry.objects.whole_table(WHY).filter(pk__in=[entry.pk for entry in entries]).delete()
    for model, rows, sums in (
        (Contract, books.contracts, _contract_sums), (Receivable, books.receivables, _receivable_sums),
        (Payment, books.payments, _payment_sums),
    ):  # fmt: skip
        left = sums(list(rows))
        for pk, row in rows.items():
            for column, value in left.get(pk, _nothing(model)).items():
                setattr(row, column, value)
        _write(model, list(rows.values()), KEPT[model])


def _write(model: type, rows: list[Any], columns: list[str]) -> None:
    """Update a few columns of rows held under lock, in plain SQL: posting a payment is mostly this."""
    fields = [model._meta.get_field(name) for name in columns]
    quoted = ", ".join(f"{connection.ops.quote_name(field.column)} = %s" for field in fields)
    sql = f"UPDATE {connection.ops.quote_name(model._meta.db_table)} SET {quoted} WHERE id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(
            sql, [[*(f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields), row.pk] for row in rows]
        )


# Days: a balance is never negative, on no day one may ask for


def day_with(entries: Iterable[tuple[date, Decimal]], amount: Decimal, wanted: date) -> date:
    """The first day from `wanted` on that has room for taking `amount` away, and every later day too.

    `entries` are days and signed amounts. So money that came before the contract was signed, or that is booked late
    with its own day, leaves no negative balance on any past day. Raises Refused where there is no such day.
    """
    days: dict[date, Decimal] = {}
    for day, delta in entries:
        days[day] = days.get(day, NOTHING) + delta
    balance, found = sum(days.values(), NOTHING), None
    for day in sorted(days, reverse=True):  # `balance` is what stands at the end of this day
        if balance < amount:
            break
        found = day
        if day <= wanted:
            break
        balance -= days[day]
    if found is None:
        raise Refused({"amount": _("This is more than is still owed.")})
    return max(found, wanted)


def entries_of(receivables: Iterable[int]) -> dict[int, list[tuple[date, Decimal]]]:
    """Days and amounts of the entries of some receivables."""
    found: dict[int, list[tuple[date, Decimal]]] = {pk: [] for pk in receivables}
    rows = LedgerEntry.objects.whole_table(WHY).filter(receivable__in=found)
    for pk, day, delta in rows.order_by().values_list("receivable_id", "booked_on", "receivable_delta"):
        found[pk].append((day, delta))
    return found


def credit_entries(payment: Payment) -> list[tuple[date, Decimal]]:
    """Days and amounts of the entries of a payment."""
    rows = LedgerEntry.objects.whole_table(WHY).filter(payment=payment).order_by()
    return list(rows.values_list("booked_on", "credit_delta"))


# Checking the sums against the entries


@dataclass(frozen=True)
class Difference:
    """A sum on a row that its entries do not give."""

    model: str
    pk: int
    column: str
    kept: Any
    booked: Any

    def __str__(self):
        return f"{self.model} {self.pk}: {self.column} {self.kept}, entries {self.booked}"


def differences() -> list[Difference]:
    """Compare every kept sum with the sum of its entries; reads the whole ledger, for the night and for restores."""
    found: list[Difference] = []
    for model, sums in ((Receivable, _receivable_sums()), (Payment, _payment_sums()), (Contract, _contract_sums())):
        columns = KEPT[model]
        nothing = _nothing(model)
        for pk, *kept in model.objects.whole_table(WHY).order_by("pk").values_list("pk", *columns).iterator():
            booked = sums.pop(pk, nothing)
            found += [
                Difference(model._meta.label_lower, pk, column, value, booked[column])
                for column, value in zip(columns, kept, strict=True)
                if value != booked[column]
            ]
    return found


def repair(found: Iterable[Difference]) -> None:
    """Put the kept sums right again, by the entries. Inside an action; the entries themselves are never touched."""
    models, right = {model._meta.label_lower: model for model in KEPT}, defaultdict(dict)
    for difference in found:  # a row at once, as its columns must add up
        right[difference.model, difference.pk][difference.column] = difference.booked
    for (model, pk), columns in right.items():
        models[model].objects.whole_table(WHY).filter(pk=pk).update(**columns)


def _nothing(model: type) -> dict[str, Any]:
    return {column: None if column.startswith("booked") else NOTHING for column in KEPT[model]}


def _sums(of: str, delta: str, *days: Aggregate, only: list[int] | None = None) -> Iterable[tuple]:
    wanted = {f"{of}__isnull": False} if only is None else {f"{of}__in": only}
    rows = LedgerEntry.objects.whole_table(WHY).filter(**wanted).order_by()
    return rows.values_list(of, "kind").annotate(*days, total=Sum(delta)).iterator()


def _receivable_sums(only: list[int] | None = None) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for pk, kind, first, last, total in _sums(
        "receivable", "receivable_delta", Min("booked_on"), Max("booked_on"), only=only
    ):
        row = found.setdefault(pk, _nothing(Receivable))
        row["balance"] += total
        row["booked_from"] = min(row["booked_from"] or first, first)
        row["booked_to"] = max(row["booked_to"] or last, last)
        if kind in (Kind.CHARGE, Kind.CHANGE):
            row["amount"] += total
        else:
            row["written_off" if kind == Kind.WRITE_OFF else "received"] -= total
    return found


def _payment_sums(only: list[int] | None = None) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for pk, kind, last, total in _sums("payment", "credit_delta", Max("booked_on"), only=only):
        row = found.setdefault(pk, _nothing(Payment))
        row["unallocated"] += total
        row["booked_to"] = max(row["booked_to"] or last, last)
        if kind == Kind.REFUND:
            row["refunded"] -= total
    return found


def _contract_sums(only: list[int] | None = None) -> dict[int, dict[str, Decimal]]:
    found: dict[int, dict[str, Decimal]] = {}
    for pk, kind, total in _sums("contract", "receivable_delta", only=only):
        row = found.setdefault(pk, dict.fromkeys(KEPT[Contract], NOTHING))
        if kind in (Kind.CHARGE, Kind.CHANGE):
            row["receivable"] += total
        else:
            row["written_off" if kind == Kind.WRITE_OFF else "received"] -= total
    return found
