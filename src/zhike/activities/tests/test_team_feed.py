"""A manager's feed of the team by day, with gaps (ACT-2)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from zhike.activities.tests.factories import ActivityFactory
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.org.models import Person
from zhike.org.viewers import the_system

pytestmark = pytest.mark.django_db
FRIDAY = "2026-11-20 16:00+08:00"


@pytest.fixture
def logged(company):
    customer = CustomerFactory(owner=company.li_na, name="苏州恒旭")
    with time_machine.travel(FRIDAY, tick=False):
        now = dates.now()
        ActivityFactory(customer=customer, author=company.li_na, summary="今天谈了价格", happened_at=now, kind="call")
        ActivityFactory(customer=customer, author=company.li_na, summary="昨天看了现场", kind="visit",
                        happened_at=now - timedelta(days=1))  # fmt: skip
    return customer


def text(page):
    return page.content.decode()


@time_machine.travel(FRIDAY, tick=False)
def test_ACT_2_a_manager_sees_the_day_of_the_team_and_who_logged_nothing(company, sign_in, logged):
    client = sign_in(company.lead_east)
    page = text(client.get("/team-feed/"))
    assert "今天谈了价格" in page and "昨天看了现场" not in page and "16:00</time>" in page
    assert page.index("王伟") < page.index("李娜 ") and page.count("未记录") == 1  # wang_wei logged nothing
    assert "昨天看了现场" in text(client.get("/team-feed/?day=2026-11-19"))
    assert "未记录" not in text(client.get("/team-feed/?day=2026-11-21"))  # a Saturday
    with acting(the_system(), "test"):
        person = Person.objects.get(pk=company.wang_wei.pk)
        person.away_from, person.away_until = datetime(2026, 11, 19).date(), datetime(2026, 11, 23).date()
        person.save()
    assert "未记录" not in text(client.get("/team-feed/"))  # away


@time_machine.travel(FRIDAY, tick=False)
def test_ACT_2_what_was_not_seen_yet_is_marked_until_it_was(company, sign_in, logged):
    client = sign_in(company.lead_east)
    assert ">新<" in text(client.get("/team-feed/"))
    assert ">新<" not in text(client.get("/team-feed/"))
    ActivityFactory(customer=logged, author=company.wang_wei, summary="补了一条", happened_at=dates.now())
    page = text(client.get("/team-feed/"))
    assert page.count(">新<") == 1 and "补了一条" in page


@time_machine.travel(FRIDAY, tick=False)
def test_ACT_2_the_feed_is_of_ones_own_people_only_and_can_be_narrowed(company, sign_in, logged):
    assert "今天谈了价格" not in text(sign_in(company.manager_west).get("/team-feed/"))
    assert "今天谈了价格" not in text(sign_in(company.li_na).get("/team-feed/"))
    client = sign_in(company.gm)
    assert "今天谈了价格" in text(client.get(f"/team-feed/?person={company.li_na.pk}&kind=call"))
    assert "今天谈了价格" not in text(client.get(f"/team-feed/?person={company.wang_wei.pk}"))
    assert "今天谈了价格" not in text(client.get("/team-feed/?kind=visit"))
    assert client.get("/team-feed/?day=nonsense&person=x&kind=y&cursor=z").status_code == 200


@time_machine.travel(FRIDAY, tick=False)
def test_ACT_2_the_feed_is_paged_by_key_with_constant_queries(company, sign_in, logged, django_assert_max_num_queries):
    for n in range(65):
        ActivityFactory(customer=logged, author=company.wang_wei, summary=f"第{n:02d}条",
                        happened_at=dates.now() - timedelta(minutes=n))  # fmt: skip
    client, found, url = sign_in(company.lead_east), [], "/team-feed/"
    client.get(url)
    while url:
        with django_assert_max_num_queries(14):
            page = text(client.get(url))
        found += [n for n in range(65) if f"第{n:02d}条" in page]
        start = page.find('class="more"><a class="btn" href="')
        url = "/team-feed/" + page[start:].split('"')[5].replace("&amp;", "&") if start > 0 else ""
    assert sorted(found) == list(range(65))
