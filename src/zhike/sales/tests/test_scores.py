"""SAL-4, FIELD-NOTES 19: a score that can be explained ranks the funnel, so that resources go to the best projects."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from zhike.activities.tests.factories import ActivityFactory
from zhike.customers.tests.factories import ContactFactory
from zhike.kit import dates
from zhike.kit.errors import Forbidden, Refused
from zhike.records import config
from zhike.sales import actions, projects, scoring
from zhike.sales.actions.scores import open_deals_with
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import DealScore, Opportunity
from zhike.sales.models.pipelines import stages
from zhike.sales.score_facts import facts_of, usual_amounts
from zhike.sales.scoring import PARTS, Facts, most_points, score
from zhike.sales.tests.factories import OpportunityFactory, stage_at
from zhike.sales.tests.project_factories import CompetitorFactory, ResourceRequestFactory

BEST = Facts(
    amount=Decimal(200), usual=Decimal(100), probability=100, days=1, expected=30, deciders=("supports",), has_step=True,
    step_in=2, quiet_days=0, tier="key", rivals=("behind",), cover="granted",
)  # fmt: skip
facts = some.builds(
    Facts,
    amount=some.none() | some.decimals(0, 10**9, places=2),
    usual=some.none() | some.decimals("0.01", 10**9, places=2),
    probability=some.integers(0, 100),
    days=some.integers(0, 5000),
    expected=some.none() | some.integers(1, 400),
    deciders=some.lists(some.sampled_from(sorted(scoring.STANCES)), max_size=4).map(tuple),
    has_step=some.booleans(),
    step_in=some.none() | some.integers(-900, 900),
    quiet_days=some.none() | some.integers(0, 5000),
    tier=some.sampled_from(["", *scoring.TIERS, "new tier"]),
    rivals=some.lists(some.sampled_from(sorted(scoring.STANDINGS)), max_size=4).map(tuple),
    cover=some.sampled_from(["", "asked", "granted"]),
)
weights = some.dictionaries(some.sampled_from(sorted(PARTS)), some.integers(0, 100))


@given(facts, weights)
def test_SAL_4_the_parts_add_up_to_the_score_and_each_says_why(found, given_weights):
    result = score(found, given_weights)
    assert result.total == sum(part.points for part in result.parts) and 0 <= result.total <= 100
    for part in result.parts:
        assert 0 <= part.points <= part.most and part.reason and "%(" not in part.reason
        assert scoring.part_of(part.as_json()) == part
    assert sum(part.most for part in result.parts) in (0, 100)


@given(
    facts, some.sampled_from(["amount", "probability", "step", "cover", "tier", "rival", "decider", "pace", "fresh"])
)
def test_SAL_4_what_makes_a_deal_better_never_costs_points(found, what):
    values = {**found.__dict__}
    better = {
        "amount": {"amount": (found.amount or Decimal(0)) * 2},
        "probability": {"probability": min(found.probability + 10, 100)},
        "step": {"has_step": True, "step_in": 1},
        "cover": {"cover": "granted"},
        "tier": {"tier": "key"},
        "rival": {"rivals": tuple("behind" for _rival in found.rivals)},
        "decider": {"deciders": ("supports",)},
        "pace": {"days": 0},
        "fresh": {"quiet_days": 0},
    }[what]
    assert score(Facts(**{**values, **better})).total >= score(found).total


@given(weights)
def test_SAL_4_weights_are_relative_and_the_best_deal_has_a_hundred_points(given_weights):
    most = most_points(given_weights)
    total = sum(most.values())
    assert total == 100 or all(given_weights.get(name) == 0 for name in PARTS)
    assert score(BEST, given_weights).total == total
    assert score(Facts(), given_weights).total <= score(BEST, given_weights).total
    doubled = {name: 2 * given_weights.get(name, rule.weight) for name, rule in PARTS.items()}
    assert most_points(doubled) == most


# Kept with each deal


@pytest.fixture
def deal(company):
    return OpportunityFactory(owner=company.li_na, name="强项目", amount=Decimal(300), stage=stage_at(2))


def again(deal) -> Opportunity:
    return Opportunity._base_manager.get(pk=deal.pk)


def said(viewer, deal) -> dict[str, scoring.Part]:
    return {part.part: part for part in projects.score_parts(viewer, deal)[0]}


def test_SAL_4_a_score_is_kept_without_a_new_version_and_goes_when_the_deal_is_decided(company, viewer, deal):
    by, before = viewer(company.li_na), again(deal)
    OpportunityFactory(owner=company.wang_wei, amount=Decimal(100))
    assert actions.refresh_all_scores() == 2
    kept = again(deal)
    assert kept.score and (kept.version, kept.updated_at) == (before.version, before.updated_at)
    assert kept.score == sum(part.points for part in said(by, deal).values())
    assert actions.refresh_all_scores() == 0  # nothing changed since
    actions.lose_opportunity(deal, by=by, reason="price")
    actions.refresh_scores([deal.pk, 999999])
    assert again(deal).score is None and not DealScore.objects.whole_table("test").filter(opportunity=deal).exists()


def test_SAL_4_the_facts_of_a_deal_move_its_parts(company, viewer, deal):
    by = viewer(company.li_na)
    actions.refresh_scores([deal.pk])
    first = said(by, deal)
    assert {first[name].points for name in ("decider", "step", "contact", "cover")} == {0}
    boss = ContactFactory(customer=deal.customer)
    actions.save_buying_role(deal, by=by, contact=boss, role="decider", stance="supports")
    actions.save_rival(deal, by=by, competitor=CompetitorFactory(), standing="behind")
    ResourceRequestFactory(opportunity=deal, requester=company.li_na, asked_person=company.li_na, status="granted",
                           person=company.li_na)  # fmt: skip
    ActivityFactory(customer=deal.customer, contact=boss)
    deal = again(deal)
    deal.customer.refresh_from_db()
    actions.refresh_scores(open_deals_with(deal.customer_id))
    now = said(by, deal)
    for name in ("decider", "rivals", "cover"):
        assert now[name].points == now[name].most > first[name].points, name
    assert again(deal).score > sum(part.points for part in first.values())


def test_SAL_4_the_number_of_queries_does_not_grow_with_the_deals(company, django_assert_num_queries):
    for _n in range(12):
        OpportunityFactory(owner=company.li_na)
    stages()
    usual, ids = usual_amounts(), list(Opportunity._base_manager.values_list("pk", flat=True))
    with config.reading(), django_assert_num_queries(4):
        assert len(facts_of(ids, usual)) == 12


def test_SAL_4_saving_a_deal_has_it_scored_by_the_worker(company, viewer):
    from zhike.records.models import OutboxEvent
    from zhike.sales.score_tasks import rescore

    deal = OpportunityFactory(owner=company.li_na)
    event = OutboxEvent.objects.filter(name="sales.opportunity.created", object_id=deal.pk).get()
    rescore(event)
    rescore(event)
    assert again(deal).score is not None


def test_SAL_4_the_administrator_sets_the_weights(company, sign_in, viewer, deal):
    given = dict.fromkeys(PARTS, 0) | {"tier": 7}
    for person, status in [("li_na", 403), ("manager_east", 403), ("reader", 403), ("admin", 200)]:
        assert sign_in(company.people[person]).get("/settings/score/").status_code == status, person
        if status == 403:
            assert sign_in(company.people[person]).post("/settings/score/", given).status_code == 403, person
    actions.refresh_all_scores()
    assert said(viewer(company.li_na), deal)["tier"].most == 5  # as shipped
    admin = sign_in(company.admin)
    assert admin.post("/settings/score/", {**given, "tier": 0}).status_code == 422
    assert admin.post("/settings/score/", {**given, "tier": 101}).status_code == 422
    for _twice in range(2):
        assert admin.post("/settings/score/", given).status_code == 302
    actions.refresh_all_scores()
    assert said(viewer(company.li_na), deal)["tier"].most == 100
    with pytest.raises(Forbidden):
        actions.save_weights({"tier": 1}, by=viewer(company.li_na))
    with pytest.raises(Refused):
        actions.save_weights({"magic": 1}, by=viewer(company.admin))


def test_SAL_4_the_page_opens_the_score_to_its_parts(company, sign_in, deal):
    actions.refresh_scores([deal.pk])
    page = sign_in(company.li_na).get(f"/opportunities/{deal.pk}/score/").content.decode()
    assert "还不知道谁决策" in page and "没有约定下一步" in page and page.count("vbar") == len(PARTS)
    assert sign_in(company.zhao_lei).get(f"/opportunities/{deal.pk}/score/").status_code == 404


# The funnel ranked by it


@pytest.mark.parametrize(("person", "sees"), [("li_na", 200), ("lead_east", 200), ("manager_east", 200), ("reader", 200),
                                               ("wang_wei", 404), ("manager_west", 404)])  # fmt: skip
def test_ORG_3_a_score_is_opened_by_who_sees_the_deal(company, sign_in, deal, person, sees):
    actions.refresh_all_scores()
    client = sign_in(company.people[person])
    assert client.get(f"/opportunities/{deal.pk}/score/").status_code == sees
    assert ("强项目" in client.get("/opportunities/best/").content.decode()) == (sees == 200)
    assert ("强项目" in client.get("/opportunities/best/?uncovered=1").content.decode()) == (sees == 200)


@pytest.fixture
def ranked(company, deal):
    weak = OpportunityFactory(owner=company.li_na, name="弱项目", amount=Decimal(1))
    west = OpportunityFactory(owner=company.zhao_lei, name="西区项目", amount=Decimal(900))
    actions.refresh_all_scores()
    Opportunity._base_manager.filter(pk=deal.pk).update(score=88)
    return deal, weak, west


def test_SAL_4_the_best_projects_come_first_and_say_who_is_booked(company, sign_in, viewer, ranked):
    deal, weak, _west = ranked
    page = sign_in(company.li_na).get("/opportunities/best/").content.decode()
    assert page.index("强项目") < page.index("弱项目") and "西区项目" not in page and "无人投入" in page
    ResourceRequestFactory(opportunity=deal, requester=company.li_na, asked_person=company.zhao_lei, status="granted",
                           person=company.zhao_lei)  # fmt: skip
    page = sign_in(company.li_na).get("/opportunities/best/").content.decode()
    assert "赵磊" in page
    alone = sign_in(company.li_na).get("/opportunities/best/?uncovered=1").content.decode()
    assert "强项目" not in alone and "弱项目" in alone
    narrow = sign_in(company.li_na).get("/opportunities/best/?amount__gte=100").content.decode()
    assert "弱项目" not in narrow and "强项目" in narrow
    assert sign_in(company.li_na).get("/opportunities/best/?amount__gte=abc").status_code == 422


def test_SAL_4_list_board_and_ranking_sort_by_score(company, sign_in, ranked):
    client = sign_in(company.li_na)
    for url in ("/opportunities/?sort=-score", "/opportunities/board/?order=score"):
        page = client.get(url).content.decode()
        assert "强项目" in page
    page = client.get("/opportunities/?sort=score").content.decode()
    assert page.index("弱项目") < page.index("强项目")
    same = [OpportunityFactory(owner=company.li_na, name=f"同阶段{n}") for n in (10, 90, 40)]
    for one, points in zip(same, (10, 90, 40), strict=True):
        Opportunity._base_manager.filter(pk=one.pk).update(score=points)
    page = client.get("/opportunities/board/?order=score").content.decode()
    assert page.index("同阶段90") < page.index("同阶段40") < page.index("同阶段10")
    assert OPPORTUNITY.field("score").sortable


def test_SAL_4_each_bar_of_the_funnel_opens_its_records(company, sign_in, ranked):
    client = sign_in(company.li_na)
    page = client.get("/opportunities/funnel/?owner__me=1&amount__gte=1").content.decode()
    bars = [url.replace("&amp;", "&") for url in re.findall(r'<a href="(/opportunities/\?[^"]+)"><rect', page)]
    assert len(bars) == 3 and all("owner__me=" in url and "status__in=open" in url for url in bars)
    opened = [client.get(url).content.decode() for url in bars]
    assert "弱项目" in opened[0] and "强项目" in opened[2] and "强项目" not in opened[0]
    assert client.get("/opportunities/funnel/?measure=count").status_code == 200
    assert client.get("/opportunities/funnel/?amount__gte=x").status_code == 422
    assert "西区项目" not in page


def test_SAL_4_list_board_funnel_and_ranking_keep_filter_and_view(company, sign_in, ranked):
    client = sign_in(company.li_na)

    def ways(url):
        page = client.get(url).content.decode()
        nav = re.search(r'<nav class="seg sm" aria-label="[^"]+">(<a href="/opportunities/\?.*?)</nav>', page).group(1)
        return [way.replace("&amp;", "&") for way in re.findall(r'<a href="([^"]+)"', nav)]

    start = "/opportunities/?view=mine&owner__me=1&status__in=open&sort=-amount&amount__gte=100"
    for first in range(1, 4):
        there = ways(start)[first]
        for second in range(4):
            back = ways(there)[second]
            for kept in ("owner__me=", "amount__gte=100", "view=mine", "sort=-amount"):
                assert kept in back, (there, back)
            page = client.get(back).content.decode()
            assert "弱项目" not in page and ("强项目" in page or "/funnel/" in back), back
    assert "status__in=open" in ways(ways(start)[1])[0]


def test_SAL_4_days_pass_and_the_nightly_pass_sees_it(company, viewer, deal):
    actions.refresh_scores([deal.pk])
    before = again(deal).score
    Opportunity._base_manager.filter(pk=deal.pk).update(stage_since=dates.now() - timedelta(days=400))
    actions.refresh_all_scores()
    assert again(deal).score < before
    assert "400" in said(viewer(company.li_na), deal)["pace"].reason
