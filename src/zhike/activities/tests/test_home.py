"""The workbench (ORG-5, DESIGN "Workbench")."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from zhike.activities.tests.factories import ActivityFactory
from zhike.customers.tests.factories import ContactFactory, CustomerFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def said(page):
    return page.content.decode()


@pytest.mark.parametrize(
    "person", ["admin", "gm", "manager_east", "li_na", "finance", "service", "marketing", "reader"]
)
def test_ORG_5_the_workbench_opens_for_every_role_when_there_is_nothing_yet(company, sign_in, person):
    page = sign_in(company.people[person]).get("/")
    assert page.status_code == 200 and company.people[person].name in said(page)


@time_machine.travel(NOON)
def test_ACT_1_next_steps_stand_by_their_day_and_are_one_s_own(company, sign_in):
    for step, days, owner in [("昨天的", -1, "li_na"), ("今天的", 0, "li_na"), ("后天的", 2, "li_na"),
                              ("下月的", 30, "li_na"), ("别人的", 0, "wang_wei")]:  # fmt: skip
        CustomerFactory(owner=company.people[owner], next_step=step, next_at=NOON + timedelta(days=days))
    page = said(sign_in(company.li_na).get("/"))
    assert page.index("昨天的</a>") < page.index("今天的</a>") < page.index("后天的</a>")
    assert "下月的</a>" not in page and "别人的" not in page
    team = said(sign_in(company.lead_east).get("/?team"))
    assert "别人的</a>" in team and "今天的</a>" in team
    assert "今天的" not in said(sign_in(company.lead_east).get("/"))
    assert "别人的" not in said(sign_in(company.li_na).get("/?team"))


@time_machine.travel(NOON)
def test_ORG_5_a_superior_sees_who_logged_nothing_this_week(company, sign_in):
    customer = CustomerFactory(owner=company.li_na)
    ActivityFactory(customer=customer, happened_at=NOON)
    ActivityFactory(customer=customer, happened_at=NOON - timedelta(days=7))
    page = said(sign_in(company.lead_east).get("/"))
    assert page.index("王伟") < page.index("李娜") and "未记录" in page and "1 次" in page


@time_machine.travel(NOON)
def test_CUS_4_birthdays_of_the_week_stand_on_the_workbench(company, sign_in):
    day = date(1978, 11, 25)
    ContactFactory(customer=CustomerFactory(owner=company.li_na), name="寿星", birthday=day)
    ContactFactory(customer=CustomerFactory(owner=company.zhao_lei), name="外人", birthday=day)
    page = said(sign_in(company.li_na).get("/"))
    assert "寿星" in page and "外人" not in page


def test_ORG_5_the_number_of_queries_does_not_grow(company, sign_in, django_assert_max_num_queries):
    for n in range(15):
        customer = CustomerFactory(owner=company.li_na, next_step=f"第{n}步", next_at=datetime.now(UTC))
        ContactFactory(customer=customer)
        ActivityFactory(customer=customer)
    client = sign_in(company.li_na)
    client.get("/")
    with django_assert_max_num_queries(15):
        client.get("/")
