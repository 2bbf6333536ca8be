"""Rules remind groups and other systems, too: once per cause, of no more than they may know (ACT-6, ACT-7)."""

import ipaddress
import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from zhike.activities import clocks
from zhike.activities.groups import list_of
from zhike.activities.models import Reminder, ReminderRule
from zhike.activities.reminding import remind
from zhike.channels import sending, webhooks
from zhike.channels.models import Delivery, Robot, Webhook
from zhike.channels.tests.fakes import serving
from zhike.channels.tests.robots import FAKES, SECRET
from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.actions import acting
from zhike.kit.sealed import seal
from zhike.org.viewers import the_system
from zhike.records import kinds
from zhike.records.models import InboxItem

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def frozen():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture(params=sorted(FAKES))
def group(request, settings):
    """A group robot of each product, outside; `group.fake` checks what it is posted."""
    settings.OUTGOING_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    settings.PUBLIC_URL = "https://crm.example.cn"
    fake = FAKES[request.param]()
    with serving(fake) as server:
        robot = Robot.objects.create(
            name="东区群", kind=request.param, address=seal(server.url.rstrip("/") + fake.path), secret=seal(SECRET)
        )
        robot.fake = fake
        yield robot


def rule_for(*recipients, **values):
    shipped = {"name": "重点客户未跟进", "kind": "customers.customer", "clock": "last_activity_at", "offset": 7,
               "filter": [["tier", "in", ["key"]]], "text": "{record} 已 {days} 天未跟进"}  # fmt: skip
    return ReminderRule.objects.create(**shipped | values, recipients=list(recipients))


def neglected(person, name, days=8):
    customer = CustomerFactory(owner=person, tier="key", name=name)
    with acting(the_system(), "test"):
        Customer.objects.whole_table("test").filter(pk=customer.pk).update(last_activity_at=NOW - timedelta(days=days))
    return customer


def hook_of(owner, **values):
    hook = Webhook(name="ERP", owner=owner, url="https://erp.example/in", events=[],
                   secret=seal(webhooks.new_secret()), **values)  # fmt: skip
    with acting(the_system(), "test"):
        hook.save()
    return hook


def post_all():
    for pk in list(Delivery.objects.whole_table("test").values_list("pk", flat=True)):
        sending.send(pk)


def test_ACT_6_a_rule_posts_into_a_group_once_for_each_cause(company, frozen, group):
    rule_for(group.line)
    customer = neglected(company.li_na, "苏州恒旭")
    assert remind() == 1 and remind() == 0
    post_all()
    remind()
    post_all()
    (said,) = group.fake.posts
    assert "苏州恒旭 已 8 天未跟进" in said
    assert Delivery.objects.whole_table("test").get(channel="robot").content["url"] == customer.get_absolute_url()
    assert not InboxItem.objects.exists()
    reminder = Reminder.objects.get()
    assert (reminder.person_id, reminder.line) == (None, group.line)
    with acting(the_system(), "test"):
        Customer.objects.whole_table("test").filter(pk=customer.pk).update(last_activity_at=NOW - timedelta(days=7.2))
    assert remind() == 1  # followed up in between: another cause
    post_all()
    assert len(group.fake.posts) == 2


def test_ACT_6_killed_between_people_and_a_group_the_next_pass_tells_the_group_and_nobody_twice(
    company, frozen, monkeypatch
):
    robot = Robot.objects.create(name="东区群", kind="wecom", address=seal("https://x.example/send?key=1"))
    rule_for("owner", robot.line)
    neglected(company.li_na, "苏州恒旭")
    with monkeypatch.context() as broken:
        broken.setattr("zhike.channels.carrying.to_group", lambda *_a, **_k: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):  # killed between the one and the other
            remind()
    assert (
        Reminder.objects.filter(is_untold=True).count() == 1
        and not Delivery.objects.whole_table("test").filter(robot=robot).exists()
    )
    assert remind() == 0 and not Reminder.objects.filter(is_untold=True).exists()
    assert InboxItem.objects.filter(person=company.li_na).count() == 1
    assert Delivery.objects.whole_table("test").filter(robot=robot).count() == 1


