"""SAL-10: targets down the tree, attainment with pace, the forecast and what it is held against."""

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as some

from zhike.api.tests.test_api import Caller
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.errors import Forbidden, Refused
from zhike.org.viewers import the_system
from zhike.records.models import AuditEntry
from zhike.sales import forecast, measures, targets
from zhike.sales.actions import keep_forecast, set_targets, win_opportunity
from zhike.sales.models import Forecast, ForecastLine, Opportunity, Target
from zhike.sales.targets import Period, by_month, month_after
from zhike.sales.tasks import keep_forecast_of_month
from zhike.sales.tests.factories import CustomerFactory, OpportunityFactory

pytestmark = pytest.mark.django_db

YEAR = dates.today().year
THIS = Period(YEAR, dates.today().month, dates.today().month)


def aim(by, whose, value, *, measure="won", month=0, year=YEAR, kind="person"):
    return set_targets(by=by, measure=measure, year=year, values={(kind, whose.pk, month): value})


def won(owner, amount, on=None):
    deal = OpportunityFactory(owner=owner, amount=amount, opened_on=(on or dates.today()) - timedelta(days=9))
    return win_opportunity(deal, by=the_system(), closed_on=on)


# Setting


def test_SAL_10_whoever_leads_sets_targets_below_them_and_nobody_their_own(company, viewer):
    lead = viewer(company.lead_east)
    assert aim(lead, company.li_na, Decimal(1200)) == 1
    assert aim(lead, company.li_na, Decimal(1200)) == 0  # twice is once
    assert aim(viewer(company.manager_east), company.lead_east, Decimal(500)) == 1
    assert aim(viewer(company.gm), company.gm, Decimal(500)) == 1  # who sees everything sets everything
    for person, whose in [
        (company.lead_east, company.lead_east), (company.lead_east, company.zhao_lei), (company.li_na, company.li_na),
        (company.reader, company.li_na), (company.finance, company.li_na),
    ]:  # fmt: skip
        with pytest.raises(Forbidden):
            aim(viewer(person), whose, Decimal(1))
    entry = AuditEntry.objects.filter(kind="sales.target").order_by("id").first()
    assert entry.verb == AuditEntry.Verb.CREATED and entry.person == company.lead_east


def test_SAL_10_a_departments_target_is_set_by_who_leads_all_in_it(company, viewer):
    team, east = company.departments["team"], company.departments["east"]
    assert aim(viewer(company.manager_east), team, Decimal(9000), kind="department") == 1
    for person, whose in [(company.lead_east, team), (company.manager_east, east), (company.manager_west, team)]:
        with pytest.raises(Forbidden):
            aim(viewer(person), whose, Decimal(1), kind="department")
    assert aim(viewer(company.gm), east, Decimal(20000), kind="department") == 1


def test_SAL_10_an_empty_target_is_cleared_and_what_none_can_be_is_refused(company, viewer):
    gm = viewer(company.gm)
    aim(gm, company.li_na, Decimal(10), month=3)
    assert aim(gm, company.li_na, None, month=3) == 1
    assert not Target.objects.whole_table("test").exists()
    for wrong in [{"value": Decimal(-1)}, {"value": Decimal("0.5"), "measure": "new_customers"},
                  {"value": Decimal(1), "measure": "nonsense"}, {"value": Decimal(1), "year": 1999},
                  {"value": Decimal(1), "month": 13}]:  # fmt: skip
        with pytest.raises(Refused):
            aim(gm, company.li_na, **wrong)
    assert not Target.objects.whole_table("test").exists()


@given(
    own=some.dictionaries(
        some.integers(0, 12), some.decimals(0, 10**9, places=2, allow_nan=False, allow_infinity=False), min_size=1
    )
)
def test_SAL_10_a_year_is_spread_over_its_empty_months_to_the_fen(own):
    months = by_month(own, Decimal("0.01"))
    given = {month: value for month, value in own.items() if month}
    assert all(months[month - 1] == value for month, value in given.items()) and min(months) >= 0
    expected = sum(given.values()) if len(given) == 12 else max(own.get(0, Decimal(0)), sum(given.values()))
    assert sum(months) == expected


