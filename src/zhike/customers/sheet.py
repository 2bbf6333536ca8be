"""The data card as it stands on paper: groups, rows and boxes of the form, for print and PDF alike (CUS-1, CUS-2)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Contact, Customer
from zhike.kit import format as fmt
from zhike.kit.money import yuan

WAN = Decimal(10_000)


@dataclass
class Cell:
    """A label with what is written behind it, or boxes of which some are ticked."""

    label: str
    text: str = ""
    boxes: list[tuple[bool, str]] = field(default_factory=list)
    weight: int = 1

    @property
    def said(self) -> str:
        """What is written behind the label, the boxes ticked or empty."""
        boxes = "   ".join(f"{'■' if ticked else '□'}{text}" for ticked, text in self.boxes)
        return "  ".join(filter(None, (boxes, self.text)))

    @property
    def line(self) -> str:
        """Label and value in one line."""
        return _("%(label)s: %(value)s") % {"label": self.label, "value": self.said} if self.label else self.said


@dataclass
class Group:
    """A part of the form. `grid` parts are label and value side by side in two columns; others are lines of cells."""

    title: str
    rows: list[list[Cell]]
    grid: bool = False
    tall: int = 0


@dataclass
class Sheet:
    title: str
    groups: list[Group]
    watermark: str


def sheet(customer: Customer, main: Contact | None, *, person: str, at: datetime) -> Sheet:
    """The filled form of a customer; `main` is the contact named on it, `person` and `at` go into the watermark."""
    card = _Card(customer)
    return Sheet(
        _("Customer data card"),
        [_basics(card, main), _operation(card), _payment(card), _note(card), Group(_("Customer seal"), [], tall=1)],
        _("%(person)s printed this on %(time)s") % {"person": person, "time": f"{fmt.local(at):%Y-%m-%d %H:%M}"},
    )


class _Card:
    """Reads a customer's fields as text, without knowing where a value lies."""

    def __init__(self, customer: Customer):
        self.customer, self.fields = customer, CUSTOMER.own_fields

    def value(self, name: str) -> Any:
        return self.fields[name].read(self.customer)

    def text(self, name: str) -> str:
        return self.fields[name].text(self.value(name))

    def cell(self, name: str, text: str | None = None, weight: int = 1) -> Cell:
        return Cell(_capital(self.fields[name].label), self.text(name) if text is None else text, weight=weight)

    def boxes(self, name: str, label: str | None = None) -> Cell:
        chosen = self.value(name)
        ticks = [(value == chosen, _capital(text)) for value, text in self.fields[name].choices()]
        return Cell(_capital(label or self.fields[name].label), boxes=ticks)

    def in_wan(self, name: str) -> str:
        amount = self.value(name)
        return _("%(amount)s ×10,000 yuan") % {"amount": _wan(amount)} if amount is not None else ""


def _basics(card: _Card, main: Contact | None) -> Group:
    customer = card.customer
    both = " / ".join(filter(None, (customer.phone, customer.fax)))
    person = " ".join(filter(None, (main.name, main.title))) if main else ""
    rows = [
        [card.cell("name"), card.cell("code")],
        [card.cell("channel_code"), card.cell("legal_representative")],
        [card.cell("address"), card.cell("tax_number", card.text("tax_number") or customer.uscc)],
        [Cell(_("Phone / fax"), both), card.cell("bank_account")],
        [card.cell("bank"), card.cell("delivery_address")],
        [Cell(_("Contact person"), person), card.boxes("invoice_type")],
        [Cell(_("Contact phone"), (main.mobile or main.phone) if main else ""), card.cell("proprietor")],
    ]
    return Group(pgettext("data card", "Basic data"), rows, grid=True)


def _operation(card: _Card) -> Group:
    term = " – ".join(_day(card.value(name)) for name in ("leased_from", "leased_until") if card.value(name))
    premises, warehouse = card.boxes("premises"), card.boxes("warehouse_held")
    capital, founded = card.in_wan("registered_capital"), _day(card.value("founded_on"))
    area = card.text("warehouse_area")
    rows = [
        [card.boxes("organisation_type")],
        [card.cell("licence_number", card.text("licence_number") or card.customer.uscc)],
        [card.cell("registered_capital", capital), card.cell("founded_on", founded)],
        [card.cell("business_lines", weight=2), card.cell("annual_turnover", card.in_wan("annual_turnover"))],
        [premises, Cell(_("Lease term"), term)],
        [Cell(_("Warehouse area"), _("%(area)s m²") % {"area": area} if area else ""), warehouse],
    ]
    return Group(pgettext("data card", "Organisation and operation"), rows)


def _payment(card: _Card) -> Group:
    terms = card.boxes("payment_terms")
    terms.text = card.text("payment_terms_note")
    days = _("%(days)s days") % {"days": card.value("credit_days")} if card.value("credit_days") is not None else ""
    limit = yuan(card.value("credit_limit")) if card.value("credit_limit") is not None else ""
    grades = Cell(_capital(card.fields["credit_grade"].label), boxes=_letters(card.value("credit_grade"), "ABC"))
    classes = Cell(_("Customer class"), boxes=_letters(card.value("abc"), "ABCD"))
    rows = [[terms], [grades, classes], [card.cell("credit_limit", limit), Cell(_("Collection period"), days)]]
    return Group(pgettext("data card", "Payment"), rows)


def _note(card: _Card) -> Group:
    rule = Cell("", _("The credit limit is set by the general manager."))
    return Group(_capital(card.fields["note"].label), [[rule], [Cell("", card.text("note"))]], tall=2)


def _letters(chosen: str, letters: str) -> list[tuple[bool, str]]:
    return [(letter == chosen, _("grade %(letter)s") % {"letter": letter}) for letter in letters]


def _wan(amount: Decimal) -> str:
    return f"{amount / WAN:,.6f}".rstrip("0").rstrip(".")


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def _capital(label: Any) -> str:
    text = str(label)
    return text[:1].upper() + text[1:]
