"""Signing in through the pages (PLT-5)."""

import json
import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client

from zhike.kit.actions import acting
from zhike.org.models import Person
from zhike.org.tests.factories import PASSWORD
from zhike.org.viewers import the_system
from zhike.records.models import AuditEntry


@pytest.fixture(autouse=True)
def _forget_failures():
    cache.clear()


def sign_in_as(client, login, password=PASSWORD, **more):
    return client.post("/accounts/login/", {"login": login, "password": password, **more})


def totp_code(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.mark.parametrize("login", ["li_na", "LI_NA", "li_na@example.com"])
def test_PLT_5_one_signs_in_by_username_or_e_mail(company, client, login):
    assert client.get("/people/").url.startswith("/accounts/login/")
    page = sign_in_as(client, login)
    assert page.status_code == 302
    assert client.get("/people/").status_code == 200
    assert client.session.get_expire_at_browser_close()


def test_PLT_5_remembered_for_two_weeks(company, client):
    sign_in_as(client, "li_na", remember="on")
    assert client.session.get_expiry_age() == 14 * 24 * 3600


@pytest.mark.parametrize("login,password", [("li_na", "wrong"), ("nobody", PASSWORD), ("leaver", PASSWORD),
                                            ("li_na\x00", "x"), ("a" * 10_000, "b" * 10_000), ("", "")])  # fmt: skip
def test_PLT_5_wrong_names_and_passwords_do_not_get_in(company, client, login, password):
    page = sign_in_as(client, login, password)
    assert page.status_code in (200, 302, 400, 422)
    assert client.get("/people/").status_code == 302


def test_PLT_5_five_failures_lock_the_name_and_are_kept(company, client):
    for _attempt in range(5):
        sign_in_as(client, "li_na", "wrong")
    page = sign_in_as(client, "li_na")  # the right one, too late
    assert page.status_code == 200 and client.get("/people/").status_code == 302
    tried = AuditEntry.objects.filter(kind="org.person", object_id=company.li_na.pk, verb="seen").order_by("id")
    assert [*tried.values_list("changes", flat=True)] == [
        *[{"failed": [None, "127.0.0.1"]}] * 5,
        {"locked": [None, "127.0.0.1"]},
    ]
    assert sign_in_as(Client(), "wang_wei").status_code == 302  # others are not locked out


def test_PLT_5_a_given_password_must_be_changed_before_anything_else(company, client):
    with acting(the_system(), "test"):
        company.li_na.must_change_password = True
        company.li_na.save()
    sign_in_as(client, "li_na")
    for page in ("/people/", "/me/", "/accounts/2fa/"):
        assert client.get(page).url == "/accounts/password/change/", page
    part = client.get("/people/", headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == "/accounts/password/change/"
    weak = {"oldpassword": PASSWORD, "password1": "12345678", "password2": "12345678"}
    assert client.post("/accounts/password/change/", weak).status_code == 200
    assert client.get("/people/").status_code == 302
    good = {"oldpassword": PASSWORD, "password1": "harbour-kettle-91", "password2": "harbour-kettle-91"}
    assert client.post("/accounts/password/change/", good).url == "/"
    assert client.get("/people/").status_code == 200
    assert Person.objects.get(pk=company.li_na.pk).check_password("harbour-kettle-91")


def test_PLT_5_nobody_signs_up(db, client):
    assert client.get("/accounts/signup/").status_code == 200
    assert b"password1" not in client.get("/accounts/signup/").content
    client.post("/accounts/signup/", {"username": "mallory", "password1": PASSWORD})
    assert not Person.objects.filter(username="mallory").exists()


def test_PLT_5_a_forgotten_password_is_set_anew_by_a_letter(company, client):
    assert client.post("/accounts/password/reset/", {"email": "li_na@example.com"}).status_code == 302
    assert mail.outbox[0].extra_headers["Auto-Submitted"] == "auto-generated"
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body).group(1)
    form = client.get(link, follow=True)
    new = {"password1": "harbour-kettle-91", "password2": "harbour-kettle-91"}
    client.post(form.request["PATH_INFO"], new)
    assert sign_in_as(client, "li_na", "harbour-kettle-91").status_code == 302
    assert client.get("/people/").status_code == 200
    client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert len(mail.outbox) <= 2 and all("li_na" in m.body or "nobody" in m.to[0] for m in mail.outbox)


def test_PLT_5_signing_in_with_a_second_step_by_app_or_recovery_code(company, client):
    sign_in_as(client, "li_na")
    page = client.get("/accounts/2fa/totp/activate/", follow=True)  # asks for the password once more
    page = client.post(
        page.request["PATH_INFO"], {"password": PASSWORD, "next": "/accounts/2fa/totp/activate/"}, follow=True
    )
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    page = client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)})
    assert page.status_code == 302, page.context["form"].errors
    page = client.get("/accounts/2fa/recovery-codes/")
    assert page.status_code == 200, page.url
    codes = page.context["unused_codes"]
    cache.clear()
    other = Client()
    assert sign_in_as(other, "li_na").url == "/accounts/2fa/authenticate/"
    assert other.get("/people/").status_code == 302  # not in yet
    assert other.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert other.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert other.get("/people/").status_code == 200
    third = Client()
    sign_in_as(third, "li_na")
    assert third.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 200  # used up
    assert third.get("/people/").status_code == 302


