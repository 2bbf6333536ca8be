"""Rewards for customers who buy again: earned by a rule, granted with a reason, approved where set up (SAL-11, ORG-6)."""

from decimal import Decimal

import pytest

from zhike.contracts.actions.rewards import end_reward, grant_reward, standings
from zhike.contracts.models import Reward, RewardRule
from zhike.contracts.tests.factories import ContractFactory, day, paid, signed
from zhike.kit.errors import Forbidden, Refused
from zhike.org.actions import decide_approval
from zhike.org.models import Approval, ApprovalFlow, ApprovalStep

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def rule():
    return RewardRule.objects.create(name="银牌", at_least=D(15000), discount=D(3), gift="免费巡检一次")


@pytest.fixture
def customer(company):
    contract = signed(ContractFactory(owner=company.li_na), on=-60)
    signed(ContractFactory(owner=company.li_na, customer=contract.customer), on=-30)
    signed(ContractFactory(owner=company.li_na, customer=contract.customer), on=-800)
    return contract.customer


def rewards():
    return list(Reward.objects.whole_table("test").order_by("pk"))


def test_SAL_11_what_counts_is_reckoned_within_the_period(customer, rule):
    for measure, reached in (("signed", 20000), ("count", 2), ("received", 950)):
        RewardRule.objects.filter(pk=rule.pk).update(measure=measure)
        if measure == "received":
            paid(customer, 950, on=-2)
            paid(customer, 70, on=-500)
        (standing,) = standings(customer, day(0))
        assert standing.reached == reached and standing.is_earned == (reached >= 15000)


def test_SAL_11_a_reward_is_granted_once_with_author_reason_and_what_it_was(company, viewer, sign_in, customer, rule):
    client, url = sign_in(company.li_na), f"/rewards/grant/{customer.pk}/"
    assert "银牌" in client.get(f"/customers/{customer.pk}/rewards/").content.decode()
    assert client.post(url, {"rule": rule.pk, "reason": ""}).status_code == 422
    assert client.post(url, {"rule": rule.pk, "reason": "三年老客户"}).status_code == 302
    (reward,) = rewards()
    assert (reward.status, reward.discount, reward.earned, reward.person) == ("granted", D(3), D(20000), company.li_na)
    assert reward.is_valid(day(0)) and not reward.is_valid(day(400)) and reward.owner_id == customer.owner_id
    again = client.post(url, {"rule": rule.pk, "reason": "再来"})
    assert again.status_code == 422 and "已享有" in again.content.decode() and len(rewards()) == 1
    RewardRule.objects.filter(pk=rule.pk).update(discount=D(9), name="铜牌")
    page = client.get(f"/customers/{customer.pk}/").content.decode()
    assert "银牌" in page and "3%" in page
    assert "银牌" in client.get("/rewards/").content.decode()


def test_SAL_11_not_earned_takes_somebody_who_may_go_beyond(company, viewer, customer, rule):
    RewardRule.objects.filter(pk=rule.pk).update(at_least=D(999999))
    with pytest.raises(Refused) as refusal:
        grant_reward(customer, rule, by=viewer(company.li_na), reason="争取")
    assert "尚未达标" in str(refusal.value) and rewards() == []
    assert grant_reward(customer, rule, by=viewer(company.gm), reason="争取").status == "granted"


@pytest.mark.parametrize(("agree", "status"), [(True, "granted"), (False, "rejected")])
def test_ORG_6_a_reward_waits_for_its_approval_where_one_is_set_up(company, viewer, customer, rule, agree, status):
    flow = ApprovalFlow.objects.create(subject="contracts.reward", name="回馈", conditions=[["discount", "gt", "2"]])
    ApprovalStep.objects.create(flow=flow, position=0, approver="person", person=company.gm)
    by = viewer(company.li_na)
    assert grant_reward(customer, rule, by=by, reason="老客户").status == "asked"
    with pytest.raises(Refused):
        grant_reward(customer, rule, by=by, reason="老客户")
    decide_approval(
        Approval.objects.whole_table("test").latest("pk"), by=viewer(company.gm), approve=agree, comment="x"
    )
    (reward,) = rewards()
    assert reward.status == status and (reward.granted_on == day(0)) == agree


