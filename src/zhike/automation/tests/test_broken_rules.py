"""A rule that fails says why; a fault of the product is told from it, logged with its trace, and harms no other (ACT-6)."""

from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

from zhike.automation import engine, steps
from zhike.automation.tests.factories import AutomationRuleFactory
from zhike.automation.tests.test_automation import NOW, fresh, new_customer, runs, tags, work_off
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.actions import acting
from zhike.org.viewers import the_system

pytestmark = pytest.mark.django_db


@pytest.fixture
def faulty(monkeypatch):
    """A step with a programming error in it, which came after it had written something."""

    def carry_out(on, *, name):
        steps.tag(on, name=name)
        return None.upper()

    known = steps.find("tag")
    broken = steps.Step("faulty", "Faulty", "tag", known.form, carry_out, known.words)
    monkeypatch.setitem(steps._steps, "faulty", broken)
    return [{"do": "faulty", "with": {"name": "半途"}}]


def test_ACT_6_a_fault_of_the_product_is_logged_with_its_trace_and_told_as_such(company, sign_in, faulty, caplog):
    rule, sound = AutomationRuleFactory(steps=faulty), AutomationRuleFactory()
    customer = new_customer(company.li_na)
    work_off()
    (run,) = runs(rule)
    assert run.status == "fault" and tags(customer) == ["新客户"]  # nothing of the faulty rule stays
    assert runs(sound)[0].status == "done"
    (record,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert "carry_out" in caplog.text and "AttributeError" in caplog.text and str(rule.pk) in record.getMessage()
    page = sign_in(company.admin).get(rule.get_absolute_url()).content.decode()
    assert "产品故障" in page and "AttributeError" in page and "第 1 步" in page
    assert "最近一次失败" in sign_in(company.admin).get("/settings/automation/").content.decode()


def test_ACT_6_what_met_a_fault_is_tried_again_once_it_is_mended(company, sign_in, faulty):
    rule = AutomationRuleFactory(steps=faulty)
    customer = new_customer(company.li_na)
    work_off()
    rule.steps = [{"do": "tag", "with": {"name": "补上"}}]
    rule.save()
    sign_in(company.admin).post(f"/settings/automation/runs/{runs(rule)[0].pk}/again/")
    assert [run.status for run in runs(rule)] == ["done"] and tags(customer) == ["补上"]


def test_ACT_6_a_rehearsal_tells_of_a_fault_too_and_takes_all_back(company, sign_in, faulty, caplog):
    customer, rule = CustomerFactory(owner=company.li_na), AutomationRuleFactory(steps=faulty)
    page = sign_in(company.admin).post(f"/settings/automation/{rule.pk}/try/", {"record": customer.pk})
    assert page.status_code == 200 and "AttributeError" in page.content.decode() and "AttributeError" in caplog.text
    assert tags(customer) == []


@pytest.mark.parametrize("step", [
    {"do": "tell", "with": {"whom": "owner"}},  # kept by another version
    {"do": "set", "with": {"field": "gone", "value": "x"}},
    {"do": "task", "with": {"title": "x", "kind": "call", "who": "person:999999", "days": 1}},
    {"do": "webhook", "with": {"webhook": "999999"}},
    {"do": "tell", "with": {"who": ["owner"], "text": "新 {record"}},
    {"do": "gone", "with": {}},
])  # fmt: skip
def test_ACT_6_what_a_rule_itself_gets_wrong_is_no_fault_and_has_no_trace(company, caplog, step):
    caplog.set_level("WARNING")
    rule = AutomationRuleFactory(steps=[step])
    new_customer(company.li_na)
    work_off()
    (run,) = runs(rule)
    assert run.status == "failed" and run.said[0].startswith("第 1 步")
    assert "Traceback" not in caplog.text and f"automation rule {rule.pk} failed" in caplog.text


def test_ACT_6_an_owner_who_has_left_is_the_rules_trouble(company):
    rule = AutomationRuleFactory(steps=[{"do": "mail", "with": {"who": "owner", "template": "1"}}])
    occasion = steps.Occasion(engine.kind_of(rule), CustomerFactory(owner=company.leaver), rule, the_system())
    with pytest.raises(engine.Refused):
        _ = occasion.owner


def test_ACT_6_a_condition_that_cannot_be_asked_is_seen_and_keeps_no_other(company, monkeypatch, caplog):
    rule, sound = AutomationRuleFactory(filter=[["city", "is", ["苏州"]]]), AutomationRuleFactory()
    real = engine.matching
    monkeypatch.setattr(engine, "matching", lambda one: None.filter() if one.pk == rule.pk else real(one))
    new_customer(company.li_na)
    work_off()
    assert [run.status for run in (*runs(rule), *runs(sound))] == ["fault", "done"] and "Traceback" in caplog.text


def test_ACT_6_a_database_that_is_away_is_no_run_at_all_and_the_event_comes_again(company, monkeypatch):
    rule = AutomationRuleFactory()
    customer = new_customer(company.li_na)
    with monkeypatch.context() as away:
        away.setattr(engine, "carry_out", lambda *_a: (_ for _ in ()).throw(OperationalError("starting up")))
        with pytest.raises(OperationalError):
            work_off()
    assert not runs(rule)
    work_off()
    assert [run.status for run in runs(rule)] == ["done"] and tags(customer) == ["新客户"]


def test_ACT_6_a_clock_that_jumps_makes_no_rule_act_twice_and_forgets_none(company):
    rule = AutomationRuleFactory(trigger="clock:created_at")
    customer = CustomerFactory(owner=company.li_na)
    now = datetime.now(NOW.tzinfo) + timedelta(minutes=1)
    assert engine.pass_clocks(now - timedelta(days=400), ("days",)) == 0  # back: nothing is due yet
    jumps = [now, now + timedelta(days=2), now - timedelta(days=2), now]
    assert [engine.pass_clocks(moment, ("days",)) for moment in jumps] == [1, 0, 0, 0]
    assert len(runs(rule)) == 1 and tags(customer) == ["新客户"]


def test_ACT_6_a_pass_that_is_cut_short_goes_on_where_it_was(company, monkeypatch):
    rule = AutomationRuleFactory(trigger="clock:created_at")
    customers = [CustomerFactory(owner=company.li_na) for _n in range(3)]
    now, real, seen = datetime.now(NOW.tzinfo) + timedelta(minutes=1), engine.carry_out, []

    def killed_at_the_second(*args):
        said = real(*args)
        seen.append(args)
        if len(seen) == 2:
            raise SystemExit
        return said

    with monkeypatch.context() as killed:
        killed.setattr(engine, "carry_out", killed_at_the_second)
        with pytest.raises(SystemExit):
            engine.pass_clocks(now, ("days",))
    assert [tags(one) for one in customers] == [["新客户"], [], []]  # the second left nothing half done
    assert engine.pass_clocks(now, ("days",)) == 2
    assert len(runs(rule)) == 3 and [tags(one) for one in customers] == [["新客户"]] * 3


def test_ACT_6_the_outcome_is_kept_with_the_run_even_in_an_outer_action(company, faulty):
    rule, customer = AutomationRuleFactory(steps=faulty), CustomerFactory(owner=company.li_na)
    with acting(the_system(), "test"):
        run = engine.meet(rule, customer, "test:1")
    assert run.status == "fault" and fresh(customer) and tags(customer) == []
