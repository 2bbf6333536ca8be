"""What is raised becomes a page or a part; HTMX gets the part, everyone else the page; nobody passes the door."""

import json

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django_htmx.middleware import HtmxMiddleware

from zhike.kit import htmx

pytestmark = pytest.mark.urls("zhike.kit.tests.shell_urls")
PART = {"HX-Request": "true"}


def request_of(**headers):
    request = RequestFactory().get("/", headers=headers)
    HtmxMiddleware(lambda r: HttpResponse())(request)
    return request


def test_a_part_is_asked_for_by_htmx_alone():
    assert htmx.wants_part(request_of(**PART))
    assert not htmx.wants_part(request_of())
    assert not htmx.wants_part(request_of(**PART, **{"HX-Boosted": "true"}))
    assert not htmx.wants_part(request_of(**PART, **{"HX-History-Restore-Request": "true"}))


def test_part_says_that_its_answer_depends_on_who_asks():
    answer = htmx.part(request_of(**PART), "ui/note.html", {"content": "careful"}, status=422)
    assert answer.status_code == 422 and answer["Vary"] == "HX-Request" and b"careful" in answer.content


@pytest.mark.parametrize(
    ("how", "status"),
    [("unseen", 404), ("forbidden", 403), ("stale", 409), ("refused", 422), ("nul", 400), ("huge", 404)],
)
def test_what_views_raise_becomes_a_page_or_a_toast(client, db, how, status):
    page = client.get(f"/fail/{how}/")
    assert page.status_code == status and b"<html" in page.content
    part = client.get(f"/fail/{how}/", headers=PART)
    assert part.status_code == status and part.content == b"" and part["HX-Reswap"] == "none"
    assert json.loads(part["HX-Trigger"])["zk:toast"]["tone"] == "bad"


def test_a_refusal_says_why(client, db):
    assert b"Rules say no." in client.get("/fail/refused/").content


def test_a_bug_stays_a_bug(client, db):
    with pytest.raises(ValueError, match="a bug"):
        client.get("/fail/bug/")


@pytest.mark.parametrize("address", ["/hello/?q=%00", "/hello/?%00=1", "/hello/%00", "/hello/%ED%A0%80"])
def test_impossible_characters_are_refused_and_not_a_fault(client, db, address):
    assert client.get(address).status_code in (400, 404)


def test_ORG_6_every_view_needs_a_person_unless_it_says_otherwise(client, db):
    assert client.get("/hello/").status_code == 200
    answer = client.get("/private/")
    assert answer.status_code == 302 and answer["Location"] == "/accounts/login/?next=/private/"
    part = client.get("/private/", headers={**PART, "HX-Current-URL": "http://testserver/hello/?q=1"})
    assert part["HX-Redirect"] == "/accounts/login/?next=/hello/%3Fq%3D1"


def test_ORG_6_what_is_sent_after_the_session_has_ended_stays_in_its_form(client, db):
    sent = client.post("/private/", headers={**PART, "HX-Current-URL": "http://testserver/hello/"})
    said = json.loads(sent["HX-Trigger"])["zk:toast"]
    assert sent.status_code == 401 and "HX-Redirect" not in sent.headers
    assert said["link"] == {"label": "登录", "url": "/accounts/login/"} and said["tone"] == "bad"
    plain = client.post("/private/", headers={"Referer": "http://testserver/hello/?q=1"})
    assert plain["Location"] == "/accounts/login/?next=/hello/%3Fq%3D1"
    for strange in ("http://elsewhere/hello/", "//elsewhere", ""):
        assert client.post("/private/", headers={"Referer": strange})["Location"].endswith("?next=/private/")


def test_the_api_checks_its_own_tokens(client, db):
    assert client.get("/api/v1/nothing/").status_code == 200


def test_redirect_tells_htmx_to_fetch_the_whole_page(client, db):
    assert client.get("/moved/")["Location"] == "/hello/"
    spec = json.loads(client.get("/moved/", headers=PART)["HX-Location"])
    assert spec == {"path": "/hello/", "target": "body", "headers": {"HX-Boosted": "true"}}


def test_done_closes_the_dialog_and_offers_undo():
    answer = htmx.done("Assigned", undo_url="/undo/", event="zk:deal")
    assert answer.status_code == 204
    assert json.loads(answer["HX-Trigger"]) == {
        "zk:close": {}, "zk:deal": {}, "zk:toast": {"text": "Assigned", "tone": "ok", "undo_url": "/undo/"},
    }  # fmt: skip
