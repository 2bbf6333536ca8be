"""ACT-8: letters as mailers really write them: character sets, names of files, HTML, quotations, winmail.dat."""

import base64
import contextlib
import struct
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import assume, given
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
        ("模具", "", "gbk"),  # valid UTF-8 by chance
        ("señor Müller", "", "utf-8"),
        ("Привет", "", "utf-8"),
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


WORDS = st.text(st.characters(codec="gb2312", categories=["L", "N"]), min_size=1, max_size=40)
CHARSETS = st.sampled_from(["gb2312", "gbk", "gb18030", "utf-8"])


def readable(text):
    """Left aside: the few texts whose bytes in GBK are letters of three bytes in UTF-8 too, which nobody can tell."""
    with contextlib.suppress(UnicodeDecodeError):
        assume(all(letter <= "\u07ff" for letter in text.encode("gbk").decode("utf-8")))
    return text


def encoded(text, charset, way, length):
    """A header as mailers write it: encoded words of so many bytes each, letters cut in two where it falls so."""
    data = text.encode(charset)
    pieces = [data[n : n + length] for n in range(0, len(data), length)]
    if way == "Q":
        words = ["".join(f"={byte:02X}" for byte in piece) for piece in pieces]
    else:
        words = [base64.b64encode(piece).decode() for piece in pieces]
    return "\r\n ".join(f"=?{charset}?{way}?{word}?=" for word in words)


@given(WORDS, CHARSETS, st.sampled_from("QB"), st.integers(3, 45))
def test_ACT_8_subjects_come_back_in_every_encoding_cut_anywhere(text, charset, way, length):
    raw = f"From: a@b.cn\r\nSubject: {encoded(readable(text), charset, way, length)}\r\n\r\nx".encode()
    assert parse(raw).head.subject == text


def with_file(*lines, charset):
    """A letter with one file, its headers as given."""
    return "\r\n".join(
        [
            "From: a@b.cn", 'Content-Type: multipart/mixed; boundary="x"', "", "--x", "Content-Type: text/plain", "", "t",
            "--x", "Content-Type: application/octet-stream", *lines, "Content-Transfer-Encoding: base64", "", "AAAA",
            "--x--", "",
        ]
    ).encode(charset)  # fmt: skip


@given(WORDS, CHARSETS, st.sampled_from("QB"), st.integers(3, 45), st.integers(1, 30))
def test_ACT_8_names_of_files_come_back_in_every_spelling(text, charset, way, length, cut):
    name = f"{readable(text)}.pdf"
    percent = "".join(f"%{byte:02X}" for byte in name.encode(charset))
    pieces = [percent[n : n + 3 * cut] for n in range(0, len(percent), 3 * cut)]
    whole = f"Content-Disposition: attachment; filename*={charset}'zh'{percent}"
    cut_up = ["Content-Disposition: attachment;", *(f" filename*{n}*={charset + chr(39) * 2 if n == 0 else ''}{piece};"
                                                     for n, piece in enumerate(pieces))]  # fmt: skip
    word = f'Content-Disposition: attachment; filename="{encoded(name, charset, way, length)}"'
    inside = f'Content-Type: application/octet-stream; name="{encoded(name, charset, way, length)}"'
    for lines in ([whole], cut_up, [word]):
        assert [part.name for part in parse(with_file(*lines, charset="ascii")).parts] == [name], lines
    raw = with_file(inside, charset="ascii").replace(b"Content-Type: application/octet-stream\r\n", b"", 1)
    assert [part.name for part in parse(raw).parts] == [name]


DAILY = [bytes([high, low]).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)]


@given(st.text(st.sampled_from(DAILY), min_size=2, max_size=40))
def test_ACT_8_names_and_subjects_without_any_encoding_come_back_too(text):
    readable(text)
    for charset in ("gbk", "utf-8"):
        raw = with_file(f'Content-Disposition: attachment; filename="{text}.pdf"', charset=charset)
        raw = f"Subject: {text}\r\n".encode(charset) + raw
        parsed = parse(raw)
        assert [part.name for part in parsed.parts] == [f"{text}.pdf"] and parsed.head.subject == text


@given(WORDS, WORDS, st.text(st.characters(codec="gb18030", categories=["L", "N"]), max_size=200))
def test_ACT_8_what_we_send_reads_back_as_it_was_written(subject, name, text):
    message = EmailMessage(policy=SMTP)
    message["From"], message["Subject"] = "a@b.cn", subject
    message.set_content(text + "\n", cte="base64")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename=f"{name}.pdf")
    parsed = parse(message.as_bytes())
    assert (parsed.head.subject, parsed.text) == (subject, text.strip())
    assert [part.name for part in parsed.parts] == [f"{name}.pdf"]
