"""CUS-7, IMP-2: tables are written as streams, open rightly in Excel and run nothing there."""

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.kit.tables import writer
from zhike.kit.tables.reader import open_table
from zhike.kit.tables.writer import Column, write_csv, write_xlsx

DANGEROUS = ["=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "\uff1d1+1"]
ROW = ["上海某某", Decimal("-5.10"), dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 6, 30, tzinfo=dt.UTC), True, None]
TITLES = ["名称", "金额", "日期", "时刻", "是", "空"]


def csv_of(columns, rows):
    out = io.BytesIO()
    assert write_csv(out, columns, rows) == len(rows)
    return out.getvalue()


def xlsx_of(columns, rows, **more):
    out = io.BytesIO()
    written = write_xlsx(out, columns, iter(rows), **more)
    out.seek(0)
    return written, out


@pytest.mark.parametrize("text", DANGEROUS)
def test_bad_input_texts_are_never_run_as_formulas_in_csv(text):
    content = csv_of(["名称", text], [[text, -5], [Decimal("-1.50"), -0.5]])
    titles, first, second = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert titles[1] == first[0] == f"'{text}"
    assert (first[1], *second) == ("-5", "-1.50", "-0.5")
    assert open_table(io.BytesIO(content)).sample()[0][1][0] == text


def test_bad_input_texts_are_never_formulas_or_links_in_xlsx():
    _written, file = xlsx_of(["名称"], [[text] for text in [*DANGEROUS, "https://example.com", "mailto:a@b.cn"]])
    with zipfile.ZipFile(file) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet and b"hyperlink" not in sheet and b"=cmd" in sheet


def test_CUS_7_csv_opens_in_excel_and_says_days_and_answers():
    content = csv_of(TITLES, [ROW])
    assert content.startswith(b"\xef\xbb\xbf")
    line = content.decode("utf-8-sig").splitlines()[1].split(",")
    assert line[:4] == ["上海某某", "-5.10", "2026-03-01", "2026-03-01 14:30:00"] and line[4] and line[5] == ""


def test_CUS_7_xlsx_keeps_kinds_and_titles_in_view():
    written, file = xlsx_of(TITLES, [ROW, ROW], sheet="客户/导出")
    table = open_table(file)
    assert written == 2 and table.columns == TITLES and table.sheet == "客户 导出"
    assert table.sample(1)[0][1][:4] == ["上海某某", -5.1, dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 14, 30)]
    with zipfile.ZipFile(file) as archive:
        assert b'state="frozen"' in archive.read("xl/worksheets/sheet1.xml")
        assert b"#,##0.00" in archive.read("xl/styles.xml")


def test_CUS_7_tables_without_rows_and_with_titles_twice():
    assert open_table(xlsx_of(["名称", "电话"], [])[1]).columns == ["名称", "电话"]
    assert open_table(xlsx_of([Column("名称"), "名称"], [["甲", "乙"]])[1]).columns == ["名称", "名称 (2)"]
    assert open_table(io.BytesIO(csv_of(["名称", "电话"], []))).columns == ["名称", "电话"]


@pytest.mark.parametrize("counted", [True, False])
def test_CUS_7_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch, counted):
    monkeypatch.setattr(writer, "MAX_SHEET_ROWS", 300)
    written, file = xlsx_of(["号"], [[n] for n in range(700)], count=700 if counted else None)
    names = open_table(file).sheet_names
    assert written == 700 and len(names) == 3
    read = [cells[0] for name in names for _line, cells in open_table(file, sheet=name).rows()]
    assert read == list(range(700))


def test_CUS_7_an_error_in_the_rows_is_not_swallowed(tmp_path):
    def rows():
        yield ["甲"]
        raise LookupError("gone")

    for write, name in ((write_csv, "a.csv"), (write_xlsx, "a.xlsx")):
        with pytest.raises(LookupError):
            write(tmp_path / name, ["名称"], rows())


ODD = [float("nan"), float("inf"), 10**20, "\ud800x", "a\0\x01b", "长" * 40_000, dt.date(1850, 1, 1), dt.date(9999, 12, 31),
       dt.time(3, 4), ["甲", "乙"], "\u202e倒", "😀", Decimal("1E+3"), "_x0041_"]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_bad_input_odd_values_are_written(value):
    assert csv_of(["a", "b"], [[value, "x"]])
    _written, file = xlsx_of(["a", "b"], [[value, "x"]])
    assert open_table(file).sample(1)[0][1][1] == "x"


TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff"), max_size=20)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXT, st.integers(-(10**12), 10**12)), max_size=6))
def test_CUS_7_what_is_exported_reads_back(rows):
    assert [cells for _line, cells in open_table(xlsx_of(["甲", "乙"], rows)[1]).rows()] == [list(row) for row in rows]
    if not any(text[:1] == "'" for text, _number in rows):
        table = open_table(io.BytesIO(csv_of(["甲", "乙"], rows)))
        assert [cells for _line, cells in table.rows()] == [[text, str(number)] for text, number in rows]
