"""SAL-4, SAL-10: against whom deals are won and lost, targets and attainment; each with its deals and its workbook."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
from openpyxl import load_workbook

from zhike.api.tests.test_api import Caller
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.records.bulkactions import Selection
from zhike.records.exports import export_rows
from zhike.records.models import AuditEntry
from zhike.sales.actions import lose_opportunity, set_targets, win_opportunity
from zhike.sales.competitor_reports import competitors
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import DealCompetitor
from zhike.sales.tests.factories import OpportunityFactory
from zhike.sales.tests.project_factories import CompetitorFactory

pytestmark = pytest.mark.django_db
TODAY = dates.today()


def decided(owner, amount, *rivals, lost=""):
    deal = OpportunityFactory(owner=owner, amount=amount, opened_on=TODAY - timedelta(days=9))
    for rival in rivals:
        with acting(the_system(), "test"):
            DealCompetitor(opportunity=deal, competitor=rival).save()
    return lose_opportunity(deal, by=the_system(), reason=lost) if lost else win_opportunity(deal, by=the_system())


@pytest.fixture
def fought(company):
    """Li Na won one against A, lost one against both; in the west one more was lost against A; one without rivals."""
    a, b = CompetitorFactory(name="甲公司"), CompetitorFactory(name="乙公司")
    won = decided(company.li_na, 300, a)
    lost = decided(company.li_na, 100, a, b, lost="price")
    west = decided(company.zhao_lei, 50, a, lost="price")
    decided(company.li_na, 999)
    return {"a": a, "b": b, "won": won, "lost": lost, "west": west}


def figures(client, query=""):
    return client.get(f"/reports/competitors/{query}").content.decode()


def test_SAL_4_won_and_lost_against_each_competitor_each_deal_once_in_the_total(company, viewer, fought):
    table = competitors(viewer(company.gm), TODAY - timedelta(days=30), TODAY, "competitor")
    rows = {row["name"]: row for row in table.rows}
    assert (rows["甲公司"]["won"], rows["甲公司"]["lost"], rows["甲公司"]["lost_amount"]) == (1, 2, Decimal(150))
    assert (rows["乙公司"]["won"], rows["乙公司"]["lost"]) == (0, 1) and "2" in rows["甲公司"]["reasons"]
    assert (table.total["won"], table.total["lost"], table.total["lost_amount"]) == (1, 2, Decimal(150))
    own = competitors(viewer(company.li_na), TODAY - timedelta(days=30), TODAY, "reason")
    assert {row["key"]: (row["won"], row["lost"]) for row in own.rows} == {"": (1, 0), "price": (0, 1)}


@pytest.mark.parametrize("by", ["competitor", "reason", "owner", "manager", "department", "pipeline", "month"])
def test_SAL_4_each_figure_opens_the_deals_it_counts(company, sign_in, fought, by):
    client = sign_in(company.gm)
    page = figures(client, f"?by={by}")
    links = re.findall(r'<a class="lk" href="(/opportunities/[^"]+)"><span class="tnum">(\d+)</span></a>', page)
    assert links
    for url, figure in links:
        shown = client.get(unescape(url)).content.decode()
        assert len(set(re.findall(r'href="/opportunities/(\d+)/"', shown))) == int(figure), url


def test_SAL_4_the_report_is_reached_by_clicks_and_narrowed_to_what_one_sees(company, sign_in, fought):
    client = sign_in(company.zhao_lei)
    assert "/reports/competitors/" in client.get("/reports/").content.decode()
    page = figures(client)
    assert "甲公司" in page and "乙公司" not in page


def test_INS_1_a_report_is_taken_away_as_a_workbook_and_that_is_noted(company, sign_in, fought):
    client = sign_in(company.gm)
    assert "/reports/competitors/export/" in figures(client)
    answer = client.get("/reports/competitors/export/?by=competitor")
    sheet = load_workbook(BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(rows) == 4 and rows[1][0] == "甲公司" and rows[1][1:3] == [1, 2] and rows[1][5] == 150
    entry = AuditEntry.objects.get(verb=AuditEntry.Verb.EXPORTED)
    assert entry.person == company.gm and entry.kind == "sales.opportunity"
    assert sign_in(company.li_na).get("/reports/competitors/export/").status_code == 403
    assert "/export/" not in figures(sign_in(company.li_na))
    assert client.get("/reports/competitors/export/?from=nonsense").status_code == 422


def test_SAL_10_targets_and_what_was_reached_by_person_department_and_month(company, sign_in, viewer):
    year = TODAY.year
    values = {
        ("person", company.li_na.pk, TODAY.month): Decimal(1000),
        ("person", company.zhao_lei.pk, 0): Decimal(2400),
    }
    set_targets(by=viewer(company.gm), measure="won", year=year, values=values)
    decided(company.li_na, 250)
    client, month = sign_in(company.gm), TODAY.replace(day=1)
    page = client.get(f"/reports/targets/?from={month}&to={TODAY}").content.decode()
    assert company.li_na.name in page and "25.0%" in page and company.zhao_lei.name in page
    page = client.get(f"/reports/targets/?from={month}&to={TODAY}&by=department").content.decode()
    assert str(company.departments["team"]) in page
    page = client.get(f"/reports/targets/?from={year}-01-01&to={year}-12-31&by=month").content.decode()
    assert f"{year}-{TODAY.month:02d}" in page
    answer = client.get(f"/reports/targets/export/?from={month}&to={TODAY}")
    rows = [[cell.value for cell in row] for row in load_workbook(BytesIO(answer.content)).active.iter_rows()]
    mine = next(row for row in rows if row[0] == company.li_na.name)
    assert mine[2:4] == [1000, 250] and mine[5] == 750
    seen = sign_in(company.zhao_lei).get(f"/reports/targets/?from={month}&to={TODAY}").content.decode()
    assert company.zhao_lei.name in seen and company.li_na.name not in seen.split("<main")[1]


def test_SAL_4_the_api_and_a_file_name_the_competitors_of_a_deal(company, viewer, fought):
    caller = Caller(company.gm)
    assert caller.send("GET", f"opportunities/{fought['lost'].pk}").json()["rival"] == ["甲公司", "乙公司"]
    found = caller.get("/api/v1/opportunities", {"rival": "甲公司", "status": "lost"}).json()["items"]
    assert {row["id"]: row["rival"] for row in found} == {
        fought["lost"].pk: ["甲公司", "乙公司"], fought["west"].pk: ["甲公司"],
    }  # fmt: skip
    deals = [fought[name].pk for name in ("won", "lost")]
    rows = export_rows(OPPORTUNITY, viewer(company.gm), Selection(OPPORTUNITY, deals), [OPPORTUNITY.field("rival")])
    assert sorted(name for (name,) in rows) == ["甲公司", "甲公司、乙公司"]


def test_SAL_4_the_list_of_deals_is_filtered_by_competitor(company, sign_in, fought):
    client = sign_in(company.gm)
    page = client.get(f"/opportunities/?rival={fought['b'].pk}").content.decode()
    assert "乙公司" in page and set(re.findall(r'href="/opportunities/(\d+)/"', page)) == {str(fought["lost"].pk)}