def test_PLT_5_other_devices_are_listed_and_signed_out(company):
    here, there = Client(), Client(headers={"user-agent": "Elsewhere"})
    sign_in_as(here, "li_na")
    sign_in_as(there, "li_na")
    page = here.get("/accounts/sessions/")
    assert "Elsewhere" in page.content.decode()
    here.post("/accounts/sessions/")
    assert there.get("/people/").status_code == 302 and here.get("/people/").status_code == 200


def test_PLT_5_pages_of_sign_in_run_no_inline_script(company, client):
    for page in ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"):
        answer = client.get(page)
        html = answer.content.decode()
        assert (
            "script-src" in answer["Content-Security-Policy"]
            or "default-src 'self'" in answer["Content-Security-Policy"]
        )
        assert not re.search(r"<script(?![^>]*(src=|application/json))", html), page
        assert not re.search(r"\son\w+=|\sstyle=", html), page


def test_PLT_5_one_changes_language_and_address_in_the_profile(company, sign_in):
    client = sign_in(company.li_na)
    page = client.post("/me/", {"language": "en", "email": "lina@example.com", "mobile": "13912345678"})
    assert page.status_code == 302
    assert 'lang="en"' in client.get("/me/").content.decode()
    page = client.post("/me/", {"language": "zh-hans", "email": "gm@example.com", "mobile": ""})
    assert page.status_code == 422 and "email" in page.context["form"].errors


def test_PLT_5_what_a_page_of_one_person_sends_is_not_done_by_another(company, sign_in):
    client, given = sign_in(company.zhao_lei), {"language": "zh-hans", "email": "neu@example.com", "mobile": ""}
    page = client.get("/me/").content.decode()
    assert f'"X-Zhike-Person": "{company.zhao_lei.pk}"' in page
    part = {"HX-Request": "true", "X-Zhike-Person": str(company.li_na.pk)}
    refused = client.post("/me/", given, headers=part)
    said = json.loads(refused["HX-Trigger"])["zk:toast"]
    assert refused.status_code == 409 and refused["HX-Reswap"] == "none" and not refused.content
    assert str(company.zhao_lei) in said["text"] and said["link"]["url"] == "/accounts/logout/"
    assert Person.objects.get(pk=company.zhao_lei.pk).email != "neu@example.com"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(company.zhao_lei)
    assert strict.post("/me/", given, headers=part).status_code == 409  # said before that its token is of yesterday
    assert client.head("/manifest.webmanifest", headers=part).status_code == 409
    own = {"HX-Request": "true", "X-Zhike-Person": str(company.zhao_lei.pk)}
    assert client.head("/manifest.webmanifest", headers=own).status_code == 200
    assert client.get("/me/", headers=part).status_code == 200  # looking is looking as who is signed in
    assert Client().post("/me/", given, headers=part).status_code == 401
    assert client.post("/me/", given, headers=own)["HX-Location"]
    assert Person.objects.get(pk=company.zhao_lei.pk).email == "neu@example.com"
