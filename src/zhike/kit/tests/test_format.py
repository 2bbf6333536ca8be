"""Amounts, days and people as they are shown; safe against what people type into names."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.utils.translation import override

from zhike.kit import format as fmt
from zhike.kit import parse
from zhike.kit.money import yuan


@pytest.mark.parametrize(
    ("yuan", "chinese", "english"),
    [
        ("185000", "18.5 万", "185.0k"),
        ("-185000", "-18.5 万", "-185.0k"),
        ("9999", "9,999", "9,999"),
        ("860.50", "860.50", "860.50"),
        ("99999999.99", "1.00 亿", "100.0M"),
        ("125000000", "1.25 亿", "125.0M"),
        ("11729000", "1,172.9 万", "11.7M"),
        ("0", "0", "0"),
    ],
)
def test_short_amounts(yuan, chinese, english):
    with override("zh-hans"):
        assert fmt.short_money(Decimal(yuan)) == chinese
    with override("en"):
        assert fmt.short_money(Decimal(yuan)) == english


def test_an_amount_shows_the_exact_yuan_on_hover():
    assert 'title="¥ 185,000.50"' in fmt.money(Decimal("185000.50"))
    assert "¥ 185,000.00" in fmt.money_full(Decimal("185000"))
    assert fmt.money(None) == fmt.EMPTY


def test_a_minus_stands_before_the_sign_of_the_currency():
    amount = Decimal("-147312")
    assert yuan(amount) == "-¥ 147,312.00" and parse.decimal_amount(yuan(amount)) == amount
    assert ">-¥ 147,312.00<" in fmt.money_full(amount) and 'title="-¥ 147,312.00"' in fmt.money(amount)
    assert yuan(Decimal(0)) == "¥ 0.00"


@time_machine.travel(datetime(2026, 11, 23, 16, 30, tzinfo=UTC))  # in Shanghai it is the 24th already
def test_days_are_the_companys_and_near_ones_are_words():
    with override("en"):
        assert fmt.day_words(date(2026, 11, 24)) == "today"
        assert fmt.day_words(date(2026, 11, 23)) == "yesterday"
        assert fmt.day_words(date(2026, 11, 25)) == "tomorrow"
        assert fmt.day_words(date(2026, 11, 21)) == "3 days ago"
        assert fmt.day_words(date(2026, 12, 20)) == "12-20"
        assert fmt.day_words(date(2025, 11, 24)) == "2025-11-24"
        assert "today 00:10" in fmt.moment(datetime(2026, 11, 23, 16, 10, tzinfo=UTC))
        assert 'title="2026-11-20 08:00"' in fmt.moment(datetime(2026, 11, 20, 0, 0, tzinfo=UTC))


@time_machine.travel(datetime(2026, 11, 23, 4, 0, tzinfo=UTC))
def test_headings_name_the_weekday():
    with override("zh-hans"):
        assert fmt.heading(date(2026, 11, 23)) == "11 月 23 日 周一"
        assert fmt.heading(date(2025, 1, 4)) == "2025 年 1 月 4 日 周六"
    with override("en"):
        assert fmt.heading(date(2026, 11, 23)) == "November 23 Mon"


@pytest.mark.parametrize(
    ("name", "size", "shown"),
    [
        ("陈思远", "", "远"),
        ("陈思远", "md", "思远"),
        ("李娜", "md", "李娜"),
        ("Ann Lee", "md", "AL"),
        ("Ann Lee", "", "A"),
        ("", "", "?"),
    ],
)
def test_faces_show_the_end_of_a_chinese_name(name, size, shown):
    assert fmt.initials(name, size) == shown


def test_names_cannot_bring_markup_along():
    evil = "<img src=x onerror=alert(1)>"
    for shown in (
        fmt.who(1, evil),
        fmt.avatar(1, evil, "sq"),
        fmt.badge(evil),
        fmt.two(evil, evil),
        fmt.tier("key", evil),
    ):
        assert "<img" not in shown


@pytest.mark.parametrize(
    ("share", "value"), [(0, "00"), (7.4, "07"), (62.5, "62"), (100, "100"), (140, "100"), (-3, "00"), (None, "00")]
)
def test_percentages_fit_the_stylesheet(share, value):
    assert fmt.percent(share) == value


def test_an_unknown_icon_is_a_dot_and_written_down(caplog):
    assert "#point" in fmt.icon("no-such-icon-anywhere")
    assert "no-such-icon-anywhere" in caplog.text
