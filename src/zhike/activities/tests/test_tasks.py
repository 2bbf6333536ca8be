"""Tasks: given down the line, answered, carried out in one step, taken back, repeated, reminded of (ACT-3, ACT-4)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from zhike.activities.actions import complete_task, remind_of_tasks
from zhike.activities.models import Activity, Task
from zhike.activities.tests.factories import TaskFactory
from zhike.api.models import ApiToken
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.errors import Refused
from zhike.records.actions import assign_record
from zhike.records.models import InboxItem

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=HERE)


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司")


def fresh(task):
    return Task.objects.whole_table("test").get(pk=task.pk)


def activities():
    return list(Activity.objects.whole_table("test"))


def inbox(person):
    return list(InboxItem.objects.filter(person=person).order_by("id").values_list("text", flat=True))


def form(**more):
    return {"title": "拜访恒旭", "kind": "visit", "priority": "normal", "is_all_day": "no", **more}


@time_machine.travel(NOW, tick=False)
def test_ACT_3_carrying_out_a_task_writes_the_follow_up_and_the_customer_in_one_step(company, sign_in, customer):
    task = TaskFactory(assignee=company.li_na, customer=customer, kind="visit", title="拜访恒旭")
    client = sign_in(company.li_na)
    page = client.post(
        f"/tasks/{task.pk}/complete/",
        {"summary": "确认四个工位", "minutes": 80, "next_step": "报价 V3", "next_at": "2026-11-24T10:00"},
    )
    assert page.status_code == 302
    (activity,) = activities()
    assert (activity.kind, activity.customer, activity.summary, activity.minutes) == (
        "visit",
        customer,
        "确认四个工位",
        80,
    )
    done = fresh(task)
    assert (done.status, done.activity, done.outcome, done.closed_at) == ("done", activity, "确认四个工位", NOW)
    known = Customer.objects.whole_table("test").get(pk=customer.pk)
    assert (known.last_activity_at, known.next_step) == (NOW, "报价 V3")
    assert "确认四个工位" in client.get(f"/customers/{customer.pk}/").content.decode()


def test_ACT_3_taking_it_back_takes_back_the_follow_up_too(company, sign_in, customer):
    task = TaskFactory(assignee=company.li_na, customer=customer, kind="call")
    client = sign_in(company.li_na)
    client.post(f"/tasks/{task.pk}/complete/", {"summary": "打错了"})
    assert activities()
    client.post(f"/tasks/{task.pk}/reopen/")
    assert not activities() and fresh(task).status == "open" and fresh(task).closed_at is None


def test_ACT_3_a_task_is_carried_out_once(company, viewer, customer):
    task, by = TaskFactory(assignee=company.li_na, customer=customer), viewer(company.li_na)
    complete_task(task, by=by, summary="好")
    with pytest.raises(Refused):
        complete_task(task, by=by, summary="又一次")
    assert len(activities()) == 1


def test_ACT_3_a_task_about_nobody_is_just_done(company, sign_in):
    task = TaskFactory(assignee=company.li_na)
    sign_in(company.li_na).post(f"/tasks/{task.pk}/complete/", {"summary": ""})
    assert fresh(task).status == "done" and not activities()


@pytest.mark.parametrize(
    ("giver", "taker", "goes"),
    [("li_na", "li_na", True), ("lead_east", "li_na", True), ("gm", "li_na", True), ("li_na", "wang_wei", False),
     ("li_na", "lead_east", False), ("manager_west", "li_na", False)],
)  # fmt: skip
def test_ACT_4_tasks_are_given_down_the_line_only(company, sign_in, giver, taker, goes):
    person = getattr(company, taker)
    page = sign_in(getattr(company, giver)).post("/tasks/new/", form(assignee=person.pk))
    assert (page.status_code == 302) is goes
    assert Task.objects.whole_table("test").count() == goes
    if goes and giver != taker:
        assert inbox(person) == [f"{getattr(company, giver)} 指派任务：拜访恒旭"]
    if not goes:
        assert "assignee" in page.context["form"].errors


def test_ACT_4_the_assignee_answers_and_whoever_gave_it_hears(company, sign_in):
    given = [TaskFactory(assignee=company.li_na, assigned_by=company.lead_east, title=f"任务{n}") for n in range(3)]
    client = sign_in(company.li_na)
    client.post(f"/tasks/{given[0].pk}/accept/")
    assert client.post(f"/tasks/{given[1].pk}/decline/", {"reason": " "}).status_code == 422
    client.post(f"/tasks/{given[1].pk}/decline/", {"reason": "客户改期"})
    client.post(f"/tasks/{given[2].pk}/complete/", {"summary": "办妥"})
    assert [fresh(task).status for task in given] == ["open", "declined", "done"]
    assert inbox(company.lead_east) == ["李娜 接受了：任务0", "李娜 婉拒了：任务1 客户改期", "李娜 完成了：任务2 办妥"]


def test_ACT_4_only_the_assignee_answers(company, sign_in):
    task = TaskFactory(assignee=company.li_na, assigned_by=company.lead_east)
    assert sign_in(company.zhao_lei).post(f"/tasks/{task.pk}/accept/").status_code == 404
    sign_in(company.lead_east).post(f"/tasks/{task.pk}/accept/")
    assert fresh(task).accepted_at is None


def test_ORG_2_tasks_are_seen_up_the_line_and_by_those_who_take_part(company, sign_in):
    task = TaskFactory(assignee=company.li_na, title="保密的会")
    seen = {name: sign_in(getattr(company, name)).get(f"/tasks/{task.pk}/").status_code
            for name in ("li_na", "lead_east", "manager_east", "gm", "wang_wei", "zhao_lei")}  # fmt: skip
    assert seen == {"li_na": 200, "lead_east": 200, "manager_east": 200, "gm": 200, "wang_wei": 404, "zhao_lei": 404}
    sign_in(company.li_na).post(f"/tasks/{task.pk}/participants/", {"people": [company.zhao_lei.pk]})
    assert sign_in(company.zhao_lei).get(f"/tasks/{task.pk}/").status_code == 200
    assert sign_in(company.manager_west).get(f"/tasks/{task.pk}/").status_code == 200
    assert sign_in(company.wang_wei).get(f"/tasks/{task.pk}/").status_code == 404
    assert inbox(company.zhao_lei) == ["李娜 邀请您参加：保密的会"]


@pytest.mark.parametrize(
    ("repeat", "due", "after"),
    [
        ("daily", datetime(2026, 11, 23, 9, tzinfo=HERE), datetime(2026, 11, 24, 9, tzinfo=HERE)),
        ("workday", datetime(2026, 9, 30, 9, tzinfo=HERE), datetime(2026, 10, 8, 9, tzinfo=HERE)),
        ("weekly", datetime(2026, 11, 23, 9, tzinfo=HERE), datetime(2026, 11, 30, 9, tzinfo=HERE)),
        ("monthly", datetime(2026, 1, 31, 9, tzinfo=HERE), datetime(2026, 2, 28, 9, tzinfo=HERE)),
        ("yearly", datetime(2028, 2, 29, 9, tzinfo=HERE), datetime(2029, 2, 28, 9, tzinfo=HERE)),
    ],
)
def test_ACT_3_a_task_that_repeats_is_followed_by_its_next(company, viewer, repeat, due, after):
    task = TaskFactory(assignee=company.li_na, repeat=repeat, due_at=due, ends_at=due + timedelta(hours=1))
    complete_task(task, by=viewer(company.li_na))
    (following,) = Task.objects.whole_table("test").filter(status="open")
    assert (following.due_at, following.ends_at) == (after, after + timedelta(hours=1))
    assert following.repeat == repeat and following.follows_id == task.pk


def test_ACT_3_a_repetition_ends_on_its_day_and_goes_with_what_is_taken_back(company, viewer, sign_in):
    due, by = datetime(2026, 11, 23, 9, tzinfo=HERE), viewer(company.li_na)
    last = TaskFactory(assignee=company.li_na, repeat="weekly", due_at=due, repeat_until=due.date())
    complete_task(last, by=by)
    assert not Task.objects.whole_table("test").filter(status="open").exists()
    task = TaskFactory(assignee=company.li_na, repeat="weekly", due_at=due)
    complete_task(task, by=by)
    sign_in(company.li_na).post(f"/tasks/{task.pk}/reopen/")
    assert [t.pk for t in Task.objects.whole_table("test").filter(status="open")] == [task.pk]


@time_machine.travel(NOW, tick=False)
def test_ACT_3_one_is_reminded_once_and_again_when_the_time_moves(company, sign_in):
    client = sign_in(company.li_na)
    client.post("/tasks/new/", form(assignee=company.li_na.pk, due_at="2026-11-23T10:30"))
    task = Task.objects.whole_table("test").get()
    assert task.remind_at == NOW + timedelta(minutes=30)
    assert remind_of_tasks(NOW) == 0
    at = NOW + timedelta(minutes=31)
    assert remind_of_tasks(at) == 1 and remind_of_tasks(at) == 0
    assert inbox(company.li_na) == ["10:30 拜访恒旭"]
    client.post(
        f"/tasks/{task.pk}/edit/", form(due_at="2026-11-23T14:00", remind_at="2026-11-23T09:30", version=task.version)
    )
    assert remind_of_tasks(NOW + timedelta(hours=4, minutes=1)) == 1


@pytest.mark.parametrize(
    ("field", "more"),
    [("due_at", {"repeat": "weekly"}), ("due_at", {"ends_at": "2026-11-23T10:00"}), ("title", {"title": " "}),
     ("kind", {"kind": "party"}), ("due_at", {"due_at": "soon"})],
)  # fmt: skip
def test_ACT_3_what_makes_no_sense_is_refused_at_its_field(company, sign_in, field, more):
    page = sign_in(company.li_na).post("/tasks/new/", form(assignee=company.li_na.pk, **more))
    assert page.status_code == 422 and field in page.context["form"].errors


def test_ACT_3_a_task_does_not_end_before_it_begins(company, sign_in):
    page = sign_in(company.li_na).post(
        "/tasks/new/", form(assignee=company.li_na.pk, due_at="2026-11-23T10:00", ends_at="2026-11-23T09:00")
    )
    assert page.status_code == 422 and not Task.objects.whole_table("test").exists()


def test_CUS_9_open_tasks_go_with_the_customer_to_its_new_owner(company, viewer, customer):
    still, done = (
        TaskFactory(assignee=company.li_na, customer=customer),
        TaskFactory(assignee=company.li_na, customer=customer),
    )
    complete_task(done, by=viewer(company.li_na))
    assign_record(CUSTOMER, customer, by=viewer(company.lead_east), owner_id=company.wang_wei.pk)
    assert fresh(still).assignee == company.wang_wei and fresh(done).assignee == company.li_na


@time_machine.travel(NOW, tick=False)
def test_ACT_4_the_workbench_shows_what_is_to_do_who_gave_it_and_what_is_done(company, sign_in, viewer, customer):
    TaskFactory(assignee=company.li_na, assigned_by=company.lead_east, customer=customer, title="今天的事", due_at=NOW)
    TaskFactory(assignee=company.li_na, title="下月的事", due_at=NOW + timedelta(days=30))
    complete_task(TaskFactory(assignee=company.li_na, title="做完的事"), by=viewer(company.li_na))
    page = sign_in(company.li_na).get("/").content.decode()
    assert "今天的事" in page and "孙丽 指派" in page and "做完的事" in page and "下月的事" not in page
    assert "今天的事" in sign_in(company.lead_east).get("/?team").content.decode()


def test_ACT_3_the_api_carries_a_task_out_once_for_one_key(company, client, customer):
    task = TaskFactory(assignee=company.li_na, customer=customer, kind="call")
    head = {"authorization": f"Bearer {ApiToken.make(company.li_na.pk)}", "idempotency-key": "k1"}
    answers = [
        client.post(
            f"/api/v1/tasks/{task.pk}/complete", {"summary": "谈妥"}, content_type="application/json", headers=head
        )
        for _ in range(2)
    ]
    assert [a.status_code for a in answers] == [200, 200] and answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "done" and len(activities()) == 1
