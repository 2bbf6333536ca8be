"""IMP-2: workbooks, with titles in merged cells, formulas, errors; and those made to hurt."""

import datetime as dt
import io
import zipfile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.kit import parse
from zhike.kit.tables import sheets, workbooks
from zhike.kit.tables.reader import CellError, UnreadableTable, open_table


def workbook(fill):
    """The bytes of a workbook that `fill(book)` has filled."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        fill(book)
    return out.getvalue()


def sheet_of(rows, name="客户"):
    def fill(book):
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return workbook(fill)


def table_of(content, **options):
    return open_table(io.BytesIO(content), **options)


def contents(table):
    return [cells for _line, cells in table.rows()]


def with_part(content, part, change):
    """The same workbook with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == part else data)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(params=["kept", "streamed"])
def either_way(request, monkeypatch):
    """Small sheets are kept by calamine, large ones streamed by openpyxl: both give the same."""
    if request.param == "streamed":
        monkeypatch.setattr(sheets, "KEEP_CELLS", 0)
    return request.param


def test_IMP_2_values_keep_their_kinds(either_way):
    def fill(book):
        sheet = book.add_worksheet("客户")
        day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ["名称", "金额", "电话", "日期", "时刻", "是"])
        sheet.write_row(1, 0, ["上海某某", 1234.5, 13800138000])
        sheet.write_datetime(1, 3, dt.datetime(2026, 3, 1), day)
        sheet.write_datetime(1, 4, dt.datetime(2026, 3, 1, 14, 30), moment)
        sheet.write_boolean(1, 5, True)
        sheet.write_row(4, 0, ["北京某某", "", "010"])
        sheet.write_row(5, 0, [" ", "\u3000"])

    table = table_of(workbook(fill))
    assert table.columns == ["名称", "金额", "电话", "日期", "时刻", "是"] and table.sheet == "客户"
    assert list(table.rows()) == [
        (2, ["上海某某", 1234.5, 13800138000, dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 14, 30), True]),
        (5, ["北京某某", "", "010", "", "", ""]),
    ]
    assert list(table.rows()) == list(table.rows())


def test_IMP_2_formulas_give_their_value_and_errors_a_reason(either_way):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b", "c", "d"])
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_formula(1, 1, '="甲"&"乙"', None, "甲乙")
        sheet.write_formula(1, 2, "=NA()", None, "#N/A")
        sheet.write_formula(1, 3, "=B9", None, "#REF!")
        sheet.write_formula(2, 0, "=1+2", None, 7)
        sheet.write_formula(2, 1, "=A1", None, "")
        sheet.write_row(2, 2, ["x", "y"])

    content = with_part(workbook(fill), SHEET, lambda xml: xml.replace(b"<v>7</v>", b""))
    first, second = contents(table_of(content))
    assert first[:2] == [2, "甲乙"] and [type(cell) for cell in first[2:]] == [CellError, CellError]
    assert first[2].raw == "#N/A" and "#REF!" in first[3]
    assert isinstance(second[0], CellError) and second[1:] == ["", "x", "y"]


def test_IMP_2_titles_below_notes_and_over_two_rows_of_merged_cells(either_way):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.merge_range("A1:F1", "填写须知：\n1、红色为必填")
        sheet.merge_range("A3:A4", "编号")
        sheet.merge_range("B3:D3", "联系人")
        sheet.write_row("B4", ["姓名", "手机", "姓名"])
        sheet.merge_range("E3:F3", "金额")
        sheet.write_row("E4", ["含税", "未税"])
        sheet.write_row("A5", ["001", "张伟", "138", "李娜", 1, 2])
        sheet.write_row("A6", ["002"])

    table = table_of(workbook(fill))
    assert table.columns == ["编号", "联系人 姓名", "联系人 手机", "联系人 姓名 (2)", "金额 含税", "金额 未税"]
    assert table.header_row == 3
    assert list(table.rows()) == [(5, ["001", "张伟", "138", "李娜", 1, 2]), (6, ["002", "", "", "", "", ""])]


def test_IMP_2_the_sheet_is_the_first_with_anything_or_the_one_that_is_named():
    def fill(book):
        book.add_worksheet("空")
        book.add_worksheet("隐藏").write_row(0, 0, ["x"])
        book.get_worksheet_by_name("隐藏").hide()
        book.add_worksheet("客户").write_row(0, 0, ["名称", "电话"])

    content = workbook(fill)
    table = table_of(content)
    assert table.sheet == "客户" and table.sheet_names == ["空", "隐藏", "客户"] and contents(table) == []
    assert table_of(content, sheet="隐藏").columns == ["x"] and table_of(content, sheet=3).sheet == "客户"
    for wrong in ("没有", 9, 0):
        with pytest.raises(UnreadableTable, match="隐藏"):
            table_of(content, sheet=wrong)
    with pytest.raises(UnreadableTable):
        table_of(content, sheet="空")
    assert table_of(sheet_of([["x"], ["名称", "电话"], ["甲", "1"]]), header_row=2).columns == ["名称", "电话"]


CELL = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff"), max_size=20),
    st.integers(-(10**14), 10**14),
    st.booleans(),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=8), st.booleans())
