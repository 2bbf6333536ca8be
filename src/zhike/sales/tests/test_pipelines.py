"""SAL-2: a pipeline is edited while deals run in it; order, jumps, and where the deals of a removed stage go."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from zhike.kit.errors import Refused
from zhike.kit.money import round_fen
from zhike.records import config
from zhike.records.filters import Filter
from zhike.records.models import AuditEntry
from zhike.sales import queries, rules
from zhike.sales.actions import (
    lose_opportunity,
    move_opportunity,
    order_stages,
    remove_stage,
    restore_stage,
    save_stage,
    win_opportunity,
)
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Opportunity, Stage, StageChange, pipelines
from zhike.sales.tests.factories import OpportunityFactory, shipped, stage_at

pytestmark = pytest.mark.django_db


def again(deal):
    return Opportunity._base_manager.get(pk=deal.pk)


def names(key="seven"):
    return [stage.name for stage in shipped(key).stages_in_order]


@pytest.fixture
def admin(company, viewer):
    return viewer(company.admin)


def limit(stage, by, **values):
    """The stage with something of it changed."""
    now = {"name": stage.name, "kind": stage.kind, "probability": stage.probability, "required_fields": []}
    return save_stage(Stage.objects.get(pk=stage.pk), by=by, **(now | values))


def test_SAL_2_the_deals_of_a_removed_stage_go_where_one_says_each_with_its_history(company, admin, sign_in):
    stage, to = stage_at(1, "seven"), stage_at(0, "seven")
    deals = [OpportunityFactory(owner=owner, stage=stage) for owner in (company.li_na, company.zhao_lei)]
    estimated = OpportunityFactory(owner=company.li_na, stage=stage, probability=77)
    lost = OpportunityFactory(owner=company.li_na, stage=stage)
    lose_opportunity(lost, by=admin, reason="price")
    client = sign_in(company.admin)
    url = f"/settings/pipelines/{stage.pipeline_id}/stages/{stage.pk}/remove/"
    assert "3" in client.get(url).content.decode()
    for data in ({}, {"to": to.pk}, {"reason": "合并阶段"}, {"to": stage.pk, "reason": "x"}):
        assert client.post(url, data).status_code == 422, data
    won = shipped("seven").stages.filter(kind="won").first()
    with pytest.raises(Refused):
        remove_stage(stage, by=admin, to=won, reason="x")
    assert again(deals[0]).stage == stage and not Stage.objects.get(pk=stage.pk).is_archived
    assert client.post(url, {"to": to.pk, "reason": "合并阶段"}).status_code == 302
    for deal in deals:
        deal = again(deal)
        change = StageChange.objects.whole_table("test").filter(opportunity=deal).latest("id")
        assert (deal.stage, deal.probability, deal.status) == (to, to.probability, "open")
        assert (change.old, change.new, change.reason, change.person) == (stage, to, "合并阶段", company.admin)
        assert AuditEntry.objects.filter(kind="sales.opportunity", object_id=deal.pk, action="remove_stage").exists()
    assert again(estimated).probability == 77
    assert stage.name not in names() and Stage.objects.get(pk=stage.pk).is_archived
    assert StageChange.objects.whole_table("test").filter(opportunity=lost, old=stage).exists()
    assert stage.name in client.get(f"/opportunities/{lost.pk}/").content.decode()


def test_SAL_2_a_won_stage_taken_out_keeps_its_deals_and_one_never_used_is_deleted(company, admin):
    pipeline = shipped("four")
    extra = save_stage(Stage(pipeline=pipeline), by=admin, name="二次成交", kind="won", probability=100)
    first = next(stage for stage in pipeline.stages.order_by("order") if stage.kind == "won")
    deal = win_opportunity(OpportunityFactory(owner=company.li_na, stage=stage_at(0)), by=admin)
    assert deal.stage == first
    assert remove_stage(first, by=admin) == 0
    assert again(deal).stage == first and again(deal).status == "won"
    with pytest.raises(Refused, match="won|赢单"):
        remove_stage(extra, by=admin)  # the last won one now
    fresh = save_stage(Stage(pipeline=pipeline), by=admin, name="临时", kind="open", probability=5)
    remove_stage(fresh, by=admin)
    assert not Stage.objects.filter(name="临时").exists()
    restore_stage(Stage.objects.get(pk=first.pk), by=admin)
    assert first.name in names("four")


def test_SAL_2_into_a_stage_taken_out_no_deal_comes_any_more(company, admin, viewer):
    stage, deal = stage_at(1, "seven"), OpportunityFactory(owner=company.li_na, stage=stage_at(0, "seven"))
    used = OpportunityFactory(owner=company.li_na, stage=stage)
    remove_stage(stage, by=admin, to=stage_at(0, "seven"), reason="不再使用")
    assert again(used).stage == stage_at(0, "seven")
    with pytest.raises(Refused):
        move_opportunity(deal, by=viewer(company.li_na), stage=stage)


def test_SAL_2_stages_are_put_in_order_open_ones_first(company, admin, sign_in):
    pipeline = shipped("seven")
    before = pipeline.stages_in_order
    deal = OpportunityFactory(owner=company.li_na, stage=before[0])
    order = [before[2], before[0], before[-1], before[1]]
    answer = sign_in(company.admin).post(
        f"/settings/pipelines/{pipeline.pk}/order/", {"order": ",".join(str(s.pk) for s in order)}
    )
    assert answer.status_code == 204
    assert names()[:3] == [before[2].name, before[0].name, before[1].name]
    kinds = [stage.kind for stage in shipped("seven").stages_in_order]
    assert kinds == sorted(kinds, key=list(Stage.Kind).index)
    assert again(deal).stage == before[0]
    assert sign_in(company.li_na).post(f"/settings/pipelines/{pipeline.pk}/order/", {"order": "1"}).status_code == 403
    order_stages(pipeline, by=admin, order=[s.pk for s in before])
    assert names() == [s.name for s in before]


def test_SAL_2_a_stage_says_how_far_forwards_deals_may_go(company, admin, viewer):
    by, first = viewer(company.li_na), stage_at(0, "seven")
    limit(first, admin, most_skipped=0)
    deal = OpportunityFactory(owner=company.li_na, stage=first)
    with pytest.raises(Refused, match=stage_at(1, "seven").name):
        move_opportunity(deal, by=by, stage=stage_at(2, "seven"))
    limit(first, admin, most_skipped=None, goes_to=[stage_at(3, "seven").pk])
    with pytest.raises(Refused, match=stage_at(3, "seven").name):
        move_opportunity(deal, by=by, stage=stage_at(1, "seven"))
    with pytest.raises(Refused):
        win_opportunity(deal, by=by)
    assert move_opportunity(deal, by=by, stage=stage_at(3, "seven")).stage == stage_at(3, "seven")
    assert (
        move_opportunity(again(deal), by=by, stage=first, reason="退回").stage == first
    )  # the way back is another matter
    assert lose_opportunity(again(deal), by=by, reason="price").status == "lost"


def test_SAL_2_the_editor_shows_what_stages_ask_and_only_who_may_edits(company, admin, sign_in):
    pipeline = shipped("seven")
    limit(
        stage_at(0, "seven"),
        admin,
        checklist=["!见过决策人"],
        required_fields=["amount"],
        most_skipped=1,
        allow_back=False,
    )
    url = f"/settings/pipelines/{pipeline.pk}/"
    page = sign_in(company.admin).get(url).content.decode()
    assert "data-sort=" in page and "1 项" in page and "最多跳过 1" in page
    seen = sign_in(company.li_na).get(url)
    assert seen.status_code == 200 and "data-sort=" not in seen.content.decode()
    for way in (
        f"{url}stages/new/",
        f"{url}stages/{stage_at(0, 'seven').pk}/",
        f"{url}stages/{stage_at(0, 'seven').pk}/remove/",
    ):
        assert sign_in(company.li_na).get(way).status_code == 403
    assert sign_in(company.admin).get("/settings/pipelines/999999/").status_code == 404


def test_SAL_2_the_move_dialog_offers_what_is_open_from_here_and_says_why_the_rest_is_not(company, admin, sign_in):
    first, second, third = (stage_at(n, "seven") for n in range(3))
    limit(second, admin, most_skipped=0, allow_back=False)
    deal = OpportunityFactory(owner=company.li_na, stage=second)
    client, url = sign_in(company.li_na), f"/opportunities/{deal.pk}/move/"
    page = client.get(url).content.decode()
    offered = {int(pk) for pk in re.findall(r'name="stage" value="(\d+)"', page)}
    lost = shipped("seven").stages.get(kind="lost")
    assert (
        offered == {third.pk, lost.pk} == {stage.pk for stage in rules.stages_open_to(Stage.objects.get(pk=second.pk))}
    )
    assert f"“{second.name}”阶段的商机不能退回" in page and f"阶段的商机只能进入：{third.name}" in page
    for barred in (first, stage_at(3, "seven")):
        for answer in (client.get(f"{url}?stage={barred.pk}"), client.post(url, {"stage": barred.pk, "reason": "x"})):
            page = answer.content.decode()
            assert 'role="alert"' in page and f'name="stage" value="{third.pk}"' in page
        assert answer.status_code == 422 and again(deal).stage == second
    assert client.post(url, {"stage": third.pk}).status_code == 302 and again(deal).stage == third


def test_SAL_2_the_page_of_a_deal_links_only_stages_open_to_it(company, admin, sign_in):
    first, won = stage_at(0, "seven"), shipped("seven").stages.filter(kind="won").first()
    deal = OpportunityFactory(owner=company.li_na, stage=first)
    page = sign_in(company.li_na).get(deal.get_absolute_url()).content.decode()
    assert f"move/?stage={won.pk}" in page
    limit(first, admin, most_skipped=0)
    page = sign_in(company.li_na).get(deal.get_absolute_url()).content.decode()
    linked = {int(pk) for pk in re.findall(r"move/\?stage=(\d+)", page)}
    assert linked == {stage_at(1, "seven").pk, shipped("seven").stages.get(kind="lost").pk}
    assert f'href="/opportunities/{deal.pk}/move/"' in page  # instead of the button "won"


def test_SAL_2_the_board_names_for_each_lane_where_its_cards_may_go(company, admin, sign_in):
    first = stage_at(0, "seven")
    limit(first, admin, goes_to=[stage_at(2, "seven").pk])
    OpportunityFactory(owner=company.li_na, stage=first)
    url = f"/opportunities/board/?pipeline={first.pipeline_id}"
    page = sign_in(company.li_na).get(url).content.decode()
    found = dict(re.findall(r'data-move-value="(\d+)" data-move-name="[^"]+" data-open-to="([\d ]*)"', page))
    lost = shipped("seven").stages.get(kind="lost")
    assert found[str(first.pk)] == f"{stage_at(2, 'seven').pk} {lost.pk}"
    assert str(first.pk) in found[str(stage_at(1, "seven").pk)].split()  # the way back is open


def test_SAL_2_a_card_dropped_where_it_may_not_go_is_told_why_and_stays(company, admin, sign_in):
    first = stage_at(0, "seven")
    limit(first, admin, most_skipped=0)
    deal = OpportunityFactory(owner=company.li_na, stage=first)
    url = f"/opportunities/{deal.pk}/move/?board"
    page = sign_in(company.li_na).post(url, {"stage": stage_at(2, "seven").pk}, headers={"HX-Request": "true"})
    assert page.status_code == 422 and page["HX-Retarget"] == "#dialog"
    assert "只能进入" in page.content.decode() and again(deal).stage == first


def test_SAL_2_open_deals_follow_the_probability_of_their_stage_at_once(company, admin, sign_in):
    stage = stage_at(1, "seven")
    before, pipeline = stage.probability, stage.pipeline_id
    deals = [OpportunityFactory(owner=owner, stage=stage, amount=1000) for owner in (company.li_na, company.zhao_lei)]
    estimated = OpportunityFactory(owner=company.li_na, stage=stage, probability=before + 7)
    elsewhere = OpportunityFactory(owner=company.li_na, stage=stage_at(0, "seven"), probability=before)
    lost = OpportunityFactory(owner=company.li_na, stage=stage)
    lose_opportunity(lost, by=admin, reason="price")
    url = f"/settings/pipelines/{pipeline}/stages/{stage.pk}/"
    data = {"name": stage.name, "kind": "open", "probability": before + 20, "allow_back": "on"}
    assert sign_in(company.admin).post(url, data).status_code == 302
    assert [again(deal).probability for deal in deals] == [before + 20] * 2
    assert [again(deal).probability for deal in (estimated, elsewhere, lost)] == [before + 7, before, 0]
    for deal in deals:
        assert again(deal).version == deal.version + 1
        entry = AuditEntry.objects.filter(kind="sales.opportunity", object_id=deal.pk).latest("id")
        assert (entry.changes, entry.person) == ({"probability": [before, before + 20]}, company.admin)
    found = queries.board(admin, pipelines.pipeline(pipeline), Filter(OPPORTUNITY, [], ""), summed=True)
    column = next(c for c in found if c.stage == stage)
    assert column.weighted == 2 * 10 * (before + 20) + round_fen((estimated.amount or 0) * estimated.probability / 100)


def test_SAL_2_a_probability_that_is_refused_weighs_nothing_anew(company, admin):
    stage = stage_at(1, "seven")
    deal = OpportunityFactory(owner=company.li_na, stage=stage)
    with pytest.raises(Refused):
        limit(stage, admin, name=stage_at(0, "seven").name, probability=99)  # the name is taken
    assert again(deal).probability == stage.probability != 99


def test_SAL_2_a_deal_moved_by_who_still_knows_the_old_weight_gets_the_new_one(company, admin, viewer):
    """The stage is read under a lock when a deal comes into it, whatever the configuration of the request says."""
    stage = stage_at(1, "seven")
    deal = OpportunityFactory(owner=company.li_na, stage=stage_at(0, "seven"))
    with config.reading():
        pipelines.stages()
        Stage._base_manager.filter(pk=stage.pk).update(probability=61)
        assert move_opportunity(deal, by=viewer(company.li_na), stage=stage).probability == 61


@given(skipped=some.none() | some.integers(0, 8), named=some.sets(some.integers(0, 6)))
def test_SAL_2_ways_on_are_later_stages_within_the_limits(skipped, named):
    stages = shipped("seven").stages_in_order
    old = stages[0]
    old.most_skipped, old.goes_to = skipped, [stages[n].pk for n in named if n < len(stages)]
    ways = rules.ways_on(old)
    assert all(stage.order > old.order and stage.kind != "lost" for stage in ways)
    assert skipped is None or len(ways) <= skipped + 1
    assert all(
        (not rules.barred(old, stage)) == (stage in ways) for stage in stages if stage.kind != "lost" and stage != old
    )
    old.most_skipped, old.goes_to = None, []
