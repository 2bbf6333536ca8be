"""SAL-2, SAL-4: deals through their stages, with gates, reasons and history, by the actions pages and API share."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from zhike.kit import dates
from zhike.kit.errors import Forbidden, Refused, Stale
from zhike.records import kinds
from zhike.records.actions import assign_record, change_record, create_record
from zhike.records.models import AuditEntry
from zhike.sales.actions import (
    add_line,
    lose_opportunity,
    move_opportunity,
    remove_line,
    reopen_opportunity,
    tick_check,
    win_opportunity,
)
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Opportunity, OpportunityLine, Pipeline, Stage, StageChange
from zhike.sales.setup import install_pipelines
from zhike.sales.tests.factories import CustomerFactory, OpportunityFactory, ProductFactory, shipped, stage_at

pytestmark = pytest.mark.django_db


def again(deal: Opportunity) -> Opportunity:
    return Opportunity._base_manager.get(pk=deal.pk)


def history(deal: Opportunity) -> list[tuple]:
    rows = StageChange.objects.whole_table("test").filter(opportunity=deal)
    return [(row.old_id, row.new_id, row.reason) for row in rows.order_by("id")]


def test_SAL_2_three_pipelines_are_shipped_and_what_was_changed_stays():
    install_pipelines()
    names = {p.key: [s.name for s in p.stages.all() if s.kind == "open"] for p in Pipeline.objects.all()}
    assert names["four"] == ["意向", "售前跟踪", "商务谈判"]
    assert names["seven"] == ["初期接触", "需求分析", "方案制定", "项目招标", "商务谈判"]
    assert names["project"] == ["项目接触", "方案设计", "方案论证", "招投标"]
    four = Pipeline.objects.get(key="four")
    four.name = "直销"
    four.save()
    Stage.objects.filter(pipeline__key="seven").first().delete()
    install_pipelines()
    assert Pipeline.objects.count() == 3
    assert Pipeline.objects.get(key="four").name == "直销"
    assert Stage.objects.filter(pipeline__key="seven").count() == 7
    assert Pipeline.objects.filter(is_default=True).count() == 1


def test_SAL_2_a_new_deal_begins_at_the_first_stage_of_the_default_pipeline(company, viewer):
    install_pipelines()
    deal = create_record(OPPORTUNITY, {"name": "新线", "amount": Decimal("100.10")}, by=viewer(company.li_na))
    assert deal.code.startswith("CO-")
    assert (deal.stage, deal.status, deal.probability) == (stage_at(0), "open", 10)
    assert deal.opened_on == dates.today() and deal.closed_on is None and deal.customer is None
    assert history(deal) == [(None, stage_at(0).pk, "")]


def test_SAL_2_moving_on_changes_probability_and_keeps_days_in_the_stage_before(company, viewer):
    deal = OpportunityFactory(owner=company.li_na, opened_on=dates.today() - timedelta(days=9))
    moved = move_opportunity(deal, by=viewer(company.li_na), stage=stage_at(1))
    assert (moved.stage, moved.probability, moved.status) == (stage_at(1), 30, "open")
    change = StageChange.objects.whole_table("test").get(opportunity=deal, old=stage_at(0))
    assert change.days in (8, 9) and change.person == company.li_na
    assert again(deal).days_in_stage() == 0


def test_SAL_2_moving_to_where_it_is_changes_nothing(company, viewer):
    deal = OpportunityFactory(owner=company.li_na)
    by = viewer(company.li_na)
    move_opportunity(deal, by=by, stage=stage_at(1))
    version = again(deal).version
    move_opportunity(deal, by=by, stage=stage_at(1))
    assert again(deal).version == version and len(history(deal)) == 2


def test_SAL_2_moving_back_needs_a_reason_which_is_kept(company, viewer):
    deal = OpportunityFactory(owner=company.li_na, stage=stage_at(2))
    by = viewer(company.li_na)
    with pytest.raises(Refused) as refused:
        move_opportunity(deal, by=by, stage=stage_at(0))
    assert "reason" in refused.value.messages and again(deal).stage == stage_at(2)
    move_opportunity(deal, by=by, stage=stage_at(0), reason="客户换了负责人")
    assert history(deal)[-1] == (stage_at(2).pk, stage_at(0).pk, "客户换了负责人")


def test_SAL_2_a_stage_may_forbid_moving_back(company, viewer):
    stage = stage_at(2)
    stage.allow_back = False
    stage.save()
    deal = OpportunityFactory(owner=company.li_na, stage=stage_at(2))
    with pytest.raises(Refused):
        move_opportunity(deal, by=viewer(company.li_na), stage=stage_at(0), reason="试试")


def test_SAL_2_a_gate_names_what_is_missing_and_skipping_a_stage_does_not_get_around_it(company, viewer):
    deal = OpportunityFactory(owner=company.li_na, customer=None, amount=None)
    by = viewer(company.li_na)
    with pytest.raises(Refused) as refused:
        win_opportunity(deal, by=by)
    assert "客户" in str(refused.value) or "customer" in str(refused.value)
    assert again(deal).status == "open" and len(history(deal)) == 1
    change_record(
        OPPORTUNITY, deal, {"customer": CustomerFactory(owner=company.li_na).pk, "amount": Decimal("5.50")}, by=by
    )
    assert win_opportunity(deal, by=by).status == "won"


def test_SAL_2_a_required_check_is_a_gate(company, viewer):
    stage = stage_at(0)
    stage.checklist = [{"id": "k1", "text": "见过决策人", "required": True}]
    stage.save()
    deal, by = OpportunityFactory(owner=company.li_na), viewer(company.li_na)
    with pytest.raises(Refused, match="见过决策人"):
        move_opportunity(deal, by=by, stage=stage_at(1))
    ticked = tick_check(deal, by=by, stage=stage_at(0), item="k1", done=True)
    assert ticked.ticked == {f"{stage.pk}.k1": [company.li_na.pk, dates.today().isoformat()]}
    assert move_opportunity(deal, by=by, stage=stage_at(1)).stage == stage_at(1)
    with pytest.raises(Refused):
        tick_check(deal, by=by, stage=stage_at(0), item="k9", done=True)


def test_SAL_4_won_lost_and_reopened_with_reason_and_days(company, viewer):
    deal, by = OpportunityFactory(owner=company.li_na, stage=stage_at(1)), viewer(company.li_na)
    won = win_opportunity(deal, by=by, closed_on=dates.today())
    assert (won.status, won.probability, won.closed_on) == ("won", 100, dates.today())
    with pytest.raises(Refused):
        reopen_opportunity(deal, by=by, reason="")
    opened = reopen_opportunity(deal, by=by, reason="客户撤单")
    assert (opened.status, opened.stage, opened.closed_on, opened.probability) == ("open", stage_at(1), None, 30)
    with pytest.raises(Refused) as refused:
        lose_opportunity(deal, by=by, reason="")
    assert "reason" in refused.value.messages
    lost = lose_opportunity(deal, by=by, reason="competitor", note="价格低两成")
    assert (lost.status, lost.loss_reason, lost.probability) == ("lost", "competitor", 0)
    assert [reason for _old, _new, reason in history(deal)][2:] == ["客户撤单", "价格低两成"]


def test_SAL_4_losing_by_moving_takes_the_reason_from_the_list_or_in_words(company, viewer):
    by = viewer(company.li_na)
    first, second = OpportunityFactory(owner=company.li_na), OpportunityFactory(owner=company.li_na)
    assert move_opportunity(first, by=by, stage=stage_at(-1), reason="预算限制").loss_reason == "budget"
    other = move_opportunity(second, by=by, stage=stage_at(-1), reason="老板换人")
    assert (other.loss_reason, history(second)[-1][2]) == ("", "老板换人")


def test_SAL_2_a_generic_edit_obeys_the_same_gates(company, viewer):
    deal = OpportunityFactory(owner=company.li_na, stage=stage_at(2))
    for stage in (stage_at(0), stage_at(-1), stage_at(0, "seven")):
        with pytest.raises(Refused):
            change_record(OPPORTUNITY, deal, {"stage": stage.pk}, by=viewer(company.li_na))
    assert again(deal).stage == stage_at(2)


def test_SAL_2_another_pipeline_begins_at_its_first_stage(company, viewer):
    deal = OpportunityFactory(owner=company.li_na, stage=stage_at(2))
    seven = shipped("seven")
    moved = change_record(OPPORTUNITY, deal, {"pipeline": seven.pk}, by=viewer(company.li_na))
    assert moved.stage == stage_at(0, "seven") and history(deal)[-1][:2] == (stage_at(2).pk, stage_at(0, "seven").pk)


def test_SAL_2_who_may_move_a_deal(company, viewer):
    deal = OpportunityFactory(owner=company.li_na)
    for person in (company.wang_wei, company.manager_west, company.zhao_lei, company.reader, company.finance):
        with pytest.raises(Forbidden):
            move_opportunity(deal, by=viewer(person), stage=stage_at(1))
    for place, person in enumerate((company.li_na, company.lead_east, company.manager_east), 1):
        stage = stage_at(place % 3)
        assert move_opportunity(deal, by=viewer(person), stage=stage, reason="调整").stage == stage


def test_SAL_2_the_second_of_two_writers_is_told(company, viewer):
    deal, by = OpportunityFactory(owner=company.li_na), viewer(company.li_na)
    move_opportunity(deal, by=by, stage=stage_at(1), version=deal.version)
    with pytest.raises(Stale):
        move_opportunity(deal, by=by, stage=stage_at(2), version=deal.version)


def test_ORG_7_a_move_is_in_the_history(company, viewer):
    deal = OpportunityFactory(owner=company.li_na)
    move_opportunity(deal, by=viewer(company.li_na), stage=stage_at(1))
    entry = AuditEntry.objects.filter(kind="sales.opportunity", object_id=deal.pk).latest("id")
    assert entry.changes["stage"] == [stage_at(0).pk, stage_at(1).pk] and entry.action == "move_opportunity"


def test_SAL_4_lines_add_up_to_the_fen_and_the_first_is_the_main_product(company, viewer):
    deal, by = OpportunityFactory(owner=company.li_na, amount=None), viewer(company.li_na)
    first, second = ProductFactory(list_price=Decimal("33.33")), ProductFactory(list_price=Decimal("0.05"))
    line = add_line(deal, by=by, product=first, quantity=Decimal("1.5"))
    assert line.amount == Decimal("50.00")  # 49.995, half up
    add_line(deal, by=by, product=second, quantity=Decimal("3"), price=Decimal("0.07"))
    assert again(deal).product == first and again(deal).amount == Decimal("50.00")
    remove_line(line, by=by)
    assert again(deal).product == second
    with pytest.raises(Refused):
        add_line(deal, by=by, product=first, quantity=Decimal("0"))


def test_SAL_4_setting_the_main_product_makes_the_line(company, viewer):
    product, by = ProductFactory(), viewer(company.li_na)
    install_pipelines()
    deal = create_record(OPPORTUNITY, {"product": product.pk, "amount": Decimal("900")}, by=by)
    line = OpportunityLine.objects.visible_to(by).get(opportunity=deal)
    assert (line.product, line.price, line.amount) == (product, Decimal("900"), Decimal("900"))
    assert deal.name == product.name


def test_SAL_4_who_has_a_deal_with_a_customer_sees_the_customer_but_not_the_others_deals(company, viewer):
    customer = CustomerFactory(owner=company.li_na)
    theirs = OpportunityFactory(owner=company.li_na, customer=customer)
    west = viewer(company.zhao_lei)
    rows = kinds.get("customers.customer").rows
    assert not rows(west).filter(pk=customer.pk).exists()
    mine = OpportunityFactory(owner=company.zhao_lei, customer=customer)
    for person in (company.zhao_lei, company.manager_west):
        assert rows(viewer(person)).filter(pk=customer.pk).exists()
        assert set(OPPORTUNITY.rows(viewer(person))) == {mine}
    assert theirs not in OPPORTUNITY.rows(west)
    with pytest.raises(Forbidden):
        change_record(kinds.get("customers.customer"), customer, {"name": "改名"}, by=west)


def test_SAL_4_nobody_makes_deals_with_customers_they_may_not_write(company, viewer):
    install_pipelines()
    customer = CustomerFactory(owner=company.li_na)
    values = {"name": "抢单", "customer": customer.pk}
    with pytest.raises(Refused) as refused:
        create_record(OPPORTUNITY, values, by=viewer(company.zhao_lei))
    assert "customer" in refused.value.messages
    assert create_record(OPPORTUNITY, values, by=viewer(company.li_na)).customer == customer


def test_CUS_9_deals_go_along_when_the_customer_gets_another_owner(company, viewer):
    deal = OpportunityFactory(owner=company.li_na)
    won = OpportunityFactory(owner=company.li_na, customer=deal.customer, stage=stage_at(-2), closed_on=dates.today())
    other = OpportunityFactory(owner=company.zhao_lei, customer=deal.customer)
    customer_kind = kinds.get("customers.customer")
    assign_record(customer_kind, deal.customer, by=viewer(company.manager_east), owner_id=company.wang_wei.pk)
    assert {again(deal).owner, again(won).owner} == {company.wang_wei} and again(other).owner == company.zhao_lei
    assert again(won).status == "won" and again(deal).stage == stage_at(0)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": Decimal("-1")}, ""),
        ({"probability": 101}, "probability"),
        ({"closed_on": date(2020, 1, 1), "stage": "won"}, ""),
    ],
)
def test_SAL_4_impossible_values_are_refused(company, viewer, values, field):
    values = {"name": "坏数据", **values}
    if "stage" in values:
        values |= {"stage": stage_at(-2).pk, "opened_on": date(2021, 1, 1)}
    install_pipelines()
    with pytest.raises(Refused):
        create_record(OPPORTUNITY, values, by=viewer(company.li_na))
