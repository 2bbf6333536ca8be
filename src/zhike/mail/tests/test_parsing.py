"""ACT-8: letters as mailers really write them: character sets, names of files, HTML, quotations, winmail.dat."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.mail.parsing import cleaned, decode, forwarded_sender, header_text, parse, split, text_of

SUBJECT = "回复：关于询价单的报价（含税），请尽快确认，谢谢！"


def test_ACT_8_the_sample_letters_all_read(shared_data):
    found = {p.stem: parse(p.read_bytes()) for p in (shared_data / "import_samples" / "eml").glob("*.eml")}
    assert len(found) >= 4
    for parsed in found.values():
        assert parsed.head.subject == SUBJECT and parsed.head.sender == ("张采购", "buyer@example.com")
        assert parsed.text.startswith("Python（派森）语言是一种功能强大而完善的通用型计算机程序设计语言")
        assert "\ufffd" not in parsed.text + parsed.head.subject
    for name in ("attachment_raw_gbk", "attachment_rfc2231"):
        assert [part.name for part in found[name].parts] == ["报价单2026.xls"]


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("镕朱喆的报价", "gb2312", None),  # letters GB2312 does not have
        ("镕朱喆的报价", "GBK", None),
        ("关于报价", "iso-8859-1", "gb18030"),
        ("关于报价，请确认", "us-ascii", "gb18030"),
        ("关于报价", "gb2312", "utf-8"),  # declared as GB2312, written in UTF-8
        ("請報價", "big5", "cp950"),
        ("关于报价", "hz-gb-2312", "hz"),
        ("关于报价", "no-such-set", "gb18030"),
        ("关于报价", "", "utf-8"),
        ("café crème", "iso-8859-1", "cp1252"),
    ],
)
def test_ACT_8_what_is_declared_is_not_always_what_was_used(data, charset, text):
    written = data.encode(text or "gb18030")
    assert decode(written, charset) == data


def test_ACT_8_headers_of_all_kinds():
    half = base64.b64encode("王工程师".encode("gbk")).decode()
    assert header_text(f"=?gb2312?B?{half}?=") == "王工程师"
    data = "这是一个很长的主题".encode()
    first, second = base64.b64encode(data[:7]).decode(), base64.b64encode(data[7:]).decode()
    assert header_text(f"=?utf-8?B?{first}?=\r\n =?utf-8?B?{second}?=") == "这是一个很长的主题"  # a letter cut in two
    assert header_text("=?GBK?Q?=B1=A8=BC=DB=B5=A5?=_2026") == "报价单_2026"
    assert header_text("Re:=?utf-8?B?5oql5Lu3?=ok") == "Re:报价ok"
    assert header_text("=?utf-8?B?5oql5Lu3") == "=?utf-8?B?5oql5Lu3"  # broken off: shown as it is
    assert header_text("=?utf-8?B?5oql5Lu3=?=") == "报价"  # padding that does not fit
    assert header_text("关于报价".encode("gbk").decode("ascii", "surrogateescape")) == "关于报价"


def letter(*lines, charset="utf-8"):
    return "\r\n".join(lines).encode(charset)


def test_ACT_8_addresses_with_names_in_every_spelling():
    raw = letter(
        "From: =?utf-8?B?546L5bel?= <Wang@LanZhi.CN>",
        'To: "李, 娜" <lina@a.cn>; 张三 <zhang@b.cn>, plain@c.cn',
        "Cc: =?utf-8?B?5p2O5ZubIDxsaUBkLmNuPg==?=",
        "Subject: x", "", "x", charset="gb18030",
    )  # fmt: skip
    head = parse(raw).head
    assert head.sender == ("王工", "wang@lanzhi.cn")
    assert [a for _n, a in head.to] == ["lina@a.cn", "zhang@b.cn", "plain@c.cn"] and head.to[1][0] == "张三"
    assert head.cc == [("李四", "li@d.cn")]


def test_ACT_8_html_alone_inline_pictures_and_forwarded_letters():
    raw = letter(
        "From: a@b.cn", "Subject: x", 'Content-Type: multipart/mixed; boundary="o"', "", "--o",
        'Content-Type: multipart/related; boundary="i"', "", "--i", "Content-Type: text/html", "",
        '<meta charset="gbk"><p>您好</p><table><tr><td>型号</td><td>价格</td></tr></table><img src="cid:logo@x">', "--i",
        "Content-Type: image/png", "Content-ID: <logo@x>", "Content-Transfer-Encoding: base64", "", "iVBORw0KGgo=",
        "--i--", "--o", "Content-Type: message/rfc822", "", "From: c@d.cn", "Subject: =?utf-8?B?5Y6f5L+h?=", "", "old",
        "--o", 'Content-Type: application/pdf; name="=?gb2312?B?sai82w==?=.pdf"', "Content-Disposition: attachment",
        "Content-Transfer-Encoding: base64", "", "JVBERi0=", "--o",
        "Content-Type: text/plain", "Content-Disposition: attachment; filename*0*=utf-8''%E6%8A%A5;", " filename*1*=%E4%BB%B7;",
        ' filename*2=".txt"', "", "hello", "--o--", charset="gbk",
    )  # fmt: skip
    parsed = parse(raw)
    assert parsed.text == "您好\n\n型号 价格"
    assert {(p.name, p.cid) for p in parsed.parts} == {
        ("file-1.png", "logo@x"), ("原信.eml", ""), ("报价.pdf", ""), ("报价.txt", "")}  # fmt: skip


def tnef(name, data):
    def attribute(level, kind, content):
        return struct.pack("<BII", level, kind, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)

    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(
        [
            attribute(1, 0x00089006, struct.pack("<I", 0x00010000)),
            attribute(1, 0x00069007, struct.pack("<II", 936, 0)),
            attribute(2, 0x00069002, b"\x01\x00" + b"\xff" * 12),
            attribute(2, 0x00018010, name + b"\0"),
            attribute(2, 0x0006800F, data),
        ]
    )


def test_ACT_8_winmail_dat_is_unpacked_and_kept_where_it_is_broken():
    def winmail(content):
        return letter(
            "From: a@b.cn", 'Content-Type: application/ms-tnef; name="winmail.dat"', "Content-Transfer-Encoding: base64",
            "", base64.b64encode(content).decode(),
        )  # fmt: skip

    inside = parse(winmail(tnef("报价单.xls".encode("gbk"), b"cells"))).parts
    assert [(part.name, part.content) for part in inside] == [("报价单.xls", b"cells")]
    assert [part.name for part in parse(winmail(b"not tnef at all")).parts] == ["winmail.dat"]


@pytest.mark.parametrize(
    "quoted",
    [
        "在 2026年3月10日 周二 09:30，李娜 <lina@a.cn> 写道：\n> 旧信",
        "2026-03-10 09:30，李娜 写道：\n旧信",
        "------------------ 原始邮件 ------------------\n发件人: 李娜\n旧信",
        "-----原始邮件-----\n旧信",
        "发件人: 李娜 <lina@a.cn>\n发送时间: 2026年3月10日\n收件人: 王工\n主题: 报价\n\n旧信",
        "发件人：李娜\n日期：2026\n主题：x\n旧信",
        "On Tue, Mar 10, 2026 at 9:30 AM Li Na <lina@a.cn> wrote:\n> old",
        "-----Original Message-----\nFrom: Li Na\nSent: Tuesday\nold",
        "> old\n> old",
    ],
)
def test_ACT_8_quotations_and_signatures_are_told_apart(quoted):
    said = split(f"收到，按此执行。\n\n-- \n王工\n兰芷精密\n\n{quoted}")
    assert said.fresh == "收到，按此执行。" and said.signature.startswith("-- ") and said.quoted == quoted
    assert split(quoted).fresh == quoted.strip()  # nothing else in it: shown whole
    assert split("发件人: 我们会在合同里写清楚\n谢谢").quoted == ""


def test_ACT_8_whose_letter_a_colleague_passes_on():
    assert forwarded_sender("看看\n发件人: 王工 <Wang@x.cn>\n发送时间: 1\n收件人: a\n主题: b\n\n旧") == "wang@x.cn"
    assert forwarded_sender("From: a quick note, nothing more") == ""


def test_PLT_5_html_of_strangers_runs_and_loads_nothing():
    html = (
        '<script>alert(1)</script><style>p{position:fixed}</style><p onclick="x()" style="position:fixed;color:red">hi</p>'
        '<img src="http://spy.cn/1.png"><img src="cid:a"><a href="javascript:x()">q</a><form action="/x"><input></form>'
        '<iframe src="/"></iframe><svg onload=x()></svg><base href="http://spy.cn"><meta http-equiv=refresh content="0">'
    )
    shown = cleaned(html, {"a": "data:image/png;base64,AA"})
    for bad in (
        "script",
        "alert",
        "onclick",
        "position",
        "spy.cn",
        "javascript",
        "<form",
        "<iframe",
        "<svg",
        "<base",
        "<meta",
    ):
        assert bad not in shown, bad
    assert 'style="color:red"' in shown and "data:image/png" in shown
    assert "spy.cn/1.png" in cleaned(html, {}, remote=True)
    assert text_of(html) == "hi\nq"


@given(st.binary(max_size=400))
def test_ACT_8_no_bytes_break_the_reading(raw):
    parse(raw)
    parse(b"Content-Type: multipart/mixed; boundary=x\r\nSubject: " + raw + b"\r\n\r\n--x\r\n" + raw)


@given(st.text(max_size=80), st.sampled_from(["utf-8", "gb18030"]))
def test_ACT_8_headers_come_back_as_they_were(text, charset):
    text = " ".join(text.encode("utf-8", "ignore").decode().replace("\x85", " ").split())
    text = "".join(c for c in text if c.isprintable())
    word = f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="
    assert header_text(word) == " ".join(text.split())
