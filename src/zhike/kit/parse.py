"""Texts into values: amounts, numbers, days, yes and no, as people and spreadsheets write them. Raises ParseError.

What is not certain is refused: nothing is rounded, and a day is never guessed from 3/1/2026.
"""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.kit.money import check_money

LONGEST_FIGURE = 60


class ParseError(ValueError):
    """The text does not mean such a value; the message says so to a user."""


@functools.cache
def words() -> dict[str, Any]:
    """The words of `data/words.toml`."""
    return tomllib.loads((Path(__file__).parent / "data" / "words.toml").read_text(encoding="utf-8"))


# Texts

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def clean_text(text: str) -> str:
    """One tidy line: NFC, no control or direction marks, single spaces. Emoji stay."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = _CONTROL.sub("", _INVISIBLE.sub("", text))
    return " ".join(unicodedata.normalize("NFC", text).split())


def fold(text: str) -> str:
    """For comparing: half width, lower case, no outer spaces."""
    text = clean_text(text)
    return text.lower() if text.isascii() else clean_text(unicodedata.normalize("NFKC", text).casefold())


def fold_code(text: str) -> str:
    """A code: half width, upper case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", clean_text(text)).upper().split())


def split_list(text: str) -> list[str]:
    """The parts of a list written with commas, semicolons, bars, slashes or lines."""
    parts = (clean_text(part) for part in re.split("[,\uff0c;\uff1b\u3001|/\n]", text))
    return list(dict.fromkeys(part for part in parts if part))


# Numbers


def number(raw: Any) -> Decimal:
    """A decimal number: thousands separators, Chinese units, accountants' brackets, full-width digits, percent."""
    if isinstance(raw, bool):
        _no_number()
    if isinstance(raw, Decimal | int):
        value = Decimal(raw)
    elif isinstance(raw, float):
        value = _from_float(raw)
    else:
        return _from_text(str(raw))[0]
    return value if value.is_finite() else _no_number()


def _from_float(raw: float) -> Decimal:
    """What a spreadsheet shows for it: fifteen digits, so that 0.1 + 0.2 is 0.3."""
    return Decimal(f"{raw:.15g}")


_PLAIN = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,9})?")
_FIGURE = re.compile(
    r"""[+-]?(?: \d{1,3}(?:[,' ]\d{3})+ | \d{1,4}(?:[,]\d{4})+ | \d+ )? (?:\.\d*)? (?:e[+-]?\d{1,2})? %?""",
    re.VERBOSE | re.IGNORECASE,
)


def _from_text(raw: str) -> tuple[Decimal, bool]:
    """The value, and whether a unit was written with it."""
    if _PLAIN.fullmatch(raw):
        return Decimal(raw), False
    text = fold(raw).replace("\u2212", "-")
    if len(text) > LONGEST_FIGURE:
        _no_number()
    if any(sign.lower() in text for sign in _amounts()[1]):
        raise ParseError(_("This is other money; enter yuan."))
    if found := re.fullmatch(r"([^()]*\d[^()]*)\(([^()\d]*)\)", text):  # a unit in brackets after the figure
        text = found.group(1) + found.group(2)
    negative = text.startswith("(") and text.endswith(")")
    text = _without_yuan(text.strip("()") if negative else text)
    power = 0
    for unit, places in _amounts()[0]:
        if text.endswith(unit):
            text, power = text[: -len(unit)].strip(), places
            break
    if not _FIGURE.fullmatch(text) or not any(c.isdigit() for c in text):
        _no_number()
    try:
        value = Decimal(re.sub("[,' %]", "", text)).scaleb(power - (2 if text.endswith("%") else 0))
    except ArithmeticError:
        _no_number()
    if not value.is_finite() or value.adjusted() > 30:
        _no_number()
    return (-value if negative else value), bool(power)


def _without_yuan(text: str) -> str:
    """Without the words and signs for yuan before and after the figure; a minus may stand before them."""
    if text.startswith("-"):
        return f"-{_without_yuan(text[1:].strip())}"
    before = None
    while text != before:
        before = text
        for word in _amounts()[2]:
            text = text.removeprefix(word).removesuffix(word).strip()
    return text


@functools.cache
def _amounts() -> tuple[list[tuple[str, int]], list[str], list[str]]:
    """Units, words for other money, words for yuan; longest first, folded."""
    data = words()["amounts"]
    return (
        sorted(data["units"].items(), key=lambda pair: -len(pair[0])),
        data["foreign"],
        sorted(map(fold, data["yuan"]), key=len, reverse=True),
    )


def _no_number() -> NoReturn:
    raise ParseError(_("Enter a number."))


def decimal_amount(raw: Any, *, unit: int = 1) -> Decimal:
    """An amount in yuan with two decimals; raises ParseError for more of them and beyond what a column holds.

    `unit` is what a bare figure counts, such as 10,000 under a title that says so; a unit in the text goes before it.
    """
    if isinstance(raw, str):
        value, has_unit = _from_text(raw if "%" not in raw else "")
    else:
        value, has_unit = number(raw), False
    try:
        return check_money(value if has_unit else value * unit)
    except ValidationError as error:
        raise ParseError(" ".join(error.messages)) from None


def integer(raw: Any) -> int:
    """A whole number."""
    value = number(raw)
    if value != value.to_integral_value() or abs(value) > 10**18:
        raise ParseError(_("Enter a whole number."))
    return int(value)


