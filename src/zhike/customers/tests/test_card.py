"""The data card: on screen, on paper, as a PDF (CUS-1, CUS-2, CUS-3, ORG-4)."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from zhike.customers import card
from zhike.customers.tests.conftest import said
from zhike.customers.tests.factories import CustomerFactory
from zhike.records.models import AuditEntry

pytestmark = pytest.mark.django_db

VALUES = {
    "channel_code": "TL-09", "legal_representative": "王建平", "tax_number": "320584000012345",
    "bank": "中国工商银行吴江支行", "bank_account": "1102023609008812", "delivery_address": "松陵镇仓库二号门",
    "invoice_type": "special", "proprietor": "王氏家族",
    "organisation_type": "joint", "licence_number": "ZZ-2009-318", "registered_capital": 2_100_000_000,
    "founded_on": "2009-03-18", "business_lines": "精密零部件", "annual_turnover": 8_600_000_000, "premises": "leased",
    "leased_from": "2024-01-01", "leased_until": "2028-12-31", "warehouse_area": 1200.0, "warehouse_held": "own",
    "payment_terms": "other", "payment_terms_note": "月结六十天", "note": "两年备件打包进合同",
}  # fmt: skip


@pytest.fixture
def filled(company, sign_in):
    """A customer of which every field of the form is known, and its main contact."""
    made = CustomerFactory(
        owner=company.li_na, name="苏州恒旭精密机械有限公司", code="KH-000187", address="中山北路188号",
        phone="0512-63458812", fax="0512-63458800", credit_grade="A", abc="B", credit_limit=1_000_000, credit_days=60,
        custom=dict(VALUES),
    )  # fmt: skip
    sign_in(company.li_na).post(
        "/contacts/new/", {"customer": made.pk, "name": "黄欣", "title": "采购主管", "mobile": "13900002207"}
    )
    return made


# What the form of the paper asks for, as it is written there.
ON_PAPER = """
    客户名称 苏州恒旭精密机械有限公司 客户代号 KH-000187 通路代号 TL-09 法定代表 王建平 地址 中山北路188号
    税籍号码 320584000012345 电话/传真 0512-63458812 0512-63458800 开户账号 1102023609008812 开户银行
    中国工商银行吴江支行 收货地址 松陵镇仓库二号门 联络人 黄欣 发票种类 ■增值税专用发票 □增值税普通发票 联络电话
    13900002207 组织形态 ■中外合资、合作 □国有企业 □乡镇企业 □个体 □外商独资 营业执照编号 ZZ-2009-318 注册资本
    2,100万元 成立时间 2009-03-18 营业项目 精密零部件 年营业额 8,600万元 店面 ■租用 2024-01-01 2028-12-31 仓库面积
    1,200平方米 付款条件 □款到发货 ■其他 月结六十天 信用等级 ■A级 客户分类 ■B级 信用额度 1,000,000.00 收款期限
    60天 信用额度金额由总经理核定 两年备件打包进合同 基本资料 组织及营运状况 付款状况 备注 客户盖章
""".split()  # noqa: SIM905 - sixty quotation marks would read worse


def test_CUS_2_the_pdf_is_one_a4_page_with_every_field_of_the_form(company, sign_in, filled):
    answer = sign_in(company.li_na).get(f"/customers/{filled.pk}/card/pdf/")
    assert answer["Content-Type"] == "application/pdf" and "attachment" in answer["Content-Disposition"]
    pages = PdfReader(BytesIO(answer.content)).pages
    assert len(pages) == 1
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]
    # pypdf takes the two-byte codes of the font apart and leaves the zero bytes in.
    text = "".join(pages[0].extract_text().replace("\x00", "").split())
    assert [word for word in ON_PAPER if word not in text] == [], text
    assert "李娜打印于" in text


def test_CUS_2_an_overfull_card_still_is_one_page_and_an_empty_one_too(company, sign_in):
    long = dict.fromkeys(("business_lines", "note", "delivery_address", "payment_terms_note"), "很长的内容" * 300)
    full = CustomerFactory(owner=company.li_na, name="名" * 200, address="址" * 200, custom=long)
    empty = CustomerFactory(owner=company.li_na, name="🙂")
    for customer in (full, empty):
        answer = sign_in(company.li_na).get(f"/customers/{customer.pk}/card/pdf/")
        assert len(PdfReader(BytesIO(answer.content)).pages) == 1


def test_CUS_2_the_printed_page_holds_the_same(company, sign_in, filled):
    text = "".join(said(sign_in(company.li_na).get(f"/customers/{filled.pk}/card/print/")).split())
    assert [word for word in ON_PAPER if word not in text] == []


def test_ORG_4_printing_and_taking_a_card_away_are_noted(company, sign_in, filled):
    client = sign_in(company.lead_east)
    client.get(f"/customers/{filled.pk}/card/")
    assert not AuditEntry.objects.filter(verb="printed").exists()
    client.get(f"/customers/{filled.pk}/card/print/")
    client.get(f"/customers/{filled.pk}/card/pdf/")
    noted = AuditEntry.objects.filter(verb="printed", object_id=filled.pk).order_by("id")
    assert [(n.person, n.changes["card"][1]) for n in noted] == [
        (company.lead_east, "print"),
        (company.lead_east, "pdf"),
    ]
    sign_in(company.zhao_lei).get(f"/customers/{filled.pk}/card/pdf/")
    assert noted.count() == 2


def test_CUS_1_and_3_each_field_of_the_card_is_in_the_form_and_on_the_screen(company, sign_in, filled):
    client = sign_in(company.gm)
    form, screen = said(client.get(f"/customers/{filled.pk}/edit/")), said(client.get(f"/customers/{filled.pk}/card/"))
    for field in card.FIELDS:
        assert f'name="{field.name}"' in form, field.name
        assert str(field.label) in screen, field.name


def test_CUS_3_the_four_groups_of_knowledge_are_kept_and_their_changes_noted(company, sign_in, filled):
    data = {"name": filled.name, "code": filled.code, "tier": "target", "lifecycle": "potential",
            "service_region": "华东", "competitor_relation": "也用维科视觉", "problems": "验收慢\n付款慢"}  # fmt: skip
    client = sign_in(company.li_na)
    assert client.post(f"/customers/{filled.pk}/edit/", data).status_code == 302
    shown = said(client.get(f"/customers/{filled.pk}/card/"))
    assert "华东" in shown and "也用维科视觉" in shown and "验收慢<br>付款慢" in shown
    changes = AuditEntry.objects.filter(object_id=filled.pk, verb="changed").latest("id").changes
    assert changes["service_region"] == [None, "华东"]