def test_SAL_10_pieces_are_spread_whole(company):
    assert sum(by_month({0: Decimal(10)}, Decimal(1))) == 10
    assert all(month == int(month) for month in by_month({0: Decimal(10)}, Decimal(1)))


def test_SAL_10_a_department_has_its_own_target_or_the_sum_of_those_in_it(company, viewer):
    gm = viewer(company.gm)
    for person, value in [(company.li_na, 1200), (company.wang_wei, 2400), (company.manager_east, 600)]:
        aim(gm, person, Decimal(value))
    own = targets.own_targets(gm, YEAR, [measures.WON])["won"]
    by_name = {node.name: node for node, _depth in targets.flat(targets.tree(gm))}
    assert sum(targets.effective(by_name["东区"], own, Decimal("0.01"))) == 4200
    aim(gm, company.departments["team"], Decimal(5000), kind="department")
    own = targets.own_targets(gm, YEAR, [measures.WON])["won"]
    assert sum(targets.effective(by_name["东区一组"], own, Decimal("0.01"))) == 5000
    assert sum(targets.below(by_name["东区一组"], own, Decimal("0.01"))) == 3600
    assert sum(targets.effective(by_name["东区"], own, Decimal("0.01"))) == 5600


# The grid


def grid(client, person, **values):
    url = f"/targets/set/?measure=won&year={YEAR}"
    page = client.get(url)
    names = re.findall(r'name="([dp]\d+-\d+)"', page.content.decode())
    return client.post(url, {**dict.fromkeys(names, ""), **values})


def test_SAL_10_the_grid_sets_targets_of_people_and_departments(company, sign_in):
    client = sign_in(company.manager_east)
    assert grid(client, company.manager_east, **{f"d{company.departments['team'].pk}-0": "18.5万"}).status_code == 302
    target = Target.objects.whole_table("test").get()
    assert (target.value, target.department) == (185000, company.departments["team"])
    page = client.get(f"/targets/set/?measure=won&year={YEAR}&department={company.departments['team'].pk}")
    assert f'name="p{company.li_na.pk}-1"' in page.content.decode() and "185000" in page.content.decode()
    client.post(f"/targets/set/?measure=won&year={YEAR}&department={company.departments['team'].pk}",
                {f"p{company.li_na.pk}-1": "100"})  # fmt: skip
    assert Target.objects.whole_table("test").get(person=company.li_na).value == 100


def test_SAL_10_a_wrong_figure_in_the_grid_saves_nothing_and_says_where(company, sign_in):
    for wrong in ("abc", "-5", "1.005", "1e30"):
        page = grid(sign_in(company.gm), company.gm, **{f"d{company.departments['top'].pk}-0": wrong})
        assert page.status_code == 422 and wrong in page.content.decode()
    assert not Target.objects.whole_table("test").exists()


