"""Automation: when something happens and a condition holds, then steps; once, all or none, never in a circle (ACT-6)."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils.html import escape

from zhike.activities.models import Task
from zhike.automation import engine, steps
from zhike.automation.models import AutomationRule, AutomationRun
from zhike.automation.setup import install_automation
from zhike.automation.tests.factories import AutomationRuleFactory
from zhike.channels import webhooks
from zhike.channels.models import Delivery, Webhook
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.actions import acting
from zhike.kit.sealed import seal
from zhike.kit.viewer import viewer_of
from zhike.org.viewers import the_system
from zhike.records import kinds
from zhike.records.actions import change_record, create_record
from zhike.records.models import AuditEntry, InboxItem, OutboxEvent, Tagging
from zhike.records.tasks import deliver_event
from zhike.sales.actions import move_opportunity, set_quote_lines, submit_quote
from zhike.sales.tests.factories import OpportunityFactory, QuoteFactory, shipped, stage_at

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday


def work_off(times=20):
    """What the worker does: deliver events, and those that come of them."""
    for _n in range(times):
        waiting = list(OutboxEvent.objects.filter(delivered_at__isnull=True).order_by("id"))
        if not waiting:
            return
        for event in waiting:
            deliver_event.call(event.pk)
    raise AssertionError("events do not come to an end")


def new_customer(person, **values):
    return create_record(CUSTOMER, {"name": "无锡远拓", **values}, by=viewer_of(person.pk))


def fresh(record):
    return type(record).objects.whole_table("test").get(pk=record.pk)


def tags(record):
    return list(Tagging.objects.filter(object_id=record.pk).values_list("tag__name", flat=True))


def runs(rule):
    return list(AutomationRun.objects.filter(rule=rule).order_by("id"))


def test_ACT_6_a_won_deal_gives_its_owner_a_task_and_tells_the_supervisor(company):
    shipped()
    rule = AutomationRuleFactory(
        name="赢单后回访", kind="sales.opportunity", trigger="sales.opportunity.moved", filter=[["status", "in", ["won"]]],
        steps=[
            {"do": "task", "with": {"title": "回访 {customer}", "kind": "call", "who": "owner", "days": 5}},
            {"do": "tell", "with": {"who": ["supervisor"], "text": "{owner} 赢得 {record}，{金额}"}},
        ],
    )  # fmt: skip
    with time_machine.travel(NOW, tick=False):
        deal = OpportunityFactory(owner=company.li_na, name="装配线改造", amount="500000",
                                  customer=CustomerFactory(owner=company.li_na, name="苏州恒旭"))  # fmt: skip
        move_opportunity(deal, by=viewer_of(company.li_na.pk), stage=stage_at(-2), reason="")
        work_off()
    task = Task.objects.whole_table("test").get()
    assert (task.title, task.kind, task.assignee, task.opportunity_id) == (
        "回访 苏州恒旭",
        "call",
        company.li_na,
        deal.pk,
    )
    assert task.due_at.astimezone(NOW.tzinfo) == datetime(2026, 11, 30, 9, 0, tzinfo=NOW.tzinfo)  # five working days on
    told = InboxItem.objects.get(person=company.li_na.supervisor, text__contains="赢得").text
    assert "装配线改造" in told and "500,000" in told
    (run,) = runs(rule)
    assert run.status == "done" and len(run.said) == 2 and "回访 苏州恒旭" in run.said[0]


def test_ACT_6_a_rule_acts_only_where_its_condition_holds_and_only_on_the_field_it_watches(company):
    rule = AutomationRuleFactory(
        trigger="customers.customer.changed", field="city", filter=[["tier", "in", ["key"]]],
        steps=[{"do": "tag", "with": {"name": "迁址"}}],
    )  # fmt: skip
    key, plain = (CustomerFactory(owner=company.li_na, tier=tier) for tier in ("key", "potential"))
    for customer in (key, plain):
        change_record(CUSTOMER, customer, {"short_name": "简称"}, by=viewer_of(company.li_na.pk))
        work_off()
    assert not runs(rule)
    for customer in (key, plain):
        change_record(CUSTOMER, customer, {"city": "苏州"}, by=viewer_of(company.li_na.pk))
        work_off()
    assert tags(key) == ["迁址"] and tags(plain) == []


def test_ACT_6_the_same_event_delivered_twice_acts_once(company):
    rule = AutomationRuleFactory(steps=[{"do": "tell", "with": {"who": ["owner"], "text": "新客户 {record}"}}])
    new_customer(company.li_na)
    event = OutboxEvent.objects.get(name="customers.customer.created")
    engine.hear(event)
    engine.hear(event)
    assert len(runs(rule)) == 1
    assert InboxItem.objects.filter(person=company.li_na, text="新客户 无锡远拓").count() == 1


def test_ACT_6_all_steps_are_carried_out_or_none_and_a_failed_run_can_be_tried_again(company, sign_in):
    rule = AutomationRuleFactory(
        steps=[
            {"do": "tag", "with": {"name": "新客户"}},
            {"do": "set", "with": {"field": "uscc", "value": "91350100M000100Y44"}},  # its check digit is wrong
        ]
    )
    customer = new_customer(company.li_na)
    work_off()
    (run,) = runs(rule)
    assert run.status == "failed" and tags(customer) == []
    page = sign_in(company.admin).get(f"/settings/automation/{rule.pk}/").content.decode()
    assert run.said[0] in page
    rule.steps = rule.steps[:1]
    rule.save()
    sign_in(company.admin).post(f"/settings/automation/runs/{run.pk}/again/")
    assert [run.status for run in runs(rule)] == ["done"] and tags(customer) == ["新客户"]


def test_ACT_6_rules_that_set_each_other_off_are_stopped(company):
    there = AutomationRuleFactory(
        trigger="customers.customer.changed", field="city", filter=[["city", "is", ["苏州"]]],
        steps=[{"do": "set", "with": {"field": "city", "value": "无锡"}}],
    )  # fmt: skip
    back = AutomationRuleFactory(
        trigger="customers.customer.changed", field="city", filter=[["city", "is", ["无锡"]]],
        steps=[{"do": "set", "with": {"field": "city", "value": "苏州"}}],
    )  # fmt: skip
    customer = CustomerFactory(owner=company.li_na, city="南京")
    change_record(CUSTOMER, customer, {"city": "苏州"}, by=viewer_of(company.li_na.pk))
    work_off()
    assert [run.status for run in runs(there)] == ["done", "stopped"]
    assert [run.status for run in runs(back)] == ["done"]


def test_ACT_6_what_a_rule_did_stands_in_the_history_under_its_name(company):
    AutomationRuleFactory(name="默认城市", steps=[{"do": "set", "with": {"field": "city", "value": "苏州"}}])
    customer = new_customer(company.li_na)
    work_off()
    entry = AuditEntry.objects.filter(object_id=customer.pk, kind="customers.customer").order_by("id").last()
    assert entry.person_id is None and entry.changes["city"][1] == "苏州" and "默认城市" in entry.author


def test_ACT_6_nobody_is_told_of_or_given_what_they_may_not_see(company):
    rule = AutomationRuleFactory(
        steps=[{"do": "tell", "with": {"who": [f"person:{company.zhao_lei.pk}", "owner"], "text": "新客户 {record}"}}]
    )
    new_customer(company.li_na)
    work_off()
    assert not InboxItem.objects.filter(person=company.zhao_lei).exists()
    assert InboxItem.objects.filter(person=company.li_na, text="新客户 无锡远拓").exists()
    rule.steps = [
        {"do": "task", "with": {"title": "打电话", "kind": "call", "who": f"person:{company.zhao_lei.pk}", "days": 1}}
    ]
    rule.save()
    new_customer(company.li_na, name="另一家")
    work_off()
    assert runs(rule)[-1].status == "failed" and not Task.objects.whole_table("test").exists()


def test_ACT_6_a_rule_by_the_clock_acts_once_for_each_cause_and_catches_up(company):
    shipped()
    rule = AutomationRuleFactory(
        kind="sales.opportunity", trigger="clock:expected_on", offset=1, filter=[["status", "in", ["open"]]],
        steps=[{"do": "tell", "with": {"who": ["owner"], "text": "{record} 过期"}}],
    )  # fmt: skip
    deal = OpportunityFactory(owner=company.li_na, name="产线", expected_on=date(2026, 11, 20))
    late = NOW + timedelta(days=1)  # three days nothing ran
    assert engine.pass_clocks(NOW, ("minutes",)) == 0
    assert [engine.pass_clocks(late, ("days",)), engine.pass_clocks(late, ("days",))] == [1, 0]
    assert runs(rule)[0].object_id == deal.pk
    assert InboxItem.objects.filter(person=company.li_na, text="产线 过期").count() == 1


def test_ACT_6_a_rehearsal_tells_what_would_be_done_and_leaves_nothing(company, sign_in):
    customer = CustomerFactory(owner=company.li_na, name="无锡远拓", city="南京")
    rule = AutomationRuleFactory(
        is_active=False,
        steps=[
            {"do": "set", "with": {"field": "city", "value": "苏州"}},
            {"do": "tell", "with": {"who": ["owner"], "text": "看看 {record}"}},
        ],
    )
    page = sign_in(company.admin).post(f"/settings/automation/{rule.pk}/try/", {"record": customer.pk})
    assert "苏州" in page.content.decode() and page.status_code == 200
    assert fresh(customer).city == "南京" and not InboxItem.objects.exists() and not runs(rule)


def test_ACT_6_a_rule_is_set_up_by_clicks(company, sign_in):
    client = sign_in(company.admin)
    answer = client.post("/settings/automation/new/?kind=customers", {
        "name": "新客户打标签", "trigger": "customers.customer.created", "field": "", "offset": "",
    })  # fmt: skip
    url = answer.url
    pk = int(url.strip("/").rpartition("/")[2])
    refused = client.post(f"{url}switch/", {"on": "1"}, HTTP_HX_REQUEST="true")
    assert refused.status_code == 422  # does nothing yet
    client.post(f"{url}conditions/?tier=key")
    assert client.post(f"{url}steps/task/", {
        "title": "拜访 {没有这个}", "kind_of_task": "visit", "who": "owner", "days": "2", "priority": "high",
    }).status_code == 422  # fmt: skip
    client.post(f"{url}steps/task/", {
        "title": "拜访 {name}", "kind_of_task": "visit", "who": "owner", "days": "2", "priority": "high",
    })  # fmt: skip
    client.post(f"{url}steps/set/", {"field": "tier", "value": "target"})
    client.post(f"{url}steps/order/", {"order": "1,0"})
    client.post(f"{url}switch/", {"on": "1"})
    said = client.get(url).content.decode()
    assert "拜访 {name}" in said and "客户" in said
    customer = new_customer(company.li_na, tier="key")
    work_off()
    assert fresh(customer).tier == "target"
    assert Task.objects.whole_table("test").get().title == "拜访 无锡远拓"
    assert AutomationRun.objects.get(rule_id=pk).status == "done"


@pytest.mark.parametrize(
    "path", ["", "new/", "{pk}/", "{pk}/edit/", "{pk}/conditions/", "{pk}/try/", "{pk}/steps/tag/"]
)
def test_ACT_6_only_who_may_set_up_automation_sees_it(company, sign_in, path):
    rule = AutomationRuleFactory()
    url = "/settings/automation/" + path.format(pk=rule.pk)
    for person in (company.li_na, company.manager_east, company.reader):
        assert sign_in(person).get(url).status_code == 403
    assert sign_in(company.admin).get(url).status_code == 200


@pytest.mark.parametrize("path, data", [
    ("{pk}/switch/", {"on": "0"}), ("{pk}/delete/", {}), ("{pk}/conditions/", {}), ("{pk}/steps/order/", {"order": "0"}),
    ("{pk}/steps/0/delete/", {}), ("{pk}/steps/tag/", {"name": "x"}), ("{pk}/try/", {"record": "1"}),
])  # fmt: skip
def test_ACT_6_only_who_may_set_up_automation_changes_it(company, sign_in, path, data):
    rule = AutomationRuleFactory()
    assert sign_in(company.li_na).post("/settings/automation/" + path.format(pk=rule.pk), data).status_code == 403
    rule.refresh_from_db()
    assert rule.is_active and len(rule.steps) == 1 and rule.filter == []


@pytest.mark.parametrize("data, at", [
    ({"trigger": "customers.customer.deleted"}, "trigger"), ({"trigger": "sales.opportunity.moved"}, "trigger"),
    ({"trigger": "clock:nothing"}, "trigger"), ({"name": ""}, "name"), ({"trigger": "clock:created_at", "offset": "99999999999"}, "offset"),
    ({"field": "nothing"}, "field"),
])  # fmt: skip
def test_ACT_6_bad_input_is_told_at_its_field(company, sign_in, data, at):
    sent = {"name": "规则", "trigger": "customers.customer.changed", "field": "", "offset": "0", **data}
    page = sign_in(company.admin).post("/settings/automation/new/?kind=customers", sent)
    assert page.status_code == 422 and f"id_{at}_error" in page.content.decode()


def test_ACT_6_conditions_that_depend_on_who_looks_are_refused(company, sign_in):
    rule = AutomationRuleFactory()
    page = sign_in(company.admin).post(
        f"/settings/automation/{rule.pk}/conditions/?owner__me=1", HTTP_HX_REQUEST="true"
    )
    assert page.status_code == 422
    rule.refresh_from_db()
    assert rule.filter == []


def test_ACT_6_every_step_says_itself_in_words_for_every_kind_it_is_offered_for(company):
    start = {
        "task": {"title": "x", "kind": "call", "who": "owner", "days": 1}, "tell": {"who": ["owner"], "text": "x"},
        "set": {"field": "city", "value": "苏州"}, "assign": {"who": "supervisor"}, "tag": {"name": "x"},
    }  # fmt: skip
    offered = {step.key: step for step in steps.offered_for(CUSTOMER)}
    assert set(start) <= set(offered)
    for key, values in start.items():
        assert offered[key].words(CUSTOMER, values)
        assert offered[key].form(kind=CUSTOMER, start=values).as_p()


def test_ACT_6_the_pages_ask_a_constant_number_of_questions(company, sign_in, django_assert_max_num_queries):
    client = sign_in(company.admin)
    for n in range(6):
        rule = AutomationRuleFactory()
        for object_id in range(n):
            AutomationRun.objects.create(rule=rule, kind=rule.kind, object_id=object_id, title="x", cause=f"event:{n}",
                                         status="done")  # fmt: skip
    client.get("/settings/automation/")
    with django_assert_max_num_queries(7):
        client.get("/settings/automation/")
    with django_assert_max_num_queries(9):
        client.get(f"/settings/automation/{rule.pk}/")
    assert Customer.objects.whole_table("test").count() == 0


def test_ACT_6_every_shipped_rule_makes_sense_and_rests_until_it_is_put_to_use(company, sign_in):
    shipped()
    install_automation()
    install_automation()
    client = sign_in(company.admin)
    rules = list(AutomationRule.objects.all())
    assert len(rules) == 5 and not any(rule.is_active for rule in rules)
    for rule in rules:
        page = client.get(rule.get_absolute_url())
        assert page.status_code == 200
        for step in rule.steps:
            form = steps.find(step["do"]).form(kind=engine.kind_of(rule), start=step["with"])
            data = dict(form.initial)
            again = steps.find(step["do"]).form(data, kind=engine.kind_of(rule))
            assert again.is_valid(), again.errors
            assert again.values() == step["with"]
        assert client.post(f"{rule.get_absolute_url()}edit/", {
            "name": rule.name, "trigger": rule.trigger, "field": rule.field, "offset": rule.offset,
        }).status_code == 302  # fmt: skip


def test_ORG_6_a_rule_puts_a_quote_up_for_approval_in_its_owners_name(company):
    shipped()
    rule = AutomationRuleFactory(
        kind="sales.quote", trigger="sales.quote.changed", filter=[["status", "in", ["draft"]]],
        steps=[{"do": "approve", "with": {"subject": "sales.quote"}}],
    )  # fmt: skip
    quote = QuoteFactory(owner=company.li_na, customer=CustomerFactory(owner=company.li_na))
    line = {"name": "工位", "quantity": 1, "price": Decimal(1000), "discount": Decimal(0), "tax_rate": Decimal(13)}
    quote = set_quote_lines(quote, by=viewer_of(company.li_na.pk), lines=[line])
    change_record(kinds.get("sales.quote"), quote, {"note": "请尽快"}, by=viewer_of(company.li_na.pk))
    work_off()
    assert [run.status for run in runs(rule)] == ["done"], runs(rule)[0].said
    assert fresh(quote).status in ("approving", "approved") and fresh(quote).number


def test_ORG_6_a_quote_nobody_needs_to_approve_is_approved_for_rules_too(company):
    rule = AutomationRuleFactory(
        kind="sales.quote", trigger="sales.quote.approved",
        steps=[{"do": "tell", "with": {"who": ["owner"], "text": "{record} 可以发出"}}],
    )  # fmt: skip
    quote = QuoteFactory(owner=company.li_na, customer=CustomerFactory(owner=company.li_na))
    line = {"name": "工位", "quantity": 1, "price": Decimal(1000), "discount": Decimal(0), "tax_rate": Decimal(13)}
    quote = set_quote_lines(quote, by=viewer_of(company.li_na.pk), lines=[line])
    submit_quote(quote, by=viewer_of(company.li_na.pk))
    work_off()
    assert OutboxEvent.objects.filter(name="sales.quote.approved", object_id=quote.pk).count() == 1
    assert [run.status for run in runs(rule)] == ["done"]
    assert InboxItem.objects.filter(person=company.li_na, text__contains="可以发出").count() == 1


def test_ACT_7_a_rule_calls_a_webhook_once_with_what_its_owner_sees(company):
    hook, west = (
        Webhook(name=name, owner=owner, url="https://erp.example/in", events=[], secret=seal(webhooks.new_secret()))
        for name, owner in (("ERP", company.gm), ("West", company.zhao_lei))
    )
    with acting(the_system(), "test"):
        hook.save()
        west.save()
    rule = AutomationRuleFactory(steps=[{"do": "webhook", "with": {"webhook": str(hook.pk)}}])
    blind = AutomationRuleFactory(steps=[{"do": "webhook", "with": {"webhook": str(west.pk)}}])
    customer = new_customer(company.li_na)
    work_off()
    assert [run.status for run in (*runs(rule), *runs(blind))] == ["done", "failed"]
    delivery = Delivery.objects.whole_table("test").get(webhook=hook)
    payload = delivery.content["payload"]
    assert payload["type"] == "automation.rule.acted" and payload["data"]["rule"] == rule.name
    assert payload["data"]["record"]["name"] == customer.name
    assert not Delivery.objects.whole_table("test").filter(webhook=west).exists()


def test_ACT_6_a_broken_rule_harms_only_itself_and_is_seen(company, sign_in):
    text = AutomationRuleFactory(
        name="坏文字", steps=[{"do": "tell", "with": {"who": ["owner"], "text": "新 {record"}}]
    )
    step = AutomationRuleFactory(name="坏步骤", steps=[{"do": "tell", "with": {"whom": "owner"}}])
    condition = AutomationRuleFactory(name="坏条件", filter=[["created_at", "last", ["x"]]])
    sound = AutomationRuleFactory(name="好规则")
    customer = new_customer(company.li_na)
    work_off()
    assert tags(customer) == ["新客户"] and runs(sound)[0].status == "done"
    for rule in (text, step, condition):
        (run,) = runs(rule)
        assert run.status == "failed" and run.said[0]
        page = sign_in(company.admin).get(rule.get_absolute_url())
        assert page.status_code == 200 and escape(run.said[0]) in page.content.decode()
        answer = sign_in(company.admin).post(f"/settings/automation/runs/{run.pk}/again/", HTTP_HX_REQUEST="true")
        assert answer.status_code in (200, 204, 422)
    assert "第 3 个字符" in runs(text)[0].said[0]


def test_ACT_6_a_timed_rule_that_is_broken_is_seen_once_a_day_and_keeps_no_other(company):
    broken = AutomationRuleFactory(trigger="clock:created_at", filter=[["created_at", "last", ["x"]]])
    sound = AutomationRuleFactory(trigger="clock:created_at")
    CustomerFactory(owner=company.li_na)
    now = datetime.now(NOW.tzinfo) + timedelta(minutes=1)
    assert engine.pass_clocks(now, ("days",)) == 1 and engine.pass_clocks(now, ("days",)) == 0
    assert [run.status for run in (*runs(broken), *runs(sound))] == ["failed", "done"]
