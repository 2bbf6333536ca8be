"""One way of gathering what people logged: feed, log, report, overview and workbench say the same (ACT-2, ACT-4)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from zhike.activities import feed, queries, reports, worklog
from zhike.activities.logged import counted, followed_up, totals
from zhike.activities.models import Activity
from zhike.activities.tests.factories import ActivityFactory
from zhike.customers.kinds import CUSTOMER
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.org.actions import share_record

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 26, 18, 0, tzinfo=HERE)  # a Thursday
WEEK = [date(2026, 11, 23) + timedelta(days=n) for n in range(7)]
# Hours before now, by the edges of days: 00:00 and 23:59:59.999 belong to different ones.
EDGES = [
    datetime(2026, 11, 26, 0, 0, tzinfo=HERE), datetime(2026, 11, 25, 23, 59, 59, 999999, tzinfo=HERE),
    datetime(2026, 11, 23, 0, 0, tzinfo=HERE), datetime(2026, 11, 22, 23, 59, 59, tzinfo=HERE),
]  # fmt: skip


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def week(company):
    """Follow-ups of two colleagues over a week, some at the very edges of days."""
    customer = CustomerFactory(owner=company.li_na)
    for n in range(30):
        author = company.li_na if n % 3 else company.wang_wei
        ActivityFactory(customer=customer, author=author, happened_at=NOW - timedelta(hours=3 * n))
    for at in EDGES:
        ActivityFactory(customer=customer, author=company.li_na, happened_at=at)
    return customer


def by_hand(*people):
    """What was logged by author and day, counted one by one."""
    found = {}
    for row in Activity.objects.whole_table("test").filter(author__in=people):
        key = row.author_id, dates.local_day(row.happened_at)
        found[key] = found.get(key, 0) + 1
    return found


def test_ACT_4_feed_log_overview_and_workbench_count_the_same(company, viewer, week):
    lead, people = viewer(company.lead_east), [company.li_na.pk, company.wang_wei.pk]
    expected = by_hand(*people)
    assert counted(lead, people, WEEK) == {key: n for key, n in expected.items() if key[1] in WEEK}
    assert expected[company.li_na.pk, EDGES[0].date()] and expected[company.li_na.pk, EDGES[1].date()]
    for day in WEEK[:4]:
        feed_says = {one.person.pk: one.count for one in feed.colleagues(lead, day)}
        log = worklog.log_of(lead, people, day, day)
        for pk in people:
            count = expected.get((pk, day), 0)
            assert feed_says[pk] == count == sum(entry.person_id == pk for entry in log)
            assert len(feed.entries(lead, day, person=pk)[0]) == min(count, feed.PAGE)
    grid = reports.grid(lead, WEEK[0], NOW)
    cells = {(line["person"].pk, c.day): c.followups for line in grid["lines"] for c in line["cells"] if c.followups}
    assert {key: n for key, n in cells.items() if key[0] in people} == counted(lead, people, WEEK)
    this_week = totals(lead, people, WEEK[0], WEEK[3])
    assert {row["pk"]: row["count"] for row in queries.team_log(lead) if row["pk"] in people} == this_week
    assert queries.numbers(lead, people)["week"] == sum(this_week.values())


def test_ACT_4_a_draft_has_a_line_for_each_of_the_log_and_nobody_elses(company, viewer, week):
    mine = viewer(company.li_na)
    lines = reports.draft(mine, "day", NOW.date())["done"].splitlines()
    assert len(lines) == by_hand(company.li_na)[company.li_na.pk, NOW.date()]
    assert len(lines) == followed_up(mine, [company.li_na.pk], NOW.date()).count()


def test_ORG_3_of_others_only_what_one_sees_is_gathered(company, viewer, week):
    stranger, who = viewer(company.zhao_lei), [company.li_na.pk]
    assert not followed_up(stranger, who, NOW.date()).exists() and counted(stranger, who, WEEK) == {}
    share_record(CUSTOMER, week, by=viewer(company.li_na), people=[company.zhao_lei])
    seen = viewer(company.zhao_lei)
    assert totals(seen, who, *WEEK[:1], WEEK[-1]) == totals(viewer(company.lead_east), who, WEEK[0], WEEK[-1])
    assert totals(seen, [*who, company.zhao_lei.pk], NOW.date(), NOW.date()).keys() == {company.li_na.pk}


def test_ACT_4_counting_ones_people_reads_the_index_of_authors_alone(company, viewer, week):
    from django.db import connection

    rows = followed_up(viewer(company.lead_east), [company.li_na.pk, company.wang_wei.pk], NOW.date())
    sql = str(rows.query)
    assert "customers_customer" not in sql and '"owner_id" IN' not in sql
    if connection.vendor == "sqlite":
        assert "COVERING INDEX activities_by_author" in rows.order_by().values("author_id", "happened_at").explain()
