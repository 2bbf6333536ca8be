"""CUS-1: telephone numbers by phonenumbers, unified social credit codes by python-stdnum (GB 32100-2015)."""

import csv
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.kit import phones, uscc
from zhike.kit.parse import ParseError


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("13800138000", "+8613800138000"),
        ("１３８ ００１３ ８０００", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("16512345678", "+8616512345678"),
        ("010-62345678", "+861062345678"),
        ("0755-83765566", "+8675583765566"),
        ("400-812-3456", "+864008123456"),
        ("021 5555 6666 转 801", "+862155556666"),
        ("（021）55556666分机12", "+862155556666"),
        ("95588", "95588"),
        ("12345", "12345"),
        ("+44 20 7946 0958", "+442079460958"),
        ("13800138000/13900139000", ""),
        ("", ""),
    ],
)
def test_CUS_1_numbers_are_compared_in_one_form(text, e164):
    assert phones.e164(text) == e164


def test_CUS_1_extensions_are_read_apart():
    assert phones.extension("021 5555 6666 转 801") == "801"
    assert phones.extension("021-55556666-801") == "801"
    assert phones.extension("010-62345678") == ""
    assert phones.suffix("021-55556666-801") == "6666"


def test_CUS_1_validity_comes_from_the_numbering_plan_and_the_short_codes():
    assert all(map(phones.is_valid, ["13800138000", "010-62345678", "95588", "110", "1010 8888"]))
    assert not any(map(phones.is_valid, ["1380013800", "99999", "2345678", "abc", ""]))
    assert phones.is_mobile("13800138000") and not phones.is_mobile("010-62345678")


def test_CUS_1_numbers_are_shown_and_masked():
    assert phones.national("+8613800138000") == "138 0013 8000"
    assert phones.national("+442079460958") == "+44 20 7946 0958"
    assert phones.national("95588") == "95588"
    assert phones.masked("13800134821") == phones.masked("+86 138 0013 4821") == "138****4821"
    assert phones.masked("62345678") == "****5678" and phones.masked("110") == "****" and phones.masked("") == ""


def test_CUS_1_what_was_typed_is_kept_tidy():
    assert phones.tidy(" 021　5555  6666 转 801 ") == "021 5555 6666 转 801"
    with pytest.raises(ParseError):
        phones.tidy("没有")


@given(st.text(max_size=40))
def test_bad_input_no_text_breaks_a_number(text):
    for read in (phones.e164, phones.national, phones.masked, phones.suffix, phones.extension, phones.is_valid):
        read(text)


@pytest.mark.parametrize(
    "text",
    ["91350100M000100Y43", "91350100m000100y43", "９１３５０１００Ｍ０００１００Ｙ４３", " 9135 0100 M000 100Y-43 "],
)
def test_CUS_1_credit_codes_are_folded_and_checked(text):
    assert uscc.clean(text) == "91350100M000100Y43" and uscc.warning(uscc.clean(text)) == ""


@pytest.mark.parametrize("code", ["91330100799655058B", "91440300708461136T", "91110000802100433B"])
def test_CUS_1_known_credit_codes_pass_and_each_slip_is_seen(code):
    assert uscc.clean(code) == code
    for place in range(len(code)):
        with pytest.raises(ParseError):
            uscc.clean(code[:place] + ("1" if code[place] != "1" else "2") + code[place + 1 :])


@pytest.mark.parametrize(
    "code", ["91350100M000100Y44", "91350100I000100Y43", "123", "", "9135010OM000100Y43", "九" * 18]
)
def test_CUS_1_wrong_credit_codes_are_refused(code):
    with pytest.raises(ParseError):
        uscc.clean(code)


def test_CUS_1_old_numbers_pass_with_a_warning():
    assert uscc.clean("110105012345678") == "110105012345678" and uscc.warning("110105012345678")


def test_CUS_1_codes_of_the_public_register_pass(shared_data):
    with gzip.open(shared_data / "cn_companies" / "registry_20k.csv.gz", "rt", encoding="utf-8") as file:
        codes = [row["uscc"] for row, _n in zip(csv.DictReader(file), range(3000), strict=False)]
    assert [uscc.clean(code.lower()) for code in codes] == codes
