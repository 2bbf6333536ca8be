"""Approvals: which flow, who decides, any or all, passed on, recalled, reminded of, seen by whom (ORG-6)."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from zhike.customers.credit import ask_credit_limit
from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.kit.errors import Forbidden, Refused
from zhike.org import actions, approvals
from zhike.org.flows import install_flows
from zhike.org.models import ApprovalFlow, Role
from zhike.org.queries import approvals_of, trace_of
from zhike.org.tests.approving import SUBJECT, ask, flow, fresh, inbox, role, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="绍兴越新印染有限公司")


def limit_of(customer):
    return Customer.objects.whole_table("test").get(pk=customer.pk).credit_limit


def test_ORG_6_the_general_manager_sets_the_credit_limit_others_ask(company, viewer, sign_in, customer):
    install_flows()
    client = sign_in(company.li_na)
    assert (
        client.post(f"/customers/{customer.pk}/credit/", {"credit_limit": "300000", "reason": "新项目"}).status_code
        == 302
    )
    assert limit_of(customer) is None
    (approval,) = approvals_of(SUBJECT, customer)
    assert waiting(approval) == {"gm"} and inbox(company.gm) == [f"李娜 请您审批：{approval.title}"]
    page = sign_in(company.gm).get(f"/approvals/{approval.pk}/").content.decode()
    assert "¥ 300,000.00" in page and "新项目" in page
    sign_in(company.gm).post(f"/approvals/{approval.pk}/decide/", {"decision": "approve"})
    assert limit_of(customer) == 300000 and fresh(approval).status == "approved"
    assert inbox(company.li_na) == [f"已通过: {approval.title}"] or approval.title in inbox(company.li_na)[0]
    sign_in(company.gm).post(f"/customers/{customer.pk}/credit/", {"credit_limit": "100000"})
    assert limit_of(customer) == 100000


def test_ORG_6_without_a_flow_nobody_but_the_general_manager_sets_it(company, viewer, customer):
    with pytest.raises(Refused):
        ask_credit_limit(customer, by=viewer(company.li_na), credit_limit=Decimal(1))
    assert limit_of(customer) is None


def test_ORG_6_the_first_flow_whose_conditions_all_hold_applies(company, viewer, customer):
    flow(role("finance"), conditions=[["limit", "gt", "1000000"]], order=1)
    flow({"approver": "supervisor"}, conditions=[["limit", "gt", "100000"]], order=2)
    assert ask(customer, company.li_na, viewer, "100000") is None
    small = ask(customer, company.li_na, viewer, "100001")
    assert waiting(small) == {"lead_east"}
    actions.recall_approval(small, by=viewer(company.li_na))
    assert waiting(ask(customer, company.li_na, viewer, "1000001")) == {"finance"}


def test_ORG_6_steps_come_one_after_the_other_and_a_rejection_ends_all(company, viewer, customer):
    flow({"approver": "supervisor"}, {"approver": "supervisor", "levels": 2}, role("general_manager"))
    approval = ask(customer, company.li_na, viewer)
    assert waiting(approval) == {"lead_east"}
    with pytest.raises(Forbidden):
        actions.decide_approval(approval, by=viewer(company.gm), approve=True)
    actions.decide_approval(approval, by=viewer(company.lead_east), approve=True)
    assert waiting(approval) == {"manager_east"}
    with pytest.raises(Refused):
        actions.decide_approval(approval, by=viewer(company.manager_east), approve=False, comment=" ")
    actions.decide_approval(approval, by=viewer(company.manager_east), approve=False, comment="证照过期")
    assert fresh(approval).status == "rejected" and waiting(approval) == set() and limit_of(customer) is None
    with pytest.raises(Refused):
        actions.decide_approval(approval, by=viewer(company.manager_east), approve=True)


def test_ORG_6_one_of_several_is_enough_or_all_are_needed(company, viewer, customer):
    managers = {"manager_east", "manager_west", "lead_east"}
    any_of = flow(role("manager"), order=1)
    approval = ask(customer, company.li_na, viewer)
    assert waiting(approval) == managers
    actions.decide_approval(approval, by=viewer(company.manager_west), approve=True)
    assert fresh(approval).status == "approved"
    any_of.is_active = False
    any_of.save()
    flow(role("manager", mode="all"), order=2)
    approval = ask(customer, company.li_na, viewer)
    for name in sorted(managers):
        assert fresh(approval).is_open
        actions.decide_approval(approval, by=viewer(getattr(company, name)), approve=True)
    assert fresh(approval).status == "approved"


def test_ORG_6_nobody_approves_their_own_request(company, viewer, customer):
    flow({"approver": "person", "person": company.lead_east})
    approval = ask(customer, company.lead_east, viewer)
    assert waiting(approval) == {"manager_east"}


def test_ORG_6_who_agreed_once_is_not_asked_again(company, viewer, customer):
    flow({"approver": "supervisor"}, {"approver": "person", "person": company.lead_east})
    approval = ask(customer, company.li_na, viewer)
    actions.decide_approval(approval, by=viewer(company.lead_east), approve=True)
    assert fresh(approval).status == "approved"


def test_ORG_6_where_nobody_is_above_the_step_falls_away(company, viewer, customer):
    flow({"approver": "supervisor"})
    approval = ask(customer, company.gm, viewer)
    assert fresh(approval).status == "approved" and limit_of(customer) == 500000


def test_ORG_6_where_nobody_holds_the_role_the_administrators_decide(company, viewer, customer):
    empty = Role.objects.create(key="nobody", name="没有人", verbs=[])
    flow({"approver": "role", "role": empty})
    assert waiting(ask(customer, company.li_na, viewer)) == {"admin"}


def test_ORG_6_the_head_of_the_department_decides(company, viewer, customer):
    department = company.li_na.department
    department.head = company.finance
    department.save()
    flow({"approver": "head"})
    assert waiting(ask(customer, company.li_na, viewer)) == {"finance"}


def test_ORG_6_a_decision_is_passed_on_to_a_colleague(company, viewer, sign_in, customer):
    flow({"approver": "supervisor"})
    approval = ask(customer, company.li_na, viewer)
    url = f"/approvals/{approval.pk}/delegate/"
    assert sign_in(company.lead_east).post(url, {"to": company.li_na.pk}).status_code == 422
    assert sign_in(company.lead_east).post(url, {"to": company.finance.pk, "comment": "休假"}).status_code == 302
    assert waiting(approval) == {"finance"}
    with pytest.raises(Refused):
        actions.decide_approval(approval, by=viewer(company.lead_east), approve=True)
    actions.decide_approval(approval, by=viewer(company.finance), approve=True)
    assert fresh(approval).status == "approved"


def test_ORG_6_only_the_asker_recalls_and_only_while_it_is_open(company, viewer, customer):
    flow({"approver": "supervisor"})
    approval = ask(customer, company.li_na, viewer)
    with pytest.raises(Forbidden):
        actions.recall_approval(approval, by=viewer(company.lead_east))
    actions.recall_approval(approval, by=viewer(company.li_na))
    assert fresh(approval).status == "recalled" and waiting(approval) == set()
    with pytest.raises(Refused):
        actions.recall_approval(approval, by=viewer(company.li_na))


def test_ORG_6_a_record_is_in_approval_once(company, viewer, customer):
    flow({"approver": "supervisor"})
    ask(customer, company.li_na, viewer)
    with pytest.raises(Refused):
        ask(customer, company.li_na, viewer, "600000")


def test_ORG_6_who_waits_too_long_is_reminded_once(company, viewer, customer):
    flow({"approver": "supervisor", "timeout_hours": 24})
    approval = ask(customer, company.li_na, viewer)
    assert actions.remind_of_approvals() == 0
    with time_machine.travel(dates.now() + timedelta(hours=25)):
        assert actions.remind_of_approvals() == 1 and actions.remind_of_approvals() == 0
    assert len(inbox(company.lead_east)) == 2 and approval.title in inbox(company.lead_east)[1]


def test_ORG_4_an_approver_may_read_what_they_decide_about_and_the_history_says_so(company, viewer, sign_in, customer):
    flow({"approver": "person", "person": company.zhao_lei})
    assert sign_in(company.zhao_lei).get(f"/customers/{customer.pk}/").status_code == 404
    ask(customer, company.li_na, viewer)
    assert sign_in(company.zhao_lei).get(f"/customers/{customer.pk}/").status_code == 200
    assert sign_in(company.zhao_lei).get(f"/customers/{customer.pk}/edit/").status_code == 403
    assert "赵磊" in sign_in(company.li_na).get(f"/customers/{customer.pk}/changes/").content.decode()


def test_ORG_6_an_approval_is_seen_by_those_involved_and_above_them(company, viewer, sign_in, customer):
    flow({"approver": "supervisor"})
    approval = ask(customer, company.li_na, viewer)
    seen = {name: sign_in(getattr(company, name)).get(f"/approvals/{approval.pk}/").status_code
            for name in ("li_na", "lead_east", "gm", "wang_wei", "zhao_lei")}  # fmt: skip
    assert seen == {"li_na": 200, "lead_east": 200, "gm": 200, "wang_wei": 404, "zhao_lei": 404}


def test_ORG_6_what_was_asked_keeps_its_steps_when_the_flow_changes(company, viewer, customer):
    made = flow({"approver": "supervisor"}, role("general_manager"))
    approval = ask(customer, company.li_na, viewer)
    made.steps.all().delete()
    actions.decide_approval(approval, by=viewer(company.lead_east), approve=True)
    assert waiting(approval) == {"gm"}
    trace = trace_of(viewer(company.li_na), fresh(approval))
    assert [(step["state"], len(step["places"])) for step in trace] == [("done", 1), ("now", 1)]


def test_ORG_6_the_lists_show_what_waits_what_was_asked_and_what_was_decided(company, viewer, sign_in, customer):
    flow({"approver": "supervisor"})
    approval = ask(customer, company.li_na, viewer)
    assert "申请额度" in sign_in(company.lead_east).get("/approvals/").content.decode()
    assert "申请额度" not in sign_in(company.li_na).get("/approvals/").content.decode()
    assert "申请额度" in sign_in(company.li_na).get("/approvals/list/asked/").content.decode()
    actions.decide_approval(approval, by=viewer(company.lead_east), approve=True)
    assert "申请额度" not in sign_in(company.lead_east).get("/approvals/").content.decode()
    assert "申请额度" in sign_in(company.lead_east).get("/approvals/list/decided/").content.decode()


EDIT = {"name": "大额", "order": "5", "is_active": "on", "c0-fact": "limit", "c0-operator": "gt", "c0-value": "200000",
        "s0-approver": "supervisor", "s0-levels": "2", "s0-mode": "any", "s0-timeout_hours": "24",
        "s1-approver": "role", "s1-mode": "all"}  # fmt: skip


def test_ORG_6_the_administrator_edits_flows_with_conditions_and_steps(company, viewer, sign_in, customer):
    client, finance = sign_in(company.admin), Role.objects.get(key="finance")
    url = f"/settings/approvals/add/?subject={SUBJECT}"
    assert client.post(url, {**EDIT, "s1-role": finance.pk}).status_code == 302
    assert waiting(ask(customer, company.li_na, viewer, "200001")) == {"manager_east"}
    assert "大额" in client.get("/settings/approvals/").content.decode()
    assert sign_in(company.li_na).get("/settings/approvals/").status_code == 403


@pytest.mark.parametrize(
    "wrong", [{"s1-role": ""}, {"c0-value": "many"}, {"c0-operator": "is"}, {"name": ""}, {"s0-levels": "0"}]
)
def test_ORG_6_a_flow_that_makes_no_sense_is_refused(company, sign_in, wrong):
    finance = Role.objects.get(key="finance")
    page = sign_in(company.admin).post(
        f"/settings/approvals/add/?subject={SUBJECT}", {**EDIT, "s1-role": finance.pk, **wrong}
    )
    assert page.status_code == 422 and not ApprovalFlow.objects.exists()


def test_ORG_6_shipped_flows_are_installed_once(company):
    install_flows()
    count = ApprovalFlow.objects.count()
    install_flows()
    assert ApprovalFlow.objects.count() == count >= 1


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
)
def test_ORG_6_conditions_compare_amounts_exactly(value, wanted):
    held = {op: approvals.holds({"x": str(value)}, ["x", op, str(wanted)]) for op in ("gt", "gte", "lt", "lte")}
    assert held == {"gt": value > wanted, "gte": value >= wanted, "lt": value < wanted, "lte": value <= wanted}
    assert held["gt"] != held["lte"] and held["lt"] != held["gte"]