def test_SAL_10_of_two_who_set_targets_at_once_the_second_is_told_and_nothing_is_lost(company, sign_in, viewer):
    team, url = company.departments["team"].pk, f"/targets/set/?measure=won&year={YEAR}"
    url += f"&department={team}"
    mine, other = f"p{company.li_na.pk}-1", f"p{company.wang_wei.pk}-2"
    first, second = sign_in(company.manager_east), sign_in(company.gm)

    def seen(page):
        found = re.search(r'name="seen"(?: value="([^"]*)")?', page.content.decode())
        return unescape(found[1] or "")  # of a grid without targets there is nothing to remember

    before = seen(second.get(url))
    assert first.post(url, {mine: "100", "seen": seen(first.get(url))}).status_code == 302
    late = second.post(url, {mine: "200", other: "50", "seen": before})
    assert late.status_code == 409
    page = late.content.decode()
    assert "已被他人改为" in page and 'value="200"' in page and 'value="50"' in page
    assert Target.objects.whole_table("test").get().value == 100  # nothing of the second is in
    # A field the second left alone keeps what the first has set.
    assert second.post(url, {other: "50", "seen": before}).status_code == 302
    assert {t.value for t in Target.objects.whole_table("test")} == {Decimal(100), Decimal(50)}
    # Who has been told and saves again means it.
    assert second.post(url, {mine: "200", other: "50", "seen": seen(late)}).status_code == 302
    assert Target.objects.whole_table("test").get(person=company.li_na).value == 200
    # What somebody cleared is told too; who cleared the same has nothing to be told.
    held = seen(second.get(url))
    assert first.post(url, {other: "50", "seen": held}).status_code == 302
    late = second.post(url, {mine: "300", other: "50", "seen": held})
    assert late.status_code == 409 and "已被他人清空" in late.content.decode()
    assert second.post(url, {other: "50", "seen": held}).status_code == 302


def test_SAL_10_who_leads_nobody_sets_nothing(company, sign_in):
    for person, status in [("li_na", 403), ("reader", 403), ("finance", 403), ("lead_east", 200), ("gm", 200)]:
        assert sign_in(company.people[person]).get("/targets/set/").status_code == status, person
    west = company.departments["west"].pk
    assert sign_in(company.manager_east).get(f"/targets/set/?department={west}").status_code == 404


# Attainment


def test_SAL_10_attainment_counts_what_was_won_in_the_period_down_the_tree(company, viewer):
    gm = viewer(company.gm)
    aim(gm, company.li_na, Decimal(1000), month=THIS.first_month)
    won(company.li_na, 300), won(company.wang_wei, 500), won(company.zhao_lei, 70)
    won(company.li_na, 9999, on=THIS.first - timedelta(days=1))
    rows = {row["node"].name: row["at"] for row in targets.attainment(gm, measures.WON, THIS)}
    assert (rows["李娜"].target, rows["李娜"].actual, rows["李娜"].share) == (1000, 300, 30)
    assert (rows["东区一组"].target, rows["东区一组"].actual, rows["测试公司"].actual) == (1000, 800, 870)
    assert rows["赵磊"].target is None and rows["赵磊"].share is None
    assert "郑洁" not in rows  # neither target nor figure


def test_SAL_10_everybody_sees_their_own_part_of_targets(company, viewer, sign_in):
    aim(viewer(company.gm), company.zhao_lei, Decimal(4711))
    aim(viewer(company.gm), company.li_na, Decimal(1000))
    for person, seen in [("li_na", {"李娜"}), ("lead_east", {"东区一组", "李娜"}), ("zhao_lei", {"赵磊"}),
                         ("manager_east", {"东区", "东区一组", "李娜"})]:  # fmt: skip
        rows = targets.attainment(viewer(company.people[person]), measures.WON, Period(YEAR, 1, 12))
        assert {row["node"].name for row in rows} - {"西区"} == seen, person
    url = f"/targets/?measure=won&period={YEAR}"
    assert "4,711" not in sign_in(company.manager_east).get(url).content.decode()
    assert "4,711" in sign_in(company.gm).get(url).content.decode()


@pytest.mark.parametrize(
    ("today", "pace"),
    [(date(2026, 2, 28), 0), (date(2026, 3, 2), 4), (date(2026, 3, 13), 45), (date(2026, 3, 31), 100), (date(2027, 1, 1), 100)],
)  # fmt: skip
def test_SAL_10_the_pace_counts_working_days(today, pace):
    assert Period(2026, 3, 3).pace(today) == pace  # 22 working days


def test_SAL_10_the_tone_says_ahead_a_little_behind_and_far_behind():
    tones = [targets.Attained(measures.WON, Decimal(100), Decimal(n), 50).tone for n in (50, 41, 40)]
    assert tones == ["ok", "warn", "bad"]


