"""Import: a row is wholly in or listed with its reason; twice is once; undo takes it back (IMP-2)."""

import csv
import io
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.customers.models import Customer
from zhike.kit.actions import acting
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.tables.reader import open_table
from zhike.records import kinds
from zhike.records.imports.actions import prepare_import, start_import
from zhike.records.imports.batches import run_batch
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping, guess
from zhike.records.imports.undo import undo_import
from zhike.records.models import AuditEntry, CustomField, ImportBatch

pytestmark = pytest.mark.django_db

HEAD = "客户名称,统一社会信用代码,电话,城市,信用额度,备注一栏"
ROWS = ["苏州恒旭精密机械有限公司,91350100M000100Y43,0512-62345678,苏州,12.5万,甲",
        "无锡远拓新能源科技有限公司,,0510-82345678,无锡,,乙"]  # fmt: skip


def customers():
    return Customer.objects.whole_table("test").order_by("pk")


def batch_of(person, viewer, text, *, name="客户.csv", mapping=None, kind="customers"):
    content = ContentFile(text.encode() if isinstance(text, str) else text)
    return prepare_import(kinds.get(kind), content, name=name, mapping=mapping, by=viewer(person))


def imported(person, viewer, text, **more):
    return run_batch(batch_of(person, viewer, text, **more).pk)


def counts(batch):
    return [batch.read, batch.created, batch.updated, batch.skipped, batch.failed]


def test_IMP_2_columns_are_guessed_by_chinese_and_english_titles(company, viewer):
    batch = imported(company.gm, viewer, "\n".join([HEAD, *ROWS]))
    assert counts(batch) == [2, 2, 0, 0, 0]
    first = customers()[0]
    assert (first.name, first.uscc, first.city) == ("苏州恒旭精密机械有限公司", "91350100M000100Y43", "苏州")
    assert first.credit_limit == Decimal("125000.00") and first.code == "KH-000001" and first.owner == company.gm
    english = guess(kinds.get("customers"), ["Customer name", "PHONE", "Credit code*", "whatever"])
    assert english == {"Customer name": "name", "PHONE": "phone", "Credit code*": "uscc", "whatever": ""}


def test_IMP_2_the_same_file_twice_changes_nothing(company, viewer):
    text = "\n".join([HEAD, *ROWS])
    imported(company.gm, viewer, text)
    before = list(customers().values())
    entries = AuditEntry.objects.count()
    assert counts(imported(company.gm, viewer, text)) == [2, 0, 0, 2, 0]
    assert list(customers().values()) == before and AuditEntry.objects.count() == entries


def test_IMP_2_a_second_file_updates_by_key_and_blanks_erase_nothing(company, viewer):
    imported(company.gm, viewer, "\n".join([HEAD, *ROWS]))
    batch = imported(company.gm, viewer, f"{HEAD}\n苏州恒旭精密机械有限公司,91350100M000100Y43,,昆山,,")
    assert counts(batch) == [1, 0, 1, 0, 0]
    first = customers()[0]
    assert first.city == "昆山" and first.phone == "0512-62345678" and first.version == 2


def test_IMP_2_bad_rows_are_listed_with_their_reason_and_the_rest_is_in(company, viewer):
    bad = ["坏代码公司,91350100M000100Y44,,,,", ",,,,,无名", "三位小数公司,,,,1.234,", "负额度公司,,,,-5,"]
    batch = imported(company.gm, viewer, "\n".join([HEAD, ROWS[0], *bad, ROWS[1]]))
    assert counts(batch) == [6, 2, 0, 0, 4]
    table = open_table(batch.errors_file.path)
    rows = [dict(zip(table.columns, cells, strict=True)) for _number, cells in table.rows()]
    assert [row["客户名称"] for row in rows] == ["坏代码公司", None, "三位小数公司", "负额度公司"] or rows[1][
        "客户名称"
    ] == ""
    assert all(list(row.values())[-1] for row in rows)
    assert [int(list(row.values())[-2]) for row in rows] == [3, 4, 5, 6]


