"""Texts into values: amounts, numbers, days, yes and no, as people and spreadsheets write them. Raises ParseError."""

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _


class ParseError(ValueError):
    """The text does not mean such a value; the message says so to a user."""


_UNITS = {"万": 4, "萬": 4, "亿": 8, "億": 8, "千": 3, "百万": 6, "千万": 7}
_DROP = re.compile(r"[\s,，_'￥¥$]|人民币|RMB|CNY|元整|元|圆", re.IGNORECASE)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def clean_text(text: str) -> str:
    """One tidy line: NFC, no control or direction marks, single spaces. Emoji stay."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    text = "".join(
        " " if c in "\t\r\n\u3000\xa0" else c
        for c in text
        if c in "\t\r\n" or unicodedata.category(c) not in ("Cc", "Cs")
    )
    return " ".join(text.split())


def fold(text: str) -> str:
    """For comparing: half width, lower case, no outer spaces."""
    return unicodedata.normalize("NFKC", clean_text(text)).casefold().strip()


def fold_code(text: str) -> str:
    """A code: half width, upper case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", clean_text(text)).upper().split())


def number(raw: Any) -> Decimal:
    """A decimal number: thousands separators, 万 and 亿, accountants' brackets, full-width digits, percent."""
    if isinstance(raw, bool):
        raise ParseError(_("Enter a number."))
    if isinstance(raw, Decimal | int):
        return Decimal(raw)
    if isinstance(raw, float):
        return Decimal(repr(raw)) if raw == raw and abs(raw) != float("inf") else _no_number()
    text = unicodedata.normalize("NFKC", clean_text(str(raw)))
    if found := re.fullmatch(r"([^()]*)\((万?元?[^()0-9]*)\)", text):  # "2,100(万元人民币)"
        text = found.group(1) + found.group(2)
    negative = text.startswith("(") and text.endswith(")")
    text = _DROP.sub("", text.strip("()") if negative else text)
    power = 0
    for unit in sorted(_UNITS, key=len, reverse=True):
        if text.endswith(unit):
            text, power = text[: -len(unit)], _UNITS[unit]
            break
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?%?", text, re.IGNORECASE) or len(text) > 40:
        _no_number()
    try:
        value = Decimal(text.rstrip("%")).scaleb(power - (2 if text.endswith("%") else 0))
    except InvalidOperation:
        _no_number()
    return -value if negative else value


def _no_number():
    raise ParseError(_("Enter a number."))


def decimal_amount(raw: Any) -> Decimal:
    """An amount in yuan; decimals beyond two are left for the caller to refuse."""
    return number(raw)


def integer(raw: Any) -> int:
    """A whole number."""
    value = number(raw)
    if value != value.to_integral_value() or abs(value) > 10**18:
        raise ParseError(_("Enter a whole number."))
    return int(value)


def day(raw: Any, *, month_first: bool = False) -> date:
    """A calendar day: 2026-3-1, 2026/03/01, 2026年3月1日, 20260301, a spreadsheet's serial number, date objects."""
    if isinstance(raw, datetime):
        return timezone.localtime(raw).date() if timezone.is_aware(raw) else raw.date()
    if isinstance(raw, date):
        return raw
    text = unicodedata.normalize("NFKC", clean_text(str(raw)))
    try:
        if isinstance(raw, int | float) or re.fullmatch(r"\d{5}(\.0+)?", text):
            return date(1899, 12, 30) + timedelta(days=int(float(text)))
        if found := re.match(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?=$|[\sT])", text):
            return date(*map(int, found.groups()))
        if found := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
            return date(*map(int, found.groups()))
        if month_first and (found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)):
            month, number_, year = map(int, found.groups())
            return date(year, month, number_)
    except (ValueError, OverflowError):
        pass
    raise ParseError(_("Enter a date like 2026-03-01."))


def moment(raw: Any) -> datetime:
    """An instant; without a zone it is in the company's."""
    if isinstance(raw, datetime):
        value = raw
    elif isinstance(raw, date):
        value = datetime(raw.year, raw.month, raw.day)
    else:
        text = unicodedata.normalize("NFKC", clean_text(str(raw)))
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            rest = re.search(r"[\sT](\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?", text)
            hour, minute, second = (int(g or 0) for g in rest.groups()) if rest else (0, 0, 0)
            base = day(text)
            try:
                value = datetime(base.year, base.month, base.day, hour, minute, second)
            except ValueError:
                raise ParseError(_("Enter a time like 2026-03-01 14:30.")) from None
    try:
        return value if timezone.is_aware(value) else timezone.make_aware(value, timezone.get_default_timezone())
    except (ValueError, OverflowError):
        raise ParseError(_("Enter a time like 2026-03-01 14:30.")) from None


_YES = {"yes", "y", "true", "1", "是", "有", "√", "✓", "对", "on"}
_NO = {"no", "n", "false", "0", "否", "无", "×", "x", "不", "off", "没有"}


def yes_no(raw: Any) -> bool:
    """Yes or no, as sheets write it."""
    text = fold(str(raw))
    if text in _YES or text in _NO:
        return text in _YES
    raise ParseError(_("Enter yes or no."))


def split_list(text: str) -> list[str]:
    """The parts of a list written with commas, semicolons or the Chinese comma."""
    return [part.strip() for part in re.split(r"[,，;；、|/]", text) if part.strip()]