def test_SAL_10_the_workbench_shows_goals_with_pace_when_there_are_targets(company, viewer, sign_in):
    assert "本月赢单" not in sign_in(company.li_na).get("/").content.decode()
    aim(viewer(company.gm), company.li_na, Decimal(1_200_000), month=THIS.first_month)
    won(company.li_na, 864_000)
    page = sign_in(company.li_na).get("/").content.decode()
    assert "本月赢单" in page and ">86.4<small>/ 120 万 · 72%<" in page
    assert "本月赢单" not in sign_in(company.wang_wei).get("/").content.decode()
    team = sign_in(company.lead_east).get("/?team").content.decode()
    assert "/ 120 万 · 72%" in team


def test_SAL_10_new_customers_are_counted_by_owner(company, viewer):
    CustomerFactory(owner=company.li_na), CustomerFactory(owner=company.li_na), CustomerFactory(owner=company.zhao_lei)
    counted = measures.new_customers(viewer(company.manager_east), None, dates.today(), dates.today())
    assert counted == {company.li_na.pk: 2}


def test_SAL_10_the_api_gives_and_sets_targets(company):
    boss, clerk = Caller(company.gm), Caller(company.li_na)
    body = {"measure": "won", "year": YEAR, "items": [{"person": "li_na", "month": 3, "value": "1234.50"}]}
    assert boss.send("POST", "targets", body).json() == {"changed": 1}
    assert clerk.send("POST", "targets", body).status_code == 403
    said = clerk.get("/api/v1/targets", {"year": YEAR}).json()["items"]
    assert said == [
        {"measure": "won", "year": YEAR, "month": 3, "person": "li_na", "department": None, "value": "1234.50"}
    ]
    assert Caller(company.wang_wei).get("/api/v1/targets", {"year": YEAR}).json()["items"] == []
    reached = boss.get("/api/v1/targets/attainment", {"measure": "won", "period": f"{YEAR}-03"}).json()["items"]
    assert {(row["person"], row["target"]) for row in reached if row["kind"] == "person"} == {("li_na", "1234.50")}
    for wrong in [{"person": "nobody-here", "value": 1}, {"value": 1}, {"person": "li_na", "department": 1}]:
        assert boss.send("POST", "targets", {**body, "items": [wrong]}).status_code == 422


# Forecast


@pytest.mark.parametrize(
    ("chosen", "probability", "counts"),
    [("", 90, "commit"), ("", 80, "commit"), ("", 79, "best_case"), ("", 49, "pipeline"), ("", 0, "omitted"),
     ("omitted", 100, "omitted"), ("commit", 10, "commit")],
)  # fmt: skip
def test_SAL_10_a_deal_counts_as_chosen_or_as_its_probability_says(chosen, probability, counts):
    assert forecast.category_by(chosen, probability) == counts


def test_SAL_10_the_forecast_adds_up_by_person_and_month(company, viewer):
    month, later = THIS.first, month_after(THIS.first, 2)
    for amount, probability, chosen, on in [
        ("100.01", 90, "", month), (200, 50, "", month), (400, 10, "", month), (800, 90, "omitted", month),
        (50, 30, "commit", later), (7, 10, "", None),
    ]:  # fmt: skip
        OpportunityFactory(
            owner=company.li_na,
            amount=Decimal(amount),
            probability=probability,
            forecast_category=chosen,
            expected_on=on,
        )
    won(company.li_na, 1000)
    OpportunityFactory(owner=company.zhao_lei, amount=10**6, probability=90, expected_on=month)
    cells = forecast.forecast_of(viewer(company.li_na))
    here = cells[company.li_na.pk, month]
    assert (here.won, here.commit, here.best_case, here.pipeline) == (1000, Decimal("100.01"), 200, 400)
    assert here.weighted == Decimal("90.01") + 100 + 40 and here.likely == 1000 + here.weighted
    assert cells[company.li_na.pk, later].commit == 50 and cells[company.li_na.pk, None].deals == 1
    assert set(cells) == {(company.li_na.pk, month), (company.li_na.pk, later), (company.li_na.pk, None)}


