"""Telephone numbers as people in China write them: extensions, short codes, E.164, masks (phonenumbers, region CN)."""

import functools
import re
import unicodedata

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from zhike.kit import parse

REGION = "CN"
LONGEST = 60


def tidy(text: str) -> str:
    """The number as typed, half width, single spaces; raises ParseError for what holds no digit."""
    found = _width(text)
    if found and not any(c.isdigit() for c in found):
        raise parse.ParseError(_("Enter a telephone number."))
    return found


@functools.lru_cache(maxsize=8192)
def _read(text: str) -> phonenumbers.PhoneNumber | None:
    """The number the library sees in a text; None for short codes and for what is no number."""
    text = _extension().sub(r" ext. \1", _width(text)[:LONGEST].lower())
    if is_short(text):
        return None
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def e164(text: str) -> str:
    """The one form in which numbers are compared, such as +8613800138000; a short code as it is, "" if it is none."""
    if is_short(text):
        return digits(text)
    number = _read(text)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else ""


def extension(text: str) -> str:
    """The digits of the extension, or ""."""
    number = _read(text)
    return (number.extension or "") if number else ""


def national(text: str) -> str:
    """As it is shown: 138 0013 8000; numbers of other countries with their code; the rest as typed."""
    number = _read(text)
    if number is None or not phonenumbers.is_valid_number(number):
        return _width(text)
    here = number.country_code == phonenumbers.country_code_for_region(REGION)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if here else PhoneNumberFormat.INTERNATIONAL)


def is_valid(text: str) -> bool:
    """A number that somebody may have: by the numbering plan, or a known short code."""
    number = _read(text)
    return is_short(text) or (number is not None and phonenumbers.is_valid_number(number))


def is_mobile(text: str) -> bool:
    """A mobile number of China."""
    number = _read(text)
    return number is not None and phonenumbers.number_type(number) == PhoneNumberType.MOBILE


def is_short(text: str) -> bool:
    """Dialled as it is: 110, 12345, 95588 and so on, which the library does not know as numbers."""
    found = digits(text)
    if len(found) > 8 or len(found) < 3:
        return False
    data = parse.words()["phones"]
    return found in data["short"] or any(
        found.startswith(begin) and len(found) in ((8,) if len(begin) == 4 else (5, 6)) for begin in data["service"]
    )


def digits(text: str) -> str:
    """Only the digits, half width."""
    return "".join(c for c in _width(text) if c.isascii() and c.isdigit())


def suffix(text: str, count: int = 4) -> str:
    """The last digits, by which people ask for a number; the extension does not count."""
    return digits(_extension().sub("", _width(text).lower()))[-count:]


def masked(text: str) -> str:
    """138****4821: the first three and last four digits; of short numbers nothing is shown."""
    found = digits(_extension().sub("", _width(text).lower()))
    if len(found) > 11:
        found = found.removeprefix("86")
    if len(found) < 7:
        return "****" if found else ""
    return f"{found[:3]}****{found[-4:]}" if len(found) >= 10 else f"****{found[-4:]}"


def _width(text: str) -> str:
    """Half width, single spaces, case as typed."""
    text = parse.clean_text(str(text))
    return text if text.isascii() else parse.clean_text(unicodedata.normalize("NFKC", text))


@functools.cache
def _extension() -> re.Pattern[str]:
    """An extension at the end. A hyphen begins one only after a whole number: 021-55556666-801."""
    listed = sorted(parse.words()["phones"]["extension"], key=len, reverse=True)
    words = "|".join(re.escape(word) for word in listed if word != "-")
    return re.compile(rf"\s*(?:(?:{words})\s*[:.]?\s*|(?<=\d{{7}})-)(\d{{1,6}})\s*$")
