"""SAL-3, INS-1: win rate, funnel, cycle and time in stages, through API and page, each viewer their own part."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from zhike.api.tests.test_api import Caller
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.records.reports import Column, mean, median, p90, ratio
from zhike.sales.actions import lose_opportunity, move_opportunity, win_opportunity
from zhike.sales.models import Opportunity, StageChange
from zhike.sales.tests.factories import OpportunityFactory, ProductFactory, shipped, stage_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(company, viewer):
    """Two won and one lost deal of 李娜, one won of 赵磊 in the west."""
    product = ProductFactory(name="读码器")
    ago = dates.today() - timedelta(days=20)
    for owner, amount, won in [
        (company.li_na, 100, True), (company.li_na, 300, True), (company.li_na, 100, False), (company.zhao_lei, 50, True),
    ]:  # fmt: skip
        deal = OpportunityFactory(owner=owner, amount=amount, product=product, opened_on=ago)
        by = viewer(owner)
        win_opportunity(deal, by=by) if won else lose_opportunity(deal, by=by, reason="price")
    OpportunityFactory(owner=company.li_na, amount=10**6)  # open: counts nowhere
    return product


def report(person, name, **query):
    answer = Caller(person).get(f"/api/v1/reports/{name}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_INS_1_the_win_rate_counts_decided_deals_by_count_and_by_amount(company, decided):
    said = report(company.gm, "win_rate", by="owner")
    assert {row["key"]: (row["won"], row["lost"], row["win_rate"]) for row in said["rows"]} == {
        "li_na": (2, 1, 0.6667), "zhao_lei": (1, 0, 1.0)}  # fmt: skip
    assert said["total"] == {"won": 3, "lost": 1, "win_rate": 0.75, "won_amount": "450.00", "lost_amount": "100.00",
                             "win_rate_amount": 0.8182}  # fmt: skip
    assert {row["key"] for row in report(company.gm, "win_rate", by="manager")["rows"]} == {"lead_east", "manager_west"}
    assert [r["key"] for r in report(company.gm, "win_rate", by="product")["rows"]] == [decided.code]
    assert [r["key"] for r in report(company.gm, "win_rate", by="month")["rows"]] == [f"{dates.today():%Y-%m}"]
    for by in ("pipeline", "source", "department"):
        assert report(company.gm, "win_rate", by=by)["total"] == said["total"]
    yesterday = dates.today() - timedelta(days=1)
    assert report(company.gm, "win_rate", to=yesterday, **{"from": "2000-01-01"})["rows"] == []


def test_ORG_2_a_report_counts_only_what_its_reader_sees(company, decided):
    assert report(company.li_na, "win_rate")["total"]["won"] == 2
    assert report(company.manager_west, "win_rate")["total"]["won"] == 1
    nothing = report(company.wang_wei, "win_rate")
    assert (nothing["rows"], nothing["total"]["won"], nothing["total"]["win_rate"]) == ([], 0, None)
    assert report(company.gm, "win_rate", owner="zhao_lei")["total"]["won"] == 1  # conditions of the list narrow it


def test_INS_1_reports_are_listed_and_nonsense_is_refused(company):
    names = [item["name"] for item in Caller(company.li_na).get("/api/v1/reports").json()["items"]]
    assert {"win_rate", "funnel", "cycle_days", "stage_duration"} <= set(names)
    caller = Caller(company.li_na)
    for query in ("by=nonsense", "from=2026-13-01", "from=2026-02-01&to=2026-01-01", "owner=nobody-here"):
        assert caller.get(f"/api/v1/reports/win_rate?{query}").status_code == 422, query
    assert caller.get("/api/v1/reports/unknown").status_code == 404


def test_INS_1_the_funnel_counts_skipped_stages_as_reached(company, viewer):
    by = viewer(company.li_na)
    OpportunityFactory(owner=company.li_na, amount=1)  # stays in the first stage
    second = OpportunityFactory(owner=company.li_na, amount=2)
    move_opportunity(second, by=by, stage=stage_at(2))  # skips the second stage
    move_opportunity(Opportunity._base_manager.get(pk=second.pk), by=by, stage=stage_at(1), reason="退回")
    win_opportunity(OpportunityFactory(owner=company.li_na, amount=4), by=by)
    lose_opportunity(OpportunityFactory(owner=company.li_na, amount=8), by=by, reason="price")
    rows = report(company.li_na, "funnel")["rows"]
    assert [(r["stage"], r["reached"], r["amount"], r["open"], r["lost"]) for r in rows] == [
        ("意向", 4, "15.00", 1, 1), ("售前跟踪", 2, "6.00", 0, 0), ("商务谈判", 2, "6.00", 1, 0), ("签单", 1, "4.00", 0, 0),
    ]  # fmt: skip
    assert [r["conversion"] for r in rows] == [None, 0.5, 1.0, 0.5] and rows[-1]["share"] == 0.25
    grouped = report(company.gm, "funnel", by="owner")["rows"]
    assert [(r["key"], r["stage"], r["reached"]) for r in grouped][:2] == [
        ("li_na", "意向", 4),
        ("li_na", "售前跟踪", 2),
    ]


def test_SAL_2_time_in_a_stage_is_summed_from_the_history(company, viewer):
    now = dates.now()
    for stays in ([3, 4], [10], [2]):  # the first deal was there twice
        deal = OpportunityFactory(owner=company.li_na)
        with acting(the_system(), "test"):
            for days in stays:
                StageChange.objects.create(
                    opportunity=deal, old=stage_at(0), new=stage_at(1), happened_at=now, days=days
                )
    rows = {r["stage"]: r for r in report(company.li_na, "stage_duration")["rows"]}
    assert (rows["意向"]["left"], rows["意向"]["median"], rows["意向"]["p90"], rows["意向"]["mean"]) == (
        3,
        7.0,
        10,
        6.3,
    )
    assert (rows["意向"]["open"], rows["意向"]["stuck"]) == (3, 0)
    assert report(company.wang_wei, "stage_duration")["rows"] == []


def test_SAL_2_stuck_deals_are_those_past_the_expected_days(company, sign_in):
    stage = stage_at(0)
    for name, days in [
        ("不久", stage.expected_days),
        ("停滞甲", stage.expected_days + 1),
        ("停滞乙", 2 * stage.expected_days + 1),
    ]:
        OpportunityFactory(owner=company.li_na, name=name)
        with acting(the_system(), "test"):
            rows = Opportunity.objects.whole_table("test").filter(name=name)
            rows.update(stage_since=dates.now() - timedelta(days=days, minutes=5))
    page = sign_in(company.li_na).get(f"/opportunities/analysis/?as=process&pipeline={shipped().pk}").content.decode()
    assert "停滞甲" in page and "停滞乙" in page and "不久" not in page
    row = report(company.li_na, "stage_duration")["rows"][0]
    assert (row["open"], row["stuck"]) == (3, 2)


def test_SAL_3_a_pipeline_is_shown_as_it_is_evaluated_under_the_filter_of_the_list(company, decided, sign_in):
    client = sign_in(company.gm)
    by_result = client.get(f"/opportunities/analysis/?pipeline={shipped().pk}").content.decode()
    assert "75.0%" in by_result and "李娜" in by_result
    narrowed = client.get(f"/opportunities/analysis/?pipeline={shipped().pk}&owner=zhao_lei").content.decode()
    assert "100.0%" in narrowed and "75.0%" not in narrowed
    seven = client.get(f"/opportunities/analysis/?pipeline={shipped('seven').pk}").content.decode()
    assert "停滞" in seven  # evaluated by process
    assert client.get("/opportunities/analysis/?from=x").status_code == 422
    for report_page in ("win_rate", "funnel", "cycle_days", "stage_duration"):
        page = client.get(f"/reports/{report_page}/?by=month").content.decode()
        assert f"{dates.today():%Y-%m}" in page or report_page == "stage_duration"
    board, rows = client.get("/opportunities/board/?owner__me=1"), client.get("/opportunities/?owner__me=1")
    for page in (board, rows):
        assert re.search(r"/opportunities/analysis/\?[^\"]*owner__me=", page.content.decode())


@given(some.lists(some.integers(0, 400), min_size=1, max_size=60))
def test_INS_1_median_and_p90_agree_with_their_definitions(days):
    assert sum(d <= p90(days) for d in days) >= 0.9 * len(days) and p90(days) in days
    assert sum(d < p90(days) for d in days) < 0.9 * len(days)
    assert 2 * sum(d < median(days) for d in days) <= len(days) >= 2 * sum(d > median(days) for d in days)
    assert min(days) <= mean(days) <= max(days) or abs(mean(days) - Decimal(sum(days)) / len(days)) <= Decimal("0.05")


def test_INS_1_a_ratio_of_nothing_is_nothing():
    assert ratio(1, 0) is None and Column("", "", "ratio").api(ratio(1, 3)) == 0.3333
    assert Column("", "", "ratio").cell(ratio(72, 110)) == "65.5%"
    assert mean([]) is median([]) is p90([]) is None