def test_IMP_2_what_was_written_reads_back(rows, streamed):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["名称", "备注"])
        for number, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                write = sheet.write_string if isinstance(cell, str) else sheet.write
                write(number, place, cell)

    keep, sheets.KEEP_CELLS = sheets.KEEP_CELLS, 0 if streamed else sheets.KEEP_CELLS
    try:
        read = contents(table_of(workbook(fill)))
    finally:
        sheets.KEEP_CELLS = keep
    filled = [row for row in rows if any(not isinstance(cell, str) or cell.strip() for cell in row)]
    assert read == filled


# Made to hurt


def bomb(size, member=SHEET):
    """A sound workbook whose one part unpacks to `size` bytes of blanks."""
    return with_part(
        sheet_of([["a", "b"]]), member, lambda xml: xml.replace(b"<sheetData>", b" " * size + b"<sheetData>")
    )


def test_bad_input_zip_bombs_are_refused_by_what_their_directory_says(monkeypatch):
    monkeypatch.setattr(workbooks, "RATIO_FROM", 1 << 20)
    content = bomb(20 << 20)
    assert len(content) < 100_000
    with pytest.raises(UnreadableTable):
        table_of(content)
    monkeypatch.setattr(workbooks, "MAX_RATIO", 10**9)
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 10 << 20)
    with pytest.raises(UnreadableTable):
        table_of(content)
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 10**9)
    monkeypatch.setattr(workbooks, "MAX_MEMBERS", 3)
    with pytest.raises(UnreadableTable):
        table_of(content)


def test_bad_input_a_directory_that_lies_about_sizes_is_refused():
    content = bytearray(bomb(3 << 20, SHEET))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        real = archive.getinfo(SHEET).file_size
    for place in range(len(content) - 4):
        if content[place : place + 4] == real.to_bytes(4, "little"):
            content[place : place + 4] = (1000).to_bytes(4, "little")
    with pytest.raises(UnreadableTable):
        contents(table_of(bytes(content)))


def test_bad_input_two_cells_in_opposite_corners_need_no_memory():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["名称", "电话"])
        sheet.write_string(60_000, 200, "x")

    table = table_of(workbook(fill))
    assert isinstance(table, sheets.StreamedSheet)
    assert [line for line, _cells in table.rows()] == [60_001]

    def wide(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["名称", "电话"])
        sheet.write_string(1_048_575, 16_383, "x")

    with pytest.raises(UnreadableTable):
        table_of(workbook(wide))


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "_rels/.rels"])
def test_bad_input_entities_are_refused(part):
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    content = with_part(sheet_of([["a", "b"], ["1", "2"]]), part, lambda xml: xml.replace(b"?>", b"?>" + laughs, 1))
    with pytest.raises(UnreadableTable):
        table_of(content)


def test_bad_input_overlong_cells_are_errors_of_their_row():
    content = with_part(
        sheet_of([["a", "b"], ["长长", "2"]]),
        "xl/sharedStrings.xml",
        lambda xml: xml.replace("长长".encode(), "长".encode() * 3_500_000),
    )
    ((cell, other),) = contents(table_of(content))
    assert isinstance(cell, CellError) and other == "2"


def broken():
    whole = sheet_of([["名称", "电话"], ["甲", "1"]])
    yield whole[:300]
    yield whole[: len(whole) // 2]
    yield b"PK\x03\x04" + whole[200:]
    yield whole[:600] + b"\0" * 50 + whole[650:]
    yield with_part(whole, SHEET, lambda xml: xml[: len(xml) // 2])
    yield with_part(whole, SHEET, lambda xml: b"")
    yield with_part(whole, "xl/workbook.xml", lambda xml: b"<workbook/>")
    yield with_part(whole, "xl/workbook.xml", lambda xml: b"no xml")
    yield with_part(whole, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace(b"sheet1.xml", b"../../../etc.xml"))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    yield out.getvalue()


@pytest.mark.parametrize("number", range(10))
def test_bad_input_broken_workbooks_are_refused(number):
    with pytest.raises(UnreadableTable) as refused:
        contents(table_of(list(broken())[number]))
    assert str(refused.value)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 6000), st.binary(min_size=1, max_size=8))
def test_bad_input_a_workbook_with_any_bytes_changed_is_read_or_refused(place, change):
    content = bytearray(sheet_of([["名称", "电话"], ["甲", "1"]]))
    place %= len(content)
    content[place : place + len(change)] = change
    try:
        contents(table_of(bytes(content)))
    except UnreadableTable as refused:
        assert str(refused)


def test_IMP_2_public_workbooks_are_read(shared_data):
    folder = shared_data / "import_samples" / "excel"
    notes = open_table(folder / "cn_user_import_template_with_notes.xlsx")
    assert notes.header_row == 3 and notes.columns[:3] == ["工号", "姓名", "性别"]
    assert open_table(folder / "easyexcel_merged_cells.xlsx").columns == ["第一列", "第二列"]
    old = open_table(folder / "odoo_crm_lead.xls")
    assert (old.format, old.sheet, len(contents(old)), old.columns[0]) == ("xls", "Template", 8, "External ID")
    assert old.sample(1)[0][0] == 2
    assert len(contents(open_table(folder / "odoo_res_partner.xlsx"))) == 3
    calls = open_table(shared_data / "call_center" / "calls_2021q1.xlsx")
    assert sum(1 for _row in calls.rows()) == 5000 and parse.day(calls.sample(1)[0][1][2]) == dt.date(2021, 1, 1)
