"""People through the pages: accounts, roles, leaving, and who may not lock whom out (ORG-1, ORG-3)."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate

from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.errors import Forbidden, OutsideAction, Refused
from zhike.org import actions
from zhike.org.actions import people
from zhike.org.models import Department, Person, Role
from zhike.org.tests.factories import PASSWORD, PersonFactory
from zhike.org.viewers import the_system
from zhike.records.models import AuditEntry


def form_of(person, **changes):
    """What the form of a colleague sends."""
    data = {
        "name": person.name, "username": person.username, "title": person.title, "mobile": person.mobile,
        "email": person.email, "department": person.department_id or "", "supervisor": person.supervisor_id or "",
        "roles": [*person.roles.values_list("pk", flat=True)], "hired_on": "", "left_on": "", "is_active": "yes",
        "version": person.version,
    }  # fmt: skip
    return {**data, **changes}


def test_ORG_1_an_administrator_adds_a_colleague_who_must_change_the_password(company, sign_in):
    page = sign_in(company.admin).post("/settings/people/add/", {
        "name": "何静", "username": "", "department": company.departments["team"].pk, "is_active": "yes",
        "supervisor": company.lead_east.pk, "roles": [company.roles["sales"].pk],
    })  # fmt: skip
    person = Person.objects.get(name="何静")
    assert page.status_code == 200 and page["Cache-Control"] == "no-store"
    password = page.context["password"]
    assert password in page.content.decode() and person.username == "hejing" and person.must_change_password
    assert person.check_password(password) and person.roles.get().key == "sales"
    entry = AuditEntry.objects.filter(kind="org.person", object_id=person.pk, verb="created").get()
    assert entry.person == company.admin and entry.changes["roles"] == [[], [company.roles["sales"].pk]]
    assert password not in str([*AuditEntry.objects.values_list("changes", flat=True)])


def test_ORG_1_a_circle_in_the_reporting_line_is_refused(company, sign_in):
    page = sign_in(company.admin).post(
        f"/settings/people/{company.gm.pk}/edit/", form_of(company.gm, supervisor=company.li_na.pk)
    )
    assert page.status_code == 422 and "supervisor" in page.context["form"].errors
    assert Person.objects.get(pk=company.gm.pk).supervisor is None


def test_ORG_7_a_change_of_a_colleague_is_kept_with_before_and_after(company, sign_in):
    page = sign_in(company.admin).post(
        f"/settings/people/{company.li_na.pk}/edit/", form_of(company.li_na, supervisor=company.manager_west.pk)
    )
    assert page.status_code == 302
    entry = AuditEntry.objects.filter(kind="org.person", object_id=company.li_na.pk).latest("id")
    assert entry.person == company.admin
    assert entry.changes == {"supervisor": [company.lead_east.pk, company.manager_west.pk]}


def test_ORG_7_the_second_of_two_writers_is_told(company, sign_in):
    stale = form_of(company.li_na, title="高级客户经理")
    client = sign_in(company.admin)
    assert client.post(f"/settings/people/{company.li_na.pk}/edit/", stale).status_code == 302
    page = client.post(f"/settings/people/{company.li_na.pk}/edit/", {**stale, "mobile": "13900001111"})
    assert page.status_code == 409 and page.context["form"]["mobile"].value() == "13900001111"
    assert page.context["form"]["roles"].value() == [str(company.roles["sales"].pk)]


def test_ORG_3_two_colleagues_do_not_share_a_name_or_an_address(company, sign_in):
    client, url = sign_in(company.admin), f"/settings/people/{company.li_na.pk}/edit/"
    page = client.post(url, form_of(company.li_na, username="GM"))
    assert page.status_code == 422 and "username" in page.context["form"].errors
    page = client.post(url, form_of(company.li_na, email="GM@example.com"))
    assert page.status_code == 422 and "email" in page.context["form"].errors


@pytest.mark.parametrize("who", ["gm", "manager_east", "li_na", "reader"])
def test_ORG_3_only_administrators_give_the_administrator_role(company, viewer, who):
    by = viewer(getattr(company, who))
    with pytest.raises((Refused, Forbidden)):
        actions.change_person(company.wang_wei, {"roles": [company.roles["administrator"].pk]}, by=by)
    assert company.wang_wei.roles.get().key == "sales"


def test_ORG_3_a_general_manager_manages_people_but_not_administrators(company, viewer, sign_in):
    by = viewer(company.gm)
    actions.change_person(company.wang_wei, {"roles": [company.roles["manager"].pk]}, by=by)
    assert company.wang_wei.roles.get().key == "manager"
    with pytest.raises(Forbidden):
        actions.set_password(company.admin, by=by)
    assert sign_in(company.gm).get(f"/settings/people/{company.admin.pk}/edit/").status_code == 403
    assert sign_in(company.li_na).get(f"/settings/people/{company.wang_wei.pk}/edit/").status_code == 403
    assert sign_in(company.li_na).get(f"/people/{company.wang_wei.pk}/").status_code == 200


def test_ORG_3_the_last_administrator_is_kept(company, viewer, sign_in):
    url = f"/settings/people/{company.admin.pk}/edit/"
    client = sign_in(company.admin)
    page = client.post(url, form_of(company.admin, is_active="no"))
    assert page.status_code == 422 and "is_active" in page.context["form"].errors
    page = client.post(url, form_of(company.admin, roles=[company.roles["sales"].pk]))
    assert page.status_code == 422 and "roles" in page.context["form"].errors
    page = client.post(url, form_of(company.admin, left_on="2020-01-01"))
    assert page.status_code == 422
    PersonFactory(roles=["administrator"])
    assert client.post(url, form_of(company.admin, roles=[company.roles["sales"].pk])).status_code == 302


def test_ORG_1_a_leavers_sessions_die_and_signing_in_is_refused(company, sign_in, viewer):
    theirs = sign_in(company.li_na)
    assert theirs.get("/people/").status_code == 200
    yesterday = dates.today() - timedelta(days=1)
    page = sign_in(company.admin).post(
        f"/settings/people/{company.li_na.pk}/leave/", {"left_on": yesterday.isoformat()}
    )
    assert page.status_code == 302
    assert theirs.get("/people/").status_code == 302
    assert authenticate(None, username="li_na", password=PASSWORD) is None
    with pytest.raises(LookupError):
        viewer(company.li_na)
    # What was theirs stays with their line.
    assert company.li_na.pk in viewer(company.manager_east).people


def test_ORG_1_a_last_day_ahead_closes_the_account_when_it_is_over(company, viewer):
    today = dates.today()
    actions.leave_company(company.li_na, by=viewer(company.admin), left_on=today)
    assert Person.objects.get(pk=company.li_na.pk).is_active
    assert people.end_of_employment(today) == 0
    assert people.end_of_employment(today + timedelta(days=1)) == 1
    assert not Person.objects.get(pk=company.li_na.pk).is_active


def test_people_are_written_in_actions_only(company):
    company.li_na.title = "x"
    with pytest.raises(OutsideAction):
        company.li_na.save()
    with pytest.raises(OutsideAction):
        Person.objects.bulk_update([company.li_na], ["title"])
    company.li_na.last_login = dates.now()
    company.li_na.save(update_fields=["last_login"])  # what signing in does


def test_ORG_3_a_new_password_is_shown_once_and_ends_sessions(company, sign_in):
    theirs = sign_in(company.li_na)
    page = sign_in(company.admin).post(f"/settings/people/{company.li_na.pk}/password/")
    assert Person.objects.get(pk=company.li_na.pk).check_password(page.context["password"])
    assert theirs.get("/people/").status_code == 302


# Departments and roles


def test_ORG_1_departments_are_made_moved_renamed_and_deleted_when_empty(company, sign_in):
    client, top, east = sign_in(company.admin), company.departments["top"], company.departments["east"]
    assert client.post("/settings/departments/add/", {"name": "南区", "parent": top.pk}).status_code == 302
    south = Department.objects.get(name="南区")
    page = client.post(
        f"/settings/departments/{south.pk}/", {"name": "华南区", "parent": company.departments["east"].pk}
    )
    south.refresh_from_db()
    assert page.status_code == 302 and south.name == "华南区" and south.parent == east
    page = client.post(f"/settings/departments/{south.parent_id}/", {"name": "东区", "parent": south.pk})
    assert page.status_code == 422 and "parent" in page.context["form"].errors
    assert client.post(f"/settings/departments/{company.departments['east'].pk}/delete/").status_code == 422
    assert client.post(f"/settings/departments/{south.pk}/delete/").status_code == 302
    assert not Department.objects.filter(pk=south.pk).exists()
    page = client.post("/settings/departments/add/", {"name": "东区", "parent": top.pk})
    assert page.status_code == 422


def test_ORG_3_roles_are_edited_and_take_effect_at_once(company, sign_in, viewer):
    role = company.roles["sales"]
    assert not viewer(company.li_na).can("customers.customer.export")
    page = sign_in(company.admin).post(f"/settings/roles/{role.pk}/", {
        "name": "销售", "data_scope": "below", "verbs": [*role.verbs, "customers.customer.export"],
    })  # fmt: skip
    assert page.status_code == 302
    seen = viewer(company.li_na)
    assert seen.can("customers.customer.export") and company.wang_wei.pk in seen.people
    entry = AuditEntry.objects.filter(kind="org.role", object_id=role.pk).latest("id")
    assert entry.changes["verbs"] == [[], ["customers.customer.export"]]


def test_ORG_3_the_administrator_role_cannot_be_narrowed_or_deleted(company, sign_in, viewer):
    role, client = company.roles["administrator"], sign_in(company.admin)
    assert client.post(f"/settings/roles/{role.pk}/", {"name": "超管", "verbs": []}).status_code == 302
    assert Role.objects.get(pk=role.pk).is_administrator and viewer(company.admin).can("org.role.change")
    assert client.post(f"/settings/roles/{role.pk}/delete/").status_code == 422
    assert client.post(f"/settings/roles/{company.roles['sales'].pk}/delete/").status_code == 422
    assert client.post(f"/settings/roles/{role.pk}/copy/", {"name": "副手"}).status_code == 302
    assert not Role.objects.get(name="副手").is_administrator


def test_ORG_3_settings_are_closed_to_others(company, sign_in):
    client = sign_in(company.li_na)
    for page in ("", "people/", "people/add/", "departments/", "roles/", "company/", "roles/add/"):
        assert client.get(f"/settings/{page}").status_code == 403, page


def test_ORG_3_nobody_makes_a_role_beyond_their_own_rights(company, viewer):
    role = company.roles["sales"]
    with acting(the_system(), "test"):
        role.verbs = [*role.verbs, "org.role.change"]
        role.save()
    with pytest.raises(Refused):
        actions.create_role(by=viewer(company.li_na), name="x", data_scope="own", verbs=["customers.customer.export"])
    with pytest.raises(Refused):
        actions.create_role(by=viewer(company.li_na), name="x", data_scope="everything", verbs=[])


def test_ORG_7_administrators_read_who_did_what(company, sign_in, viewer):
    actions.change_person(company.li_na, {"title": "销售总监"}, by=viewer(company.admin))
    page = sign_in(company.admin).get(f"/settings/history/?person={company.admin.pk}&verb=changed")
    assert [row["entry"].title for row in page.context["rows"]] == ["李娜"]
    assert not sign_in(company.admin).get("/settings/history/?verb=deleted").context["rows"]
    for odd in ("?person=abc", "?before=-1", "?before=99999999999999999999", "?verb=nonsense", "?person=99999999999"):
        assert sign_in(company.admin).get(f"/settings/history/{odd}").status_code == 200
    assert sign_in(company.li_na).get("/settings/history/").status_code == 403


def test_ORG_1_renaming_the_company_shows_at_once(company, sign_in):
    client = sign_in(company.admin)
    assert client.post("/settings/company/", {"name": "新名字公司"}).status_code == 302
    assert "新名字公司" in client.get("/people/").content.decode()
