"""What an installation starts with (ORG-3)."""

import pytest
from django.contrib.auth import authenticate

from zhike.kit.access import VERBS
from zhike.org import setup
from zhike.org.models import Department, Person, Role


@pytest.mark.django_db
def test_ORG_3_the_first_run_makes_roles_the_company_and_an_administrator_once(rf):
    password = setup.ensure_company(None)
    admin = Person.objects.get()
    assert admin.username == "admin" and admin.must_change_password and admin.check_password(password)
    assert admin.roles.get().is_administrator and admin.department == Department.objects.get(parent=None)
    assert {*Role.objects.values_list("key", flat=True)} == {*setup.SHIPPED_ROLES}
    assert setup.ensure_company(None) is None
    assert Person.objects.count() == 1


@pytest.mark.django_db
def test_ORG_3_a_given_password_need_not_be_changed(rf):
    assert setup.ensure_company("long-enough-for-me") is None
    admin = Person.objects.get()
    assert not admin.must_change_password and admin.check_password("long-enough-for-me")
    assert authenticate(rf.get("/"), username="admin", password="long-enough-for-me") == admin


def test_ORG_3_roles_may_export_or_not(company, viewer):
    assert viewer(company.admin).verbs == frozenset(VERBS)
    assert viewer(company.li_na).people == {company.li_na.pk}
    assert viewer(company.lead_east).people == {
        company.lead_east.pk, company.li_na.pk, company.wang_wei.pk, company.leaver.pk
    }  # fmt: skip
    assert viewer(company.gm).people is None


def test_ORG_3_what_an_administrator_took_away_stays_away(company, monkeypatch):
    role = company.roles["sales"]
    taken = role.verbs.pop()
    role.save()
    setup.install_roles()
    role.refresh_from_db()
    assert taken not in role.verbs
    monkeypatch.setitem(VERBS, "sales.newroom.view", VERBS[taken])
    setup.install_roles()
    role.refresh_from_db()
    assert "sales.newroom.view" in role.verbs and taken not in role.verbs