def test_SAL_11_a_reward_is_taken_back_once_with_a_reason(company, viewer, sign_in, customer, rule):
    by = viewer(company.li_na)
    reward = grant_reward(customer, rule, by=by, reason="老客户")
    url = f"/rewards/{reward.pk}/end/"
    client = sign_in(company.li_na)
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "拖欠货款"}).status_code == 302
    assert client.post(url, {"reason": "拖欠货款"}).status_code == 422
    assert rewards()[0].status == "ended" and client.get(f"/rewards/{reward.pk}/").status_code == 302
    with pytest.raises(Refused):
        end_reward(reward, by=by, reason="再次")


@pytest.mark.parametrize("person", ["li_na", "lead_east", "manager_east", "gm"])
def test_SAL_11_who_owns_a_customer_and_those_above_grant_and_take_back_once(company, sign_in, customer, rule, person):
    client, given = sign_in(company.people[person]), {"rule": rule.pk, "reason": "老客户"}
    url = f"/rewards/grant/{customer.pk}/"
    assert [client.post(url, given).status_code for _twice in range(2)] == [302, 422]
    (reward,) = rewards()
    assert (reward.status, reward.person, reward.owner) == ("granted", company.people[person], company.li_na)
    url = f"/rewards/{reward.pk}/end/"
    assert [client.post(url, {"reason": "停止合作"}).status_code for _twice in range(2)] == [302, 422]
    (ended,) = rewards()
    assert ended.status == "ended" and not ended.is_valid(day(0))
    assert client.post(f"/rewards/grant/{customer.pk}/", given).status_code == 302  # a new start is a new reward
    assert [row.status for row in rewards()] == ["ended", "granted"]


@pytest.mark.parametrize(("person", "status"), [("wang_wei", 404), ("manager_west", 404), ("reader", 403)])
def test_ORG_3_nobody_else_grants_or_takes_back(company, viewer, sign_in, customer, rule, person, status):
    reward, client = (
        grant_reward(customer, rule, by=viewer(company.li_na), reason="老客户"),
        sign_in(company.people[person]),
    )
    assert client.post(f"/rewards/{reward.pk}/end/", {"reason": "x"}).status_code == status
    given = {"rule": rule.pk, "reason": "x"}
    assert client.post(f"/rewards/grant/{customer.pk}/", given).status_code == status
    (left,) = rewards()
    assert (left.status, left.reason) == ("granted", "老客户")


def test_ORG_3_strangers_see_no_rewards_and_readers_grant_none(company, viewer, sign_in, customer, rule):
    reward = grant_reward(customer, rule, by=viewer(company.li_na), reason="老客户")
    for person, status in ((company.zhao_lei, 404), (company.reader, 403)):
        client = sign_in(person)
        assert client.get(f"/rewards/grant/{customer.pk}/").status_code == status
        assert client.get(f"/rewards/{reward.pk}/end/").status_code == status
    with pytest.raises(Forbidden):
        grant_reward(customer, rule, by=viewer(company.reader), reason="x")
    assert "银牌" not in sign_in(company.zhao_lei).get("/rewards/").content.decode()


@pytest.mark.parametrize("wrong", [{"at_least": "0"}, {"at_least": "1e20"}, {"months": "0"}, {"discount": "101"},
                                   {"discount": "0", "gift": ""}, {"name": ""}, {"measure": "x"}])  # fmt: skip
def test_bad_input_rules_of_rewards(company, sign_in, wrong):
    values = {"name": "金牌", "measure": "signed", "at_least": "50000", "months": "12", "discount": "5", "gift": "",
              "valid_months": "12", "is_active": "on"}  # fmt: skip
    client = sign_in(company.admin)
    assert client.post("/settings/rewards/new/", {**values, **wrong}).status_code == 422
    assert not RewardRule.objects.exists()
    assert client.post("/settings/rewards/new/", values).status_code == 302
    rule = RewardRule.objects.get()
    assert client.post(f"/settings/rewards/{rule.pk}/", {**values, "discount": "6"}).status_code == 302
    assert RewardRule.objects.get().discount == D(6)
    assert "金牌" in client.get("/settings/rewards/").content.decode()
    assert client.get("/settings/rewards/999/").status_code == 404
    assert sign_in(company.li_na).get("/settings/rewards/").status_code == 403
