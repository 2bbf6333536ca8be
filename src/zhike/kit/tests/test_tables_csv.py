"""IMP-2: text tables in any encoding and with any delimiter; broken ones are refused with a message."""

import csv
import io

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zhike.kit.tables import texts
from zhike.kit.tables.reader import CellError, UnreadableTable, open_table

ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
TITLES = ["客户名称", "电话", "备注"]
HANZI = st.text(
    st.sampled_from("上海某某贸易有限公司张伟李娜单雄信，。；、（）123abcXYZ -\"'\n,;|\t毛模联通"), max_size=12
)


def table_of(content, **options):
    return open_table(io.BytesIO(content), **options)


def written(rows, delimiter=",", encoding="utf-8", **more):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, **more).writerows(rows)
    text = out.getvalue()
    return text.encode(encoding) if encoding != "utf-16-be-bom" else ("\ufeff" + text).encode("utf-16-be")


def contents(table):
    return [cells for _line, cells in table.rows()]


@settings(max_examples=150)
@given(
    st.lists(st.tuples(HANZI.filter(str.strip), HANZI, HANZI), min_size=1, max_size=8),
    st.sampled_from(ENCODINGS),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_IMP_2_any_chinese_table_reads_back_in_any_encoding(rows, encoding, delimiter):
    assume(not any(cell[:1] == "'" for row in rows for cell in row))  # an apostrophe before a sign is a guard
    table = table_of(written([TITLES, *rows], delimiter, encoding, quoting=csv.QUOTE_ALL))
    assert table.columns == TITLES and table.delimiter == delimiter
    assert contents(table) == [list(row) for row in rows if any(cell.strip() for cell in row)]


@pytest.mark.parametrize("encoding", [*ENCODINGS, "utf-16-be-bom"])
def test_IMP_2_encodings_are_named_and_lines_are_true(encoding):
    content = written([TITLES, ["上海某某", "021", ""], [], ["", " ", "\u3000"], ["北京某某", "010", "两\n行"], ["甲", "1", "乙"]],
                      encoding=encoding)  # fmt: skip
    table = table_of(content)
    assert table.encoding == encoding.removesuffix("-bom").replace("utf-16-be" if "bom" in encoding else "_", "utf-16")
    assert list(table.rows()) == [
        (2, ["上海某某", "021", ""]),
        (5, ["北京某某", "010", "两\n行"]),
        (7, ["甲", "1", "乙"]),
    ]
    assert list(table.rows()) == list(table.rows()) and table.sample(1) == [(2, ["上海某某", "021", ""])]
    assert table.total == 6


def test_IMP_2_few_hanzi_in_gbk_are_not_taken_for_accents_nor_the_other_way_round():
    assert contents(table_of("a,b\r\n毛,模\r\n".encode("gbk"))) == [["毛", "模"]]
    assert contents(table_of("name,city\nJosé Müller,Málaga\n".encode())) == [["José Müller", "Málaga"]]
    assert contents(table_of("имя,город\nИван,Москва\n".encode())) == [["Иван", "Москва"]]


def test_IMP_2_an_encoding_may_be_said():
    big5 = written([["公司", "電話"], ["臺灣貿易", "02"]], encoding="big5")
    assert table_of(big5, encoding="big5").columns == ["公司", "電話"]
    assert table_of("名称\n上海\n".encode("gbk"), encoding="GB2312").encoding == "gb18030"
    for wrong in ("no-such", "base64", "utf-8"):
        with pytest.raises(UnreadableTable):
            table_of(big5 * 40, encoding=wrong)


def test_IMP_2_delimiters_within_quotes_and_chinese_commas_are_data():
    table = table_of('名称;标签;备注\n"甲;乙";"a,b,c";一，二，三\n丙;"a,b,c";一，二，三\n'.encode())
    assert table.delimiter == ";" and contents(table)[0] == ["甲;乙", "a,b,c", "一，二，三"]
    assert table_of(b"a;b;c\n1,5;2,5;3,5\n1,5;2,5;3,5\n1,5;2,5;3,5\n").delimiter == ";"
    assert table_of(b"sep=^\r\na^b\r\n1^2\r\n").sample() == [(3, ["1", "2"])]
    assert table_of("名称\n上海, 北京\n广州\n".encode()).columns == ["名称"]
    assert contents(table_of("名称\n上海, 北京\n广州\n".encode())) == [["上海, 北京"], ["广州"]]
    assert table_of("名称，电话\n甲，1\n乙，2\n".encode()).delimiter == "，"
    assert table_of(b"a,b|c,d\n", delimiter="tab").columns == ["a,b|c,d"]
    with pytest.raises(UnreadableTable):
        table_of(b"a,b\n", delimiter="ab")


def test_IMP_2_titles_below_notes_and_strange_titles():
    table = table_of("客户导入模板\n请勿修改表头,,,\n\n名称,电话,,名称\n甲,1,2,3\n乙,1,,\n".encode())
    assert table.columns == ["名称", "电话", "C", "名称 (2)"] and table.header_row == 4
    assert list(table.rows()) == [(5, ["甲", "1", "2", "3"]), (6, ["乙", "1", "", ""])]
    assert table_of(b"1,2\n3,4\na,b\n5,6\n", header_row=3).columns == ["a", "b"]
    with pytest.raises(UnreadableTable):
        table_of(b"a,b\n1,2\n", header_row=9)


def test_IMP_2_a_row_with_more_cells_than_titles_keeps_them():
    assert contents(table_of("名称,电话\n上海,北京,021\n甲,1,,\n".encode())) == [["上海", "北京", "021"], ["甲", "1"]]


def test_bad_input_overlong_cells_are_errors_of_their_row():
    long = "长" * (texts.MAX_CELL_CHARS + 1)
    rows = contents(table_of(written([TITLES, [long, "1", "2"], ["甲", "1", "2"]])))
    assert isinstance(rows[0][0], CellError) and len(rows[0][0].raw) == 100 and rows[1] == ["甲", "1", "2"]


def test_bad_input_a_quotation_mark_that_is_never_closed_is_named(monkeypatch):
    limit = csv.field_size_limit(100_000)
    try:
        with pytest.raises(UnreadableTable, match="3"):
            contents(table_of(b'a,b\n1,2\n3,"4\n' + b"5,6\n" * 50_000))
    finally:
        csv.field_size_limit(limit)


def test_bad_input_damaged_characters_are_errors_of_their_cells():
    good = "上海某某贸易有限公司,021\n".encode() * 200
    rows = contents(table_of("名称,电话\n".encode() + good + b"\xe4\xb8,1\n" + good))
    assert len(rows) == 401 and isinstance(rows[200][0], CellError) and rows[200][1] == "1"


def test_bad_input_zeros_are_dropped():
    assert contents(table_of("名称,电话\n上海\0某某,1\n".encode())) == [["上海某某", "1"]]


@pytest.mark.parametrize(
    "content",
    [b"", b" \r\n", b"\xff\xfe", b"\x7fELF" + bytes(range(256)) * 40, b"%PDF-1.7 x", b"\x89PNG\r\n", b"<html><table></table></html>",
     b"<?xml version='1.0'?><Workbook/>", bytes(5000), b"PK\x03\x04 nothing more", b"\xd0\xcf\x11\xe0" + b"\0" * 600],
)  # fmt: skip
def test_bad_input_what_is_no_table_is_refused_with_a_reason(content):
    with pytest.raises(UnreadableTable) as refused:
        contents(table_of(content))
    assert str(refused.value)


def test_bad_input_missing_files_are_refused(tmp_path):
    with pytest.raises(UnreadableTable):
        open_table(tmp_path / "none.csv")


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_bad_input_any_bytes_are_a_table_or_refused(content):
    try:
        table = table_of(content)
        assert all(len(cells) >= len(table.columns) > 0 for _line, cells in table.rows())
    except UnreadableTable as refused:
        assert str(refused)


def test_IMP_2_uploads_are_read_and_stay_open(tmp_path):
    from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

    content = "名称,电话\n甲,1\n".encode()
    large = TemporaryUploadedFile("a.csv", "text/csv", len(content), None)
    large.write(content)
    for upload in (SimpleUploadedFile("a.csv", content), large):
        assert contents(open_table(upload)) == [["甲", "1"]]
        upload.seek(0)
        assert upload.read() == content


def test_IMP_2_public_samples_are_read(shared_data):
    def shape(name):
        table = open_table(shared_data / name)
        return len(table.columns), sum(1 for _row in table.rows())

    assert shape("maven_crm/sales_pipeline.csv") == (8, 8800)
    assert shape("import_samples/hubspot/hubspot_contacts.csv")[1] == 950
    assert shape("ar/invoices_40_customers.csv") == (12, 1033)
    assert open_table(shared_data / "import_samples/contacts_csv/cn_office_bom.csv").columns[0] == "姓名"
    google = open_table(shared_data / "import_samples/contacts_csv/google_contacts.csv")
    assert google.columns[0] == "Name" and google.sample(1)[0][0] == 2
