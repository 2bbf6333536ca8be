"""Fields only this room has: lines, payment plan, allocations, how much is paid."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.contracts.models import Contract, ContractLine, LedgerEntry
from zhike.contracts.rules import Instalment
from zhike.kit import dates, parse
from zhike.kit import format as fmt
from zhike.kit.addresses import address_of
from zhike.records import kinds
from zhike.records.fields import (
    EMPTY,
    Choice,
    Field,
    Money,
    Number,
    PromisedLines,
    Ref,
    RowsField,
    Text,
    check_quantity,
    money_in,
    number_in,
)
from zhike.sales.models.taxes import Tax


class LinesField(PromisedLines):
    """The lines of a contract: {product, name, unit, quantity, price, discount, tax_rate, tax_treatment}.

    One of them may take something off the sum: its price is below 0, and it names no product.
    """

    model = Contract
    keys = frozenset({"product", "name", "unit", "quantity", "price", "discount", "tax_rate", "tax_treatment"})
    shown = frozenset({"amount", "tax"})

    def words(self, part, lookups):
        return {"product": part}

    def row(self, given, lookups):
        product = given.get("product")
        found = None
        if product:
            kind = kinds.get("sales.product")
            found = kind.rows(lookups.viewer).get(pk=lookups.record(kind, product))
        price = money_in(given, "price")
        line = ContractLine(
            product=found, name=str(given.get("name") or found or "")[:200], unit=str(given.get("unit") or "")[:40],
            quantity=number_in(given, "quantity", Decimal(1)), price=price if price is not None else _list_price(found),
            discount=number_in(given, "discount", Decimal(0)), **(Tax.of_line(given) or Tax(Decimal(13))).columns,
        )  # fmt: skip
        if not line.name:
            raise ValidationError(_("A line names a product, or says what it is."))
        line.clean_fields(exclude=["contract", "amount", "tax"])
        check_quantity(line.quantity)
        if not 0 <= line.discount <= 100 or not 0 <= line.tax_rate < 100:
            raise ValidationError(_("Discounts and tax rates are percentages."))
        if line.price < 0 and line.product:
            raise ValidationError(_("A product has no negative price; a line of words may take something off the sum."))
        return line

    def api(self, values):
        return [
            {
                "product": line.product_id, "name": line.name, "unit": line.unit,
                "quantity": f"{line.quantity.normalize():f}", "price": f"{line.price:.2f}",
                "discount": f"{line.discount.normalize():f}", "tax_rate": f"{line.tax_rate.normalize():f}",
                "tax_treatment": line.tax_treatment,
                "amount": f"{line.amount:.2f}", "tax": f"{line.tax:.2f}",
            }
            for line in values[0]
        ]  # fmt: skip


def _list_price(product: Any) -> Decimal:
    if product is None or product.list_price is None:
        raise ValidationError(_("A line has a price."))
    return product.list_price


class PlanField(RowsField):
    """The payment plan: {due_on, amount | percent, label}; one line without either takes the balance.

    In a file "2026-03-01 30000; 2026-06-01 20%; 2026-09-01".
    """

    keys = frozenset({"due_on", "amount", "percent", "label"})
    shown = frozenset({"position"})

    def words(self, part, lookups):
        day, _sep, much = part.partition(" ")
        much = much.strip()
        given = {"due_on": day}
        if much:
            given["percent" if much.endswith("%") else "amount"] = much.rstrip("%")
        return given

    def row(self, given, lookups):
        due_on = parse.day(given.get("due_on") or "", month_first=lookups.month_first)
        amount, percent = money_in(given, "amount"), number_in(given, "percent")
        if amount is not None and amount <= 0 or percent is not None and not 0 < percent <= 100:
            raise ValidationError(_("Every instalment is more than 0."))
        label = parse.clean_text(str(given.get("label") or ""))[:60]
        return Instalment(due_on, amount, None if amount is not None else percent, label)

    def write(self, record, value):
        record.promise_plan(list(value or ()))

    def read(self, record):
        return record.known_plan()

    def gather(self, ids):
        return Contract.plans_of_all(ids)

    def api(self, values):
        return [
            {"position": line.position, "due_on": line.due_on.isoformat(), "amount": f"{line.amount:.2f}",
             "label": line.label}
            for line in values[0]
        ]  # fmt: skip


class AllocationsField(RowsField):
    """What a payment pays: {receivable, amount}; left out, the oldest due lines are paid first."""

    keys = frozenset({"receivable", "amount"})

    def clean(self, raw, lookups):
        return [] if raw == [] else super().clean(raw, lookups)  # said: nothing, all of it is credit

    def words(self, part, lookups):
        receivable, _sep, amount = part.partition(" ")
        return {"receivable": receivable, "amount": amount}

    def row(self, given, lookups):
        amount = money_in(given, "amount")
        if amount is None or amount <= 0:
            raise ValidationError(_("The amount is more than 0."))
        return (lookups.record(kinds.get("contracts.receivable"), given.get("receivable") or ""), amount)

    def write(self, record, value):
        if value is not None and record.pk is None:
            record.promise_allocations(value)

    def read(self, record):
        return LedgerEntry.allocations_of_all([record.pk]).get(record.pk, []) if record.pk else []

    def gather(self, ids):
        return LedgerEntry.allocations_of_all(ids)

    def api(self, values):
        return [{"receivable": pk, "amount": f"{amount:.2f}"} for pk, amount in values[0]]


class PaidShare(Field):
    """How much of a contract is received, as a bar and a percentage."""

    type = "share"
    operators = ()
    cell_class = "num"

    def __init__(self, name, label, **more):
        super().__init__(name, label, **{"editable": False, "sortable": False, "filterable": False, **more})

    @property
    def paths(self):
        return ("received", "receivable")

    def read(self, record):
        return record.received

    def values_of(self, record):
        return (record.received, record.receivable)

    def cell(self, values):
        return paid_bar(*values)

    def export(self, values):
        received, receivable = values
        return float(round(received / receivable, 4)) if receivable else None

    api = export


def paid_bar(received: Decimal, receivable: Decimal) -> SafeString:
    """A small bar with what share of a sum is received."""
    if not receivable:
        return EMPTY
    share = 100 * received / receivable
    return format_html(
        '<span class="flex g1"><span class="meter{}"><i data-v="{}"></i></span><span class="tnum">{}%</span></span>',
        " ok" if share >= 100 else "", fmt.percent(share), int(share),
    )  # fmt: skip


class Overdue(Number):
    """Days past the due date while something is owed."""

    def __init__(self, name, label, **more):
        super().__init__(
            name, label, integer=True, **{"editable": False, "sortable": False, "filterable": False, **more}
        )

    @property
    def paths(self):
        return ("due_on", "balance")

    def read(self, record):
        return record.overdue_days(dates.today())

    def values_of(self, record):
        return (record.due_on, record.balance)

    def _days(self, values):
        due_on, balance = values
        return max((dates.today() - due_on).days, 0) if balance else 0

    def cell(self, values):
        days = self._days(values)
        return format_html('<span class="tnum {}">{}</span>', "bad" if days > 30 else "warn", days) if days else EMPTY

    def export(self, values):
        return self._days(values)

    api = export


class State(Choice):
    """How far a record is, worked out of its sums: a state is a condition, and a test of the values it is read from."""

    type = "choice"
    operators = ("in", "not_in")

    def __init__(self, name, label, *, states: dict, read_from: tuple[str, ...], **more):
        """`states` is {key: (label, tone, condition(today) -> Q, test(today, *values))}; the first that fits is it."""
        super().__init__(name, label, choices=[(key, state[0]) for key, state in states.items()],
                         **{"editable": False, "sortable": False, **more})  # fmt: skip
        self.states, self.read_from = states, read_from

    def read(self, record):
        return self.state_of([getattr(record, name) for name in self.read_from])

    def state_of(self, values) -> str:
        """The key of the first state that fits."""
        today = dates.today()
        return next((key for key, state in self.states.items() if state[3](today, *values)), "")

    @property
    def paths(self):
        return self.read_from

    def values_of(self, record):
        return tuple(getattr(record, name) for name in self.read_from)

    def cell(self, values):
        key = self.state_of(values)
        return fmt.badge(str(self.states[key][0]), self.states[key][1]) if key else EMPTY

    def export(self, values):
        return self.text(self.state_of(values))

    def api(self, values):
        return self.state_of(values)

    def condition(self, op, values, lookups):
        wanted = Q()
        for value in values:
            wanted |= self.states[self.parse(value, lookups)][2](dates.today())
        return ~wanted if op == "not_in" else wanted


class NameField(Text):
    """The name of a contract, its number below it."""

    @property
    def paths(self):
        return ("name", "pk", "number")

    def values_of(self, record):
        return (record.name, record.pk, record.number)

    def cell(self, values):
        name, pk, number = values
        link = format_html('<a class="nm" href="{}">{}</a>', address_of("contracts:contract_page", pk), name)
        return fmt.two(link, number)


class Outstanding(Money):
    """What is still owed on a contract: receivable less received less written off."""

    def __init__(self, name, label, **more):
        super().__init__(name, label, **{"sortable": False, "filterable": False, **more})

    @property
    def paths(self):
        return (F("receivable") - F("received") - F("written_off"),)

    def values_of(self, record):
        return (record.outstanding,)


class Instalments(Field):
    """How many instalments of a contract are settled, out of how many."""

    type = "instalments"
    operators = ()
    cell_class = "nw"

    def __init__(self, name, label, **more):
        super().__init__(name, label, **{"editable": False, "sortable": False, "filterable": False, **more})

    def gather(self, ids):
        return Contract.instalments_of_all(ids)

    @property
    def paths(self):
        return ("pk",)

    def read(self, record):
        return Contract.instalments_of_all([record.pk]).get(record.pk) if record.pk else None

    def cell(self, values):
        return format_html('<span class="tnum">{}/{}</span>', *values[0]) if values[0] else EMPTY

    def text(self, value):
        return f"{value[0]}/{value[1]}" if value else ""

    def api(self, values):
        return {"settled": values[0][0], "all": values[0][1]} if values[0] else None


class PaysContract(Ref):
    """The contract a new payment pays, its oldest due lines first; nothing that is kept with the payment."""

    def __init__(self, name, label, **more):
        more = {"required": False, "sortable": False, "filterable": False, "listed": False, **more}
        super().__init__(name, label, to="contracts.contract", **more)

    def write(self, record, value):
        if value is not None and record.pk is None:
            record.promise_contract(value)

    def read(self, record):
        return record.__dict__.get("contract_to_be")

    @property
    def paths(self):
        return ("pk",)

    def values_of(self, record):
        return (None, None)

    def export(self, values):
        return ""

    def api(self, values):
        return None
