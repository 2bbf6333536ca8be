"""Statements of several banks are read as they come: titles, encodings, debit lines, totals below the table (SAL-7)."""

import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from zhike.contracts import bank_files
from zhike.kit.tables.reader import open_table

ICBC = """中国工商银行股份有限公司 历史明细
账号,1102020009000012345,户名,澄湖自动化有限公司
凭证号,本方账号,对方账号,交易时间,借/贷,借方发生额,贷方发生额,对方行号,摘要,用途,对方单位名称,余额
0,1102020009000012345,32050110001234567,2026-11-02 10:33:21,贷,,"185,000.00",102,货款,HT-2026-0047,苏州恒旭精密机械有限公司,1000000.00
0,1102020009000012345,32050110009999999,2026-11-02 11:00:00,借,"2,000.00",,102,电费,,国家电网,998000.00
0,1102020009000012345,,2026-11-03 09:00:00,贷,,12.30,,结息,,,998012.30
合计,,,,,"2,000.00","185,012.30",,,,,
"""
CCB = """交易时间,借方发生额（支取）,贷方发生额（收入）,余额,对方户名,对方账号,记账日期,摘要,备注,账户明细编号-交易流水号
20261102 10:33:21,0.00,62000.00,1.00,绍兴越新印染有限公司,33050110001,20261102,转账,到货款,1-000001
20261103 10:33:21,500.00,0.00,1.00,某某,33050110001,20261103,转账,,1-000002
"""
BOC = """交易类型[ Transaction Type ]\t付款人账号[ Debit Account No. ]\t付款人名称[ Payer's Name ]\t交易日期[ Transaction Date ]\t交易金额[ Trade Amount ]\t交易流水号[ Transaction reference number ]\t摘要[ Reference ]\t交易附言[ Remark ]
来账\t7600123\t扬州宏泰电缆有限公司\t20261105\t38600.00\tBOC001\t货款\t质保金
往账\t5500123\t澄湖自动化有限公司\t20261106\t-1200.00\tBOC002\t报销\t
"""
SIGNED = """日期;收支;金额;对方名称;备注
2026/11/07;收入;1,000.00;某客户;货款
2026/11/08;支出;300.00;某供应商;
"""


def read(text, encoding="gb18030"):
    table = open_table(io.BytesIO(text.encode(encoding)), filename="流水.csv")
    return bank_files.read(table, bank_files.guess(table.columns))


def test_SAL_7_icbc_with_a_head_and_a_total_below():
    found = read(ICBC)
    first = found.rows[0]
    assert (first.booked_on, first.amount, first.payer) == (
        date(2026, 11, 2),
        Decimal("185000.00"),
        "苏州恒旭精密机械有限公司",
    )
    assert first.account == "32050110001234567" and "HT-2026-0047" in first.memo and "货款" in first.memo
    assert (found.read, found.debits, len(found.rows), found.errors) == (3, 1, 2, [])


def test_SAL_7_ccb_writes_zeros_and_boc_english_behind_its_titles():
    found = read(CCB)
    assert (found.rows[0].amount, found.rows[0].reference, found.debits) == (Decimal(62000), "1-000001", 1)
    found = read(BOC, "utf-16")
    assert (found.rows[0].payer, found.rows[0].amount, found.debits) == ("扬州宏泰电缆有限公司", Decimal("38600.00"), 1)


def test_SAL_7_one_column_of_amounts_with_a_word_for_the_direction():
    found = read(SIGNED, "utf-8")
    assert [row.amount for row in found.rows] == [Decimal("1000.00")] and found.debits == 1


def test_SAL_7_a_workbook_with_dates_and_numbers():
    book = Workbook()
    book.active.append(["交易日期", "收入金额", "支出金额", "对方户名", "对方账号", "摘要", "流水号"])
    book.active.append([date(2026, 11, 9), 3860.5, None, "扬州宏泰电缆有限公司", "32100000001", "质保金", 77])
    book.active.append([date(2026, 11, 9), None, 10, "手续费", None, None, 78])
    file = io.BytesIO()
    book.save(file)
    table = open_table(file, filename="x.xlsx")
    found = bank_files.read(table, bank_files.guess(table.columns))
    assert [(r.amount, r.reference, r.booked_on) for r in found.rows] == [(Decimal("3860.50"), "77", date(2026, 11, 9))]


def test_SAL_7_two_payments_alike_are_two_and_the_file_again_is_the_same():
    text = SIGNED + "2026/11/07;收入;1,000.00;某客户;货款\n"
    first, again = read(text, "utf-8"), read(text, "gb18030")
    assert len({row.digest for row in first.rows}) == 2
    assert [row.digest for row in first.rows] == [row.digest for row in again.rows]


@pytest.mark.parametrize("cell", ["1.234", "一万", "1e15", "99999999999999999"])
def test_bad_input_an_amount_that_is_none_is_an_error_of_its_line(cell):
    found = read(f"日期;收支;金额;对方名称\n2026/11/07;收入;{cell};某\n2026/11/08;收入;5;某\n", "utf-8")
    assert [line for line, _why in found.errors] == [2] and len(found.rows) == 1


def test_bad_input_a_day_that_is_none_is_an_error_of_its_line():
    found = read("日期;收支;金额;对方名称\n某天;收入;1;某\n2026/13/41;收入;1;某\n", "utf-8")
    assert [line for line, _why in found.errors] == [2, 3]


def test_bad_input_what_a_mapping_lacks_is_said():
    assert len(bank_files.missing({})) == 2
    assert not bank_files.missing({"booked_on": ["日期"], "amount": ["金额"]})
