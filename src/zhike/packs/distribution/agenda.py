"""What the people of the demo company have to do this week and next: appointments, calls, to-dos, a team meeting."""

from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from zhike.activities.models import Task, TaskParticipant
from zhike.customers.models import Contact, Customer
from zhike.kit.workdays import is_workday
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.packs.distribution.people import People
from zhike.records import kinds, search

# kind: (title with the customer's short name, minutes)
WITH_CUSTOMER = {
    "visit": [("拜访{}：看产线，谈改造", 90), ("{}现场勘查", 120), ("{}季度回访", 60)],
    "call": [("电话{}：确认预算", 15), ("电话{}：催技术确认单", 15), ("电话{}：约下周拜访", 10)],
    "meeting": [("{}方案评审", 90), ("与{}技术交流（线上）", 60)],
    "demo": [("{}样件演示", 120)],
    "hospitality": [("接待{}参观样板工厂", 180)],
    "wechat": [("给{}发案例视频", None)],
    "email": [("给{}发报价 V2", None)],
}
OWN = [
    ("准备投标文件", None),
    ("填写差旅报销", None),
    ("更新客户资料卡", None),
    ("整理展会名片", None),
    ("学习新品资料", None),
]
PLACES = ["客户会议室", "3 号会议室", "线上会议", "样板工厂", ""]
STARTS = [time(9, 0), time(9, 30), time(10, 0), time(10, 30), time(14, 0), time(14, 30), time(15, 30), time(16, 30)]


def fill(random: Random, people: People, today: date) -> None:
    """Write the tasks of everybody who is still here. Inside an action."""
    monday = today - timedelta(days=today.weekday())
    days = [day for n in range(12) if is_workday(day := monday + timedelta(days=n))]
    tasks = [task for person in people.present_sellers for task in _of_seller(random, person, days, today)]
    for person in people.all.values():
        if person.is_active and person not in people.sellers:
            tasks += _of_others(random, person, days, today)
    for task in tasks:
        task.save()
    meetings = [_team_meeting(leader, monday, today) for leader in people.all.values() if leader.is_active]
    tasks += [meeting for meeting in meetings if meeting]
    search.reindex(kinds.get("activities.task"))


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, timezone.get_default_timezone())


def _of_seller(random: Random, person: Person, days: list[date], today: date) -> list[Task]:
    customers = list(Customer.objects.visible_to(the_system()).filter(owner=person).order_by("pk")[:60])
    contacts = {
        c.customer_id: c for c in Contact.objects.visible_to(the_system()).filter(owner=person, is_primary=True)
    }
    found = []
    for day in days:
        for clock in sorted(random.sample(STARTS, random.randrange(1, 4))) if customers else ():
            kind = random.choices(list(WITH_CUSTOMER), [5, 5, 3, 1, 1, 1, 1])[0]
            text, minutes = random.choice(WITH_CUSTOMER[kind])
            customer = random.choice(customers)
            found.append(_task(
                random, person, text.format(customer.short_name), kind, _at(day, clock), minutes, today,
                customer=customer, contact=contacts.get(customer.pk), place=random.choice(PLACES) if kind == "meeting" else "",
            ))  # fmt: skip
    found += [_task(random, person, title, "todo", None, None, today) for title, _m in random.sample(OWN, 2)]
    if random.random() < 0.4:
        day = random.choice(days)
        found.append(_task(random, person, "出差走访客户", "visit", _at(day, time(0)), None, today, is_all_day=True,
                           ends_at=_at(min(day + timedelta(days=1), days[-1]), time(0))))  # fmt: skip
    return found


def _of_others(random: Random, person: Person, days: list[date], today: date) -> list[Task]:
    found = [
        _task(random, person, title, "todo", _at(day, random.choice(STARTS)), None, today)
        for day, (title, _m) in zip(random.sample(days, 3), random.sample(OWN, 3), strict=True)
    ]
    found.append(_task(random, person, "部门例会", "meeting", _at(days[0], time(17, 0)), 60, today, repeat="weekly"))
    return found


def _task(random: Random, person: Person, title: str, kind: str, due: datetime | None, minutes: int | None,
          today: date, **more) -> Task:  # fmt: skip
    task = Task(
        title=title, kind=kind, assignee=person, assigned_by=person, due_at=due,
        **{"ends_at": due + timedelta(minutes=minutes) if due and minutes else None, **more},
    )  # fmt: skip
    if random.random() < 0.25 and person.supervisor_id:
        task.assigned_by_id = person.supervisor_id
    task.priority = random.choices(["normal", "high"], [6, 1])[0]
    if due and timezone.localdate(due) < today and not task.repeat:
        task.status, task.closed_at, task.outcome = Task.Status.DONE, due + timedelta(hours=2), "已办"
    return task


def _team_meeting(leader: Person, monday: date, today: date) -> Task | None:
    """The Monday meeting of a leader with those who report to them; next week's where this one is over."""
    team = list(Person.objects.filter(supervisor=leader, is_active=True).order_by("pk"))
    if not team:
        return None
    day = monday if monday >= today else monday + timedelta(days=7)
    task = Task(
        title="周一早会", kind="meeting", assignee=leader, assigned_by=leader, due_at=_at(day, time(8, 30)),
        ends_at=_at(day, time(9, 0)), place="3 号会议室", repeat="weekly",
    )  # fmt: skip
    task.save()
    for n, person in enumerate(team):
        TaskParticipant(task=task, person=person, answer=["yes", "yes", ""][n % 3]).save()
    return task
