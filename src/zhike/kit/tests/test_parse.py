"""IMP-2: texts of sheets become values, or are refused with a reason; nothing is guessed or rounded."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.kit import parse
from zhike.kit.parse import ParseError

MONEY = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
WIDE = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("1,234.50元", "1234.50"),
        ("￥1,234", "1234"),
        ("¥ -1,234.00", "-1234"),
        ("-¥ 1,234.00", "-1234"),
        ("−￥1,234元", "-1234"),
        ("12.5万", "125000"),
        ("12w", "120000"),
        ("3亿", "300000000"),
        ("3.5百万", "3500000"),
        ("（1,000）", "-1000"),
        ("(1,000.50)", "-1000.50"),
        ("１２３４．５", "1234.50"),
        ("2,100(万元人民币)", "21000000"),
        ("50(万元)", "500000"),
        ("1,2345,6789", "123456789"),
        ("1 234 567", "1234567"),
        (" \u200b88 \u3000", "88"),
        (0.1 + 0.2, "0.30"),
        (1200, "1200"),
        (Decimal("9.90"), "9.90"),
    ],
)
def test_IMP_2_amounts_as_people_write_them(text, yuan):
    assert parse.decimal_amount(text) == Decimal(yuan)


@pytest.mark.parametrize(
    "text",
    ["", "万", "1.234", 1.005, "1,5", "12,34", "1万2", "10-20万", "壹万", "$5", "100万美元", "99999999999999", "9" * 500,
     "1e99", "nan", "Infinity", True, float("nan"), float("inf"), "5%", "1元2元3", "e5", "--1", "(5"],
)  # fmt: skip
def test_IMP_2_unclear_amounts_are_refused(text):
    with pytest.raises(ParseError):
        parse.decimal_amount(text)


def test_IMP_2_a_title_may_say_the_unit_but_a_unit_in_the_cell_goes_first():
    assert parse.decimal_amount("12.5", unit=10_000) == 125_000
    assert parse.decimal_amount(3, unit=10_000) == 30_000
    assert parse.decimal_amount("2亿", unit=10_000) == 200_000_000


@given(MONEY)
def test_IMP_2_amounts_come_back_from_every_way_of_writing_them(amount):
    plain, grouped = f"{amount:f}", f"{amount:,.2f}"
    assert parse.decimal_amount(plain) == amount
    assert parse.decimal_amount(grouped) == amount
    assert parse.decimal_amount(f"￥{grouped}元") == amount
    assert parse.decimal_amount(grouped.translate(WIDE)) == amount
    assert parse.decimal_amount(f"{amount.scaleb(-4):f}万元") == amount
    assert parse.decimal_amount(float(amount)) == amount
    if amount > 0:
        assert parse.decimal_amount(f"({grouped})") == -amount


@given(st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.booleans()))
def test_IMP_2_anything_is_a_value_or_a_parse_error(raw):
    for read in (parse.number, parse.decimal_amount, parse.integer, parse.day, parse.moment, parse.yes_no):
        try:
            read(raw)
        except ParseError as error:
            assert str(error)


def test_IMP_2_whole_numbers():
    assert parse.integer("1,200") == 1200 and parse.integer(3.0) == 3
    with pytest.raises(ParseError):
        parse.integer("1.5")


@given(st.dates(min_value=date(1930, 1, 1), max_value=date(2199, 12, 31)))
def test_IMP_2_days_come_back_from_every_way_of_writing_them(day):
    y, m, d = day.year, day.month, day.day
    serial = (day - date(1899, 12, 30)).days
    ways = [f"{y}-{m}-{d}", f"{y}/{m:02}/{d:02}", f"{y}.{m}.{d}", f"{y}年{m}月{d}日", f"{y} 年 {m} 月 {d} 号", f"{y}{m:02}{d:02}",
            f"{y}/{m}/{d} 0:00:00", f"{y}-{m:02}-{d:02} 12:30", serial, float(serial), str(serial), int(f"{y}{m:02}{d:02}"),
            day, datetime(y, m, d, 23, 59)]  # fmt: skip
    assert {parse.day(way) for way in ways} == {day}
    assert parse.day(f"{m}/{d}/{y}", month_first=True) == day
    assert parse.day(f"{d}/{m}/{y}", day_first=True) == day


@pytest.mark.parametrize(
    "text", ["3/1/2026", "2026-02-30", "2026", "2026-03", "12", 3, "26-3-1", "明天", "", "99999999"]
)
def test_IMP_2_no_day_is_guessed(text):
    with pytest.raises(ParseError):
        parse.day(text)


def test_IMP_2_a_day_of_an_instant_is_the_companys():
    assert parse.day(datetime(2026, 3, 1, 20, tzinfo=UTC)) == date(2026, 3, 2)
    assert parse.day("2026-03-01T20:00:00Z") == date(2026, 3, 2)


@pytest.mark.parametrize(
    "text",
    ["2026-03-01 14:30", "2026/3/1 14:30:00", "2026年3月1日 下午2:30", "2026年3月1日14时30分", "2026-03-01 2:30 PM",
     "2026-03-01T06:30:00Z", "2026-03-01T14:30:00+08:00", "２０２６－０３－０１　１４：３０", 46082.604166666664],
)  # fmt: skip
def test_IMP_2_instants(text):
    assert parse.moment(text) == datetime(2026, 3, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-03-01 25:00", "0001-01-01 00:00", "14:30", "2026-03-01 14:30 xyz", ""])
def test_IMP_2_bad_instants_are_refused(text):
    with pytest.raises(ParseError):
        parse.moment(text)


def test_IMP_2_yes_and_no():
    assert all(parse.yes_no(word) for word in ("是", "√", "Y", "ＹＥＳ", "1", 1, 1.0, True))
    assert not any(parse.yes_no(word) for word in ("否", "×", "n", "0", 0, "没有", False))
    with pytest.raises(ParseError):
        parse.yes_no("也许")


def test_IMP_2_choices_by_value_label_or_synonym():
    options = {"won": ["赢单", "成交"], "lost": "输单"}
    assert parse.choice(" ＷＯＮ ", options) == parse.choice("成交", options) == "won"
    assert parse.choice("输单", options) == "lost"
    with pytest.raises(ParseError, match="赢单"):
        parse.choice("不知道", options)


def test_bad_input_texts_lose_what_cannot_be_seen_and_keep_emoji():
    assert parse.clean_text("\ufeff上海\x00 \u202e某某\u3000公司\r\n👨‍👩‍👧\u200b ") == "上海 某某 公司 👨‍👩‍👧"
    assert parse.clean_text("e\u0301") == "é"
    assert parse.fold("ＡＢＣ　贸易") == "abc 贸易"
    assert parse.fold_code(" ９１ａ－b c") == "91A-BC"
    assert parse.split_list("甲、乙，甲;丙\n") == ["甲", "乙", "丙"]


@given(st.text())
def test_bad_input_cleaning_twice_changes_nothing(text):
    once = parse.clean_text(text)
    assert parse.clean_text(once) == once and "\0" not in once
    assert parse.fold(parse.fold(text)) == parse.fold(text)
