"""The import wizard through its pages: reading, columns, joining, unknown words, failed rows, undo, bad files (IMP-2)."""

import io
import json
import re
import zipfile

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.customers.models import Contact, Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.actions import acting
from zhike.kit.tables.reader import open_table
from zhike.records import tasks
from zhike.records.models import AuditEntry, CustomField, ImportBatch, Job, PicklistOption

pytestmark = pytest.mark.django_db
WHY = "a test compares the table with the file"


class Wizard:
    """The steps of the wizard as a browser takes them; the worker's part is done at once."""

    def __init__(self, client):
        self.client = client

    def upload(self, content, name="客户.csv", kind="customers"):
        content = content.encode() if isinstance(content, str) else content
        answer = self.client.post("/import/", {"kind": kind, "file": SimpleUploadedFile(name, content)})
        if answer.status_code == 302:
            self.pk = int(re.search(r"/import/(\d+)/", answer.url)[1])
        return answer

    def columns(self, query=""):
        return self.client.get(f"/import/{self.pk}/columns/{query}")

    def check(self, **changed):
        """Send the columns as the page offers them, but for what is changed; then the worker's dry run."""
        page = self.columns()
        form = page.context["form"]
        data = {bound.html_name: bound.value() for bound in form if bound.value() not in (None, False)}
        answer = self.client.post(f"/import/{self.pk}/columns/", {"read": "1", **data, **changed})
        self.work()
        return answer

    def explain(self, **meanings):
        answer = self.client.post(f"/import/{self.pk}/words/", meanings)
        self.work()
        return answer

    def run(self):
        self.client.post(f"/import/{self.pk}/run/")
        tasks.run_import.func(self.pk)
        return self.batch

    def undo(self):
        answer = self.client.post(f"/import/{self.pk}/undo/")
        tasks.take_back_import.func(self.pk, self.batch.job_id)
        return answer

    def work(self):
        if (job := self.batch.job_id) and self.batch.job.is_under_way:
            tasks.check_import.func(self.pk, job)

    @property
    def batch(self):
        return ImportBatch.objects.get(pk=self.pk)

    @property
    def page(self):
        return self.client.get(f"/import/{self.pk}/").content.decode()


@pytest.fixture
def wizard(company, sign_in):
    return Wizard(sign_in(company.admin))


def customers():
    return Customer.objects.whole_table(WHY).order_by("pk")


def workbook(rows, sheets=("客户",)):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows if name == sheets[-1] else []):
                sheet.write_row(number, 0, row)
    return out.getvalue()


def test_IMP_2_a_messy_file_becomes_customers(company, wizard):
    text = ("客户资料导出表,,,,\n,,,,\n客户名称,省,客户级别,来源,负责人\n"
            " 苏州恒旭精密 ,江苏,重点客户,百度,li_na\n无锡远拓,江苏,普通,展会,\n杭州云帆,浙江,普通,百度,没有此人\n")  # fmt: skip
    assert wizard.upload(text.encode("gb18030")).status_code == 302
    page = wizard.columns()
    shown = page.content.decode()
    assert page.status_code == 200 and "GB18030" in shown and "苏州恒旭精密" in shown
    form = page.context["form"]
    guessed = {control.label: control.value() for control in form.columns()}
    assert guessed == {"客户名称": "name", "省": "region", "客户级别": "tier", "来源": "source", "负责人": "owner"}
    assert wizard.check().status_code == 302
    checked = wizard.batch.checked
    assert checked["counts"] == {"read": 3, "created": 0, "updated": 0, "skipped": 0, "failed": 3}
    assert checked["unknown"] == {
        "tier": [["普通", 2], ["重点客户", 1]], "source": [["百度", 2]], "owner": [["没有此人", 1]]
    }  # fmt: skip
    assert checked["errors"][0][0] == 4 and "苏州恒旭精密" in checked["errors"][0][2]
    assert "普通" in wizard.page and not customers().exists()
    rows = open_table(wizard.batch.errors_file.path)
    assert rows.columns[:5] == ["客户名称", "省", "客户级别", "来源", "负责人"] and len(rows.sample()) == 3
    answer = wizard.explain(word_tier_0="-", word_tier_1="=key", word_source_0="+", word_owner_0=f"={company.gm.pk}")
    assert answer.status_code == 302
    assert wizard.batch.checked["counts"]["created"] == 3 and not wizard.batch.errors_file
    assert PicklistOption.objects.filter(picklist="customers.source", label="百度").exists()
    batch = wizard.run()
    assert [batch.created, batch.failed] == [3, 0] and "li_na" not in wizard.page
    found = [(c.name, c.region, c.tier, c.owner) for c in customers()]
    assert found == [("苏州恒旭精密", "江苏", "key", company.li_na), ("无锡远拓", "江苏", "potential", company.admin),
                     ("杭州云帆", "浙江", "potential", company.gm)]  # fmt: skip


