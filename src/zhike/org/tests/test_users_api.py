"""People through the API and the command line (CONTRACT: users, `./zhike user`)."""

import json

import pytest
from django.test import Client

from zhike import cli
from zhike.api.models import ApiToken
from zhike.org.models import Department, Person
from zhike.org.tests.factories import PASSWORD
from zhike.records.events import subscribers_of
from zhike.records.models import OutboxEvent


def caller(person):
    return Client(headers={"authorization": f"Bearer {ApiToken.make(person.pk)}"})


def send(client, method, path, **body):
    return client.generic(method, f"/api/v1/users{path}", json.dumps(body), content_type="application/json")


def test_CONTRACT_users_are_read_created_and_changed_through_the_api(company):
    admin = caller(company.admin)
    shown = admin.get(f"/api/v1/users/{company.li_na.pk}").json()
    wanted = {
        "username": "li_na", "name": "李娜", "department": "东区一组", "supervisor": "lead_east",
        "roles": ["sales"], "hired_on": None, "left_on": None, "is_active": True,
    }  # fmt: skip
    assert {name: shown[name] for name in wanted} == wanted
    assert "password" not in json.dumps(shown)
    made = send(admin, "POST", "", name="何静", department="西区", supervisor="赵磊", roles=["sales", "销售"][:1])
    assert made.status_code == 201, made.content
    assert made.json()["username"] == "hejing" and made.json()["supervisor"] == "zhao_lei"
    pk = made.json()["id"]
    changed = send(admin, "PATCH", f"/{pk}", roles=["manager"], title="主管")
    assert changed.json()["roles"] == ["manager"] and changed.json()["title"] == "主管"
    assert admin.delete(f"/api/v1/users/{pk}").status_code == 405
    wrong = send(admin, "PATCH", f"/{pk}", department="没有这个部门", roles=["nonsense"])
    assert wrong.status_code == 422
    assert {error["field"] for error in wrong.json()["errors"]} == {"department", "roles"}
    assert not Department.objects.filter(name="没有这个部门").exists()


@pytest.mark.parametrize("who", ["li_na", "reader", "manager_east"])
def test_CONTRACT_others_read_users_only(company, who):
    client = caller(getattr(company, who))
    assert client.get("/api/v1/users").json()["count"] == len(company.people)
    assert send(client, "PATCH", f"/{company.wang_wei.pk}", title="x").status_code == 403
    assert send(client, "POST", "", name="x").status_code == 403


def test_ORG_1_a_leavers_token_is_dead_and_forgotten(company):
    client, admin = caller(company.li_na), caller(company.admin)
    assert client.get("/api/v1/users").status_code == 200
    assert send(admin, "PATCH", f"/{company.li_na.pk}", is_active=False).status_code == 200
    assert client.get("/api/v1/users").status_code == 401
    for hear in subscribers_of("org.person.left"):
        hear(OutboxEvent.objects.get(name="org.person.left"))
    assert not ApiToken.objects.filter(person=company.li_na).exists()


def run(*arguments):
    return cli.run(["user", *arguments])


@pytest.mark.django_db
def test_CONTRACT_the_command_makes_and_changes_a_person(capsys):
    assert run("zhang_san", "--password", PASSWORD, "--role", "sales", "--department", "南区") == 0
    person = Person.objects.get(username="zhang_san")
    assert person.check_password(PASSWORD) and not person.must_change_password
    assert person.department.name == "南区" and person.roles.get().key == "sales"
    assert run("li_si", "--full-name", "李四", "--supervisor", "zhang_san") == 0
    made_up = capsys.readouterr().out.split("Password: ")[1].split()[0]
    second = Person.objects.get(name="李四")
    assert second.supervisor == person and second.check_password(made_up) and second.must_change_password
    assert run("zhang_san", "--role", "manager", "--supervisor", "李四") == 2  # a circle
    assert "zhang_san" not in capsys.readouterr().out
    assert run("zhang_san", "--role", "manager") == 0
    assert Person.objects.get(username="zhang_san").roles.get().key == "manager"
    assert run("wang_wu", "--role", "nonsense") == 2
    assert "nonsense" in capsys.readouterr().err and not Person.objects.filter(username="wang_wu").exists()
