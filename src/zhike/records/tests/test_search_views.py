"""CUS-7: the palette and the page of results."""

import pytest

from zhike.customers.tests.factories import ContactFactory, CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def records(company):
    customer = CustomerFactory(name="苏州恒旭<b>精密</b>有限公司", owner=company.li_na, city="苏州")
    ContactFactory(name="张恒旭", customer=customer, mobile="13812345678")
    return company


def test_CUS_7_the_palette_groups_the_best_hits(records, sign_in):
    page = sign_in(records.li_na).get("/palette/", {"q": "恒旭"}).content.decode()
    assert page.count('role="group"') == 3 and page.count('role="option"') == 3
    assert "苏州<mark>恒旭</mark>&lt;b&gt;精密" in page and "张<mark>恒旭</mark>" in page
    assert "/search/?q=%E6%81%92%E6%97%AD" in page


@pytest.mark.parametrize("text", ["", "   ", "没有的名字", "🙂", "<script>"])
def test_CUS_7_the_palette_may_find_nothing(records, sign_in, text):
    answer = sign_in(records.li_na).get("/palette/", {"q": text})
    assert answer.status_code == 200 and 'role="option"' not in answer.content.decode()


def test_CUS_7_the_results_are_grouped_by_kind(records, sign_in):
    page = sign_in(records.li_na).get("/search/", {"q": "恒旭"}).content.decode()
    assert page.index("精密") < page.index("张<mark>恒旭</mark>")
    assert "kind=customers" in page and "kind=contacts" in page
    page = sign_in(records.li_na).get("/search/", {"q": "恒旭", "kind": "contacts"}).content.decode()
    assert "张<mark>恒旭</mark>" in page and "&lt;b&gt;" not in page.split("</nav>")[-1].split("13812345678")[0]


def test_CUS_7_more_than_a_page_shows_says_so(company, sign_in):
    for number in range(7):
        CustomerFactory(name=f"同名{number}公司", owner=company.li_na)
    page = sign_in(company.li_na).get("/search/", {"q": "同名"}).content.decode()
    assert page.count("<mark>同名</mark>") == 5 and "kind=customers" in page
    page = sign_in(company.li_na).get("/search/", {"q": "同名", "kind": "customers"}).content.decode()
    assert page.count("<mark>同名</mark>") == 7


def test_ORG_3_neither_shows_what_one_may_not_see(records, sign_in):
    for url in ("/search/", "/palette/"):
        assert "mark" not in sign_in(records.zhao_lei).get(url, {"q": "恒旭"}).content.decode()
        assert sign_in(records.li_na).get(url, {"q": "恒旭", "kind": "nothing"}).status_code == 200


@pytest.mark.parametrize("url", ["/search/", "/palette/"])
def test_CUS_7_the_number_of_queries_does_not_grow(company, sign_in, url, django_assert_max_num_queries):
    client = sign_in(company.li_na)
    for number in range(12):
        ContactFactory(name=f"恒旭{number}", customer=CustomerFactory(name=f"恒旭{number}公司", owner=company.li_na))
    client.get(url, {"q": "恒旭"})
    with django_assert_max_num_queries(16):
        client.get(url, {"q": "恒旭"})