def test_IMP_2_the_next_file_with_these_columns_is_mapped_as_the_last(company, wizard):
    wizard.upload("名,级,备\n甲公司,大客户,x\n")
    wizard.check(column0="name", column1="tier", column2="")
    wizard.explain(word_tier_0="=key")
    wizard.run()
    wizard.upload("级,备,名,Line,Reason\n大客户,y,乙公司,2,why\n", name="again.csv")
    page = wizard.columns()
    assert "客户.csv" in page.content.decode()
    assert [control.value() for control in page.context["form"].columns()] == ["tier", "", "name", "", ""]
    wizard.check()
    assert wizard.batch.checked["counts"]["created"] == 1
    wizard.run()
    assert [(c.name, c.tier) for c in customers()] == [("甲公司", "key"), ("乙公司", "key")]
    wizard.upload("名,级,备\n丙公司,大客户,x\n")
    fresh = wizard.columns("?fresh=1")
    assert [control.value() for control in fresh.context["form"].columns()][0] == "", "guessed anew"
    assert "fresh=1" in fresh.context["preview"].lines[1]["url"]
    wizard.check(fresh="1", column0="name", column1="tier")
    assert wizard.batch.checked["unknown"] == {"tier": [["大客户", 1]]}, "what words meant is forgotten too"


def test_IMP_2_only_ones_own_imports_are_remembered_and_shown(company, wizard, sign_in):
    wizard.upload("名,级\n甲公司,key\n")
    wizard.check(column0="name", column1="tier")
    wizard.run()
    other = Wizard(sign_in(company.gm))
    other.upload("名,级\n乙公司,key\n")
    assert [control.value() for control in other.columns().context["form"].columns()] == ["", ""]
    other.pk = wizard.pk
    for path in ("", "columns/", "errors/", "mapping/"):
        assert other.client.get(f"/import/{wizard.pk}/{path}").status_code == 404
    for path in ("run/", "undo/", "words/"):
        assert other.client.post(f"/import/{wizard.pk}/{path}").status_code == 404


@pytest.mark.parametrize(
    ("head", "rows", "names"),
    [("姓,名,客户", ["张,伟", "欧阳,明月"], ["张伟", "欧阳明月"]),
     ("First Name,Last Name,Company", ["John,Smith", "伟,张"], ["John Smith", "张伟"]),
     ("Last Name,First Name,Company", ["Smith,John", "张,伟"], ["John Smith", "张伟"])],
)  # fmt: skip
def test_IMP_2_a_name_in_two_columns_is_put_together(company, wizard, head, rows, names):
    CustomerFactory(name="恒旭精密", owner=company.li_na)
    wizard.upload("\n".join([head, *(f"{row},恒旭精密" for row in rows)]), kind="contacts")
    page = wizard.columns()
    assert [control.value() for control in page.context["form"].columns()] == ["name", "name", "customer"]
    assert all(name in page.content.decode() for name in names), "shown before anything is imported"
    wizard.check()
    wizard.run()
    assert [c.name for c in Contact.objects.whole_table(WHY).order_by("pk")] == names


