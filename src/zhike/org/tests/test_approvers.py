"""What waits for somebody who has left or is away is passed on by the administrator; what flows mostly ask (ORG-6)."""

from datetime import timedelta

import pytest

from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.errors import Forbidden, Refused
from zhike.org import actions
from zhike.org.models import ApprovalFlow, ApprovalPlace, Role
from zhike.org.queries import waiting_by_person
from zhike.org.tests.approving import SUBJECT, ask, flow, fresh, inbox, role, waiting
from zhike.org.viewers import the_system
from zhike.records.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="绍兴越新印染有限公司")


@pytest.fixture
def approval(company, viewer, customer):
    """Asked by Li Na; it waits for her supervisor."""
    flow({"approver": "supervisor", "timeout_hours": 24}, role("general_manager"))
    return ask(customer, company.li_na, viewer)


def place_of(approval, person):
    return ApprovalPlace.objects.whole_table("test").get(approval=approval, person=person)


def leave(person, **values):
    with acting(the_system(), "test"):
        for name, value in (values or {"is_active": False}).items():
            setattr(person, name, value)
        person.save()


def test_ORG_6_what_waits_for_a_leaver_is_passed_on_from_the_page(company, viewer, sign_in, customer, approval):
    leave(company.lead_east)
    admin = sign_in(company.admin)
    page = admin.get("/settings/approvers/").content.decode()
    assert approval.title in page and "已离职" in page
    url = f"/approvals/{approval.pk}/reassign/{company.lead_east.pk}/"
    assert (
        admin.post(url, {"to": ""}).status_code == 422 and admin.post(url, {"to": company.li_na.pk}).status_code == 422
    )
    answer = admin.post(url, {"to": company.wang_wei.pk, "comment": "陈东已离职"})
    assert answer.status_code == 302 and answer.url == f"/approvals/{approval.pk}/"
    assert waiting(approval) == {"wang_wei"} and inbox(company.wang_wei)[-1] == f"李娜 请您审批：{approval.title}"
    assert "改由" in inbox(company.li_na)[-1] and inbox(company.lead_east) == [f"李娜 请您审批：{approval.title}"]
    old, new = place_of(approval, company.lead_east), place_of(approval, company.wang_wei)
    assert (old.status, old.comment, old.reassigned_by_id) == ("delegated", "陈东已离职", company.admin.pk)
    assert new.delegated_by_id == company.lead_east.pk
    trace = sign_in(company.li_na).get(f"/approvals/{approval.pk}/").content.decode()
    assert f"由 {company.admin.name} 转交" in trace and f"代 {company.lead_east.name}" in trace
    said = AuditEntry.objects.filter(object_id=approval.pk, changes__has_key="approver").get()
    assert said.changes["approver"] == [company.lead_east.name, company.wang_wei.name]
    assert sign_in(company.wang_wei).get(customer.get_absolute_url()).status_code == 200
    actions.decide_approval(approval, by=viewer(company.wang_wei), approve=True)
    assert waiting(approval) == {"gm"}


def test_ORG_6_only_with_the_verb_and_only_what_one_sees(company, viewer, sign_in, approval):
    url = f"/approvals/{approval.pk}/reassign/{company.lead_east.pk}/"
    for name in ("li_na", "lead_east", "manager_west", "finance", "reader"):
        client = sign_in(getattr(company, name))
        assert client.get("/settings/approvers/").status_code == 403
        assert client.post(url, {"to": company.finance.pk}).status_code == 403
    assert waiting(approval) == {"lead_east"}
    with pytest.raises(Forbidden):
        actions.reassign_everything(company.lead_east, by=viewer(company.manager_west), to=company.finance)
    managers = Role.objects.get(key="manager")
    with acting(the_system(), "test"):
        managers.verbs = [*managers.verbs, actions.REASSIGN]
        managers.save()
    assert sign_in(company.manager_west).post(url, {"to": company.finance.pk}).status_code == 404
    assert sign_in(company.manager_east).post(url, {"to": company.finance.pk}).status_code == 302
    assert waiting(approval) == {"finance"}


def test_ORG_6_a_second_time_there_is_nothing_to_pass_on(company, viewer, sign_in, approval):
    url = f"/approvals/{approval.pk}/reassign/{company.lead_east.pk}/"
    assert sign_in(company.admin).post(url, {"to": company.finance.pk}).status_code == 302
    assert sign_in(company.admin).post(url, {"to": company.zhao_lei.pk}).status_code == 404
    by = viewer(company.admin)
    with pytest.raises(Refused):
        actions.reassign_approval(approval, by=by, person=company.lead_east, to=company.zhao_lei)
    with pytest.raises(Refused):
        actions.reassign_everything(company.lead_east, by=by, to=company.zhao_lei)
    assert waiting(approval) == {"finance"}


