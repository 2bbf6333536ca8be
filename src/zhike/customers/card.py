"""The fields of the customer data card that are not columns of their own (CUS-1, CUS-3).

Values lie in the record's `custom` under the names below, which are permanent, in the same typed form as those of
fields an administrator adds; so form, import, export, filter, history and API know them without further ado.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.records.fields.custom import CustomChoice, CustomDay, CustomMoney, CustomNumber, CustomText
from zhike.records.fields.plain import LongText


class CardLongText(CustomText, LongText):
    """Several lines kept with the card."""


class _Row:
    """What a custom field class wants to know, without a row in the database."""

    def __init__(self, key: str, type: str, options: dict[str, Any]):
        self.key, self.type, self.options = key, type, options


def _field(
    cls: type, type: str, name: str, label: Any, *, choices: list[tuple[str, Any]] | None = None, **more: Any
) -> Any:
    options = {"choices": [{"id": key, "label": text} for key, text in choices]} if choices else {}
    return cls(name, label, **{"listed": False, "required": False, **more}).setup(_Row(name, type, options))


def text(name: str, label: Any, **more: Any) -> Any:
    return _field(CustomText, "text", name, label, **more)


def longtext(name: str, label: Any, **more: Any) -> Any:
    return _field(CardLongText, "text", name, label, **more)


def money(name: str, label: Any, **more: Any) -> Any:
    return _field(CustomMoney, "money", name, label, **more)


def number(name: str, label: Any, **more: Any) -> Any:
    return _field(CustomNumber, "number", name, label, **more)


def day(name: str, label: Any, **more: Any) -> Any:
    return _field(CustomDay, "date", name, label, **more)


def choice(name: str, label: Any, choices: list[tuple[str, Any]], **more: Any) -> Any:
    return _field(CustomChoice, "choice", name, label, choices=choices, **more)


HELD = [("own", pgettext_lazy("premises", "own")), ("leased", pgettext_lazy("premises", "leased"))]

BASICS = [
    text("channel_code", _("channel code")),
    text("legal_representative", _("legal representative"), search=True),
    text("tax_number", _("tax number")),
    text("bank", _("bank")),
    text("bank_account", _("bank account")),
    text("delivery_address", _("delivery address"), wide=True),
    choice(
        "invoice_type",
        _("invoice type"),
        [("special", _("VAT special invoice")), ("ordinary", _("VAT ordinary invoice"))],
    ),
    text("proprietor", _("proprietor")),
    longtext("founder_traits", _("founder: character, interests, family, education")),
    longtext("manager_traits", _("managers: character, interests, family, education")),
]

OPERATION = [
    choice("organisation_type", _("organisation type"), [
        ("state", _("state-owned")), ("township", _("township enterprise")), ("individual", _("individual")),
        ("foreign", _("wholly foreign-owned")), ("joint", _("Sino-foreign joint venture or co-operation")),
        ("private", _("private company")), ("listed", _("listed company")), ("public", _("public institution")),
        ("other", pgettext_lazy("organisation type", "other")),
    ]),
    text("licence_number", _("business licence number")),
    money("registered_capital", _("registered capital")),
    day("founded_on", _("founded on")),
    longtext("business_lines", _("business lines")),
    money("annual_turnover", _("annual turnover")),
    number("employees", _("employees"), integer=True, least=0),
    choice("premises", _("premises"), HELD),
    day("leased_from", _("leased from")),
    day("leased_until", _("leased until")),
    number("warehouse_area", _("warehouse area (m²)"), least=0),
    choice("warehouse_held", _("warehouse"), HELD),
    day("trading_since", _("trading with us since")),
]  # fmt: skip

PAYMENT = [
    choice(
        "payment_terms",
        _("payment terms"),
        [("cash", _("cash before delivery")), ("other", pgettext_lazy("payment terms", "other"))],
    ),
    text("payment_terms_note", _("payment terms, in words")),
]

FEATURES = [
    text("service_region", _("service region")),
    text("sales_ability", _("sales ability")),
    text("development_potential", _("development potential")),
    text("philosophy", _("business philosophy")),
    text("direction", _("business direction")),
    text("policy", _("business policy")),
    text("size", _("size of the company")),
    text("character", _("character of the business")),
]

STATUS = [
    longtext("performance", _("sales performance")),
    longtext("people_quality", _("quality of managers and staff")),
    longtext("competitor_relation", _("relation to competitors")),
    longtext("our_relation", _("relation and attitude to us")),
]

TRADING = [
    longtext("sales_activity", _("sales activity")),
    longtext("problems", _("problems")),
    longtext("strengths", _("strengths kept")),
    longtext("countermeasures", _("counter-measures to come")),
    text("image", _("company image")),
    text("reputation", _("reputation")),
    text("credit_standing", _("credit standing")),
    text("trading_terms", _("trading terms")),
    longtext("credit_problems", _("credit problems")),
]

NOTE = [longtext("note", _("note"))]

FIELDS = [*BASICS, *OPERATION, *PAYMENT, *FEATURES, *STATUS, *TRADING, *NOTE]