def test_IMP_2_columns_are_joined_as_one_says(company, wizard):
    wizard.upload("名称,省份,城市,街道,门牌\n甲公司,江苏,苏州,星湖街,8 号\n乙公司,浙江,,,3\n")
    look = wizard.client.post(
        f"/import/{wizard.pk}/columns/",
        {
            "read": "1",
            "look": "1",
            "column0": "name",
            "column3": "address",
            "column4": "address",
            "on_duplicate": "update",
        },
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "星湖街 8 号" in look and "<form" not in look, "what depends on the columns, and nothing else"
    wizard.check(column2="address", column3="address", column4="address",
                 order_address="2,3,4", between_address="comma")  # fmt: skip
    assert wizard.batch.mapping["join"] == {"address": {"columns": ["城市", "街道", "门牌"], "with": ", "}}
    wizard.run()
    assert [c.address for c in customers()] == ["苏州, 星湖街, 8 号", "3"]
    mapping = json.loads(wizard.client.get(f"/import/{wizard.pk}/mapping/").content)
    assert mapping["columns"]["门牌"] == "address" and mapping["options"]["on_duplicate"] == "update"


def test_IMP_2_what_cannot_be_joined_or_is_missing_is_said(company, wizard):
    wizard.upload("甲,乙,丙\n1,2,3\n")
    answer = wizard.check(column0="credit_limit", column1="credit_limit")
    assert answer.status_code == 422 and answer.context["form"].errors["column1"]
    assert "客户名称" in answer.content.decode(), "the required field no column fills"
    assert wizard.batch.mapping == {}


def test_IMP_2_a_constant_fills_all_rows_and_a_wrong_one_is_refused(company, wizard):
    wizard.upload("名称\n甲公司\n乙公司\n")
    assert wizard.check(default_tier="nonsense").status_code == 422
    assert wizard.check(default_tier="target", default_owner=str(company.li_na.pk)).status_code == 302
    wizard.run()
    assert {(c.tier, c.owner) for c in customers()} == {("target", company.li_na)}


def test_IMP_2_how_the_file_is_read_can_be_corrected(company, wizard):
    wizard.upload("说明^x\n名称^省份\n甲公司^江苏\n".encode("utf-16"), name="客户.txt")
    assert wizard.columns("?read=1&encoding=shift_jis").status_code == 422
    page = wizard.columns("?read=1&encoding=utf-16&delimiter=^&header_row=2")
    assert [control.label for control in page.context["form"].columns()] == ["名称", "省份"]
    assert page.context["preview"].lines[1]["is_title"] and "header_row=1" in page.context["preview"].lines[0]["url"]
    wizard.upload(workbook([["名称"], ["甲公司"]], ("说明", "客户", "附件")), name="客户.xlsx")
    page = wizard.columns("?read=1&sheet=附件")
    assert page.status_code == 200 and "附件" in page.content.decode()
    assert wizard.columns("?read=1&sheet=客户").status_code == 422, "an empty sheet is named"
    for query in ("?read=1&header_row=99999", "?read=1&header_row=x", "?read=1&sheet=%00", "?read=1&encoding=nonsense"):
        assert wizard.columns(query).status_code in (200, 400, 422)


def test_IMP_2_owners_are_found_by_username_name_or_email(company, wizard):
    text = f"名称,负责人\n甲,{company.li_na.username}\n乙,{company.li_na.name}\n丙,LI.NA@example.com\n丁,\n"
    type(company.li_na).objects.filter(pk=company.li_na.pk).update(email="li.na@example.com")
    from zhike.records import config

    config.bump()
    wizard.upload(text)
    wizard.check()
    assert wizard.batch.checked["counts"]["created"] == 4, wizard.batch.checked
    wizard.run()
    assert [c.owner for c in customers()] == [company.li_na] * 3 + [company.admin]


def test_IMP_2_rows_of_others_fail_alone_in_the_dry_run_too(company, sign_in, viewer):
    role = company.roles["sales"]
    with acting(viewer(company.admin), "test"):
        role.verbs = [verb for verb in role.verbs if verb != "customers.customer.assign"]
        role.save()
    wizard = Wizard(sign_in(company.li_na))
    wizard.upload(f"名称,负责人\n甲,\n乙,{company.zhao_lei.username}\n")
    wizard.check()
    assert wizard.batch.checked["counts"] == {"read": 2, "created": 1, "updated": 0, "skipped": 0, "failed": 1}
    batch = wizard.run()
    assert [batch.created, batch.failed] == [1, 1] and [c.owner for c in customers()] == [company.li_na]


@pytest.mark.parametrize(("policy", "expected"), [("update", (0, 1, 0, 0)), ("skip", (0, 0, 1, 0)), ("error", (0, 0, 0, 1)),
                                                  ("create", (1, 0, 0, 0))])  # fmt: skip
def test_IMP_2_what_happens_to_known_records_is_chosen(company, wizard, policy, expected):
    CustomerFactory(name="甲公司", owner=company.li_na, city="苏州")
    wizard.upload("名称,城市\n甲公司,昆山\n")
    wizard.check(on_duplicate=policy)
    counts = wizard.batch.checked["counts"]
    assert tuple(counts[name] for name in ("created", "updated", "skipped", "failed")) == expected
    batch = wizard.run()
    assert (batch.created, batch.updated, batch.skipped, batch.failed) == expected


def test_IMP_2_undo_is_a_job_and_only_once(company, wizard):
    wizard.upload("名称\n甲公司\n乙公司\n")
    wizard.check()
    wizard.run()
    wizard.client.post(f"/import/{wizard.pk}/undo/")
    assert "hx-trigger" in wizard.page, "under way"
    jobs = Job.objects.count()
    assert wizard.client.post(f"/import/{wizard.pk}/undo/").status_code == 302 and Job.objects.count() == jobs
    tasks.take_back_import.func(wizard.pk, wizard.batch.job_id)
    tasks.take_back_import.func(wizard.pk, wizard.batch.job_id)
    assert wizard.batch.status == "undone" and not customers().exists()
    assert AuditEntry.objects.filter(action="undo_import", verb="deleted").count() == 2
    assert "2" in wizard.batch.job.message and wizard.batch.job.status == "done"


def test_IMP_2_templates_have_the_fields_and_read_back(company, wizard, sign_in):
    answer = wizard.client.get("/import/template/customers/")
    table = open_table(io.BytesIO(b"".join(answer.streaming_content)))
    assert "客户名称*" in table.columns and "统一社会信用代码" in table.columns
    wizard.upload(workbook([table.columns, ["甲公司"]]), name="模板.xlsx")
    assert next(control.value() for control in wizard.columns().context["form"].columns()) == "name"
    assert sign_in(company.reader).get("/import/template/customers/").status_code == 403
    assert wizard.client.get("/import/template/nonsense/").status_code == 404


def test_IMP_2_new_custom_fields_need_who_may_make_them(company, wizard, sign_in):
    wizard.upload("名称,产线数\n甲公司,4\n")
    wizard.check(column1="+")
    assert not CustomField.objects.exists(), "a dry run makes none"
    wizard.run()
    assert customers()[0].custom == {CustomField.objects.get(name="产线数").key: "4"}
    seller = Wizard(sign_in(company.li_na))
    seller.upload("名称,别的\n乙公司,4\n")
    assert seller.check(column1="+").status_code == 422


# Bad input


BOMB = io.BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as _bomb:
    _bomb.writestr("xl/worksheets/sheet1.xml", b"0" * (60 << 20))
BAD_FILES = {
    "zip bomb": ("bomb.xlsx", BOMB.getvalue()), "picture": ("photo.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 100),
    "web page": ("export.xls", b"<html><table><tr><td>a</td></tr></table></html>"), "cut workbook": ("a.xlsx", workbook([["a"]])[:900]),
    "only blanks": ("a.csv", b"  \n \n"), "random": ("a.csv", bytes(range(256)) * 20), "empty sheet": ("a.xlsx", workbook([])),
    "open quote": ("a.csv", b'a,b\n"' + b"x" * 17_000_000),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_input_a_file_that_is_no_table_gets_a_reason_and_another_try(wizard, name):
    file, content = BAD_FILES[name]
    assert wizard.upload(content, name=file).status_code == 302
    page = wizard.columns()
    shown = page.content.decode()
    assert page.status_code == 422 and page.context["unreadable"] in shown and "/import/?kind=customers" in shown


@pytest.mark.parametrize(("file", "content"), [("a.exe", b"MZ"), ("a", b"a,b"), ("a.pdf", b"%PDF"), ("a.csv", b"")])
def test_bad_input_wrong_names_and_empty_files_are_refused_at_the_field(wizard, file, content):
    answer = wizard.upload(content, name=file)
    assert answer.status_code == 422 and answer.context["form"].errors["file"] and not ImportBatch.objects.exists()


def test_bad_input_files_with_only_titles_say_so(wizard):
    wizard.upload("客户名称,城市\n")
    page = wizard.columns()
    assert page.status_code == 200 and page.context["no_rows"]
    wizard.check()
    assert wizard.batch.checked["counts"]["read"] == 0


def test_bad_input_titles_twice_overlong_cells_and_zeros_lose_nothing(wizard):
    rows = ["名称,备注,备注", "甲公司,a,b", f"乙公司,{'x' * 10_000_000},c", "丙\0公司,d,e", "丁公司,\u202ef😀,=1+1"]
    wizard.upload("\n".join(rows))
    page = wizard.columns()
    assert [control.label for control in page.context["form"].columns()] == ["名称", "备注", "备注 (2)"]
    assert len(page.content) < 2_000_000, "the long cell is not sent"
    wizard.check(column1="note", column2="next_step")
    assert wizard.batch.checked["counts"] == {"read": 4, "created": 3, "updated": 0, "skipped": 0, "failed": 1}
    wizard.run()
    assert [c.name for c in customers()] == ["甲公司", "丙公司", "丁公司"]
    assert customers()[2].next_step == "=1+1"
    assert "10,000,000" in open_table(wizard.batch.errors_file.path).sample()[0][1][-1]


def test_bad_input_three_hundred_columns_are_shown_and_most_left_out(wizard):
    titles = ["客户名称", *(f"列{n}" for n in range(299))]
    wizard.upload(workbook([titles, ["甲公司", *range(299)]]), name="宽.xlsx")
    page = wizard.columns()
    assert page.status_code == 200 and len(page.context["form"].columns()) == 300
    assert page.context["preview"].hidden == 270
    wizard.check()
    assert wizard.batch.checked["counts"]["created"] == 1 and len(wizard.batch.checked["unmapped"]) == 299


def test_bad_input_an_error_in_a_cell_is_never_taken_for_its_value(wizard):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["客户名称", "城市"])
        sheet.write_row(1, 0, ["甲公司", "苏州"])
        sheet.write(2, 0, "乙公司")
        sheet.write_formula(2, 1, "=NA()", value="#N/A")
    wizard.upload(out.getvalue(), name="错.xlsx")
    wizard.check()
    batch = wizard.run()
    assert [batch.created, batch.failed] == [1, 1] and [c.name for c in customers()] == ["甲公司"]


@pytest.mark.parametrize("mapping", [{"columns": [1]}, {"values": {"tier": 3}}, {"join": {"name": "x"}}, {"options": [1]},
                                     {"join": {"name": {"columns": "x"}}}, {"defaults": "x"}, [], "x"])  # fmt: skip
def test_bad_input_mapping_files_of_the_wrong_shape_are_refused(mapping):
    from zhike.kit.errors import Refused
    from zhike.records.imports.mapping import Mapping

    with pytest.raises(Refused):
        Mapping.from_json(mapping)
