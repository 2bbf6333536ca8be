"""IMP-2: contact cards as telephones and mail programs export them."""

import io

import pytest
from django.utils import translation

from zhike.kit.tables.reader import CellError, UnreadableTable, open_table


def quoted(text, encoding="gbk"):
    return "".join(f"={byte:02X}" for byte in text.encode(encoding))


def rows_of(text, encoding="utf-8"):
    return list(open_table(io.BytesIO(text.replace("\n", "\r\n").encode(encoding))).rows())


def test_IMP_2_version_2_1_in_quoted_gbk():
    ((line, cells),) = rows_of(
        f"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:{quoted('欧阳')};{quoted('娜娜')};;;\n"
        f"FN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:{quoted('欧阳娜娜')}\nTEL;CELL:13800138000\nTEL;WORK;FAX:010-1\n"
        f"TEL;WORK:010-62345678\nORG;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:{quoted('某某')}=\n{quoted('公司')};"
        f"{quoted('销售部')}\nEND:VCARD\n"
    )
    assert (line, cells[:6]) == (1, ["欧阳娜娜", "某某公司", "销售部", "", "13800138000", "010-62345678"])


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-16"])
def test_IMP_2_raw_cards_in_any_encoding_one_row_each(encoding):
    first, second, third = rows_of(
        "BEGIN:VCARD\nVERSION:2.1\nN:张;伟\nTEL:13900139000\nADR;WORK:;;中山路1号;上海;上海市;200000;中国\nNOTE:备注\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:3.0\nFN:李娜\nBDAY:--0321\nPHOTO;ENCODING=b:AAAA\n BBBB\nEND:VCARD\n"
        "BEGIN:VCARD\nnonsense\nEND:VCARD\n",
        encoding,
    )
    assert first == (1, ["张伟", "", "", "", "13900139000", "", "", "", "上海市上海中山路1号", "备注"])
    assert second[1] == ["李娜", *[""] * 9]
    assert third[0] == 15 and isinstance(third[1][0], CellError)


def test_IMP_2_version_4():
    ((_line, cells),) = rows_of(
        'BEGIN:VCARD\nVERSION:4.0\nFN:单雄信\nORG:瓦岗;门\nTITLE:经理\nTEL;VALUE=uri;TYPE="cell,voice":tel:+86-138-0013-8000\n'
        "BDAY:19800321\nEMAIL;PREF=1:a@b.cn\nEND:VCARD\n"
    )
    assert cells[:8] == ["单雄信", "瓦岗", "门", "经理", "+86-138-0013-8000", "", "a@b.cn", "19800321"]


def test_IMP_2_columns_are_named_in_the_users_language():
    card = io.BytesIO(b"BEGIN:VCARD\nFN:x\nEND:VCARD\n")
    with translation.override("en"):
        assert open_table(card).columns[:3] == ["Name", "Company", "Department"]
    with translation.override("zh-hans"):
        assert open_table(card).columns == [
            "姓名",
            "公司",
            "部门",
            "职务",
            "手机",
            "电话",
            "邮箱",
            "生日",
            "地址",
            "备注",
        ]


def test_bad_input_a_file_without_a_whole_card_is_refused():
    with pytest.raises(UnreadableTable):
        rows_of("BEGIN:VCARD\nFN:x\n")


def test_IMP_2_public_cards_are_read(shared_data):
    found = {
        path.name: open_table(path).sample()[0][1] for path in (shared_data / "import_samples" / "vcard").glob("*.vcf")
    }
    assert len(found) == 4
    assert found["outlook-2003.vcf"][:4] == ["John Doe III", "Company, The", "TheDepartment", "The Job Title"]
    assert found["John_Doe_IPHONE.vcf"][4:6] == ["905-555-1234", "905-777-1234"]
