"""Targets out of a file and into one: a row or a column for each month, by the wizard and the command's engine (SAL-10, IMP-2)."""

import io
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as some

from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.errors import Forbidden
from zhike.kit.tables.reader import open_table
from zhike.org.models import Department
from zhike.org.viewers import the_system
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping
from zhike.records.models import AuditEntry
from zhike.records.tests.test_import_wizard import Wizard
from zhike.sales.actions import set_targets
from zhike.sales.models import Target
from zhike.sales.target_kinds import TARGET, month_in

pytestmark = pytest.mark.django_db
YEAR = dates.today().year
WIDE = (
    "指标,年度,部门,姓名,全年,1月,二月,March,合计\n"
    f"赢单额,{YEAR},,李娜,,100,18.5万,300,x\n"
    f"赢单额,{YEAR}年,东区一组,,5000,,,,\n"
)


def held():
    rows = Target.objects.whole_table("test").select_related("person", "department")
    return {(str(t.person or t.department), t.month): t.value for t in rows}


def taken_in(viewer, path, text, **options):
    path.write_text(text, encoding="utf-8")
    return Import(TARGET, Mapping(), viewer, **options).run(path)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "目标.csv"


@pytest.mark.parametrize(
    ("text", "month"),
    [("1月", 1), ("12 月份", 12), ("十二月", 12), ("Sept", 9), ("month 3", 3), ("7", 7), ("全年", 0), ("Whole year", 0),
     ("13", None), ("合计", None), ("年度", None), ("", None), ("Marketing", None), ("Decision", None)],
)  # fmt: skip
def test_SAL_10_months_are_read_as_people_write_them(text, month):
    assert month_in(text) == month


@given(some.text(max_size=12))
def test_SAL_10_no_title_whatever_is_more_than_a_month(text):
    assert month_in(text) in {None, *range(13)}


def measure_label():
    return str(dict(TARGET.field("measure").choices())["won"])


def test_SAL_10_a_file_with_a_column_for_each_month_sets_targets_and_twice_is_once(company, viewer, file):
    text, boss = WIDE.replace("赢单额", measure_label()), viewer(company.gm)
    counts = taken_in(boss, file, text)
    assert (counts["created"], counts["failed"]) == (4, 0)
    assert held() == {("李娜", 1): 100, ("李娜", 2): 185000, ("李娜", 3): 300, ("东区一组", 0): 5000}
    again = taken_in(boss, file, text)
    assert (again["created"], again["updated"], again["skipped"]) == (0, 0, 4)
    changed = taken_in(boss, file, text.replace(",100,", ",120,"))
    assert changed["updated"] == 1 and held()["李娜", 1] == 120


def test_SAL_10_a_file_with_a_row_for_each_month_or_without_months(company, viewer, file):
    label = measure_label()
    taken_in(
        viewer(company.gm), file, f"指标,年度,月份,姓名,目标\n{label},{YEAR},3月,李娜,1.5\n{label},{YEAR},,李娜,9\n"
    )
    assert held() == {("李娜", 3): Decimal("1.5"), ("李娜", 0): 9}
    assert taken_in(viewer(company.gm), file, f"指标,年度,姓名,全年\n{label},{YEAR},李娜,10\n")["updated"] == 1
    assert held()["李娜", 0] == 10


def test_SAL_10_rows_that_no_target_can_be_are_listed_and_the_others_come_in(company, viewer, file, tmp_path):
    label, errors = measure_label(), tmp_path / "errors.xlsx"
    file.write_text(
        "指标,年度,部门,姓名,3月\n"
        f"{label},{YEAR},,李娜,100\n{label},{YEAR},,赵磊,200\n{label},{YEAR},,王经理不在,1\n{label},{YEAR},,,5\n"
        f"{label},{YEAR},,王伟,-5\n{label},1999,,王伟,5\n没有的指标,{YEAR},,王伟,5\n{label},{YEAR},东区一组,李娜,5\n",
        encoding="utf-8",
    )
    run = Import(TARGET, Mapping(), viewer(company.manager_east))
    counts = run.run(file, errors_to=errors)
    assert (counts["created"], counts["failed"]) == (1, 7) and held() == {("李娜", 3): 100}
    listed = open_table(errors)
    assert {row[-2] for _n, row in listed.rows()} == {3, 4, 5, 6, 7, 8, 9}


def test_SAL_10_pieces_come_whole_and_who_leads_nobody_imports_nothing(company, viewer, file):
    customers = str(dict(TARGET.field("measure").choices())["new_customers"])
    text = f"指标,年度,姓名,3月\n{customers},{YEAR},李娜,0.5\n"
    assert taken_in(viewer(company.gm), file, text)["failed"] == 1
    for person in (company.li_na, company.reader):
        with pytest.raises(Forbidden):
            taken_in(viewer(person), file, text)
    assert not held()