def test_ORG_6_all_that_waits_goes_but_not_to_who_asked_for_it(company, viewer, sign_in, customer, approval):
    other = ask(CustomerFactory(owner=company.wang_wei), company.wang_wei, viewer)
    third = ask(CustomerFactory(owner=company.li_na), company.li_na, viewer)
    leave(company.lead_east, away_from=dates.today())
    (row,) = waiting_by_person(viewer(company.admin))
    assert row["away"] and not row["left"] and len(row["approvals"]) == 3
    admin, url = sign_in(company.admin), f"/settings/approvers/{company.lead_east.pk}/"
    assert "3 项待办审批" in admin.get(url).content.decode()
    passed_on = admin.post(url, {"to": company.li_na.pk}, follow=True)
    assert f"另有 2 项由 {company.li_na.name} 发起，未转交。" in passed_on.content.decode()
    assert waiting(other) == {"li_na"} and waiting(approval) == waiting(third) == {"lead_east"}
    assert admin.post(url, {"to": company.li_na.pk}).status_code == 422
    assert admin.post(url, {"to": company.finance.pk}).status_code == 302
    assert waiting(approval) == waiting(third) == {"finance"}
    assert any("改由" in text for text in inbox(company.lead_east))


def test_ORG_6_the_absent_come_first(company, viewer, customer, approval):
    other = flow({"approver": "person", "person": company.finance}, order=1)
    late = ask(CustomerFactory(owner=company.wang_wei), company.wang_wei, viewer)
    assert [row["person"].username for row in waiting_by_person(viewer(company.admin))] == ["lead_east", "finance"]
    leave(company.finance, away_from=dates.today() - timedelta(days=1), away_until=dates.today())
    assert [row["person"].username for row in waiting_by_person(viewer(company.admin))] == ["finance", "lead_east"]
    assert other.is_active and waiting(late) == {"finance"}


def test_ORG_6_where_all_decide_the_word_of_the_successor_counts_for_both(company, viewer, customer):
    flow(role("manager", mode="all"))
    approval = ask(customer, company.li_na, viewer)
    by = viewer(company.admin)
    actions.decide_approval(approval, by=viewer(company.manager_west), approve=True)
    actions.reassign_approval(approval, by=by, person=company.lead_east, to=company.manager_east)
    assert waiting(approval) == {"manager_east"}
    actions.reassign_approval(approval, by=by, person=company.manager_east, to=company.manager_west)
    assert fresh(approval).status == "approved" and waiting(approval) == set()


def test_ORG_6_it_may_come_back_to_who_had_passed_it_on(company, viewer, approval):
    actions.delegate_approval(approval, by=viewer(company.lead_east), to=company.finance)
    leave(company.finance)
    by = viewer(company.admin)
    actions.reassign_approval(approval, by=by, person=company.finance, to=company.lead_east)
    assert waiting(approval) == {"lead_east"}
    actions.decide_approval(approval, by=viewer(company.lead_east), approve=True)
    assert waiting(approval) == {"gm"}


USUAL = {
    "name": "大额",
    "order": "5",
    "is_active": "on",
    "s0-approver": "supervisor",
    "s0-levels": "1",
    "s0-mode": "any",
}


def conditions_after(client, **more):
    """What the editor of quote flows wrote as conditions."""
    answer = client.post("/settings/approvals/add/?subject=sales.quote", {**USUAL, **more})
    assert answer.status_code == 302
    return ApprovalFlow.objects.get().conditions


def test_ORG_6_what_flows_mostly_ask_is_written_as_conditions(company, sign_in):
    client = sign_in(company.admin)
    page = client.get("/settings/approvals/add/?subject=sales.quote").content.decode()
    assert "金额超过" in page and "最大折扣超过" in page and "毛利率低于" in page
    more = {"usual-amount": "50万", "usual-discount": "12.5%", "usual-margin": "8",
            "c0-fact": "amount", "c0-operator": "lte", "c0-value": "２００万"}  # fmt: skip
    wanted = [["amount", "gt", "500000"], ["discount", "gt", "12.5"], ["margin", "lt", "8"]]
    assert conditions_after(client, **more) == [*wanted, ["amount", "lte", "2000000"]]
    flow_made = ApprovalFlow.objects.get()
    page = client.get(f"/settings/approvals/{flow_made.pk}/").content.decode()
    assert 'value="500000"' in page and 'value="12.5"' in page and 'value="2000000"' in page


@pytest.mark.parametrize("wrong", [{"usual-amount": "很多"}, {"usual-margin": "八"}, {"usual-amount": "1.234"}])
def test_ORG_6_a_figure_that_is_none_is_refused_at_its_field(company, sign_in, wrong):
    answer = sign_in(company.admin).post("/settings/approvals/add/?subject=sales.quote", {**USUAL, **wrong})
    assert answer.status_code == 422 and not ApprovalFlow.objects.exists()
    assert f'id="id_{next(iter(wrong))}_error"' in answer.content.decode()


def test_ORG_6_an_unchanged_flow_saved_again_asks_the_same(company, sign_in):
    made = flow({"approver": "supervisor"}, conditions=[["limit", "gt", "200000"], ["before", "lt", "5"]])
    page = sign_in(company.admin).get(f"/settings/approvals/{made.pk}/")
    form = page.context["form"]
    data = {bound.html_name: bound.value() for row in (form, *form.condition_rows, *form.step_rows) for bound in row}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    assert sign_in(company.admin).post(f"/settings/approvals/{made.pk}/", data).status_code == 302
    made.refresh_from_db()
    assert made.conditions == [["limit", "gt", "200000"], ["before", "lt", "5"]] and made.subject == SUBJECT