def test_SAL_10_a_forecast_is_kept_once_a_month_and_held_against_what_came(company, viewer, sign_in):
    deal = OpportunityFactory(owner=company.li_na, amount=500, probability=90, expected_on=THIS.first)
    keep_forecast_of_month.func()
    keep_forecast_of_month.func()  # twice is once
    held = Forecast.objects.get()
    assert held.month == THIS.first and held.person is None
    win_opportunity(deal, by=the_system(), closed_on=dates.today())
    won(company.li_na, 250), won(company.zhao_lei, 40)
    rows = forecast.compared(viewer(company.gm), held, THIS.first)
    assert [(row["owner"], row["surely"], row["came"], row["hit"]) for row in rows] == [
        (company.li_na.pk, 500, 750, 150), (company.zhao_lei.pk, 0, 40, None)]  # fmt: skip
    assert forecast.total_of(rows)["came"] == 790
    page = sign_in(company.gm).get(f"/forecast/?came={THIS.first:%Y-%m}").content.decode()
    assert "150%" in page
    east = sign_in(company.manager_east).get(f"/forecast/?came={THIS.first:%Y-%m}").content.decode()
    assert "150%" in east and "赵磊" not in east


def test_SAL_10_a_kept_forecast_is_never_changed(company):
    OpportunityFactory(owner=company.li_na, amount=500, probability=90, expected_on=THIS.first)
    keep_forecast(by=the_system(), month=THIS.first)
    line = ForecastLine.objects.whole_table("test").get()
    with acting(the_system(), "test"):
        with pytest.raises(TypeError):
            line.save()
        with pytest.raises(TypeError):
            line.delete()


def test_SAL_10_who_may_keeps_a_forecast_by_hand(company, sign_in):
    for person, status in [("gm", 302), ("manager_east", 302), ("li_na", 403), ("reader", 403)]:
        assert sign_in(company.people[person]).post("/forecast/keep/").status_code == status, person
    assert Forecast.objects.filter(month=None).count() == 2
    assert sign_in(company.gm).get("/forecast/keep/").status_code == 405


def test_SAL_10_the_page_of_the_forecast_needs_the_same_queries_for_one_and_for_many(
    company, viewer, sign_in, django_assert_max_num_queries
):
    for owner in (company.li_na, company.wang_wei, company.zhao_lei, company.gm):
        for n in range(5):
            on = month_after(THIS.first, n)
            OpportunityFactory(owner=owner, amount=100, probability=n * 20, expected_on=on, customer=None)
    keep_forecast(by=the_system(), month=month_after(THIS.first, -1))
    client = sign_in(company.gm)
    aim(viewer(company.gm), company.li_na, Decimal(100))
    won(company.li_na, 30)
    client.get("/forecast/"), client.get("/targets/")
    with django_assert_max_num_queries(14):
        assert client.get("/forecast/").status_code == 200
    with django_assert_max_num_queries(8):
        assert client.get("/targets/?measure=won").status_code == 200


def test_SAL_10_the_category_is_a_field_of_the_deal(company, sign_in):
    deal = OpportunityFactory(owner=company.li_na, amount=500)
    client = sign_in(company.li_na)
    assert "forecast_category" in client.get(f"/opportunities/{deal.pk}/edit/").content.decode()
    answer = Caller(company.li_na).send("PATCH", f"opportunities/{deal.pk}", {"forecast_category": "commit"})
    assert answer.status_code == 200 and answer.json()["forecast_category"] == "commit"
    assert Opportunity._base_manager.get(pk=deal.pk).forecast_category == "commit"
    assert client.get("/opportunities/?forecast_category=commit").content.decode().count(f"/opportunities/{deal.pk}/")