def test_SAL_10_the_wizard_takes_a_workbook_of_targets_in_and_back(company, viewer, sign_in):
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    sheet = book.add_worksheet()
    rows = [["指标", "年度", "姓名", "1月", "2月"], [measure_label(), YEAR, "李娜", 100, 200]]
    for n, row in enumerate(rows):
        sheet.write_row(n, 0, row)
    book.close()
    wizard = Wizard(sign_in(company.gm))
    assert wizard.upload(content.getvalue(), name="目标.xlsx", kind="targets").status_code == 302
    columns = {control.label: control.value() for control in wizard.columns().context["form"].columns()}
    assert list(columns.values()) == ["measure", "year", "person", "month", "value"], columns
    wizard.check()
    batch = wizard.run()
    assert (batch.created, batch.failed) == (2, 0) and held() == {("李娜", 1): 100, ("李娜", 2): 200}
    assert AuditEntry.objects.filter(batch=batch).count() == 2 and 'href="/targets/"' in wizard.page
    wizard.undo()
    assert not held()


def test_SAL_10_the_file_of_the_page_comes_back_as_it_went_out(company, viewer, sign_in, file):
    boss = viewer(company.gm)
    values = {("person", company.li_na.pk, 0): Decimal(1200), ("person", company.li_na.pk, 3): Decimal("100.50"),
              ("department", company.departments["team"].pk, 12): Decimal(7)}  # fmt: skip
    set_targets(by=boss, measure="won", year=YEAR, values=values)
    before = held()
    client = sign_in(company.gm)
    page = client.get(f"/targets/set/?measure=won&year={YEAR}").content.decode()
    assert f"/targets/file/?measure=won&amp;year={YEAR}" in page and "/import/?kind=targets" in page
    sent = b"".join(client.get(f"/targets/file/?measure=won&year={YEAR}").streaming_content)
    path = file.with_suffix(".xlsx")
    path.write_bytes(sent)
    assert {"李娜", "王伟"} <= {cell for _n, row in open_table(path).rows() for cell in row if isinstance(cell, str)}
    Target.objects.whole_table("test")._raw_delete("default")
    assert Import(TARGET, Mapping(), boss).run(path)["created"] == 3 and held() == before


def test_SAL_10_the_file_holds_those_one_leads(company, sign_in, file):
    sent = b"".join(sign_in(company.manager_east).get(f"/targets/file/?year={YEAR}").streaming_content)
    path = file.with_suffix(".xlsx")
    path.write_bytes(sent)
    names = {cell for _n, row in open_table(path).rows() for cell in row if isinstance(cell, str)}
    assert "李娜" in names and "赵磊" not in names
    for person in (company.li_na, company.reader):
        assert sign_in(person).get("/targets/file/").status_code == 403
    template = sign_in(company.manager_east).get("/import/template/targets/")
    assert template.status_code == 200 and sign_in(company.li_na).get("/import/template/targets/").status_code == 403


def test_SAL_10_namesakes_come_back_as_who_they_are(company, viewer, sign_in, file):
    """Two departments of one name under different ones, two colleagues of one name: the file tells them apart."""
    boss, top = viewer(company.gm), company.departments["top"]
    places = [Department.objects.create(name="渠道组", parent=company.departments[key]) for key in ("east", "west")]
    with acting(the_system(), "test"):
        company.zhao_lei.name, company.zhao_lei.department = company.li_na.name, places[1]
        company.zhao_lei.save()
        company.wang_wei.department = places[0]
        company.wang_wei.save()
    values = {("department", place.pk, 0): Decimal(10 + n) for n, place in enumerate(places)}
    values |= {("person", who.pk, 1): Decimal(20 + n) for n, who in enumerate((company.li_na, company.zhao_lei))}
    set_targets(by=boss, measure="won", year=YEAR, values=values)
    kept = set(Target.objects.whole_table("test").values_list("person", "department", "month", "value"))
    sent = b"".join(sign_in(company.gm).get(f"/targets/file/?measure=won&year={YEAR}").streaming_content)
    path = file.with_suffix(".xlsx")
    path.write_bytes(sent)
    named = {row[2] for _n, row in open_table(path).rows()}
    assert {f"{top.name}/{company.departments[key].name}/渠道组" for key in ("east", "west")} <= named
    Target.objects.whole_table("test")._raw_delete("default")
    assert Import(TARGET, Mapping(), boss).run(path)["failed"] == 0
    assert set(Target.objects.whole_table("test").values_list("person", "department", "month", "value")) == kept
    label = measure_label()
    run = taken_in(boss, file, f"指标,年度,部门,姓名,2月\n{label},{YEAR},渠道组,,1\n{label},{YEAR},,李娜,1\n"
                               f"{label},{YEAR},没有的部门,,1\n{label},{YEAR},{company.departments['east'].name}/渠道组,,3\n")  # fmt: skip
    assert (run["created"], run["failed"]) == (1, 3) and not Department.objects.filter(name="没有的部门").exists()