def test_IMP_2_a_dry_run_says_what_would_happen_and_changes_nothing(company, viewer, tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("\n".join([HEAD, *ROWS, "坏代码公司,91350100M000100Y44,,,,"]), "utf-8")
    run = Import(kinds.get("customers"), Mapping(), viewer(company.gm), dry_run=True)
    assert run.run(path) == {"read": 3, "created": 2, "updated": 0, "skipped": 0, "failed": 1}
    assert run.unmapped == ["备注一栏"] and run.first_errors[0][0] == 4
    assert not customers().exists() and not AuditEntry.objects.filter(kind="customers.customer").exists()


def test_IMP_2_undo_takes_back_what_nobody_touched(company, viewer):
    imported(company.gm, viewer, "\n".join([HEAD, ROWS[0]]))
    batch = imported(
        company.gm, viewer, "\n".join([HEAD.replace("城市", "城市"), ROWS[0].replace("苏州,12", "昆山,12"), ROWS[1]])
    )
    assert counts(batch) == [2, 1, 1, 0, 0]
    assert undo_import(batch, by=viewer(company.gm)) == {"removed": 1, "restored": 1, "kept": 0}
    assert [c.city for c in customers()] == ["苏州"]
    with pytest.raises(Refused):
        undo_import(ImportBatch.objects.get(pk=batch.pk), by=viewer(company.gm))


def test_IMP_2_undo_keeps_what_somebody_worked_on_since(company, viewer):
    batch = imported(company.gm, viewer, "\n".join([HEAD, *ROWS]))
    with acting(viewer(company.gm), "test"):
        touched = customers()[0]
        touched.city = "昆山"
        touched.save()
    assert undo_import(batch, by=viewer(company.gm)) == {"removed": 1, "restored": 0, "kept": 1}
    assert [c.name for c in customers()] == ["苏州恒旭精密机械有限公司"]


def test_IMP_2_a_row_may_name_a_record_that_comes_later_in_the_file(company, viewer):
    text = "客户名称,母公司\n甲子公司,乙集团\n乙集团,\n丙公司,没有这家"
    batch = imported(company.gm, viewer, text, mapping={"columns": {"客户名称": "name", "母公司": "parent"}})
    assert counts(batch) == [3, 2, 0, 0, 1]
    assert customers().get(name="甲子公司").parent.name == "乙集团"


def test_IMP_2_a_killed_import_goes_on_and_doubles_nothing(company, viewer, monkeypatch):
    lines = [f"公司{n},,,,," for n in range(1200)]
    batch = batch_of(company.gm, viewer, "\n".join([HEAD, *lines]))

    class Killed(BaseException):
        pass

    def kill(read):
        if read >= 1000:
            raise Killed

    with pytest.raises(Killed):
        run_batch(batch.pk, on_progress=kill)
    assert customers().count() == 1000
    batch = run_batch(batch.pk)
    assert customers().count() == 1200 and [batch.read, batch.created, batch.failed] == [1200, 1200, 0]


def test_IMP_2_values_defaults_and_new_custom_fields_of_a_mapping(company, viewer):
    mapping = {
        "key": "name",
        "columns": {"account": "name", "kind": "tier", "lines": "custom:产线数"},
        "values": {"tier": {"big": "key"}, "name": {"Misspelt Ltd": "Right Name Ltd"}},
        "defaults": {"city": "上海"},
        "options": {"delimiter": ";"},
    }
    batch = imported(company.admin, viewer, "account;kind;lines\nMisspelt Ltd;BIG;4", name="a.csv", mapping=mapping)
    assert counts(batch) == [1, 1, 0, 0, 0]
    customer, field = customers()[0], CustomField.objects.get(name="产线数")
    assert (customer.name, customer.tier, customer.city) == ("Right Name Ltd", "key", "上海")
    assert customer.custom[field.key] == "4"


@pytest.mark.parametrize(
    "mapping",
    [{"columns": {"客户名称": "nonsense"}}, {"colums": {}}, {"options": {"on_duplicate": "maybe"}},
     {"columns": {"电话": "phone"}}],
)  # fmt: skip
def test_IMP_2_a_wrong_mapping_is_refused_before_anything_is_done(company, viewer, mapping):
    batch = batch_of(company.gm, viewer, "\n".join([HEAD, *ROWS]), mapping=mapping)
    with pytest.raises(Refused):
        run_batch(batch.pk)
    assert not customers().exists()


def test_ORG_3_an_import_stays_within_the_scope_of_its_person(company, viewer):
    imported(company.zhao_lei, viewer, f"{HEAD}\n西区客户,,,,,")
    batch = imported(company.li_na, viewer, f"{HEAD}\n西区客户,,,改城市,,")
    assert counts(batch) == [1, 1, 0, 0, 0], "what one does not see is another record, not an update"
    assert customers().filter(owner=company.zhao_lei, city="改城市").count() == 0
    with pytest.raises(Forbidden):
        batch_of(company.reader, viewer, HEAD)


def test_IMP_2_an_import_is_started_once(company, viewer):
    batch = batch_of(company.gm, viewer, "\n".join([HEAD, *ROWS]))
    start_import(batch, by=viewer(company.gm))
    with pytest.raises(Refused):
        start_import(batch, by=viewer(company.gm))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_IMP_2_any_text_is_taken_or_refused_but_never_lost(company, viewer, texts):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["客户名称", "城市"])
    writer.writerows([name, "城"] for name in texts)
    batch = imported(company.gm, viewer, out.getvalue().encode("utf-8", "replace"))
    assert batch.read == batch.created + batch.updated + batch.skipped + batch.failed