# Days and instants

_YMD = re.compile(r"(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})(?=$|[\sT])")
_DENSE = re.compile(r"(\d{4})(\d{2})(\d{2})(?=$|[\sT])")
_LOCAL = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?=$|[\sT])")
_CLOCK = re.compile(r"[\sT](\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\.\d+)?:?\s*$")
_ZONED = re.compile(r":\d\d(\.\d+)?\s?(Z|[+-]\d\d:?\d\d)$")
_EPOCH = date(1899, 12, 30)  # from which spreadsheets count days
_SERIAL = (10_000, 110_000)  # 1927 to 2201: smaller and larger figures are no dates


def day(raw: Any, *, month_first: bool = False, day_first: bool = False) -> date:
    """A calendar day: 2026-3-1, 2026/03/01, 2026.3.1, 20260301, a spreadsheet's serial number, date objects.

    3/1/2026 is read only where somebody has said whether the month or the day comes first.
    """
    if isinstance(raw, datetime):
        return timezone.localtime(raw, timezone.get_default_timezone()).date() if raw.tzinfo else raw.date()
    if isinstance(raw, date):
        return raw
    text = _date_text(raw)
    if _ZONED.search(text):
        return timezone.localtime(moment(raw), timezone.get_default_timezone()).date()
    return _day(text, month_first, day_first)[0]


def _day(text: str, month_first: bool, day_first: bool) -> tuple[date, str]:
    """The day a text begins with, and the rest."""
    try:
        if re.fullmatch(r"\d{5,6}(\.\d+)?", text):
            return (_EPOCH + timedelta(days=_serial(float(text)) // 1)), ""
        if found := _YMD.match(text) or _DENSE.match(text):
            return date(*map(int, found.groups())), text[found.end() :]
        if (month_first or day_first) and (found := _LOCAL.match(text)):
            first, second, year = map(int, found.groups())
            return (date(year, first, second) if month_first else date(year, second, first)), text[found.end() :]
    except (ValueError, OverflowError):
        pass
    raise ParseError(_("Enter a date like 2026-03-01."))


def _date_text(raw: Any) -> str:
    if isinstance(raw, bool):
        return ""
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    text = fold(str(raw))[:80].upper()
    marks = words()["dates"]["marks"]
    return text.translate({ord(mark): sign for mark, sign in marks.items()}).strip(" :").replace("  ", " ")


def _serial(days: float) -> float:
    if not _SERIAL[0] <= days < _SERIAL[1]:
        raise ValueError
    return days


def moment(raw: Any, *, month_first: bool = False, day_first: bool = False) -> datetime:
    """An instant, aware; without a zone it is in the company's. A day alone is its beginning."""
    try:
        if isinstance(raw, datetime):
            return _aware(raw)
        if isinstance(raw, date):
            return _aware(_at(raw))
        text = _date_text(raw)
        if re.fullmatch(r"\d{5,6}\.\d+", text):
            seconds = round(_serial(float(text)) * 86_400)
            return _aware(_at(_EPOCH) + timedelta(seconds=seconds))
        if _ZONED.search(text):
            return _aware(datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-")))
        return _aware(_with_clock(text, month_first, day_first))
    except (ValueError, OverflowError):
        raise ParseError(_("Enter a time like 2026-03-01 14:30.")) from None


def _with_clock(text: str, month_first: bool, day_first: bool) -> datetime:
    later = any(word in text for word in words()["dates"]["afternoon"])
    for word in (*words()["dates"]["afternoon"], *words()["dates"]["morning"]):
        text = text.replace(word, " ")
    start, rest = _day(text.strip(), month_first, day_first)
    if not rest.strip():
        return _at(start)
    rest = f" {rest.strip(' T:')}"
    if not (found := _CLOCK.match(rest if ":" in rest else f"{rest}:00")):
        raise ValueError
    hour, minute, second = (int(group or 0) for group in found.groups())
    hour += 12 if later and hour < 12 else 0
    return _at(start, time(hour, minute, second))


def _at(start: date, clock: time = time()) -> datetime:
    return datetime.combine(start, clock, timezone.get_default_timezone())


def _aware(value: datetime) -> datetime:
    value = value if value.tzinfo else timezone.make_aware(value, timezone.get_default_timezone())
    value.astimezone(UTC)  # the first and last hours of the calendar have no other zone: OverflowError
    return value


# Answers


def yes_no(raw: Any) -> bool:
    """Yes or no, as sheets write it."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    text = fold(str(raw))
    if text in words()["answers"]["yes"]:
        return True
    if text in words()["answers"]["no"]:
        return False
    raise ParseError(_("Enter yes or no."))


def choice(raw: Any, options: Mapping[Any, str | Iterable[str]]) -> Any:
    """The value whose label, synonym or own name the text is, without regard to case and width.

    `options` maps each value to its label or to several words for it.
    """
    text = fold(str(raw))
    labels = {value: [known] if isinstance(known, str) else list(known) for value, known in options.items()}
    for value, known in labels.items():
        if text == fold(str(value)) or any(text == fold(word) for word in known):
            return value
    some = ", ".join(str(known[0] if known else value) for value, known in list(labels.items())[:12])
    raise ParseError(_("Choose one of: %(labels)s") % {"labels": some})
