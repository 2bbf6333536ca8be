"""The list page as people use it: columns, sort, chips, views, inline edit, many at once, export."""

import html
import re

import pytest

from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.tables.reader import open_table
from zhike.records import bulkactions, kinds, tasks
from zhike.records.bulkactions import Selection
from zhike.records.filters import Filter
from zhike.records.models import AuditEntry, InboxItem, Job, SavedView, Tagging

pytestmark = pytest.mark.django_db


@pytest.fixture
def some(company):
    """Sixty customers of Li Na, one of a stranger."""
    for n in range(60):
        CustomerFactory(owner=company.li_na, name=f"客户{n:02d}", tier="key" if n % 3 == 0 else "target", city="苏州")
    CustomerFactory(owner=company.zhao_lei, name="别人的客户")
    return company


def names(answer):
    return re.findall(r'<a class="nm"[^>]*>([^<]+)</a>', answer.content.decode())


def link(answer, rel):
    found = re.search(rf'href="([^"]+)" rel="{rel}"', answer.content.decode())
    return html.unescape(found.group(1)) if found else ""


def first_id(name):
    return Customer.objects.whole_table("test").get(name=name).pk


def test_lists_are_paged_by_key_there_and_back(some, sign_in):
    browser = sign_in(some.li_na)
    first = browser.get("/customers/?sort=name")
    assert names(first) == [f"客户{n:02d}" for n in range(50)] and not link(first, "prev")
    second = browser.get("/customers/" + link(first, "next"))
    assert names(second) == [f"客户{n:02d}" for n in range(50, 60)] and not link(second, "next")
    assert names(browser.get("/customers/" + link(second, "prev"))) == names(first)
    assert names(browser.get("/customers/?after=nonsense&sort=name")) == names(first)


def test_lists_filter_by_combined_chips_and_say_so(some, sign_in):
    answer = sign_in(some.gm).get("/customers/?tier=key&name__contains=客户0&sort=name")
    assert names(answer) == ["客户00", "客户03", "客户06", "客户09"]
    assert answer.content.decode().count('class="chip on"') == 2
    assert names(sign_in(some.gm).get("/customers/?city=nowhere")) == []


def test_lists_answer_absurd_filters_with_a_message(some, sign_in):
    browser = sign_in(some.gm)
    for query in (
        "tier=gold",
        "credit_limit__between=1",
        "updated_at__last=soon",
        "owner=nobody",
        "updated_at__last=" + "9" * 30,
    ):
        answer = browser.get(f"/customers/?{query}")
        assert answer.status_code == 200 and 'class="note t-bad"' in answer.content.decode(), query
    assert browser.get("/customers/?sort=password&cols=nothing&view=vX&before=%F0").status_code == 200


def test_lists_show_chosen_columns_and_remember_them(some, sign_in):
    browser = sign_in(some.li_na)
    browser.post("/lists/customers/columns/", {"column": ["name", "city", "region"], "back": "/customers/"})
    page = browser.get("/customers/").content.decode()
    assert page.count('scope="col"') == 3 and 'data-label="' in page


def test_lists_count_and_sum_the_whole_filter_after_the_page(some, sign_in):
    browser = sign_in(some.li_na)
    foot = browser.get("/customers/?tier=key&part=foot", headers={"hx-request": "true"}).content.decode()
    assert re.search(r"\b20\b", foot)
    tabs = browser.get("/customers/?part=tabs", headers={"hx-request": "true"}).content.decode()
    assert '<span class="n">60</span>' in tabs


def test_views_are_saved_shared_and_deleted_by_their_person_only(some, sign_in):
    browser = sign_in(some.li_na)
    saved = browser.post(
        "/lists/customers/views/save/", {"name": "重点", "shared": "1", "back": "/customers/?tier=key&sort=name"}
    )
    view = SavedView.objects.get()
    assert saved["Location"].endswith(f"view=v{view.pk}") and view.filter == [["tier", "in", ["key"]]]
    assert "重点" in sign_in(some.zhao_lei).get("/customers/").content.decode()
    assert sign_in(some.zhao_lei).post(f"/lists/views/{view.pk}/delete/").status_code == 404
    browser.post(f"/lists/views/{view.pk}/delete/", {"back": "/customers/"})
    assert not SavedView.objects.exists()


def test_a_cell_is_edited_where_it_stands(some, sign_in):
    browser, pk = sign_in(some.li_na), first_id("客户00")
    url = f"/lists/customers/{pk}/edit/city/"
    assert b"<form" in browser.get(url, headers={"hx-request": "true"}).content
    assert browser.post(url, {"city": "无锡", "version": 1}, headers={"hx-request": "true"}).status_code == 200
    stale = browser.post(url, {"city": "常州", "version": 1}, headers={"hx-request": "true"})
    assert stale.status_code == 409 and "无锡" in stale.content.decode() and "常州" in stale.content.decode()
    assert Customer.objects.whole_table("test").get(pk=pk).city == "无锡"
    wrong = browser.post(
        f"/lists/customers/{pk}/edit/tier/", {"tier": "gold", "version": 2}, headers={"hx-request": "true"}
    )
    assert wrong.status_code == 422