def test_ACT_6_killed_before_anybody_was_told_all_are_told_by_the_next_pass(company, frozen, monkeypatch):
    rule_for("owner", "supervisor")
    neglected(company.li_na, "苏州恒旭")
    with monkeypatch.context() as broken:
        broken.setattr("zhike.activities.telling.tell", lambda *_a: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            remind()
    assert Reminder.objects.count() == 2 and not InboxItem.objects.exists()
    assert [remind(), remind()] == [0, 0]
    assert sorted(InboxItem.objects.values_list("person_id", flat=True)) == sorted(
        [company.li_na.pk, company.lead_east.pk]
    )


def test_ACT_6_a_webhook_is_called_for_each_of_many_records(company, frozen, monkeypatch):
    monkeypatch.setattr("zhike.activities.telling.MOST", 2)
    hook = hook_of(company.gm)
    rule_for(hook.line)
    for n in range(5):
        neglected(company.li_na, f"客户{n}")
    assert remind() == 5 and Delivery.objects.whole_table("test").filter(webhook=hook).count() == 5
    assert remind() == 0 and Delivery.objects.whole_table("test").count() == 5


def test_ACT_6_many_records_are_one_post_that_links_the_first_and_the_list_of_all(company, frozen, group, sign_in):
    rule_for(group.line)
    customers = [neglected(company.li_na, f"客户{n:02d}") for n in range(12)]
    outside = [neglected(company.li_na, "太久", days=40), CustomerFactory(owner=company.li_na, name="刚联系过")]
    assert remind() == 12
    post_all()
    (said,) = group.fake.posts
    assert "12" in said and all(f"客户{n:02d}" in said for n in range(10)) and "客户10" not in said
    for customer in customers[:10]:
        assert f"https://crm.example.cn{customer.get_absolute_url()}" in said
    assert "还有 2 条" in said
    address = re.search(r"https://crm.example.cn(/customers/\?[^\s)]+)", said).group(1)
    page = sign_in(company.li_na).get(address).content.decode()
    assert all(customer.name in page for customer in customers)
    assert not any(customer.name in page for customer in outside)


def test_ACT_6_a_post_of_many_stays_within_what_the_product_takes(company, frozen, group):
    rule_for(group.line, text="{record}" + "很久没有联系" * 20)
    for n in range(12):
        neglected(company.li_na, f"客户{n:02d}" + "有限公司" * 15)
    remind()
    post_all()
    assert Delivery.objects.whole_table("test").get().status == "sent"  # the fake refuses what is too long


def test_ACT_6_the_list_behind_a_post_is_found_for_every_clock_of_every_kind():
    for kind in kinds.heard_of():
        for key in clocks.of(kind):
            rule = ReminderRule(kind=kind.label, clock=key, offset=3)
            assert list_of(rule, NOW).startswith("/"), (kind, key)


def test_ACT_7_a_robot_of_a_department_posts_what_concerns_its_people_only(company, frozen):
    robot = Robot.objects.create(
        name="东区群", kind="wecom", address=seal("https://x.example/send?key=1"), department=company.li_na.department
    )
    rule_for(robot.line)
    mine = neglected(company.li_na, "苏州恒旭")
    neglected(company.zhao_lei, "成都西物")
    assert remind() == 1
    assert (
        Delivery.objects.whole_table("test").get().title.startswith("苏州恒旭")
        and Reminder.objects.get().object_id == mine.pk
    )


def test_ACT_7_a_robot_out_of_use_posts_nothing_and_takes_up_what_is_due_when_it_is_back(company, frozen):
    robot = Robot.objects.create(
        name="东区群", kind="wecom", address=seal("https://x.example/send?key=1"), is_active=False
    )
    rule_for(robot.line)
    neglected(company.li_na, "苏州恒旭")
    assert remind() == 0
    robot.is_active = True
    robot.save()
    assert remind() == 1


def test_ORG_3_a_webhook_is_told_of_what_its_owner_sees_once(company, frozen):
    hook, west = hook_of(company.gm), hook_of(company.zhao_lei)
    rule_for(hook.line, west.line)
    customer = neglected(company.li_na, "苏州恒旭")
    assert remind() == 1 and remind() == 0
    delivery = Delivery.objects.whole_table("test").get()
    payload = delivery.content["payload"]
    assert (delivery.webhook_id, payload["type"]) == (hook.pk, "activities.reminder.due")
    assert payload["data"]["record"]["name"] == customer.name and payload["data"]["rule"] == "重点客户未跟进"
    assert payload["data"]["text"] == "苏州恒旭 已 8 天未跟进"


def test_ORG_3_the_webhook_of_somebody_who_left_is_told_nothing(company, frozen):
    rule_for(hook_of(company.leaver).line)
    neglected(company.li_na, "苏州恒旭")
    assert remind() == 0 and not Delivery.objects.whole_table("test").exists()


def test_ACT_7_a_webhook_called_by_a_rule_is_signed_on_the_wire(company, frozen, settings):
    settings.OUTGOING_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    with serving() as server:
        hook = hook_of(company.gm)
        with acting(the_system(), "test"):
            hook.url = server.url
            hook.save()
        rule_for(hook.line)
        neglected(company.li_na, "苏州恒旭")
        remind()
        post_all()
        (request,) = server.requests
    assert request["headers"]["Webhook-Signature" if "Webhook-Signature" in request["headers"] else "webhook-signature"]
    assert json.loads(request["body"])["data"]["record"]["name"] == "苏州恒旭"


def test_ACT_6_the_editor_offers_groups_and_webhooks_and_the_list_names_them(company, sign_in):
    robot = Robot.objects.create(name="东区群", kind="wecom", address=seal("https://x.example/send?key=1"))
    hook = hook_of(company.gm)
    client = sign_in(company.admin)
    page = client.get("/settings/reminders/new/?kind=customers").content.decode()
    assert "群机器人：东区群" in page and "Webhook：ERP" in page
    form = {"name": "久未更新", "clock": "updated_at", "offset": "90", "text": "{record}", "is_active": "on"}
    answer = client.post("/settings/reminders/new/?kind=customers", {**form, "recipients": [robot.line, hook.line]})
    assert answer.status_code == 302
    assert ReminderRule.objects.get().recipients == [robot.line, hook.line]
    assert "群机器人：东区群" in client.get("/settings/reminders/").content.decode()
    assert (
        client.post("/settings/reminders/new/?kind=customers", {**form, "recipients": "robot:999"}).status_code == 422
    )
