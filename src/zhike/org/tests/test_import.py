"""People from files: departments and supervisors that are only named come into being (ORG-1, IMP-2)."""

import pytest

from zhike.org.kinds import USER
from zhike.org.models import Department, Person
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping

ROWS = """sales_agent,manager,regional_office
Anna Snelling,Dustin Brinkmann,Central
Dustin Brinkmann,,Central
Cecily Lampkin,Dustin Brinkmann,Central
Moses Frase,Rocco Neubert,West
李娜,周敏,East
"""


@pytest.fixture
def imported(tmp_path, company, viewer):
    def run(text, name="team.csv", **options):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        run = Import(USER, Mapping(**{"columns": {}, **options}), viewer(company.admin))
        return run.run(path), run

    return run


def test_IMP_2_ORG_1_a_sales_team_file_makes_people_supervisors_and_departments(imported, company):
    counts, run = imported(ROWS)
    assert run.columns == {"sales_agent": "name", "manager": "supervisor", "regional_office": "department"}
    assert counts == {"read": 5, "created": 4, "updated": 1, "skipped": 0, "failed": 0}, run.first_errors
    anna = Person.objects.get(name="Anna Snelling")
    assert anna.username == "anna.snelling" and not anna.has_usable_password()
    assert anna.supervisor.name == "Dustin Brinkmann" and anna.department.name == "Central"
    assert anna.department.parent == company.departments["top"]
    assert Person.objects.filter(name="Dustin Brinkmann").count() == 1
    rocco = Person.objects.get(name="Rocco Neubert")
    assert [*rocco.reports.all()] == [Person.objects.get(name="Moses Frase")]
    assert rocco.roles.get().key == "manager"
    company.li_na.refresh_from_db()
    assert company.li_na.supervisor == company.manager_east and company.li_na.department.name == "East"


def test_IMP_2_the_same_file_again_changes_nothing(imported):
    imported(ROWS)
    people, departments = Person.objects.count(), Department.objects.count()
    counts, _run = imported(ROWS)
    assert counts == {"read": 5, "created": 0, "updated": 0, "skipped": 5, "failed": 0}
    assert (Person.objects.count(), Department.objects.count()) == (people, departments)


def test_IMP_2_two_people_of_one_name_get_usernames_of_their_own(imported):
    imported("name,username\n王芳,\n汪芳,\n")
    assert {*Person.objects.filter(name__endswith="芳").values_list("username", flat=True)} == {"wangfang", "wangfang2"}


def test_IMP_2_unknown_roles_and_circles_fail_with_a_reason(imported, company):
    counts, run = imported("username,name,supervisor,roles\ngm,,李娜,\nnew,新人,,不存在的角色\nsecond,第二,gm,sales\n")
    assert counts["failed"] == 2 and counts["created"] == 1
    assert {number for number, _reason in run.first_errors} == {2, 3}
    assert Person.objects.get(username="second").roles.get().key == "sales"


def test_IMP_2_a_dry_run_makes_nobody(tmp_path, company, viewer):
    path = tmp_path / "team.csv"
    path.write_text(ROWS, encoding="utf-8")
    before = Person.objects.count(), Department.objects.count()
    counts = Import(USER, Mapping(), viewer(company.admin), dry_run=True).run(path)
    assert counts["failed"] == 0 and counts["created"] == 4
    assert (Person.objects.count(), Department.objects.count()) == before


def test_IMP_2_chinese_titles_are_understood(imported, company):
    counts, run = imported(
        "姓名,登录名,所属部门,直属上级,角色,手机号,入职时间\n何静,hj,东区,周敏,销售,13800001111,2024-03-01\n"
    )
    assert counts["created"] == 1, run.first_errors
    person = Person.objects.get(username="hj")
    assert (person.department, person.supervisor) == (company.departments["east"], company.manager_east)
    assert person.roles.get() == company.roles["sales"] and person.hired_on.isoformat() == "2024-03-01"


def test_IMP_2_ORG_1_the_public_sales_teams_file(shared_data, company, viewer):
    counts = Import(USER, Mapping(), viewer(company.admin)).run(shared_data / "maven_crm" / "sales_teams.csv")
    assert counts == {"read": 35, "created": 35, "updated": 0, "skipped": 0, "failed": 0}
    managers = Person.objects.filter(reports__name="Anna Snelling")
    assert [m.name for m in managers] == ["Dustin Brinkmann"]
    assert viewer(managers.get()).people > {p.pk for p in managers.get().reports.all()}
