"""The system reminds before people forget: rules, recipients, once per cause, putting off (ACT-6)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhike.activities.models import Reminder, ReminderRule
from zhike.activities.reminding import remind
from zhike.activities.setup import install_reminders
from zhike.customers.models import Customer
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit.actions import acting
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.records.models import InboxItem
from zhike.sales.models import Opportunity
from zhike.sales.tests.factories import LeadFactory, OpportunityFactory, shipped, stage_at

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def rules():
    shipped()
    install_reminders()
    ReminderRule.objects.create(
        key="neglected_key", name="重点客户 7 天未跟进", kind="customers.customer", clock="last_activity_at", offset=7,
        recipients=["owner", "supervisor"], filter=[["tier", "in", ["key"]]], text="重点客户 {record} 已 {days} 天未跟进",
    )  # fmt: skip
    return {rule.key: rule for rule in ReminderRule.objects.all()}


def only(*rules):
    """Switch off all other rules."""
    ReminderRule.objects.exclude(pk__in=[rule.pk for rule in rules]).update(is_active=False)


def followed_up(customer, days):
    rows = Customer.objects.whole_table("test").filter(pk=customer.pk)
    with acting(the_system(), "test"):
        rows.update(last_activity_at=NOW - timedelta(days=days))


def inbox(person):
    return list(InboxItem.objects.filter(person=person).order_by("id").values_list("text", flat=True))


@pytest.fixture
def neglected(company, rules):
    only(rules["neglected_key"])
    customer = CustomerFactory(owner=company.li_na, tier="key", name="苏州恒旭精密机械有限公司")
    followed_up(customer, 8)
    return customer


@time_machine.travel(NOW, tick=False)
def test_ACT_6_owner_and_supervisor_are_told_of_a_neglected_key_customer_once(company, neglected):
    assert remind() == 2 and remind() == 0
    assert inbox(company.li_na) == inbox(company.lead_east) == ["重点客户 苏州恒旭精密机械有限公司 已 8 天未跟进"]
    assert inbox(company.wang_wei) == inbox(company.gm) == []


@time_machine.travel(NOW, tick=False)
def test_ACT_6_another_follow_up_is_another_cause(company, neglected):
    remind()
    followed_up(neglected, 7.5)
    assert remind() == 2 and len(inbox(company.li_na)) == 2


@time_machine.travel(NOW, tick=False)
def test_ACT_6_a_rule_catches_up_with_a_week_and_rakes_up_no_older_history(company, neglected):
    followed_up(neglected, 13.5)
    older = CustomerFactory(owner=company.li_na, tier="key")
    followed_up(older, 15)
    remind()
    assert [r.object_id for r in Reminder.objects.filter(person=company.li_na)] == [neglected.pk]


def test_ACT_6_a_clock_that_jumps_reminds_nobody_twice_and_forgets_nobody(company, neglected):
    with time_machine.travel(NOW, tick=False) as clock:
        clock.move_to(NOW - timedelta(days=300))
        assert remind() == 0
        clock.move_to(NOW)
        assert remind() == 2
        for away in (timedelta(days=300), timedelta(days=-300), timedelta(0)):
            clock.move_to(NOW + away)
            assert remind() == 0
        followed_up(neglected, 7.5)  # called again, and forgotten again
        assert remind() == 2


@time_machine.travel(NOW, tick=False)
def test_ACT_6_many_at_once_are_one_message_with_a_list_behind_it(company, sign_in, neglected):
    for n in range(5):
        followed_up(CustomerFactory(owner=company.li_na, tier="key", name=f"被忘的客户{n}"), 9)
    remind()
    assert len(inbox(company.li_na)) == 1 and "6" in inbox(company.li_na)[0]
    item = InboxItem.objects.get(person=company.li_na)
    page = sign_in(company.li_na).get(item.url).content.decode()
    assert all(f"被忘的客户{n}" in page for n in range(5))


@time_machine.travel(NOW, tick=False)
def test_ACT_6_many_read_in_several_steps_are_one_message_all_the_same(company, neglected, monkeypatch):
    monkeypatch.setattr("zhike.activities.reminding.CHUNK", 2)
    for n in range(5):
        followed_up(CustomerFactory(owner=company.li_na, tier="key", name=f"被忘的客户{n}"), 9)
    assert remind() == 12 and remind() == 0
    (said,) = inbox(company.li_na)
    assert "6" in said and inbox(company.lead_east) == [said]


@time_machine.travel(NOW, tick=False)
def test_ACT_6_a_pass_costs_the_same_queries_however_many_are_reminded(company, rules):
    only(rules["neglected_key"])
    spent = []
    for many in (4, 5, 30):  # the first time much is read that is kept
        for n in range(many):
            followed_up(CustomerFactory(owner=company.li_na, tier="key", name=f"被忘的客户{many} {n}"), 9)
        with CaptureQueriesContext(connection) as queries:
            assert remind() == 2 * many
        spent.append(len(queries))
    assert spent[1] == spent[2]


@time_machine.travel(NOW, tick=False)
def test_ACT_6_a_reminder_closes_when_its_cause_is_gone(company, neglected):
    remind()
    with acting(the_system(), "test"):
        Customer.objects.whole_table("test").filter(pk=neglected.pk).update(tier="target")
    remind()
    assert set(Reminder.objects.values_list("status", flat=True)) == {"done"}


@time_machine.travel(NOW, tick=False)
def test_ORG_3_nobody_is_told_of_what_they_may_not_see(company, rules, neglected):
    rule = rules["neglected_key"]
    rule.recipients = ["owner", f"person:{company.zhao_lei.pk}"]
    rule.save()
    remind()
    assert inbox(company.li_na) and not inbox(company.zhao_lei)


@time_machine.travel(NOW, tick=False)
def test_ACT_6_what_a_leaver_should_hear_goes_to_whoever_is_above(company, neglected):
    with acting(the_system(), "test"):
        person = Person.objects.get(pk=company.li_na.pk)
        person.is_active = False
        person.save()
    remind()
    assert Reminder.objects.filter(person=company.lead_east).count() == 1 and not inbox(company.li_na)


@time_machine.travel(NOW, tick=False)
def test_ACT_6_a_bad_text_or_rule_keeps_no_other_rule_from_passing(company, rules, neglected, sign_in):
    ReminderRule.objects.filter(pk=rules["neglected_key"].pk).update(text="{nonsense} {record")
    broken = rules["birthday"]
    ReminderRule.objects.filter(pk=broken.pk).update(is_active=True, order=1, filter=[["birthday", "last", ["x"]]])
    assert remind() == 2
    assert inbox(company.li_na) == ["重点客户 7 天未跟进 苏州恒旭精密机械有限公司"]
    assert ReminderRule.objects.get(pk=broken.pk).error
    page = sign_in(company.admin).get("/settings/reminders/").content.decode()
    assert ReminderRule.objects.get(pk=broken.pk).error in page  # who sets rules up sees both
    assert "第 12 个字符" in ReminderRule.objects.get(key="neglected_key").error and "第 12 个字符" in page


@time_machine.travel(NOW, tick=False)
def test_CUS_4_a_birthday_is_told_three_days_before_and_once_a_year(company, rules):
    only(rules["birthday"])
    customer = CustomerFactory(owner=company.li_na)
    ContactFactory(customer=customer, name="王建平", birthday=date(1978, 11, 26))
    ContactFactory(customer=customer, name="丁海涛", birthday=date(1978, 11, 30))
    assert remind() == 1 and inbox(company.li_na) == ["王建平 的生日快到了"]
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        assert remind() == 0
    with time_machine.travel(NOW + timedelta(days=365), tick=False):
        assert remind() == 1


def test_CUS_4_a_birthday_around_new_year_is_told_once(company, rules):
    only(rules["birthday"])
    customer = CustomerFactory(owner=company.li_na)
    ContactFactory(customer=customer, name="除夕", birthday=date(1978, 12, 31))
    ContactFactory(customer=customer, name="元旦", birthday=date(1978, 1, 1))
    told = 0
    for day in range(10):
        with time_machine.travel(datetime(2026, 12, 25, 9, 0, tzinfo=NOW.tzinfo) + timedelta(days=day), tick=False):
            told += remind()
    assert told == 2


@time_machine.travel(NOW, tick=False)
def test_SAL_2_a_deal_that_stands_still_is_told_when_its_stage_is_over(company, rules):
    only(rules["stuck"])
    deal = OpportunityFactory(owner=company.li_na, name="卷材检测")
    expected = stage_at(0).expected_days
    with acting(the_system(), "test"):
        rows = Opportunity.objects.whole_table("test").filter(pk=deal.pk)
        rows.update(stage_since=NOW - timedelta(days=expected - 1))
    assert remind() == 0
    with acting(the_system(), "test"):
        rows.update(stage_since=NOW - timedelta(days=expected + 1))
    assert remind() == 2 and "卷材检测" in inbox(company.lead_east)[0]


def test_SAL_1_a_lead_nobody_answers_is_told_after_thirty_working_minutes(company, rules):
    only(rules["lead_unanswered"])
    friday = datetime(2026, 11, 20, 17, 45, tzinfo=NOW.tzinfo)
    with time_machine.travel(friday, tick=False):
        LeadFactory(owner=company.li_na, name="冯先生", company="江禾纺织")
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):  # Monday, 9:10
        assert remind(units=("minutes",)) == 0
    with time_machine.travel(NOW + timedelta(minutes=15), tick=False):
        assert remind(units=("days",)) == 0
        assert remind(units=("minutes",)) == 2 and remind(units=("minutes",)) == 0
    assert inbox(company.li_na) == ["线索 江禾纺织 冯先生 还没有人响应"]


def test_SAL_1_a_lead_from_before_a_long_holiday_is_told_after_it(company, rules):
    only(rules["lead_unanswered"])
    with time_machine.travel(datetime(2026, 9, 30, 17, 45, tzinfo=NOW.tzinfo), tick=False):
        LeadFactory(owner=company.li_na)
    with time_machine.travel(datetime(2026, 10, 8, 9, 14, tzinfo=NOW.tzinfo), tick=False):
        assert remind(units=("minutes",)) == 0
    with time_machine.travel(datetime(2026, 10, 8, 9, 15, tzinfo=NOW.tzinfo), tick=False):
        assert remind(units=("minutes",)) == 2


@time_machine.travel(NOW, tick=False)
def test_ACT_6_a_reminder_put_off_comes_back_once(company, sign_in, neglected):
    remind()
    reminder = Reminder.objects.get(person=company.li_na)
    client = sign_in(company.li_na)
    assert client.post(f"/reminders/{reminder.pk}/later/", {"until": "hour"}).status_code == 302
    assert "恒旭" not in client.get("/reminders/").content.decode()
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        remind(units=("minutes",))
        remind(units=("minutes",))
        assert "恒旭" in client.get("/reminders/").content.decode()
    assert len(inbox(company.li_na)) == 2


@time_machine.travel(NOW, tick=False)
def test_ACT_6_a_reminder_is_finished_by_its_person_only(company, sign_in, neglected):
    remind()
    reminder = Reminder.objects.get(person=company.li_na)
    assert sign_in(company.lead_east).post(f"/reminders/{reminder.pk}/done/").status_code == 404
    assert sign_in(company.li_na).post(f"/reminders/{reminder.pk}/done/").status_code == 302
    reminder.refresh_from_db()
    assert reminder.status == "done"


FORM = {"name": "久未更新", "clock": "updated_at", "offset": "90", "recipients": "owner", "text": "{record} {days}",
        "is_active": "on"}  # fmt: skip


def test_ACT_6_the_administrator_adds_a_rule_with_the_condition_of_a_view(company, sign_in, rules):
    client = sign_in(company.admin)
    page = client.get("/settings/reminders/new/?kind=customers").content.decode()
    assert "updated_at" in page
    assert client.post("/settings/reminders/new/?kind=customers", FORM).status_code == 302
    made = ReminderRule.objects.get(name="久未更新")
    assert (made.kind, made.offset, made.recipients) == ("customers.customer", 90, ["owner"])
    assert "久未更新" in client.get("/settings/reminders/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"), [("text", "{password}"), ("offset", "many"), ("clock", "name"), ("name", "")]
)
def test_ACT_6_a_rule_that_makes_no_sense_is_refused_at_its_field(company, sign_in, rules, field, value):
    page = sign_in(company.admin).post("/settings/reminders/new/?kind=customers", {**FORM, field: value})
    assert page.status_code == 422 and field in page.context["form"].errors
    assert not ReminderRule.objects.filter(name="久未更新").exists()


@pytest.mark.parametrize(
    "text, place", [("到期 {record", "第 4 个字符"), ("{record.__class__}", "第 1 个字符"), ("{days:>999999999}", "第 1 个字符"),
                    ("{record} {}", "第 10 个字符")]
)  # fmt: skip
def test_ACT_6_a_bad_text_is_refused_with_the_place(company, sign_in, rules, text, place):
    page = sign_in(company.admin).post("/settings/reminders/new/?kind=customers", {**FORM, "text": text})
    assert page.status_code == 422 and place in page.content.decode()


def test_ACT_6_salespeople_do_not_set_up_rules(company, sign_in, rules):
    client = sign_in(company.li_na)
    assert client.get("/settings/reminders/").status_code == 403
    assert client.post("/settings/reminders/new/?kind=customers", FORM).status_code == 403


def test_ACT_6_shipped_rules_are_installed_once_and_what_was_changed_stays(rules):
    ReminderRule.objects.filter(key="stuck").update(name="我的停滞规则", offset=5)
    install_reminders()
    assert ReminderRule.objects.count() == len(rules)
    assert ReminderRule.objects.get(key="stuck").name == "我的停滞规则"


@time_machine.travel(NOW, tick=False)
def test_ACT_6_whoever_lets_the_rhythm_of_a_tier_break_is_reminded_until_they_call(company, rules):
    only(rules["rhythm"], rules["rhythm_key"])
    key, plain, lost = (
        CustomerFactory(owner=company.li_na, tier=tier, name=name, lifecycle=lifecycle)
        for tier, name, lifecycle in (
            ("key", "重点甲", "won"),
            ("potential", "潜在乙", "target"),
            ("key", "流失丙", "lost"),
        )
    )
    for customer in (key, plain, lost):
        followed_up(customer, 8)
    remind()
    assert inbox(company.li_na) == ["重点甲 已超出跟进节奏，请联系"]
    assert inbox(company.lead_east) == ["李娜 的重点客户 重点甲 已超出跟进节奏"]
    followed_up(key, 1)
    remind()
    assert set(Reminder.objects.values_list("status", flat=True)) == {"done"}


@time_machine.travel(NOW, tick=False)
def test_ACT_6_the_rhythm_is_the_companys_own(company, rules, sign_in):
    only(rules["rhythm"])
    customer = CustomerFactory(owner=company.li_na, tier="potential")
    followed_up(customer, 8)
    assert remind() == 0
    client = sign_in(company.admin)
    assert client.post("/settings/rhythm/", {"key": "7", "target": "", "potential": "0"}).status_code == 422
    assert client.post("/settings/rhythm/", {"key": "7", "target": "", "potential": "5"}).status_code == 302
    assert sign_in(company.li_na).post("/settings/rhythm/", {"key": "1"}).status_code == 403
    assert remind() == 1


@pytest.mark.parametrize("day, greeted", [
    (date(2027, 1, 26), 0), (date(2027, 1, 27), 1), (date(2027, 2, 6), 1), (date(2027, 2, 7), 0),
])  # fmt: skip
def test_ACT_6_deciders_are_greeted_once_before_the_spring_festival(company, rules, day, greeted):
    only(rules["greet_spring"])
    customer = CustomerFactory(owner=company.li_na)
    ContactFactory(customer=customer, name="朱总", role="decider")
    ContactFactory(customer=customer, name="小王", role="user")
    now = datetime(day.year, day.month, day.day, 8, tzinfo=NOW.tzinfo)
    with time_machine.travel(now, tick=False):
        assert (remind(now), remind(now)) == (greeted, 0)
        assert inbox(company.li_na) == ["春节将至，问候 朱总"] * greeted