def test_ORG_3_cells_of_records_outside_the_scope_are_not_there(some, sign_in):
    pk = first_id("客户00")
    assert sign_in(some.zhao_lei).get(f"/lists/customers/{pk}/edit/city/").status_code == 404
    assert sign_in(some.reader).get(f"/lists/customers/{pk}/edit/city/").status_code == 403
    assert sign_in(some.li_na).get(f"/lists/customers/{pk}/edit/credit_limit/").status_code == 404


def test_chosen_records_are_handed_over_and_the_new_owner_is_told(some, sign_in):
    browser = sign_in(some.lead_east)
    pks = [first_id(f"客户{n:02d}") for n in range(3)] + [first_id("别人的客户")]
    url = "/lists/customers/bulk/assign/"
    assert "3" in browser.post(url, {"pk": pks}).content.decode()
    browser.post(url, {"pk": pks, "sure": "1", "owner_id": some.wang_wei.pk, "back": "/customers/"})
    rows = Customer.objects.whole_table("test")
    assert rows.filter(owner=some.wang_wei).count() == 3 and rows.get(name="别人的客户").owner == some.zhao_lei
    assert InboxItem.objects.filter(person=some.wang_wei).count() == 3
    assert sign_in(some.reader).post(url, {"pk": pks, "sure": "1"}).status_code == 403


def test_all_of_a_filter_is_sent_as_the_filter_and_becomes_a_job(some, sign_in, monkeypatch, viewer):
    monkeypatch.setattr(bulkactions, "AT_ONCE", 5)
    answer = sign_in(some.gm).post(
        "/lists/customers/bulk/tag/",
        {"all": "1", "query": "tier=key", "sure": "1", "name": "重点跟踪", "back": "/customers/"},
    )
    job = Job.objects.get()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    kind = kinds.get("customers")
    selection = Selection(kind, [], Filter.from_json(kind, [["tier", "in", ["key"]]]))
    tasks.run_bulk.func(job.pk, "customers", "tag", selection.as_json(), {"name": "重点跟踪"})
    job.refresh_from_db()
    assert (job.status, job.done, Tagging.objects.count()) == ("done", 20, 20)


def test_an_export_holds_what_one_sees_is_audited_and_for_its_person_only(some, sign_in):
    browser = sign_in(some.manager_east)
    with_formula = Customer.objects.whole_table("test").filter(name="客户00")
    from zhike.kit.actions import acting
    from zhike.org.viewers import the_system

    with acting(the_system(), "test"):
        with_formula.update(address="=cmd|' /C calc'!A0")
    answer = browser.post(
        "/lists/customers/export/", {"all": "1", "query": "", "format": "csv", "cols": "name,address"}
    )
    job = Job.objects.get()
    kind = kinds.get("customers")
    tasks.run_export.func(job.pk, "customers", Selection(kind, [], Filter(kind)).as_json(), ["name", "address"], "csv")
    job.refresh_from_db()
    rows = [cells for _n, cells in open_table(job.file.path).rows()]
    assert answer["Location"] == f"/jobs/{job.pk}/" and len(rows) == 60
    assert "别人的客户" not in str(rows)
    assert b"\xe5\xae\xa2\xe6\x88\xb700,'=cmd|" in job.file.read(), "a spreadsheet must not run it"
    assert AuditEntry.objects.get(verb="exported").changes["count"] == [None, 60]
    assert browser.get(f"/jobs/{job.pk}/file/").status_code == 200
    assert sign_in(some.gm).get(f"/jobs/{job.pk}/file/").status_code == 404
    assert sign_in(some.li_na).post("/lists/customers/export/", {"all": "1"}).status_code == 403


@pytest.mark.parametrize(
    "back", ["//evil.example/x", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_list_sends_nobody_to_another_site(some, sign_in, back):
    answer = sign_in(some.li_na).post("/lists/customers/columns/", {"column": ["name"], "back": back})
    assert "evil" not in answer["Location"] and answer["Location"].startswith("/")


def test_a_list_asks_the_same_number_of_queries_however_many_rows(some, sign_in, django_assert_num_queries):
    browser = sign_in(some.gm)
    browser.get("/customers/")
    with django_assert_num_queries(QUERIES):
        browser.get("/customers/")
    with django_assert_num_queries(QUERIES):
        browser.get("/customers/?tier=key&sort=name")


QUERIES = 4  # session, person with version, rows, badges of the navigation


def test_point_5_every_shipped_view_of_every_kind_can_be_asked(company, viewer):
    for kind in kinds.everything():
        for view in kind.shipped_views:
            flt = Filter.from_json(kind, view["filter"])
            assert flt.conditions or not view["filter"], (kind.label, view["key"])
            flt.apply(kind.rows(viewer(company.gm)), viewer(company.gm)).exists()
