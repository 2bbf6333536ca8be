"""The calendar: what it shows to whom, and moving, arranging and answering in it (ACT-3, ACT-4, ACT-5)."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhike.activities import busy
from zhike.activities.actions import choose_leads, complete_task, move_task
from zhike.activities.models import Task, TaskParticipant
from zhike.activities.schedule import Period, days_of
from zhike.activities.tests.factories import TaskFactory
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import workdays
from zhike.kit.actions import acting
from zhike.kit.errors import Forbidden
from zhike.org.viewers import the_system
from zhike.records.models import InboxItem

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 9, 40, tzinfo=HERE)  # a Monday
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=HERE)


def meeting(owner, day=24, hour=10, minutes=60, **more):
    begin = at(day, hour)
    more = {"kind": "meeting", "due_at": begin, "ends_at": begin + timedelta(minutes=minutes), **more}
    return TaskFactory(assignee=owner, **more)


def invite(task, person, answer=""):
    with acting(the_system(), "test"):
        TaskParticipant(task=task, person=person, answer=answer).save()


def fresh(task):
    return Task.objects.whole_table("test").get(pk=task.pk)


def inbox(person):
    return list(InboxItem.objects.filter(person=person).order_by("id").values_list("text", flat=True))


def page(client, **query):
    answer = client.get("/calendar/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_ACT_5_each_view_shows_what_lies_in_it_and_goes_on(company, sign_in):
    meeting(company.li_na, 24, title="周二评审")
    meeting(company.li_na, 30, title="下周评审")
    TaskFactory(assignee=company.li_na, kind="todo", due_at=at(25, 18), title="交标书")
    TaskFactory(assignee=company.li_na, kind="todo", title="没定时间的事")
    TaskFactory(assignee=company.li_na, kind="visit", due_at=at(26, 0), is_all_day=True, title="全天出差")
    client = sign_in(company.li_na)
    week = page(client, view="week", on="2026-11-27")
    assert all(
        text in week for text in ("周二评审", "交标书", "没定时间的事", "全天出差", "第 48 周", "11 月 23 日 – 29 日")
    )
    assert "下周评审" not in week and "下周评审" in page(client, view="week", on="2026-11-30")
    assert "周二评审" in page(client, view="day", on="2026-11-24")
    assert "周二评审" not in page(client, view="day", on="2026-11-25")
    month = page(client, view="month", on="2026-11-01")
    assert "周二评审" in month and "下周评审" in month and "2026 年 11 月" in month
    assert "周二评审" in page(client, view="list", on="2026-11-23")


def test_ACT_5_phones_begin_with_the_list_and_nonsense_with_today(company, sign_in):
    client = sign_in(company.li_na)
    on_phone = client.get("/calendar/", headers={"User-Agent": "X Mobi"}).content.decode()
    assert "cal-list" in on_phone and "cal-grid" not in on_phone
    assert "第 48 周" in page(client, view="decade", on="soon", who="x")


def test_ACT_5_closed_ones_are_struck_and_declined_or_cancelled_ones_gone(company, sign_in, viewer):
    done = meeting(company.li_na, 24, title="开完的会")
    complete_task(done, by=viewer(company.li_na))
    meeting(company.li_na, 24, title="取消的会", status="cancelled", closed_at=NOW)
    meeting(company.li_na, 24, title="谢绝的会", status="declined", closed_at=NOW)
    shown = page(sign_in(company.li_na), view="week", on="2026-11-23")
    assert re.search(r'class="ev [^"]*done[^>]*>[\s\S]*?开完的会', shown)
    assert "取消的会" not in shown and "谢绝的会" not in shown


def test_ACT_5_what_goes_over_days_lies_on_each(company, viewer):
    trip = TaskFactory(assignee=company.li_na, kind="visit", due_at=at(22, 20), ends_at=at(24, 9), title="出差")
    days = days_of(viewer(company.li_na), [company.li_na.pk], Period("week", date(2026, 11, 23))).days
    assert [(d.day.day, e.begin, e.end, e.all_day, e.continues) for d in days for e in d.entries if e.task.pk == trip.pk] == [
        (23, 0, 1440, True, True), (24, 0, 540, False, True),
    ]  # fmt: skip


def test_ACT_5_what_takes_whole_days_shows_on_its_pages(company, sign_in):
    for begin in (at(22, 0), at(23, 0), at(24, 0)):
        task = TaskFactory(assignee=company.li_na, kind="visit", due_at=begin, is_all_day=True, title="全天出差")
    client = sign_in(company.li_na)
    assert "全天出差" in client.get("/").content.decode()
    assert "明天" in client.get(f"/tasks/{task.pk}/").content.decode()


def test_ACT_5_holidays_and_days_worked_instead_are_marked(company, sign_in):
    assert [workdays.mark(date(2026, 10, d)) for d in (1, 4, 8, 10, 11)] == ["rest", "rest", "", "work", ""]
    month = page(sign_in(company.li_na), view="month", on="2026-10-01")
    assert month.count('class="rest"') == 7 and month.count('class="work"') == 1 and "国庆节" in month
    assert re.findall(r'<th scope="row" class="wn">(\d+)</th>', month) == ["40", "41", "42", "43", "44"]


def test_ACT_5_a_full_day_of_the_month_says_how_many_more(company, sign_in):
    for hour in range(8, 15):
        meeting(company.li_na, 24, hour, title=f"会{hour}")
    shown = page(sign_in(company.li_na), view="month", on="2026-11-01")
    assert "还有 4 项" in shown and "会10" in shown and "会11" not in shown


def test_ACT_5_where_more_lies_than_a_page_shows_it_says_so_and_shows_the_first(company, sign_in, monkeypatch):
    monkeypatch.setattr("zhike.activities.schedule.MOST_ENTRIES", 3)
    client = sign_in(company.li_na)
    for day in (23, 24, 25):
        meeting(company.li_na, day, title=f"会议{day}")
    said = "少选几个人或几天"
    page = client.get("/calendar/?view=week&on=2026-11-23").content.decode()
    assert all(f"会议{day}" in page for day in (23, 24, 25)) and said not in page
    meeting(company.li_na, 26, title="会议26")
    TaskFactory(assignee=company.li_na, kind="visit", due_at=at(22, 20), ends_at=at(24, 9), title="出差")
    page = client.get("/calendar/?view=week&on=2026-11-23").content.decode()
    assert (said in page, *(word in page for word in ("出差", "会议24", "会议25"))) == (True, True, True, False)


def test_ACT_5_what_repeats_is_read_by_its_own_index(company, viewer):
    week = Period("week", date(2026, 11, 23))
    with CaptureQueriesContext(connection) as queries:
        days_of(viewer(company.li_na), [company.li_na.pk, company.wang_wei.pk], week)
    (asked,) = [query["sql"] for query in queries if '"repeat" >' in query["sql"]]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
            assert "tasks_repeating" in str(cursor.fetchall())
    assert 'due_at" <' not in asked  # by that, the index of the calendar would read all a person ever had to do


def test_ACT_5_repetitions_to_come_are_reckoned_and_end_on_their_day(company, viewer):
    task = meeting(company.li_na, 23, title="晨会", repeat="workday", repeat_until=date(2026, 12, 2))
    days = days_of(viewer(company.li_na), [company.li_na.pk], Period("month", date(2026, 12, 1))).days
    shown = [(d.day.isoformat(), e.is_ghost) for d in days for e in d.entries]
    assert shown == [("2026-11-30", True), ("2026-12-01", True), ("2026-12-02", True)]
    complete_task(task, by=viewer(company.li_na))
    week = days_of(viewer(company.li_na), [company.li_na.pk], Period("week", date(2026, 11, 23))).days
    assert [e.is_ghost for d in week for e in d.entries] == [False, False, True, True, True]


def test_ORG_2_calendars_of_ones_people_lie_side_by_side_and_nobody_elses(company, sign_in):
    meeting(company.li_na, title="李娜的会")
    meeting(company.wang_wei, title="王伟的会")
    meeting(company.zhao_lei, title="赵磊的会")
    who = [company.li_na.pk, company.wang_wei.pk, company.zhao_lei.pk]
    lead = sign_in(company.lead_east)
    for view in ("day", "week", "month", "list"):
        shown = page(lead, view=view, on="2026-11-24", who=who)
        assert "李娜的会" in shown and "王伟的会" in shown and "赵磊的会" not in shown
    assert "王伟的会" not in page(sign_in(company.li_na), view="week", on="2026-11-24", who=who)


def test_ACT_5_chosen_people_are_remembered_and_a_shared_address_is_not(company, sign_in):
    meeting(company.li_na, title="李娜的会")
    lead, who = sign_in(company.lead_east), company.li_na.pk
    assert "李娜的会" in page(lead, view="week", on="2026-11-24", who=who)
    assert "李娜的会" not in page(lead, view="week", on="2026-11-24")
    page(lead, view="week", on="2026-11-24", who=who, chosen=1)
    assert "李娜的会" in page(lead, view="week", on="2026-11-24")
    page(lead, view="week", on="2026-11-24", chosen=1)
    assert "李娜的会" not in page(lead, view="week", on="2026-11-24")


@pytest.mark.parametrize("view", ["day", "week", "month", "list"])
def test_ACT_5_a_page_costs_few_queries_however_much_is_on_it(company, sign_in, view, django_assert_max_num_queries):
    customer = CustomerFactory(owner=company.li_na)
    client, who = sign_in(company.lead_east), [company.li_na.pk, company.wang_wei.pk, company.lead_east.pk]
    for person in (company.li_na, company.wang_wei):
        for n in range(8):
            meeting(person, 23 + n % 4, 9 + n, customer=customer, repeat="weekly")
    client.get("/calendar/", {"view": view, "on": "2026-11-24", "who": who})
    with django_assert_max_num_queries(MOST_QUERIES):
        client.get("/calendar/", {"view": view, "on": "2026-11-24", "who": who})


def drop(client, task, begin, end="", **more):
    data = {"begin": begin, "end": end, "version": task.version, **more}
    return client.post(f"/tasks/{task.pk}/move/", data, headers={"HX-Request": "true"})


def test_ACT_5_dropped_elsewhere_it_is_moved_told_and_can_be_undone(company, sign_in):
    task = meeting(company.li_na, 24, 10)
    invite(task, company.zhao_lei, "yes")
    client = sign_in(company.li_na)
    answer = drop(client, task, "2026-11-26T14:30", "2026-11-26T15:30")
    assert answer.status_code == 204 and "zk:calendar" in answer["HX-Trigger"]
    moved = fresh(task)
    assert (moved.due_at, moved.ends_at, moved.remind_at) == (at(26, 14, 30), at(26, 15, 30), at(26, 14, 15))
    assert inbox(company.zhao_lei) == [f"李娜 改到 11-26 14:30：{task.title}"]
    assert TaskParticipant.objects.whole_table("test").get(task=task).answer == ""
    undo = re.search(r'"undo_url": "([^"]+)"', answer["HX-Trigger"])[1]
    assert client.post(undo, headers={"HX-Request": "true"}).status_code == 204
    assert (fresh(task).due_at, fresh(task).ends_at) == (at(24, 10), at(24, 11))


def test_ACT_5_moved_by_two_the_second_is_told(company, sign_in):
    task = meeting(company.li_na, 24, 10)
    assert drop(sign_in(company.li_na), task, "2026-11-25T10:00").status_code == 204
    late = drop(sign_in(company.lead_east), task, "2026-11-26T10:00")
    assert late.status_code == 409 and late["HX-Reswap"] == "none" and "zk:toast" in late["HX-Trigger"]
    assert fresh(task).due_at == at(25, 10)


@pytest.mark.parametrize(("who", "status"), [("li_na", 204), ("lead_east", 204), ("wang_wei", 404), ("reader", 403)])
def test_ORG_3_only_who_may_change_it_moves_it(company, sign_in, who, status):
    task = meeting(company.li_na, 24, 10)
    assert drop(sign_in(getattr(company, who)), task, "2026-11-25T10:00").status_code == status
    assert (fresh(task).due_at == at(25, 10)) is (status == 204)


def test_ACT_5_what_is_done_stays_and_what_ends_before_it_begins_is_refused(company, sign_in, viewer):
    task = meeting(company.li_na, 24, 10)
    client = sign_in(company.li_na)
    assert drop(client, task, "2026-11-25T10:00", "2026-11-25T09:00").status_code == 422
    complete_task(task, by=viewer(company.li_na))
    assert drop(client, fresh(task), "2026-11-25T10:00").status_code == 422
    assert fresh(task).due_at == at(24, 10)


def test_ACT_5_of_one_that_repeats_one_is_asked_which_are_meant(company, sign_in, viewer):
    task = meeting(company.li_na, 24, 10, repeat="weekly")
    client, by = sign_in(company.li_na), viewer(company.li_na)
    asked = drop(client, task, "2026-11-25T15:00", "2026-11-25T16:00")
    assert (
        asked["HX-Retarget"] == "#dialog" and "仅这一次" in asked.content.decode() and fresh(task).due_at == at(24, 10)
    )
    drop(client, task, "2026-11-25T15:00", "2026-11-25T16:00", scope="this")
    drop(client, fresh(task), "2026-11-26T15:00", "2026-11-26T16:00", scope="this")
    complete_task(fresh(task), by=by)
    after = Task.objects.whole_table("test").get(status="open")
    assert (after.due_at, after.ends_at) == (
        datetime(2026, 12, 1, 10, tzinfo=HERE),
        datetime(2026, 12, 1, 11, tzinfo=HERE),
    )
    move_task(after, by=by, begin=after.due_at + timedelta(hours=3))
    complete_task(fresh(after), by=by)
    last = Task.objects.whole_table("test").get(status="open")
    assert last.due_at == datetime(2026, 12, 8, 13, tzinfo=HERE)


def test_ACT_3_a_monthly_one_on_the_31st_comes_back_to_the_31st(company, viewer):
    due = datetime(2026, 12, 31, 10, tzinfo=HERE)
    TaskFactory(assignee=company.li_na, repeat="monthly", due_at=due)
    months = []
    for _n in range(4):
        task = Task.objects.whole_table("test").get(status="open")
        months.append(f"{task.due_at.astimezone(HERE):%m-%d}")
        complete_task(task, by=viewer(company.li_na))
    assert months == ["12-31", "01-31", "02-28", "03-31"]


def test_ACT_5_a_to_do_gets_its_time_from_the_tray_and_loses_it_again(company, sign_in):
    task = TaskFactory(assignee=company.li_na, kind="todo")
    client = sign_in(company.li_na)
    undo = re.search(
        r'"undo_url": "([^"]+)"', drop(client, task, "2026-11-24T10:00", "2026-11-24T10:30")["HX-Trigger"]
    )[1]
    assert fresh(task).due_at == at(24, 10)
    assert client.post(undo, headers={"HX-Request": "true"}).status_code == 204
    assert fresh(task).due_at is None and fresh(task).ends_at is None


def arranged(client, company, **more):
    data = {"title": "方案评审", "kind": "meeting", "due_at": "2026-11-24T10:00", "ends_at": "2026-11-24T11:00",
            "is_all_day": "no", "assignee": company.li_na.pk, **more}  # fmt: skip
    return client.post("/calendar/new/", data, headers={"HX-Request": "true"})


def test_ACT_3_arranged_with_people_they_are_invited_once(company, sign_in):
    assert arranged(sign_in(company.li_na), company, people=[company.wang_wei.pk]).status_code == 204
    task = Task.objects.whole_table("test").get()
    assert [p.person_id for p in TaskParticipant.objects.whole_table("test").filter(task=task)] == [company.wang_wei.pk]
    assert inbox(company.wang_wei) == ["李娜 邀请您参加：方案评审"]


def test_ACT_3_where_somebody_is_busy_one_is_told_and_may_save_all_the_same(company, sign_in):
    meeting(company.zhao_lei, 24, 10, title="不可外传的会")
    client = sign_in(company.li_na)
    told = arranged(client, company, people=[company.zhao_lei.pk])
    text = told.content.decode()
    assert told.status_code == 422 and "赵磊" in text and "已有安排" in text and "不可外传" not in text
    assert Task.objects.whole_table("test").count() == 1
    assert arranged(client, company, people=[company.zhao_lei.pk], anyway="on").status_code == 204
    assert arranged(client, company, kind="todo", people=[]).status_code == 204


def test_ACT_3_busy_times_of_colleagues_show_no_words_outside_the_scope(company, sign_in, viewer):
    meeting(company.zhao_lei, 24, 10, title="不可外传的会", place="密室")
    meeting(company.li_na, 24, 14, title="自己的会")
    query = {"title": "x", "due_at": "2026-11-24T10:30", "ends_at": "2026-11-24T11:00", "assignee": company.li_na.pk,
             "people": [company.zhao_lei.pk]}  # fmt: skip
    text = sign_in(company.li_na).get("/calendar/free/", query).content.decode()
    assert "10:00–11:00" in text and "有安排" in text and "自己的会" in text
    assert "不可外传" not in text and "密室" not in text
    blocks = busy.busy(viewer(company.li_na), [company.zhao_lei.pk], at(24, 0), at(25, 0))
    assert [(b.begin, b.end, b.title) for b in blocks] == [(at(24, 10), at(24, 11), "")]


def test_ACT_3_the_next_times_all_are_free_are_offered(company, viewer):
    meeting(company.li_na, 23, 10, 120)
    guest = meeting(company.wang_wei, 23, 14, 60)
    invite(guest, company.zhao_lei, "no")
    both = [company.li_na.pk, company.wang_wei.pk]
    assert busy.offers(viewer(company.li_na), both, NOW, 60) == [at(23, 15), at(23, 15, 30), at(23, 16)]
    assert busy.offers(viewer(company.li_na), [company.zhao_lei.pk], at(23, 13, 40), 30)[0] == at(23, 14)
    friday = busy.offers(viewer(company.li_na), both, at(27, 17, 40), 60)
    assert friday[0] == at(30, 9)


def test_ACT_4_who_is_invited_answers_and_those_who_asked_hear_of_it(company, sign_in):
    task = meeting(company.li_na, assigned_by=company.lead_east, title="评审")
    invite(task, company.wang_wei)
    client = sign_in(company.wang_wei)
    shown = client.get(f"/tasks/{task.pk}/").content.decode()
    assert f"/tasks/{task.pk}/comes/" in shown and f"/tasks/{task.pk}/stays-away/" in shown
    client.post(f"/tasks/{task.pk}/comes/")
    client.post(f"/tasks/{task.pk}/comes/")
    client.post(f"/tasks/{task.pk}/stays-away/", {"reason": "出差"})
    said = ["王伟 参加：评审", "王伟 不能参加：评审 出差"]
    assert inbox(company.li_na) == said and inbox(company.lead_east) == said
    assert "评审" not in page(client, view="week", on="2026-11-24")
    assert "不参加" in sign_in(company.li_na).get(f"/tasks/{task.pk}/").content.decode()


def test_ACT_4_only_who_is_invited_answers(company, sign_in):
    task = meeting(company.li_na)
    for who in ("li_na", "wang_wei", "lead_east"):
        assert sign_in(getattr(company, who)).post(f"/tasks/{task.pk}/comes/").status_code == 404


@pytest.mark.parametrize(
    ("company_minutes", "own", "lead"),
    [({}, {}, 10), ({"call": 30}, {}, 30), ({"call": 30}, {"call": 5}, 5), ({}, {"call": None}, None)],
)
def test_ACT_3_reminders_come_as_long_before_as_company_and_person_chose(
    company, viewer, sign_in, company_minutes, own, lead
):
    choose_leads(by=viewer(company.gm), leads=company_minutes, for_company=True)
    choose_leads(by=viewer(company.li_na), leads=own)
    arranged(sign_in(company.li_na), company, kind="call")
    task = Task.objects.whole_table("test").get()
    assert task.remind_at == (lead and at(24, 10) - timedelta(minutes=lead))


def test_ACT_3_the_company_s_times_are_for_who_sets_reminders_up(company, viewer, sign_in):
    with pytest.raises(Forbidden):
        choose_leads(by=viewer(company.li_na), leads={"call": 1}, for_company=True)
    assert sign_in(company.li_na).get("/settings/reminder-times/").status_code == 403
    admin = sign_in(company.admin)
    assert admin.post("/settings/reminder-times/", {"visit": "120", "meeting": "none"}).status_code == 302
    assert admin.post("/settings/reminder-times/", {"visit": "7"}).status_code == 422
    arranged(sign_in(company.li_na), company, kind="visit")
    assert Task.objects.whole_table("test").get().remind_at == at(24, 8)
